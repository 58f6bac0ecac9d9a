// Before a session ends by itself: entries are saved, a question is asked, and afterwards one returns to this page.
const limit = Number(document.querySelector('meta[name="qms-idle"]')?.content || 0) * 1000;
const dialog = document.getElementById('still-there');
const WARN = 5 * 60 * 1000;
const SEEN = 'qms-seen';

if (limit && dialog?.showModal) {
  seen();
  document.addEventListener('htmx:afterRequest', (event) => { if (event.detail.successful) seen(); });
  dialog.querySelector('[data-stay]').addEventListener('click', stay);
  setInterval(look, 5000);
}

// The other tabs of this browser share the session, so they share the time it was last used.
function seen() {
  localStorage.setItem(SEEN, String(Date.now()));
}

function look() {
  const left = Number(localStorage.getItem(SEEN)) + limit - Date.now();
  if (left <= 0) return leave();
  if (left > WARN) return dialog.open && dialog.close();
  dialog.querySelector('[data-minutes]').textContent = String(Math.max(1, Math.ceil(left / 60000)));
  if (dialog.open) return undefined;
  document.querySelectorAll('dialog[open]').forEach((other) => other.contains(document.activeElement) && document.activeElement.blur());
  dialog.showModal();
  return undefined;
}

async function stay() {
  const answer = await fetch(dialog.dataset.stay, { method: 'HEAD', redirect: 'manual' });
  if (!answer.ok) return leave();
  seen();
  dialog.close();
  return undefined;
}

function leave() {
  const back = location.pathname + location.search;
  location.assign(`${dialog.dataset.login}?next=${encodeURIComponent(back)}`);
}
