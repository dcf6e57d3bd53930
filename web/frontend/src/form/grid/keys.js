// What a key does in a grid's cell: `{action, by}`, or nothing where the key belongs to the cell itself.
const inLine = target => target.matches('input:not([type=number]):not([type=date]):not([type=time]):not([type=datetime-local])');

export default function keyAction(event) {
  const { key, ctrlKey, metaKey, altKey, shiftKey, target } = event;
  // An open list under a cell, a text of several lines and an input method have the first say.
  if (event.isComposing || altKey || target.getAttribute('aria-expanded') === 'true') return undefined;
  if (ctrlKey || metaKey) return { Enter: { action: 'add' }, d: { action: 'copy' }, Delete: { action: 'remove' } }[key];
  if (key === 'Enter' && target.matches('input, select')) return { action: 'move', by: shiftKey ? -1 : 1, grow: !shiftKey };
  if (!inLine(target) || target.getAttribute('role') === 'combobox') return undefined;
  return { ArrowDown: { action: 'move', by: 1 }, ArrowUp: { action: 'move', by: -1 } }[key];
}
