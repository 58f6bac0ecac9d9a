// Sets light or dark before the first paint; the choice stays in this browser.
const kept = localStorage.getItem('theme');
const dark = kept ? kept === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
document.documentElement.dataset.bsTheme = dark ? 'dark' : 'light';
document.documentElement.classList.add('scripted');
