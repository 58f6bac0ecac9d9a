// A field that names an object offers some whose code or name holds what is typed; without script one types.
const PAUSE = 200;
const waiting = new WeakMap();

document.addEventListener('input', (event) => {
  const field = event.target.closest?.('[data-suggest]');
  if (!field) return;
  clearTimeout(waiting.get(field));
  waiting.set(field, setTimeout(() => suggest(field), PAUSE));
});
document.addEventListener('focusin', (event) => {
  const field = event.target.closest?.('[data-suggest]');
  if (field && !field.list?.options.length) suggest(field);
});

async function suggest(field) {
  const asked = field.value;
  const answer = await fetch(`${field.dataset.suggest}?${new URLSearchParams({ q: asked })}`);
  if (answer.ok && field.value === asked) field.list.innerHTML = await answer.text();
}
