// Comparing values. feelin answers null, false or even true when two values of different types are compared ("5" > 3, a date against
// text); here that is a mistake which is told.
import { evaluate } from '@bpmn-io/feelin';
import { kind } from './kind.js';
import { Refused } from './state.js';

const ORDERED = new Set(['number', 'string', 'date', 'time', 'date and time', 'days and time duration', 'years and months duration']);

const alone = value => (Array.isArray(value) && value.length === 1 ? value[0] : value);

function mismatch(verb, left, right) {
  return new Refused('mismatch', { verb, left: kind(left), right: kind(right) });
}

function equalContexts(left, right) {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length
    && names.every(name => Object.hasOwn(right, name) && alike(left[name], right[name]));
}

function equalAlike(what, left, right) {
  switch (what) {
    case 'null': return true;
    case 'list': return left.length === right.length && left.every((each, index) => alike(each, right[index]));
    case 'context': return equalContexts(left, right);
    case 'boolean': case 'number': case 'string': return left === right;
    default:
      if (ORDERED.has(what)) return left.valueOf() === right.valueOf();
      throw mismatch('compare', left, right);
  }
}

// Equal and of one type; different types are simply not alike.
export function alike(left, right) {
  return kind(left) === kind(right) && equalAlike(kind(left), left, right);
}

// `=`: null equals null and nothing else; a list of one item stands for its item; other types do not compare.
export function equal(left, right) {
  if (kind(left) === 'null' || kind(right) === 'null') return kind(left) === kind(right);
  const [a, b] = Array.isArray(left) === Array.isArray(right) ? [left, right] : [alone(left), alone(right)];
  if (kind(a) !== kind(b)) throw mismatch('compare', a, b);
  return equalAlike(kind(a), a, b);
}

// Below, at or above zero as `left` stands before, at or after `right`.
export function ordered(left, right) {
  if (kind(left) !== kind(right) || !ORDERED.has(kind(left))) throw mismatch('compare', left, right);
  return left < right ? -1 : left > right ? 1 : 0;
}

// What decides: true, false, or null, which is not true.
export function truth(value) {
  if (value !== null && value !== undefined && typeof value !== 'boolean') throw new Refused('not-boolean', { kind: kind(value) });
  return value === true;
}

// Every `<`, `>`, `between`, `in` and interval of feelin ends in a Range's `includes`: each new Range gets one that looks at types first.
const { Range, prototype } = (() => {
  const { constructor } = evaluate('[1..2]').value;
  return { Range: constructor, prototype: constructor.prototype };
})();

const plain = Symbol('includes');

Object.defineProperty(prototype, 'includes', {
  get() {
    return value => {
      if (kind(value) === 'null') return null;
      for (const bound of [this.start, this.end]) {
        if (kind(bound) !== 'null' && kind(bound) !== kind(value)) throw mismatch('compare', value, bound);
      }
      return this[plain](value);
    };
  },
  set(includes) { this[plain] = includes; },
});

export const isRange = value => value instanceof Range;

// `in`: what stands there is a list with the value (or a range that holds it), a range, a test, or the value itself.
export function among(value, wanted) {
  if (typeof wanted === 'function') return wanted(value) === true;
  if (isRange(wanted)) return wanted.includes(value) === true;
  if (!Array.isArray(wanted)) return equal(value, wanted);
  if (wanted.some(each => (isRange(each) ? each.includes(value) === true : alike(each, value)))) return true;
  const strange = each => kind(each) !== 'null' && kind(each) !== kind(value);
  if (kind(value) !== 'null' && wanted.length && wanted.every(strange) && !wanted.some(isRange)) throw mismatch('compare', value, wanted[0]);
  return false;
}

// The functions on ranges compare with `<` and `===`: they get numbers instead of dates, and nothing else of mixed types.
export function comparable(values) {
  const points = values.flatMap(each => (isRange(each) ? [each.start, each.end] : [each])).filter(each => kind(each) !== 'null');
  for (const point of points) ordered(point, points[0]);
  const bare = value => (value !== null && typeof value === 'object' ? value.valueOf() : value);
  return values.map(each => (isRange(each)
    ? Object.assign(Object.create(prototype), each, { start: bare(each.start), end: bare(each.end) }) : bare(each)));
}
