// A form or button with data-confirm="question" asks before it is sent; data-confirm-shows="name name" lists
// what was entered there, so that one reads it once more. A form with a fault goes to the server, which says so.
const dialog = document.getElementById('confirm');

document.addEventListener('submit', (event) => {
  const form = event.target;
  const button = event.submitter;
  const question = button?.dataset.confirm || (button?.formMethod === 'get' ? '' : form.dataset.confirm);
  if (!question || form.dataset.confirmed || !dialog?.showModal || !form.checkValidity()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  dialog.querySelector('.ask-question').textContent = question;
  dialog.querySelector('.ask-shows').replaceChildren(...entered(form, button));
  dialog.returnValue = 'no';
  dialog.addEventListener('close', () => {
    if (dialog.returnValue !== 'yes') return;
    form.dataset.confirmed = 'yes';
    form.requestSubmit(button);
  }, { once: true });
  dialog.showModal();
}, true);

function entered(form, button) {
  const names = (button?.dataset.confirmShows || form.dataset.confirmShows || '').split(' ').filter(Boolean);
  return names.flatMap((name) => {
    const field = form.elements.namedItem(name);
    const value = field?.selectedOptions ? field.selectedOptions[0]?.textContent : field?.value;
    if (!value?.trim()) return [];
    const [term, words] = [document.createElement('dt'), document.createElement('dd')];
    term.textContent = field.labels?.[0]?.textContent ?? name;
    words.textContent = [value.trim(), field.dataset.unit].filter(Boolean).join(' ');
    return [term, words];
  });
}
