// input[data-scan]: a keyboard-wedge scanner types and ends with Enter; group separators arrive as F8 or Ctrl+].
document.addEventListener('keydown', (event) => {
  const field = event.target;
  if (!field.matches?.('input[data-scan]')) return;
  if (event.key === 'F8' || (event.ctrlKey && event.key === ']')) {
    event.preventDefault();
    field.setRangeText('\u001d', field.selectionStart, field.selectionEnd, 'end');
  } else if (event.key === 'Enter' && field.dataset.scan !== 'submit') {
    event.preventDefault();
    field.dispatchEvent(new Event('change', { bubbles: true }));
  }
});
