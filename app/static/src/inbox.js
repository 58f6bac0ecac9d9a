// Forms of human tasks: questions that are only asked sometimes, limits while typing, the sign dialog.
const form = document.getElementById('task-form');

function answer(name) {
  const field = form.elements.namedItem(name);
  return field ? field.value : '';
}

function ask() {
  for (const part of form.querySelectorAll('[data-when]')) {
    const wanted = Object.entries(JSON.parse(part.dataset.when));
    part.hidden = !wanted.every(([name, value]) => answer(name) === value);
  }
}

function compare(input) {
  const value = input.value.trim();
  const number = Number(value);
  const { lower, upper } = input.dataset;
  const outside = value !== '' && !Number.isNaN(number)
    && ((lower !== undefined && number < Number(lower)) || (upper !== undefined && number > Number(upper)));
  const note = document.getElementById(`${input.id}-l`);
  note?.classList.toggle('outside', outside);
  const words = note?.querySelector('[data-outside]');
  if (words) words.hidden = !outside;
}

function limits() {
  form.querySelectorAll('input[data-lower], input[data-upper]').forEach(compare);
}

// A measured value counts from the moment it is saved: it is saved when it is left, never half written.
function isOriginal(field) {
  return field instanceof HTMLElement && field.dataset.original !== undefined;
}

if (form) {
  const look = () => { ask(); limits(); };
  form.addEventListener('input', (event) => {
    look();
    if (!isOriginal(event.target)) form.dispatchEvent(new Event('typed'));
  });
  document.body.addEventListener('htmx:configRequest', (event) => {
    const field = document.activeElement;
    if (isOriginal(field) && field.type === 'text' && event.detail.path.endsWith('/draft')) {
      delete event.detail.parameters[field.name];
    }
  });
  form.addEventListener('change', look);
  look();
  for (const list of form.querySelectorAll('[data-files]')) {
    new MutationObserver(() => form.dispatchEvent(new Event('input', { bubbles: true })))
      .observe(list, { childList: true, subtree: true });
  }
  const wrong = form.querySelector('[aria-invalid="true"]');
  if (wrong && !document.getElementById('sign')) wrong.focus();
}

const dialog = document.getElementById('sign');
if (dialog?.showModal) {
  dialog.close();
  dialog.showModal();
  dialog.querySelector('[data-cancel]').addEventListener('click', (event) => {
    event.preventDefault();
    dialog.close();
  });
  dialog.querySelector('#sign-password')?.focus();
}
