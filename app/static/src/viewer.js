// The interactive diagram: pan, zoom, and marks for done and current steps. The bpmn.io mark stays visible.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

window.showDiagram = async (figure) => {
  const canvas = document.createElement('div');
  canvas.className = 'diagram-canvas';
  const viewer = new NavigatedViewer({ container: canvas });
  figure.querySelector('img')?.replaceWith(canvas);
  const xml = await (await fetch(figure.dataset.bpmnViewer)).text();
  await viewer.importXML(xml);
  viewer.get('canvas').zoom('fit-viewport', 'auto');
  const marks = JSON.parse(figure.dataset.markers || '{}');
  for (const [id, mark] of Object.entries(marks)) {
    if (viewer.get('elementRegistry').get(id)) viewer.get('canvas').addMarker(id, `is-${mark}`);
  }
  return viewer;
};
