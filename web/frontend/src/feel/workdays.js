// Working days, counted as engine/calendar.py counts them (a test compares the two): the day after the first one counts first.
import { Refused, state } from './state.js';

const WEEKEND = new Set([6, 7]);

export function isWorkingDay(day) {
  const { calendar } = state;
  if (!calendar) throw new Refused('no-calendar');
  if (day.year < calendar.first || day.year > calendar.last) throw new Refused('outside-calendar', { year: day.year });
  return calendar.days.get(day.toISODate()) ?? !WEEKEND.has(day.weekday);
}

export function addWorkingDays(day, count) {
  if (!Number.isInteger(count) || Math.abs(count) > 10_000) {
    throw new Refused('arguments', { name: 'add working days', kinds: String(count) });
  }
  const step = Math.sign(count);
  let left = Math.abs(count), at = day;
  while (left > 0) {
    at = at.plus({ days: step });
    if (isWorkingDay(at)) left -= 1;
  }
  return at;
}

export function workingDaysBetween(from, to) {
  const step = to < from ? -1 : 1;
  let count = 0;
  for (let at = from; at.valueOf() !== to.valueOf();) {
    at = at.plus({ days: step });
    if (isWorkingDay(at)) count += step;
  }
  return count;
}
