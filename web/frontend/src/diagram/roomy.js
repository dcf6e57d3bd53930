// Room for names in another language: the boxes of labels were drawn round the names that the diagram has itself.
// A label stays on the side where it stands: it grows away from its shape, or from the end where its flow begins.
const LETTER = 6.6;
const LINE = 14;
const WIDEST = 90;

const number = (element, name) => Number(element.getAttribute(name));
const box = element => ({ x: number(element, 'x'), y: number(element, 'y'), width: number(element, 'width'), height: number(element, 'height') });
const within = (element, name) => [...element.children].filter(each => each.localName === name);

function lines(text, width) {
  let count = 1;
  let used = 0;
  for (const word of text.split(/\s+/)) {
    const wide = word.length * LETTER;
    if (used && used + LETTER + wide > width) { count += 1; used = wide; } else used += (used ? LETTER : 0) + wide;
  }
  return count;
}

// What a label belongs to: a shape's box, or the point where a flow begins.
function owner(drawn) {
  const [bounds] = within(drawn, 'Bounds');
  if (bounds) return box(bounds);
  const [first] = within(drawn, 'waypoint');
  return { x: number(first, 'x'), y: number(first, 'y'), width: 0, height: 0 };
}

function across(label, width, of) {
  const middle = label.x + label.width / 2;
  const aim = of.x + of.width / 2;
  if (of.width && Math.abs(middle - aim) < 4) return aim - width / 2;
  return middle < aim ? label.x + label.width - width : label.x;
}

export default function roomy(drawn, name) {
  const [label] = within(drawn, 'BPMNLabel');
  const bounds = label && within(label, 'Bounds')[0];
  if (!bounds) return;
  const was = box(bounds);
  const of = owner(drawn);
  const longest = Math.max(...name.split(/\s+/).map(word => word.length));
  const width = Math.ceil(Math.max(longest * LETTER, Math.min(name.length * LETTER, WIDEST))) + 6;
  const height = lines(name, width - 6) * LINE;
  const above = was.y + was.height <= of.y;
  for (const [key, value] of Object.entries({ x: across(was, width, of), y: above ? was.y + was.height - height : was.y, width, height })) {
    bounds.setAttribute(key, String(Math.round(value)));
  }
}
