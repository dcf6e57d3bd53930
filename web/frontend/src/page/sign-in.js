// Signs in over the page, so that what was typed stays. `GET /sign-in` gives the token, `POST` takes name and password.
import say from '../words/say.js';
import build from './build.js';
import token from './token.js';

const url = () => document.body.dataset.signIn || '/sign-in';
const json = { Accept: 'application/json', 'Content-Type': 'application/json' };
let pending;

async function attempt(name, password) {
  const fresh = await (await fetch(url(), { headers: json })).json();
  const headers = { ...json, 'X-CSRFToken': fresh.csrf };
  const answer = await fetch(url(), { method: 'POST', headers, body: JSON.stringify({ name, password }) });
  return { ok: answer.ok, ...(await answer.json()) };
}

function settle(person, csrf) {
  token.renew(csrf);
  const before = document.body.dataset.person;
  if (!before || before === person) return;
  // What stands on the page was shown to somebody else: nothing of it may be sent in another name.
  window.alert(say('You are signed in as somebody else now. The page is loaded again.'));
  window.location.reload();
  throw new Error('signed in as somebody else');
}

const row = (id, label, attributes) => build('div', { class: 'mb-3' },
  build('label', { class: 'form-label', for: id }, label),
  build('input', { class: 'form-control', id, required: true, ...attributes }));

function open(resolve, reject) {
  const problem = build('p', { class: 'text-danger', role: 'alert' });
  const form = build('form', { class: 'card-body' },
    build('h2', { class: 'h3', id: 'sign-in-title' }, say('Sign in again')),
    build('p', {}, say('Your session has ended. Nothing is lost: sign in and the page goes on where it was.')),
    row('sign-in-name', say('Account'), { name: 'name', autocomplete: 'username', value: document.body.dataset.account }),
    row('sign-in-password', say('Password'), { name: 'password', type: 'password', autocomplete: 'current-password' }),
    problem,
    build('div', { class: 'btn-list' },
      build('button', { class: 'btn btn-primary' }, say('Sign in')),
      build('button', { class: 'btn', type: 'button', onclick: () => dialog.close('cancelled') }, say('Cancel'))));
  const dialog = build('dialog', { class: 'over-page card', 'aria-labelledby': 'sign-in-title' }, form);
  form.addEventListener('submit', async event => {
    event.preventDefault();
    try {
      const answer = await attempt(form.elements.name.value, form.elements.password.value);
      if (!answer.ok) { problem.textContent = answer.message; return; }
      settle(answer.person, answer.csrf);
      dialog.close('done');
    } catch {
      problem.textContent = say('The server cannot be reached. What you typed is still here; try again.');
    }
  });
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (dialog.returnValue === 'done') resolve(); else reject(new Error('not signed in'));
  });
  document.body.append(dialog);
  dialog.showModal();
  form.elements[form.elements.name.value ? 'password' : 'name'].focus();
}

export default function signIn() {
  // Several requests may find the session gone at once: one dialog serves them all.
  pending ??= new Promise(open).finally(() => { pending = undefined; });
  return pending;
}
