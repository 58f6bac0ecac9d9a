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
