// Values between Python and V8: JSON, with what JSON cannot say as {"@": [type, text]}.
import { DATE, DAYS, MOMENT, MONTHS, TIME, kind } from './kind.js';
import { dateOf, durationOf, isHome, momentOf, monthsOf, timeOf } from './luxon.js';
import { Refused } from './state.js';

const READ = {
  [DATE]: dateOf, [TIME]: timeOf, [MOMENT]: momentOf, [DAYS]: durationOf, [MONTHS]: monthsOf,
  context: entries => mapped(entries, revive),
};

function mapped(object, each) {
  const result = {};
  for (const key of Object.keys(object)) {
    if (key === '__proto__') throw new Refused('reserved', { name: key });
    result[key] = each(object[key]);
  }
  return result;
}

// Without a tag in its text there is nothing to revive in a value.
export const bare = text => !text.includes('"@"');

export function revive(value) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(revive);
  return '@' in value ? READ[value['@'][0]](value['@'][1]) : mapped(value, revive);
}

function months(duration) {
  return duration.years * 12 + duration.months;
}

function time(value) {
  if (value.zone.isUniversal && value.hour === 0) throw new Refused('first-of-1900');    // a date that feelin takes for a time
  if (!isHome(value)) throw new Refused('zoned-time');
  return value.toFormat('HH:mm:ss.SSS');
}

const DEEP = 100, FAR = 999_999 * 86_400_000;

// As far as Python reckons.
function near(value) {
  const millis = value.toMillis(), far = 'year' in value ? value.year < 1 || value.year > 9999 : Math.abs(millis) > FAR;
  if (far || Number.isNaN(millis)) throw new Refused('too-far', { kind: kind(value) });
  return value;
}

const WRITE = {
  null: () => null,
  boolean: value => value,
  string: value => value,
  number(value) {
    if (!Number.isFinite(value)) throw new Refused('not-a-number');
    return value;
  },
  list: (value, depth) => value.map(each => wire(each, depth)),
  context(value, depth) {
    const entries = mapped(value, each => wire(each, depth));
    return '@' in value ? { '@': ['context', entries] } : entries;
  },
  [DATE]: value => ({ '@': [DATE, near(value).toISODate()] }),
  [TIME]: value => ({ '@': [TIME, time(value)] }),
  [MOMENT]: value => ({ '@': [MOMENT, near(value.toUTC()).toISO()] }),
  [DAYS]: value => ({ '@': [DAYS, near(value).toMillis()] }),
  [MONTHS]: value => ({ '@': [MONTHS, months(value)] }),
};

export function wire(value, depth = 0) {
  const write = WRITE[kind(value)];
  if (!write) throw new Refused('not-a-value', { kind: kind(value) });
  if (depth > DEEP) throw new Refused('too-deep');
  return write(value, depth + 1);
}
