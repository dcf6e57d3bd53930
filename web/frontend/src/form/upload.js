// Sends one file at once, with progress. `POST <upload url>` (multipart: file, field) answers {"id", "name", "size"}.
import freshKey from '../page/key.js';
import renew from '../page/renew.js';
import signIn from '../page/sign-in.js';
import token from '../page/token.js';
import say from '../words/say.js';

function once(url, file, field, key, progress) {
  return new Promise((resolve, reject) => {
    const body = new FormData();
    body.append('field', field);
    body.append('file', file, file.name);
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('X-CSRFToken', token.value);
    request.setRequestHeader('Idempotency-Key', key);
    request.responseType = 'json';
    request.upload.addEventListener('progress', ({ loaded, total }) => progress(Math.round((100 * loaded) / total)));
    request.addEventListener('load', () => resolve({ status: request.status, body: request.response ?? {} }));
    request.addEventListener('error', () => reject(new Error(say('The connection broke; try again.'))));
    request.send(body);
  });
}

export default async function upload(url, file, field, progress) {
  const key = freshKey();
  let answer = await once(url, file, field, key, progress);
  if (answer.status === 401) await signIn();
  if (answer.status === 403 && answer.body.error === 'stale_page') await renew();
  if (answer.status === 401 || answer.status === 403) answer = await once(url, file, field, key, progress);
  if (answer.status >= 300) throw new Error(answer.body.problems?.[0]?.message ?? answer.body.message ?? String(answer.status));
  return answer.body;
}
