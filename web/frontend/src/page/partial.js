// htmx as this application uses it: no eval, own origin only, the token on every request, refusals shown where they belong.
// A refusal (4xx, 5xx) is swapped into `#problem`, a 422 into the request's own target; an ended session signs in and goes again.
import htmx from 'htmx.org';
import freshKey from './key.js';
import signIn from './sign-in.js';
import token from './token.js';

const handling = [
  { code: '204', swap: false },
  { code: '[23]..', swap: true },
  { code: '422', swap: true },
  { code: '401', swap: false },
  { code: '[45]..', swap: true, error: true, target: '#problem' },
  { code: '...', swap: false },
];

// One key for what an element asks, until it has been answered: sent again after a broken line, it is done once.
const keys = new WeakMap();

function keyOf(elt) {
  if (!keys.has(elt)) keys.set(elt, freshKey());
  return keys.get(elt);
}

// The element that asked, not the one that the answer would have gone into.
function again({ elt, triggeringEvent: trigger }) {
  if (elt instanceof HTMLFormElement) elt.requestSubmit(trigger?.submitter);
  else htmx.trigger(elt, trigger?.type ?? 'click');
}

export default function partial() {
  Object.assign(htmx.config, {
    allowEval: false,
    allowScriptTags: false,
    selfRequestsOnly: true,
    includeIndicatorStyles: false,
    historyCacheSize: 0,
    // What has come answers at once: nobody can be quicker than it is alive.
    defaultSettleDelay: 0,
    responseHandling: handling,
  });
  document.addEventListener('htmx:configRequest', event => {
    const { verb, headers, elt } = event.detail;
    if (verb === 'get') return;
    headers['X-CSRFToken'] = token.value;
    headers['Idempotency-Key'] = keyOf(elt);
  });
  // What has been answered is done; what comes from the same place after that is another thing.
  document.addEventListener('htmx:afterRequest', event => {
    if (event.detail.successful) keys.delete(event.detail.elt);
  });
  document.addEventListener('htmx:beforeSwap', event => {
    if (event.detail.xhr.status === 401) signIn().then(() => again(event.detail.requestConfig), () => {});
  });
}
