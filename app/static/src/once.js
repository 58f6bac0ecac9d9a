// A second click on a sent form does nothing; the server refuses it as well.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post' || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = 'yes';
  const button = event.submitter;
  if (button) button.setAttribute('aria-busy', 'true');
  if (!form.matches('[hx-post],[data-hx-post]')) setTimeout(() => release(form), 15000);
});

function release(form) {
  delete form.dataset.sent;
  delete form.dataset.confirmed;
  form.querySelectorAll('[aria-busy]').forEach((button) => button.removeAttribute('aria-busy'));
}

document.addEventListener('htmx:afterRequest', (event) => {
  const form = event.target.closest('form');
  if (form) release(form);
});
window.addEventListener('pageshow', (event) => {
  if (event.persisted) document.querySelectorAll('form[data-sent]').forEach(release);
});
