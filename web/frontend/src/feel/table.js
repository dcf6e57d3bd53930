// A decision table in one go: its inputs, the cells of every rule, and the outputs of the rules that fire.
import { cell, expression } from './compile.js';
import { kind } from './kind.js';
import { builtins } from './builtins.js';
import { Refused } from './state.js';
import { text } from './text.js';
import { wire } from './wire.js';

const KINDS = {
  string: 'string', boolean: 'boolean', number: 'number', integer: 'number', long: 'number', double: 'number',
  date: 'date', time: 'time', dateTime: 'date and time',
  dayTimeDuration: 'days and time duration', yearMonthDuration: 'years and months duration',
};
const READ = {
  date: 'date', time: 'time', dateTime: 'date and time', dayTimeDuration: 'duration', yearMonthDuration: 'duration',
};

// A value as the table's typeRef says it is. Only dates, times and durations are read from text: that is how JSON carries them.
function typed(value, type) {
  if (kind(value) === 'null' || !KINDS[type]) return value;
  const read = READ[type] && typeof value === 'string' ? builtins[READ[type]](value) : value;
  if (kind(read) !== KINDS[type]) throw new Refused('typed', { type, found: kind(read) });
  return read;
}

// Runs `compute`, and adds to a refusal where in the table it happened.
function located(where, compute) {
  try {
    return compute();
  } catch (fault) {
    if (fault instanceof Refused) fault.where ??= where;
    else fault.where = where;
    throw fault;
  }
}

function input({ text: source, type, allowed }, index, context) {
  return located({ input: index, text: source }, () => {
    const value = typed(expression(source)(context), type);
    return among(value, allowed, context);
  });
}

function output({ type, allowed }, index, rule, source, context) {
  return located({ rule, output: index, text: source }, () => {
    const value = source === '' ? null : typed(expression(source)(context), type);
    return wire(among(value, allowed, context));
  });
}

function among(value, allowed, context) {
  if (!allowed || kind(value) === 'null' || cell(allowed)(context, value)) return value;
  throw new Refused('not-allowed', { value: text(value).slice(0, 80), allowed });
}

export function decide(table, context) {
  const inputs = table.inputs.map((each, index) => input(each, index, context));
  const fired = [];
  for (const [rule, { when, then }] of table.rules.entries()) {
    const matches = when.every((test, index) => located({ rule, input: index, text: test }, () => cell(test)(context, inputs[index])));
    if (!matches) continue;
    fired.push([rule, then.map((source, index) => output(table.outputs[index], index, rule, source, context))]);
    if (table.first) break;
  }
  return fired;
}
