// Gives every `<textarea data-phrases='["…"]'>` its menu, also those that htmx brings later.
import phrases from './phrases.js';

function dress(root) {
  for (const box of root.querySelectorAll('textarea[data-phrases]:not([data-dressed])')) {
    box.dataset.dressed = '';
    const list = JSON.parse(box.dataset.phrases);
    if (list.length) box.after(phrases(list, () => box));
  }
}

export default function boxes() {
  dress(document);
  document.addEventListener('htmx:load', event => dress(event.detail.elt.parentElement ?? document));
}
