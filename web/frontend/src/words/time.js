// An instant as the page shows it, in the installation's zone: `2026年4月1日 14:03`.
import locale from './locale.js';
import zone from './zone.js';

export default function time(instant, options = { dateStyle: 'medium', timeStyle: 'short' }) {
  return new Intl.DateTimeFormat(locale(), { timeZone: zone(), ...options }).format(new Date(instant));
}
