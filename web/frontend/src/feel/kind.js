// The FEEL type of a value, under the names that Python uses too.
import { DateTime, Duration, FixedOffsetZone } from 'luxon';

export const DATE = 'date', TIME = 'time', MOMENT = 'date and time';
export const DAYS = 'days and time duration', MONTHS = 'years and months duration';

const UTC = FixedOffsetZone.utcInstance;

// As feelin tells the three apart: a time is a moment on 1 January 1900, a date a midnight in UTC.
function temporal(moment) {
  if (moment.year === 1900 && moment.month === 1 && moment.day === 1) return TIME;
  const midnight = moment.hour === 0 && moment.minute === 0 && moment.second === 0 && moment.millisecond === 0;
  return midnight && moment.zone === UTC ? DATE : MOMENT;
}

export function kind(value) {
  if (value === null || value === undefined) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return 'list';
  if (DateTime.isDateTime(value)) return temporal(value);
  if (Duration.isDuration(value)) return 'years' in value.values || 'months' in value.values ? MONTHS : DAYS;
  if (Object.getPrototypeOf(value) === Object.prototype) return 'context';
  if (typeof value.includes === 'function' && 'start' in value) return 'range';
  return 'function';
}
