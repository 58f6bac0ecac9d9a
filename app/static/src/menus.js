// Menus are <details>: they work alone; this closes them by Escape, a click outside, or opening another.
const open = () => document.querySelectorAll('details.drop[open]');

document.addEventListener('click', (event) => {
  open().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  open().forEach((menu) => { menu.open = false; menu.querySelector('summary').focus(); });
});
document.addEventListener('toggle', (event) => {
  if (event.target.matches?.('details.drop[open]')) {
    open().forEach((menu) => { if (menu !== event.target) menu.open = false; });
  }
}, true);
document.addEventListener('click', (event) => { if (event.target.closest('[data-back]')) history.back(); });
document.querySelector('[data-focus]')?.focus();
