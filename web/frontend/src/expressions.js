// The server's own FEEL, for the form on the page: a bundle by itself, with a luxon by itself, because what FEEL needs of luxon
// (feel/luxon.js) would change how form-js reads dates. Values go in and come out as between Python and V8 (feel/wire.js).
import { expression } from './feel/compile.js';
import { live } from './feel/luxon.js';
import { read } from './feel/read.js';
import { revive, wire } from './feel/wire.js';

const known = new Map();

function namesIn(text) {
  if (!known.has(text)) {
    const { names, loose } = read(text);
    known.set(text, [...names, ...loose]);
  }
  return known.get(text);
}

// `value(name)` gives what a name stands for; only the names that the expression uses are asked for.
export default zone => {
  live(zone);
  return (text, value) => wire(expression(text)(revive(Object.fromEntries(namesIn(text).map(name => [name, value(name)])))));
};
