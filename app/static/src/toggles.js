// The button that changes between light and dark.
document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-theme-toggle]')) return;
  const page = document.documentElement;
  page.dataset.bsTheme = page.dataset.bsTheme === 'dark' ? 'light' : 'dark';
  localStorage.setItem('theme', page.dataset.bsTheme);
});
