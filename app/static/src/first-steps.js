// The first steps of a role are shown until they are put away in this browser; the account page brings them back.
const panel = document.querySelector('[data-first-steps]');
const key = (who) => `first-steps-${who}`;

if (panel) {
  panel.hidden = localStorage.getItem(key(panel.dataset.firstSteps)) === 'away';
  panel.querySelector('[data-put-away]').addEventListener('click', () => {
    localStorage.setItem(key(panel.dataset.firstSteps), 'away');
    panel.hidden = true;
    document.getElementById('main').focus();
  });
}
document.querySelector('[data-steps-again]')?.addEventListener('click', (event) => {
  localStorage.removeItem(key(event.currentTarget.dataset.stepsAgain));
});
