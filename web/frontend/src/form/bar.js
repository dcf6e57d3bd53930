// The bar under a form: what was refused, the button, what is saved.
import build from '../page/build.js';
import say from '../words/say.js';
import firstProblem from './first-problem.js';

export default class Bar {
  constructor(root, submit) {
    this.root = root;
    this.refusal = build('div', { role: 'alert', class: 'form-refusal' });
    this.button = build('button', { type: 'button', class: 'btn btn-primary', onclick: submit }, root.dataset.submitLabel || say('Submit'));
    this.status = build('p', { role: 'status', class: 'form-status' });
    root.append(build('div', { class: 'form-bar' }, this.refusal, this.button, this.status));
  }

  tell(sentence, urgent = false) {
    this.status.textContent = sentence;
    this.status.classList.toggle('text-danger', urgent);
  }

  sending(busy) {
    // Not `disabled`: that would throw the focus away and say nothing to a screen reader.
    this.button.setAttribute('aria-disabled', String(busy));
    if (busy) {
      this.refusal.replaceChildren();
      this.tell(say('Sending…'));
    } else if (this.status.textContent === say('Sending…')) this.tell('');
  }

  refuse(message, more = [], stale = false) {
    this.refusal.replaceChildren(build('div', { class: 'alert alert-danger' },
      build('p', {}, message),
      more.length > 0 && build('ul', {}, ...more.map(each => build('li', {}, each))),
      stale && build('button', { type: 'button', class: 'btn', onclick: () => window.location.reload() }, say('Reload'))));
    // After the fields have been drawn with their marks.
    setTimeout(() => firstProblem(this.root));
  }
}
