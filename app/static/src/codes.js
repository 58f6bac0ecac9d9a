// Numbers, codes and days such as CAPA-2026-0001 do not end a line at their hyphens; the text stays what it is.
const CODE = /(?<![\w-])(?=[A-Za-z-]*\d)(?=.{1,40}(?![\w-]))[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+(?![\w-])/g;
const LEFT_ALONE = '.unbroken, svg, pre, code, script, style, textarea, select, button, [contenteditable]';

// In a flexible box a piece of its text would become a part of its own, with the gap of the box around it.
const laysOutParts = (box) => /flex|grid/.test(getComputedStyle(box).display);

function keepTogether(part) {
  const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const box = text.parentElement;
    if (!text.data.includes('-') || text.data.search(CODE) < 0 || box.closest(LEFT_ALONE)) continue;
    if (!laysOutParts(box)) found.push(text);
  }
  for (const text of found) {
    let place = 0;
    const pieces = [];
    for (const code of text.data.matchAll(CODE)) {
      const kept = document.createElement('span');
      kept.className = 'unbroken';
      kept.textContent = code[0];
      pieces.push(text.data.slice(place, code.index), kept);
      place = code.index + code[0].length;
    }
    text.replaceWith(...pieces, text.data.slice(place));
  }
}

document.addEventListener('htmx:load', (event) => {
  const part = event.detail.elt === document.body ? document.querySelector('main') : event.detail.elt;
  if (part) keepTogether(part);
});
