// data-key="/" lets a key reach a field, link or button; a page may switch it off (WCAG 2.1.4) in the account.
const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (localStorage.getItem('keys') === 'off' || document.querySelector('dialog[open]')) return;
  const found = [...document.querySelectorAll('[data-key]')].find((one) => one.dataset.key === event.key);
  const help = document.getElementById('keys');
  if (event.key === '?' && help) {
    event.preventDefault();
    help.showModal();
  } else if (found) {
    event.preventDefault();
    if (typing(found)) found.focus();
    else found.click();
  } else if (event.key === 'j' || event.key === 'k') {
    step(event.key === 'j' ? 1 : -1, event);
  }
});

function step(by, event) {
  const rows = [...document.querySelectorAll('[data-row]')];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
  (next.matches('a,button') ? next : next.querySelector('a,button') || next).focus();
  event.preventDefault();
}

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-keys-help]')) document.getElementById('keys')?.showModal();
});

const toggle = document.querySelector('[data-keys-toggle]');
if (toggle) {
  toggle.checked = localStorage.getItem('keys') !== 'off';
  toggle.addEventListener('change', () => localStorage.setItem('keys', toggle.checked ? 'on' : 'off'));
}
