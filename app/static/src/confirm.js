// A form with data-confirm="question" asks before it is sent.
const dialog = document.getElementById('confirm');

document.addEventListener('submit', (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm || form.dataset.confirm;
  if (!question || form.dataset.confirmed || !dialog?.showModal) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  dialog.querySelector('.ask-question').textContent = question;
  dialog.returnValue = 'no';
  dialog.addEventListener('close', () => {
    if (dialog.returnValue !== 'yes') return;
    form.dataset.confirmed = 'yes';
    form.requestSubmit(event.submitter);
  }, { once: true });
  dialog.showModal();
}, true);
