// Dates as the installation means them. feelin computes on luxon; where luxon's or feelin's defaults would give a wrong date in silence,
// the method that decides is put right here. Each of these has a test (tests/engine/test_feel_dates.py).
import { DateTime, Duration, FixedOffsetZone, IANAZone, Settings, SystemZone } from 'luxon';
import { DATE, DAYS, MOMENT, MONTHS, TIME, kind } from './kind.js';
import { Refused } from './state.js';

const UTC = FixedOffsetZone.utcInstance;
const MODERN = Date.UTC(2000, 0, 1), OLD = Date.UTC(1901, 0, 1);
const UNITS = ['days', 'hours', 'minutes', 'seconds', 'milliseconds'];

let home = IANAZone.create('UTC');

export function live(zone) {
  if (zone !== home.name) home = IANAZone.create(zone);
}

// The bare V8 knows no zone but UTC. Times stand on a day of 1900, when zones had odd minutes: they take the offset of our days.
Object.defineProperties(SystemZone.prototype, {
  name: { get: () => home.name },
  offset: { value: ts => home.offset(ts < OLD ? MODERN : ts) },
  offsetName: { value: (ts, options) => home.offsetName(ts, options) },
});

Settings.defaultLocale = 'en-US';    // `day of week` answers alike everywhere
Settings.throwOnInvalid = true;      // date("2026-13-01") is a mistake, not null

const days = millis => Duration.fromMillis(millis).shiftTo(...UNITS);

// One shape for each kind of duration, so that `.days` of 48 hours is 2 and equal durations look equal.
function tidy(duration) {
  const inMonths = ['years', 'quarters', 'months'].some(unit => unit in duration.values);
  const inDays = ['weeks', ...UNITS].some(unit => duration.get(unit) !== 0);
  if (inMonths && inDays) throw new Refused('mixed-duration', { text: duration.toISO() });
  if (!inMonths) return days(duration.toMillis());
  const months = duration.get('years') * 12 + duration.get('quarters') * 3 + duration.get('months');
  if (!Number.isInteger(months)) throw new Refused('mixed-duration', { text: duration.toISO() });
  return Duration.fromObject({ years: Math.trunc(months / 12), months: months % 12 });
}

const same = (a, b, verb) => {
  const kinds = [kind(a), kind(b)];
  if (kinds[0] !== kinds[1]) throw new Refused('mismatch', { verb, left: kinds[0], right: kinds[1] });
};

const { fromISO } = Duration;
const { plus: add } = Duration.prototype;
const { plus, minus, diff, setZone, toLocal } = DateTime.prototype;

Duration.fromISO = text => tidy(fromISO.call(Duration, text));

Duration.prototype.plus = function plus(other) {
  if (!Duration.isDuration(other)) return add.call(this, other);
  same(this, other, 'add');
  return tidy(add.call(this, other));
};

function move(step, moment, duration) {
  if (!Duration.isDuration(duration)) return step.call(moment, duration);
  const what = kind(moment);
  if (what === DATE && kind(duration) === DAYS && duration.toMillis() % 86_400_000 !== 0) {
    throw new Refused('hours-on-date', { text: duration.toISO() });
  }
  if (what === TIME && kind(duration) === MONTHS) throw new Refused('mismatch', { verb: 'add', left: TIME, right: MONTHS });
  return step.call(moment, duration);
}

Object.assign(DateTime.prototype, {
  plus(duration) { return move(plus, this, duration); },
  minus(duration) { return move(minus, this, duration); },
  // a - b, and `years and months duration`, whose remaining days do not count
  diff(other, unit, options) {
    if (unit === undefined) {
      same(this, other, 'subtract');
      return days(this.valueOf() - other.valueOf());
    }
    const result = diff.call(this, other, unit, options);
    return Array.isArray(unit) && unit.includes('months')
      ? tidy(Duration.fromObject({ years: result.years, months: Math.trunc(result.months) })) : result;
  },
  // date(moment) is the day on the clock there, not the day in Greenwich
  setZone(zone, options) {
    return setZone.call(this, zone, zone === 'utc' && options === undefined ? { keepLocalTime: true } : options);
  },
  toLocal() {
    return kind(this) === DATE ? setZone.call(this, SystemZone.instance, { keepLocalTime: true }) : toLocal.call(this);
  },
});

export const dateOf = text => DateTime.fromISO(text, { zone: UTC });
export const momentOf = text => DateTime.fromISO(text, { zone: SystemZone.instance });
export const timeOf = text => DateTime.fromISO(`1900-01-01T${text}`, { zone: SystemZone.instance });
export const durationOf = text => Duration.fromISO(text);
export const monthsOf = count => Duration.fromObject({ years: Math.trunc(count / 12), months: count % 12 });
export const momentAt = millis => DateTime.fromMillis(millis, { zone: SystemZone.instance });
export const dayOf = moment => (kind(moment) === MOMENT ? setZone.call(moment, UTC, { keepLocalTime: true }).startOf('day') : moment);
export const isHome = moment => moment.zone === SystemZone.instance;
