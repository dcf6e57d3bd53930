// The token that every unsafe request brings. One for the page; a sign-in over the page brings a new one.
const stated = () => document.querySelector('meta[name="csrf-token"]')?.content
  ?? document.querySelector('[data-csrf]')?.dataset.csrf ?? '';

let renewed;

export default {
  get value() { return renewed ?? stated(); },
  renew(value) { renewed = value; },
};
