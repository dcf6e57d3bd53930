// Colours what has happened: where tokens stand, what stopped, what and which flows were passed.
import build from '../page/build.js';

const marks = { visited: 'was-visited', flows: 'was-passed', tokens: 'is-here', incidents: 'is-stopped' };

export default function paint(viewer, state) {
  const canvas = viewer.get('canvas');
  const overlays = viewer.get('overlays');
  const known = id => viewer.get('elementRegistry').get(id);
  for (const [kind, mark] of Object.entries(marks)) {
    const ids = Array.isArray(state[kind]) ? state[kind] : Object.keys(state[kind] ?? {});
    for (const id of ids.filter(known)) canvas.addMarker(id, mark);
  }
  for (const [id, count] of Object.entries(state.tokens ?? {})) {
    if (count < 2 || !known(id)) continue;
    overlays.add(id, { position: { top: -10, right: 14 }, html: build('span', { class: 'token-count' }, String(count)) });
  }
}
