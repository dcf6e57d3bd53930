// feelin's functions, made strict: where one of them would answer null or nonsense to arguments it cannot use, it refuses instead.
// A null handed in still gives null: that is FEEL. Our own functions stand beside them.
import { evaluate } from '@bpmn-io/feelin';
import { alike, among, comparable, equal, ordered, truth } from './compare.js';
import { DATE, MOMENT, kind } from './kind.js';
import { dayOf, momentAt } from './luxon.js';
import { Refused, state } from './state.js';
import { text } from './text.js';
import { addWorkingDays, isWorkingDay, workingDaysBetween } from './workdays.js';

// feelin keeps its table of functions to itself, but looks an unknown name up with Object.entries: there it can be met.
function table() {
  const { entries } = Object;
  let met;
  Object.entries = object => {
    if (Object.hasOwn(object, 'string length')) met = object;
    return entries(object);
  };
  try {
    evaluate('nobody');
  } finally {
    Object.entries = entries;
  }
  if (!met) throw new Error('feelin keeps its functions elsewhere now: see feel/builtins.js');
  return met;
}

export const builtins = table();

const UNFINISHED = ['overlaps before', 'overlaps after', 'finishes', 'finished by', 'during', 'starts', 'started by', 'coincides'];
const kinds = args => args.filter(each => each !== undefined).map(kind).join(', ');
const refusal = (name, args) => new Refused('arguments', { name, kinds: kinds(args) });
const named = (call, names) => Object.assign(call, { $args: names });
const empty = args => args.every(each => Array.isArray(each) && each.length === 0);

function strict(name, original) {
  return named((...args) => {
    const answer = original(...args);
    if (answer !== null && answer !== undefined && !Number.isNaN(answer)) return answer;
    if (args.includes(null) || empty(args) || name === 'get value') return null;
    throw refusal(name, args);
  }, original.$args);
}

// Positions count from 1; feelin's answer for 0 or for one beyond the end is another item.
function placed(name, reach) {
  const original = builtins[name];
  return named((whole, position, ...rest) => {
    if (whole === null || position === null) return null;
    const length = typeof whole === 'string' ? [...whole].length : [whole].flat().length;
    if (typeof position === 'number' && !reach(position, length)) throw new Refused('position', { name, position, length });
    return original(whole, position, ...rest);
  }, original.$args);
}

function ranged(name) {
  const original = builtins[name];
  return named((...args) => (args.some(each => kind(each) === 'null') ? null : original(...comparable(args))), original.$args);
}

const NUMERIC = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

function number(from, grouping, decimal) {
  if (from === null) return null;
  if (typeof from !== 'string') throw refusal('number', [from]);
  const plain = (grouping ? from.split(grouping).join('') : from).split(decimal || '.').join('.').trim();
  if (!NUMERIC.test(plain)) throw new Refused('not-numeric', { text: from.slice(0, 40) });
  return Number(plain);
}

const listed = compute => named((...args) => {
  if (args.length === 1 && args[0] === null) return null;
  const list = args.length === 1 && Array.isArray(args[0]) ? args[0] : args;
  return list.length ? compute(list) : null;
}, ['...list']);

function extreme(name, wins) {
  return listed(list => {
    if (list.includes(null)) throw refusal(name, list);
    return list.reduce((best, each) => (wins(ordered(each, best)) ? each : best));
  });
}

const median = listed(list => {
  if (list.some(each => typeof each !== 'number')) throw refusal('median', list);
  const sorted = [...list].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
});

const distinct = list => list.filter((each, index) => list.findIndex(other => alike(each, other)) === index);

function day(value, name) {
  if (kind(value) !== DATE && kind(value) !== MOMENT) throw refusal(name, [value]);
  return dayOf(value);
}

// A null date gives null, as everywhere.
function working(name, compute, names, dates) {
  return named((...args) => {
    if (args.includes(null)) return null;
    if (args.length !== names.length || args.includes(undefined)) throw refusal(name, args);
    return compute(...args.map((each, place) => (place < dates ? day(each, name) : each)));
  }, names);
}

const within = (position, length) => Number.isInteger(position) && position >= 1 && position <= length;
const sliced = (position, length) => Number.isInteger(position) && position !== 0 && position >= -length;

const OURS = {
  now: named(() => momentAt(state.now), []),
  today: named(() => dayOf(momentAt(state.now)), []),
  string: named(from => (from === null ? null : text(from)), ['from']),
  number: named(number, ['from', 'grouping separator', 'decimal separator']),
  min: extreme('min', order => order < 0),
  max: extreme('max', order => order > 0),
  median,
  'list contains': named((list, element) => (list === null ? null : among(element, [list].flat())), ['list', 'element']),
  'index of': named(
    (list, match) => (list === null ? null : [list].flat().flatMap((each, index) => (equal(each, match) ? [index + 1] : []))),
    ['list', 'match'],
  ),
  'distinct values': named(list => (list === null ? null : distinct([list].flat())), ['list']),
  union: named((...lists) => (lists.includes(null) ? null : distinct(lists.flat())), ['...list']),
  is: named((a, b) => alike(a, b), ['value1', 'value2']),
  substring: placed('substring', sliced),
  sublist: placed('sublist', sliced),
  remove: placed('remove', within),
  'list replace': placed('list replace', within),
  'insert before': placed('insert before', (position, length) => within(position, length + 1)),
  ...Object.fromEntries(['before', 'after', 'meets', 'met by', 'overlaps', 'includes'].map(name => [name, ranged(name)])),
  'add working days': working('add working days', addWorkingDays, ['date', 'n'], 1),
  'working days between': working('working days between', workingDaysBetween, ['from', 'to'], 2),
  'is working day': working('is working day', isWorkingDay, ['date'], 1),
};

for (const name of UNFINISHED) delete builtins[name];
Object.assign(builtins, OURS);
for (const name of Object.keys(builtins)) builtins[name] = strict(name, builtins[name]);

// The browser's clock is not ours and it has no calendar: a form that used these would show something else than the server finds.
export const CLOCK = ['now', 'today', 'add working days', 'working days between', 'is working day'];

// The name under which read.js has a function called.
export const alias = name => `__${name.replaceAll(' ', '_')}`;

for (const name of Object.keys(builtins)) builtins[alias(name)] = builtins[name];

// What read.js puts in the place of `=`, `!=` and bare conditions.
Object.assign(builtins, {
  __same: named(wanted => value => equal(value, wanted), ['value']),
  __other: named(unwanted => value => !equal(value, unwanted), ['value']),
  __among: named(wanted => value => among(value, wanted), ['wanted']),
  __truth: named(truth, ['value']),
});
