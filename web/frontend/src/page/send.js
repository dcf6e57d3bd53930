// Sends JSON and reads JSON, or what `read` makes of a good answer. An ended session signs in over the page and the same request goes again.
import renew from './renew.js';
import signIn from './sign-in.js';
import token from './token.js';

async function once(url, { method = 'GET', body, headers = {}, read, ...rest }) {
  const all = { Accept: 'application/json', ...headers };
  if (method !== 'GET') all['X-CSRFToken'] = token.value;
  if (typeof body === 'string') all['Content-Type'] = 'application/json';
  const answer = await fetch(url, { method, body, headers: all, credentials: 'same-origin', ...rest });
  const content = read && answer.ok ? read(answer) : answer.json().catch(() => ({}));
  return { status: answer.status, ok: answer.ok, body: await content };
}

export default async function send(url, request = {}) {
  let answer = await once(url, request);
  if (answer.status === 403 && answer.body.error === 'stale_page') {
    await renew();
    answer = await once(url, request);
  }
  if (answer.status !== 401) return answer;
  await signIn();
  return once(url, request);
}
