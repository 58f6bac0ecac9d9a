// button[data-copy="text"]: puts a number or a hash on the clipboard and says so.
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const said = document.getElementById('copied');
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add('is-copied');
    if (said) said.textContent = said.dataset.words;
    setTimeout(() => { button.classList.remove('is-copied'); if (said) said.textContent = ''; }, 2000);
  } catch {
    const near = button.parentElement.querySelector('.copy-text');
    if (near) getSelection().selectAllChildren(near);
  }
});
