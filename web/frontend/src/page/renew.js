// Fetches the token of the session as it is now: another window may have signed in anew.
import token from './token.js';

export default async function renew() {
  const url = document.body.dataset.signIn || '/sign-in';
  const answer = await fetch(url, { headers: { Accept: 'application/json' } });
  token.renew((await answer.json()).csrf);
}
