// The keyboard of a diagram: arrows move, + and - zoom, 0 shows all, N and P go from step to step.
const STEP = 60;
const moves = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };

export default function keys(root, { canvas, zoom, fit, go }) {
  const others = { '+': () => zoom(1.2), '=': () => zoom(1.2), '-': () => zoom(1 / 1.2), 0: fit, n: () => go(1), p: () => go(-1) };
  root.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('button')) return;
    const [dx, dy] = moves[event.key] ?? [];
    const other = others[event.key.toLowerCase()];
    if (dx === undefined && !other) return;
    event.preventDefault();
    event.stopPropagation();
    if (other) other(); else canvas.scroll({ dx, dy });
  }, true);
}
