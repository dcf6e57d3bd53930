// Draws one diagram into its element; the attributes are described in viewer.js.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import build from '../page/build.js';
import say from '../words/say.js';
import keys from './keys.js';
import named from './named.js';
import paint from './paint.js';
import steps from './steps.js';

const parsed = (text, otherwise) => (text ? JSON.parse(text) : otherwise);

async function source({ diagram, diagramXml }) {
  if (diagramXml) return document.getElementById(diagramXml).textContent;
  const answer = await fetch(diagram, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.text();
}

// What bpmn-js adds to the id of a sub-process for its own page.
const PLANE = '_plane';

const tool = (sign, label, onclick) => build('button', { type: 'button', class: 'btn btn-icon', 'aria-label': say(label), onclick }, sign);

// A margin all round, wider where something of the page's stands over the diagram: the way back from a sub-process,
// the maker's mark. Nothing is shown larger than it was drawn.
const MARGIN = 12;
const MARK = 30;
const WAY_BACK = 56;

function framed({ inner, outer }, root) {
  const top = root.querySelector('.bjs-breadcrumbs-shown') ? WAY_BACK : MARGIN;
  const scale = Math.min(1, (outer.width - 2 * MARGIN) / inner.width, (outer.height - top - MARK) / inner.height);
  const [width, height] = [outer.width / scale, outer.height / scale];
  const spare = (outer.height - top - MARK) / scale - inner.height;
  return { x: inner.x - (width - inner.width) / 2, y: inner.y - top / scale - spare / 2, width, height };
}

function instruments(viewer, root) {
  const canvas = viewer.get('canvas');
  const fit = () => {
    // In a closed box or before its style sheet has come it has no size, and nothing fits into nothing.
    if (!root.clientWidth || !root.clientHeight) return;
    canvas.resized();
    canvas.viewbox(framed(canvas.viewbox(), root));
  };
  const zoom = by => canvas.zoom(Math.min(4, Math.max(0.2, canvas.zoom() * by)), 'auto');
  root.append(build('div', { class: 'diagram-tools btn-group', role: 'group' },
    tool('+', 'Zoom in', () => zoom(1.2)), tool('−', 'Zoom out', () => zoom(1 / 1.2)), tool('⤢', 'Show all', fit)));
  return { canvas, zoom, fit };
}

// Opens on the outermost page on which a token stands: what runs once for each of many begins inside a sub-process.
function turnTo(viewer, tokens) {
  const canvas = viewer.get('canvas');
  const pages = Object.keys(tokens ?? {}).map(id => viewer.get('elementRegistry').get(id)).filter(Boolean).map(each => canvas.findRoot(each));
  const [outermost] = pages.sort((a, b) => depth(canvas, a) - depth(canvas, b));
  if (outermost) canvas.setRootElement(outermost);
}

function depth(canvas, page) {
  let count = 0;
  for (let each = page; each?.id.endsWith(PLANE); each = canvas.findRoot(each.id.slice(0, -PLANE.length))) count += 1;
  return count;
}

// The wheel scrolls the page until the diagram has the focus: nobody gets stuck on it while reading.
function tameWheel(viewer, root) {
  const wheel = viewer.get('zoomScroll');
  wheel.toggle(false);
  root.addEventListener('focusin', () => wheel.toggle(true));
  root.addEventListener('focusout', event => { if (!root.contains(event.relatedTarget)) wheel.toggle(false); });
}

export default async function draw(root) {
  const state = parsed(root.dataset.state, {});
  const viewer = new NavigatedViewer({ container: root, additionalModules: [{ translate: ['value', say] }] });
  try {
    await viewer.importXML(named(await source(root.dataset), parsed(root.dataset.names, {})));
  } catch {
    viewer.destroy();
    root.replaceChildren(build('p', { class: 'text-danger', role: 'alert' }, say('The diagram cannot be shown.')));
    return;
  }
  const live = build('div', { class: 'diagram-live', 'aria-live': 'polite' });
  const picture = root.querySelector('svg');
  picture.setAttribute('role', 'application');
  picture.setAttribute('aria-label', say('Diagram. Arrow keys move it, plus and minus zoom, 0 shows all, N and P go from step to step.'));
  paint(viewer, state);
  const tools = instruments(viewer, root);
  root.append(live);
  keys(root, { ...tools, go: steps(viewer, root, live, state) });
  tameWheel(viewer, root);
  viewer.on('root.set', tools.fit);
  turnTo(viewer, state.tokens);
  tools.fit();
  new ResizeObserver(tools.fit).observe(root);
  root.dataset.ready = 'true';
}
