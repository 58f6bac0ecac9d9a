// What was typed into a task is kept when the page is left, for instance to look at the case; it is there on return.
const form = document.querySelector('form[data-draft]');

if (form) {
  let typed = false;
  form.addEventListener('input', () => { typed = true; });
  form.addEventListener('submit', (event) => { if (!event.defaultPrevented) typed = false; });
  window.addEventListener('pagehide', () => {
    if (!typed) return;
    const unfinished = document.activeElement?.dataset.original === undefined ? '' : document.activeElement.name;
    const texts = [...new FormData(form)].filter(([name, value]) => typeof value === 'string' && name !== unfinished);
    navigator.sendBeacon(form.dataset.draft, new URLSearchParams(texts));
  });
}
