// Puts the focus on a cell as soon as it is drawn: the row may have to be made first, and the next letter goes there.
import { useLayoutEffect, useRef } from 'preact/hooks';

export default function useFocus(table) {
  const wanted = useRef(null);
  useLayoutEffect(() => {
    if (!wanted.current) return;
    const cell = table.current?.querySelector(`[data-cell="${wanted.current}"]`);
    if (cell) { cell.focus(); wanted.current = null; }
  });
  return (row, column) => { wanted.current = `${row}:${column}`; };
}
