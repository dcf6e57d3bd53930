// Saves what is typed, a moment after the last change, to the server. `PUT <draft url>` with {"values", "revision"} answers
// {"revision", "saved_at", "withheld": [names not kept because sealed]}; 409 carries {"other": {"values", "revision", "saved_at"}}.
import send from '../page/send.js';
import say from '../words/say.js';
import time from '../words/time.js';
import conflict from './conflict.js';
import values from './values.js';

const PAUSE_MS = 1500;
const unsigned = field => field.type !== 'signature';

export default class Draft {
  constructor(form, root, { url, revision, tell }) {
    Object.assign(this, { form, url, revision, tell, timer: null, touched: false, running: null, stopped: !url });
    this.saved = this.content();
    // Fields fill themselves while the form opens: only a person's doing makes a draft.
    for (const type of ['input', 'change', 'click', 'keydown', 'paste', 'drop']) {
      root.addEventListener(type, () => { this.touched = true; }, true);
    }
    form.on('changed', () => this.later());
    document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') this.now({ keepalive: true }); });
  }

  values() { return values(this.form, this.form._getState().data, unsigned); }

  content() { return JSON.stringify(this.values()); }

  later() {
    if (this.stopped || !this.touched || this.content() === this.saved) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), PAUSE_MS);
  }

  // One save at a time: the revision of the next comes from the last.
  now(options = {}) {
    clearTimeout(this.timer);
    this.running = (this.running ?? Promise.resolve()).then(() => this.save(options)).catch(() => {
      this.tell(say('Not saved: the server cannot be reached. It is tried again as you type.'), true);
    });
    return this.running;
  }

  async save(options) {
    const content = this.content();
    if (this.stopped || !this.touched || content === this.saved) return;
    this.tell(say('Saving…'));
    const body = JSON.stringify({ values: JSON.parse(content), revision: this.revision });
    const answer = await send(this.url, { method: 'PUT', body, ...options });
    if (answer.status === 409 && answer.body.other) await this.settle(answer.body.other);
    else if (!answer.ok) this.tell(say('Not saved: {problem}', { problem: answer.body.message ?? answer.status }), true);
    else this.note(answer.body, content);
  }

  note({ revision, saved_at: savedAt, withheld = [] }, content) {
    Object.assign(this, { revision, saved: content });
    const names = withheld.map(name => this.form.get('formFieldRegistry').getAll().find(({ key }) => key === name)?.label ?? name);
    const kept = say('Saved at {time}', { time: time(savedAt, { timeStyle: 'short' }) });
    const left = names.length ? say('Not kept in the draft because it is confidential: {names}', { names: names.join('、') }) : '';
    this.tell([kept, left].filter(Boolean).join(' · '));
  }

  async settle(other) {
    const choice = await conflict(this.form, this.values(), other);
    this.revision = other.revision;
    if (choice === 'here') {
      this.saved = null;
      this.now();
      return;
    }
    const { data, schema } = this.form._getState();
    await this.form.importSchema(schema, { ...data, ...other.values });
    this.note(other, this.content());
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    return this.running;
  }

  resume() { this.stopped = !this.url; }
}
