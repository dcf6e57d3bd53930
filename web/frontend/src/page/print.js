// A button with `data-prints` opens the browser's print dialog.
export default function print() {
  document.addEventListener('click', event => { if (event.target.closest('[data-prints]')) window.print(); });
}
