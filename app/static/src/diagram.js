// [data-bpmn-viewer]: the server's SVG is the first picture; a button loads the interactive viewer.
document.querySelectorAll('[data-bpmn-viewer]').forEach((figure) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'btn btn-sm diagram-explore';
  button.textContent = figure.dataset.interact;
  button.addEventListener('click', () => load(figure, button));
  figure.append(button);
});

async function load(figure, button) {
  button.setAttribute('aria-busy', 'true');
  const [script, style] = document.querySelector('meta[name="qms-viewer"]').content.split(' ');
  add('link', { rel: 'stylesheet', href: style });
  await add('script', { src: script });
  await window.showDiagram(figure);
  button.remove();
}

function add(tag, attributes) {
  const element = Object.assign(document.createElement(tag), attributes);
  document.head.append(element);
  return new Promise((done, failed) => Object.assign(element, { onload: done, onerror: failed }));
}

// A picture too wide for its box keeps letters that can be read, and opens at the place where the case stands.
const SMALLEST = 0.7, READABLE = 0.9;
const fit = (box, image) => {
  const room = box.clientWidth / image.naturalWidth;
  const scale = room >= SMALLEST ? Math.min(room, 1) : READABLE;
  image.style.width = `${Math.round(image.naturalWidth * scale)}px`;
  image.style.minWidth = '0';
  const [x, y] = (box.dataset.at || '0 0').split(' ').map(Number);
  box.scrollTo(x * scale - box.clientWidth / 2, y * scale - box.clientHeight / 2);
  window.dispatchEvent(new Event('resize')); // whether it scrolls is known now
};
document.querySelectorAll(':is(.diagram:not(.is-small) > .diagram-scroll, a.diagram-scroll)').forEach((box) => {
  const image = box.querySelector('img');
  if (image.complete && image.naturalWidth) fit(box, image);
  else image.addEventListener('load', () => fit(box, image), { once: true });
  box.closest('details')?.addEventListener('toggle', () => fit(box, image)); // a folded box has no width
});
