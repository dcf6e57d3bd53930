// From text to something that can be called: expressions and the cells of decision tables, each parsed once per isolate.
import { evaluate } from '@bpmn-io/feelin';
import { among, equal } from './compare.js';
import { kind } from './kind.js';
import { children, read } from './read.js';
import { Refused } from './state.js';
import { DIALECT, INPUT } from './words.js';

const KEPT = 5_000;
const LITERAL = new Set(['StringLiteral', 'NumericLiteral', 'BooleanLiteral', 'DateTimeLiteral', 'null']);

const kept = { expression: new Map(), cell: new Map() };

function remembered(where, text, make) {
  let made = where.get(text);
  if (!made) {
    if (where.size >= KEPT) where.clear();
    made = make(text);
    where.set(text, made);
  }
  return made;
}

const WARNINGS = {
  NO_VARIABLE_FOUND: 'no-variable', NO_CONTEXT_ENTRY_FOUND: 'no-entry', NO_PROPERTY_FOUND: 'no-entry', NO_FUNCTION_FOUND: 'no-function',
  FUNCTION_INVOCATION_FAILURE: 'parameters', INVALID_TYPE: 'mistyped',
};

function refusal({ type, details, position }, source) {
  const { left, right } = details.values;
  const name = source.slice(position.from, position.to).replaceAll('`', '');
  return new Refused(WARNINGS[type] ?? 'failed', { name, left: kind(left), right: kind(right), detail: type });
}

// A FEEL function of `names`; feelin keeps the list of warnings it was first run with, so each call starts with an empty one.
function callable(names, body) {
  const source = `function(${names.join(', ')})\n${body}`;
  const { value, warnings } = evaluate(source, {}, DIALECT);
  if (value?.parameterNames?.join() !== names.join()) throw new Refused('name', { name: names.join(', ') });
  return values => {
    warnings.length = 0;
    const answer = value.fn(...values);
    if (warnings.length) throw refusal(warnings[0], source);
    return answer;
  };
}

function checked(text, unary) {
  const reading = read(text, unary);
  if (reading.problems.length) throw new Refused('unreadable', reading.problems[0]);
  return reading;
}

const pick = (names, context) => names.map(name => (Object.hasOwn(context, name) ? context[name] : undefined));

function makeExpression(text) {
  const reading = checked(text, false);
  const names = [...reading.names, ...reading.loose];
  const call = callable(names, reading.rewritten());
  return context => call(pick(names, context));
}

const EQUALITY = { '=': '__same', '!=': '__other' };

// A test of a cell as an expression on its input.
function asExpression(reading, node) {
  const text = reading.rewritten(node.from, node.to);
  const [test] = children(node);
  if (test.name !== 'SimplePositiveUnaryTest') return text;
  const [sign] = children(test);
  if (sign.name === 'Interval') return `${INPUT} in ${text}`;
  const rest = reading.rewritten(sign.to, node.to), equality = EQUALITY[reading.of(sign)];
  return equality ? `${INPUT} in (${equality}(${rest}))` : `${INPUT} ${reading.of(sign)} ${rest}`;
}

function makeTest(reading, names, node) {
  const call = callable([...names, INPUT], asExpression(reading, node));
  const { name } = node.firstChild;
  if (name === 'SimplePositiveUnaryTest') return (values, input) => call([...values, input]) === true;
  if (LITERAL.has(name)) return (values, input) => equal(input, call([...values, input]));
  return (values, input) => {
    const answer = call([...values, input]);
    return typeof answer === 'boolean' ? answer : among(input, answer);
  };
}

function makeCell(text) {
  if (text === '' || text === '-') return () => true;
  const reading = checked(text, true);
  const names = [...reading.names, ...reading.loose];
  const [first, ...rest] = children(reading.top);
  const negated = first.name === 'not';
  const list = negated ? rest.find(each => each.name === 'PositiveUnaryTests') : first;
  if (list.name === 'Wildcard') return () => true;
  const tests = children(list).map(node => makeTest(reading, names, node));
  return (context, input) => {
    const values = pick(names, context);
    return tests.some(test => test(values, input)) !== negated;
  };
}

export const expression = text => remembered(kept.expression, text, makeExpression);
export const cell = text => remembered(kept.cell, text, makeCell);
