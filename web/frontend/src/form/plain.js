// What FEEL answers, as the form holds it: a computed date is text again.
import isPlain from './is-plain.js';

export default function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (!isPlain(value)) return value;
  if ('@' in value) return String(value['@'][1]);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
