// Partial requests carry the form token that the page carries.
document.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['X-CSRFToken'] = document.querySelector('meta[name="csrf-token"]').content;
});
