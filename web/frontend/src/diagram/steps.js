// Goes from step to step with N and P, tells each, and lets the page know (`diagram:step`, detail = element id).
import tell from './tell.js';

const FLOW_NODES = /Task|CallActivity|SubProcess|Transaction|Event|Gateway/;

export default function steps(viewer, root, live, state) {
  const registry = viewer.get('elementRegistry');
  const list = registry.filter(element => FLOW_NODES.test(element.type) && !element.labelTarget);
  // Reading order: what is further left comes first, as the flow does.
  list.sort((a, b) => a.x - b.x || a.y - b.y);
  let index = Math.max(0, list.findIndex(element => state.tokens?.[element.id])) - 1;

  function choose(element) {
    for (const each of list) viewer.get('canvas').removeMarker(each.id, 'is-chosen');
    viewer.get('canvas').addMarker(element.id, 'is-chosen');
    viewer.get('canvas').scrollToElement(element);
    live.textContent = tell(element, state);
    root.dispatchEvent(new CustomEvent('diagram:step', { bubbles: true, detail: element.id }));
  }

  function go(by) {
    if (!list.length) return;
    index = (index + by + list.length) % list.length;
    choose(list[index]);
  }

  viewer.on('element.click', ({ element }) => {
    const found = list.indexOf(element.labelTarget ?? element);
    if (found >= 0) choose(list[index = found]);
  });
  return go;
}
