// Sends the form. `POST <submit url>` with {"values", "stamp"} and the header Idempotency-Key answers {"location"} or a refusal:
// 422 {"message", "problems": [{"where", "message"}]}, 409 {"message"}; 401 signs in over the page and sends again.
import freshKey from '../page/key.js';
import send from '../page/send.js';
import say from '../words/say.js';
import problems from './problems.js';
import unfinished from './unfinished.js';
import values from './values.js';

export default class Submission {
  constructor(form, { url, stamp, draft, shelf, bar }) {
    Object.assign(this, { form, url, stamp, draft, shelf, bar, sent: null, busy: false });
  }

  // The same content is the same attempt, however often it is sent; other content is a new one.
  keyFor(body) {
    if (this.sent?.body !== body) this.sent = { body, key: freshKey() };
    return this.sent.key;
  }

  async submit() {
    if (this.busy) return;
    const { data, errors } = this.form.submit();
    const begun = unfinished(this.bar.root);
    if (Object.keys(errors).length) this.bar.refuse(say('Put right what is marked, then submit again.'));
    else if (begun) this.incomplete(begun);
    else if (this.shelf.busy) this.bar.refuse(say('Wait until every file is uploaded.'));
    else await this.post(JSON.stringify({ values: values(this.form, data), stamp: this.stamp }));
  }

  incomplete(box) {
    this.bar.refuse(say('A date or time is begun and not complete.'));
    box.focus();
  }

  async post(body) {
    this.busy = true;
    this.bar.sending(true);
    // A draft saved after the task is done would be refused and frighten people.
    await this.draft.stop();
    try {
      await this.take(await send(this.url, { method: 'POST', body, headers: { 'Idempotency-Key': this.keyFor(body) } }));
    } catch {
      this.bar.refuse(say('The server cannot be reached. What you typed is still here; try again.'));
    } finally {
      this.busy = false;
      this.bar.sending(false);
      this.draft.resume();
    }
  }

  async take({ status, ok, body }) {
    if (ok) {
      this.draft.stopped = true;
      this.draft.url = null;
      window.location.assign(body.location);
      return;
    }
    const rest = problems(this.form, body.problems ?? []);
    const message = body.message ?? say('Something went wrong. What you typed is still here; try again.');
    this.bar.refuse(message, rest, status === 409);
  }
}
