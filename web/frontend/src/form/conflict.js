// Two windows saved the same draft: shows both versions where they differ, and asks which to keep. Resolves to 'here' or 'other'.
import build from '../page/build.js';
import say from '../words/say.js';
import time from '../words/time.js';
import show from './show.js';

function differences(form, here, other) {
  const paths = form.get('pathRegistry');
  const directory = form.get('directory');
  const names = new Set([...Object.keys(here), ...Object.keys(other)]);
  const fields = form.get('formFieldRegistry').getAll();
  return [...names].filter(name => JSON.stringify(here[name] ?? null) !== JSON.stringify(other[name] ?? null)).map(name => {
    const field = fields.find(each => paths.getValuePath(each)?.[0] === name) ?? {};
    return [field.label ?? name, show(field, here[name], directory), show(field, other[name], directory)];
  });
}

export default function conflict(form, here, other) {
  const rows = differences(form, here, other.values);
  const cells = (tag, texts) => build('tr', {}, ...texts.map(text => build(tag, tag === 'th' ? { scope: 'col' } : {}, text)));
  return new Promise(resolve => {
    const button = (label, choice, look) => build('button', { class: `btn ${look}`, onclick: () => dialog.close(choice) }, say(label));
    const dialog = build('dialog', { class: 'over-page card', 'aria-labelledby': 'conflict-title' },
      build('div', { class: 'card-body' },
        build('h2', { class: 'h3', id: 'conflict-title' }, say('Two versions of your draft')),
        build('p', {}, say('You have also been typing in another window, which saved at {time}. Choose which version to keep.',
          { time: time(other.saved_at) })),
        build('table', { class: 'table' },
          build('thead', {}, cells('th', [say('Field'), say('Here'), say('The other window')])),
          build('tbody', {}, ...rows.map(row => cells('td', row)))),
        build('div', { class: 'btn-list' }, button('Keep what is here', 'here', 'btn-primary'), button('Take the other', 'other', ''))));
    // Neither version may get lost by a slip of the Escape key.
    dialog.addEventListener('cancel', event => event.preventDefault());
    dialog.addEventListener('close', () => { dialog.remove(); resolve(dialog.returnValue); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
