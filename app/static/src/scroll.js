// What scrolls can be scrolled by keyboard too (WCAG 2.1.1).
const reachable = () => document.querySelectorAll(':is(.table-responsive, .diagram-scroll:not(a)):not([tabindex])').forEach((box) => {
  if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
});

reachable();
window.addEventListener('load', reachable);
window.addEventListener('resize', reachable);
document.addEventListener('htmx:afterSwap', reachable);
