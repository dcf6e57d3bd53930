// A menu of stock phrases for a text box: choosing one writes it where the cursor stands.
import say from '../words/say.js';
import build from './build.js';

function insert(box, phrase) {
  box.focus();
  const { selectionStart: start, selectionEnd: end, value } = box;
  box.setRangeText(phrase, start ?? value.length, end ?? value.length, 'end');
  box.dispatchEvent(new InputEvent('input', { bubbles: true }));
}

export default function phrases(list, find) {
  const menu = build('details', { class: 'phrases' },
    build('summary', { class: 'btn btn-sm' }, say('Stock phrases')),
    build('ul', { class: 'phrases-list card' }, ...list.map(phrase => build('li', {},
      build('button', { type: 'button', class: 'btn btn-ghost-secondary', onclick: () => {
        menu.open = false;
        insert(find(), phrase);
      } }, phrase)))));
  menu.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector('summary').focus();
  });
  menu.addEventListener('focusout', event => { if (!menu.contains(event.relatedTarget)) menu.open = false; });
  return menu;
}
