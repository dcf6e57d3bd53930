// FEEL for the server: bundled into engine/dist/feel.js and run in a bare V8 (engine/feel/isolate.py).
//
// One function, `feel`, takes a request as JSON text and gives the answers as JSON text; nothing of the host is within reach.
import { CLOCK } from './feel/builtins.js';
import { lock } from './feel/lock.js';
import { cell, expression } from './feel/compile.js';
import { live } from './feel/luxon.js';
import { read } from './feel/read.js';
import { Refused, state } from './feel/state.js';
import { decide } from './feel/table.js';
import { bare, revive, wire } from './feel/wire.js';

const calendars = new Map(), tables = new Map();

function fault(error) {
  if (error instanceof Refused) return { code: error.code, params: error.params, where: error.where };
  if (error instanceof RangeError && /call stack/.test(error.message)) return { code: 'too-deep', params: {}, where: error.where };
  if (error instanceof RangeError && /Invalid \w+ length/.test(error.message)) return { code: 'memory', params: {}, where: error.where };
  // The words of luxon and feelin are not for people.
  if (/^Invalid (DateTime|Duration|Interval|unit)/.test(error?.message)) return { code: 'no-date', params: {}, where: error.where };
  if (/^unsupported range/.test(error?.message)) return { code: 'no-order', params: {}, where: error.where };
  return { code: 'failed', params: { detail: String(error?.message ?? error).slice(0, 200) }, where: error?.where };
}

function answered(compute) {
  try {
    return { value: compute() };
  } catch (error) {
    return fault(error);
  }
}

function enter({ now, zone, calendar, context }, text) {
  live(zone);
  state.now = now;
  state.calendar = calendar ? calendars.get(calendar) : null;
  return bare(text) ? context : revive(context);
}

const summary = reading => ({
  names: [...reading.names],
  loose: [...reading.loose],
  calls: [...reading.calls],
  clock: [...reading.calls].filter(name => CLOCK.includes(name)),
  problems: reading.problems,
});

const DO = {
  // what expressions need and what is wrong with them: [[text, unary], …]
  read: ({ texts }) => texts.map(([text, unary]) => answered(() => summary(read(text, unary)))),

  // the values of expressions, and whether cells hold for an input: [[text], …] or [[text, input], …]
  run(request, text) {
    const context = enter(request, text);
    return request.ask.map(([text, ...input]) => answered(() =>
      (input.length ? cell(text)(context, revive(input[0])) : wire(expression(text)(context)))));
  },

  // the rules of a table that fire: [[index, [outputs]], …]
  table(request, text) {
    const context = enter(request, text);
    return [answered(() => decide(tables.get(request.table), context))];
  },

  // kept for later calls
  keep({ key, calendar, table }) {
    if (calendar) calendars.set(key, { ...calendar, days: new Map(Object.entries(calendar.days)) });
    if (table) tables.set(key, table);
    return [];
  },
};

Object.defineProperty(globalThis, 'feel', {
  value(text) {
    const request = JSON.parse(text);
    return JSON.stringify(DO[request.do](request, text));
  },
});

lock();
