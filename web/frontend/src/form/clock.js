// A date, a time or both as the browser's own inputs take them: on the wall of the installation.
import wall from '../words/wall.js';

export const FIRST = '1901-01-01', LAST = '9999-12-31';

// With a year of four digits at most, the fourth digit typed moves on to the month.
const kinds = {
  date: { input: { type: 'date', max: LAST }, read: value => wall(value).slice(0, 10) },
  time: { input: { type: 'time' }, read: value => value.slice(0, 5) },
  datetime: { input: { type: 'datetime-local', max: `${LAST}T23:59` }, read: wall },
};

export default function clock(subtype, value) {
  const { input, read } = kinds[subtype] ?? kinds.date;
  return { ...input, value: value ? read(value) : '' };
}
