// Values as text. feelin would print forty days as a month and ten days; the server prints the same in engine/feel/values.py.
import { DAYS, MONTHS, kind } from './kind.js';
import { Refused } from './state.js';

const quoted = text => `"${text.replace(/(["\\])/g, '\\$1')}"`;
const named = name => (/^\w+$/.test(name) ? name : quoted(name));
const sized = (size, unit) => (size ? `${size}${unit}` : '');

function days(duration) {
  const millis = Math.abs(duration.toMillis());
  const [seconds, minutes, hours] = [millis % 60_000 / 1000, Math.trunc(millis / 60_000) % 60, Math.trunc(millis / 3_600_000) % 24];
  const clock = sized(hours, 'H') + sized(minutes, 'M') + sized(seconds, 'S');
  const text = sized(Math.trunc(millis / 86_400_000), 'D') + (clock && `T${clock}`);
  return millis === 0 ? 'PT0S' : `${duration.toMillis() < 0 ? '-' : ''}P${text}`;
}

function months(duration) {
  const count = duration.years * 12 + duration.months, size = Math.abs(count);
  const text = sized(Math.trunc(size / 12), 'Y') + sized(size % 12, 'M');
  return `${count < 0 ? '-' : ''}P${text || '0M'}`;
}

const moment = (value, method) => value[method]({ suppressMilliseconds: true, includeOffset: value.zone.type !== 'system' });

const PRINT = {
  null: () => 'null',
  boolean: String,
  number: String,
  string: quoted,
  list: value => `[${value.map(inside).join(', ')}]`,
  context: value => `{${Object.keys(value).sort().map(name => `${named(name)}: ${inside(value[name])}`).join(', ')}}`,
  date: value => value.toISODate(),
  time: value => moment(value, 'toISOTime'),
  'date and time': value => moment(value, 'toISO'),
  [DAYS]: days,
  [MONTHS]: months,
};

function inside(value) {
  const print = PRINT[kind(value)];
  if (!print) throw new Refused('not-a-value', { kind: kind(value) });
  return print(value);
}

export const text = value => (typeof value === 'string' ? value : inside(value));
