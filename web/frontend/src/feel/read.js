// Reading an expression once: what it needs, what is wrong with it, and the form in which feelin runs it.
//
// feelin would parse an expression at every evaluation. It is run as a FEEL function of the names it uses instead: parsed once per isolate,
// called with values. On the way comparisons for equality, conditions and filters are handed to our stricter versions of them.
import { parseExpression, parseUnaryTests } from '@bpmn-io/feelin';
import { alias, builtins } from './builtins.js';
import { BOOLEAN, CHINESE, DATELIKE, DIALECT, INPUT, KNOWN, LIMIT, SWALLOWED } from './words.js';

export const children = node => {
  const found = [];
  for (let child = node.firstChild; child; child = child.nextSibling) if (!child.type.isSkipped || child.type.isError) found.push(child);
  return found;
};

class Reading {
  constructor(text, unary) {
    this.text = text;
    this.unary = unary;
    this.names = new Set();
    this.loose = new Set();     // names met only inside a filter, where an item's own entries come first
    this.calls = new Set();
    this.problems = [];
    this.edits = [];
  }

  of(node) {
    return this.text.slice(node.from, node.to);
  }

  problem(code, at, params = {}) {
    if (!this.problems.some(each => each.at === at)) this.problems.push({ code, at, params });
  }

  // Texts to put in, in the order in which they stand; of two at one place the first put stands first.
  insert(at, text, until = at) {
    this.edits.push({ at, until, text });
  }

  name(node) {
    return children(node).map(each => this.of(each).replaceAll('`', '')).join(' ') || this.of(node);
  }

  all(nodes, scope) {
    for (const node of nodes) this.walk(node, scope);
  }

  walk(node, scope) {
    if (node.type.isError) {
      this.unreadable(node);
      return;
    }
    const visit = this[`on${node.name}`];
    if (visit) visit.call(this, node, children(node), scope);
    else this.all(children(node), scope);
  }

  unreadable(node) {
    const at = node.from === node.to ? this.after(node.to) : node.from;
    const found = this.text.slice(at, at + 12).trim();
    if (found && CHINESE.includes(found[0])) this.problem('full-width', at, { found: found[0] });
    else if (found) this.problem('unexpected', at, { found });
    else this.problem('unfinished', at);
  }

  after(at) {
    while (at < this.text.length && /\s/.test(this.text[at])) at += 1;
    return at;
  }

  onVariableName(node, parts, scope) {
    this.all(parts.filter(each => each.type.isError), scope);
    const name = this.name(node);
    const wide = [...name].find(each => CHINESE.includes(each));
    if (wide) this.problem('full-width', node.from, { found: wide });
    else if (scope.names.has(name)) return;
    else if (name.startsWith('__')) this.problem('reserved', node.from, { name });
    else (scope.filtered && !this.names.has(name) ? this.loose : this.names).add(name);
  }

  onSpecialFunctionName(node) {
    this.call(node, this.of(node));
  }

  onDateTimeConstructor(node) {
    this.call(node, this.of(node));
  }

  // A function is called under a name that no variable, and no entry of a list's items, can take from it.
  call(node, name) {
    this.calls.add(name);
    this.insert(node.from, alias(name), node.to);
  }

  onPathExpression(node, [target, ...rest], scope) {
    this.walk(target, scope);
    this.all(rest.filter(each => each.type.isError || children(each).some(part => part.type.isError)), scope);
  }

  onFunctionInvocation(node, [target, ...rest], scope) {
    const name = this.name(target);
    if (target.name !== 'VariableName' || scope.names.has(name)) this.walk(target, scope);
    else if (Object.hasOwn(builtins, name) && !name.startsWith('__')) this.call(target, name);
    else this.problem('no-function', target.from, { name });
    this.all(rest, scope);
  }

  onNamedParameter(node, [, ...rest], scope) {
    this.all(rest, scope);
  }

  // `a instanceof b` is what feelin does here, and it is never true
  onInstanceOfExpression(node) {
    this.problem('instance-of', node.from);
  }

  onInExpressions(node, parts, scope) {
    for (const each of parts) {
      const [name, , source] = children(each);
      if (!source) {
        this.all(children(each), scope);
        return;
      }
      this.walk(source, scope);
      scope.names.add(this.of(name));
    }
  }

  onForExpression(node, parts, scope) {
    this.all(parts, inner(scope, ['partial']));
  }

  onQuantifiedExpression(node, parts, scope) {
    this.condition(parts.at(-1));
    this.all(parts, inner(scope));
  }

  onIfExpression(node, parts, scope) {
    if (parts[1]) this.condition(parts[1]);
    this.all(parts, scope);
  }

  condition(node) {
    this.insert(node.from, '__truth(');
    this.insert(node.to, ')');
  }

  onFunctionDefinition(node, parts, scope) {
    const named = parts.find(each => each.name === 'FormalParameters');
    const names = named ? children(named).map(each => this.of(children(each)[0] ?? each)) : [];
    this.all(parts.filter(each => each.name !== 'FormalParameters'), inner(scope, names));
  }

  onexternal(node) {
    this.problem('external', node.from);
  }

  onContext(node, parts, scope) {
    const within = inner(scope);
    for (const each of parts) {
      const [key, ...rest] = each.name === 'ContextEntry' ? children(each) : [null, each];
      this.all(rest, within);
      const name = key && this.of(key).replace(/^"(.*)"$/, '$1');
      if (name === '__proto__') this.problem('reserved', key.from, { name });
      if (key) within.names.add(name);
    }
  }

  onFilterExpression(node, [target, ...rest], scope) {
    this.walk(target, scope);
    const test = rest.find(each => each.name === 'FunctionInvocation');
    if (test && BOOLEAN.has(this.name(test.firstChild))) {
      this.insert(test.from, '(');
      this.insert(test.to, ') in (__same(true))');
    }
    this.all(rest, { ...inner(scope, ['item']), filtered: true });
  }

  onComparison(node, parts, scope) {
    const [left, operator, right] = parts;
    const sign = operator?.name === 'CompareOp' && right ? this.of(operator) : '';
    const equality = sign === '=' || sign === '!=';
    // Parentheses around it: what follows `in` would otherwise belong to it, up to the end.
    if (equality) this.insert(node.from, '(');
    if (operator?.name === 'in') this.within(parts);
    this.all(parts, scope);
    if (sign) this.dated(left, right);
    if (!equality) return;
    this.insert(operator.from, ` in (${sign === '=' ? '__same' : '__other'}(`, operator.to);
    this.insert(right.to, ')))');
  }

  // feelin's own `in` finds a value of another type nowhere, without a word
  within(parts) {
    const tests = parts.flatMap(each => (each.name === 'PositiveUnaryTests' ? children(each) : each));
    for (const { name, firstChild: test } of tests) {
      if (name !== 'PositiveUnaryTest' || !test) continue;
      this.alone(test);
      if (test.name === 'SimplePositiveUnaryTest') continue;
      this.insert(test.from, '__among(');
      this.insert(test.to, ')');
    }
  }

  // feelin reads `x in list and y` as `x in (list and y)`, and the cell `> 3 and < 5` as `> (3 and < 5)`.
  alone(node) {
    if (node && SWALLOWED.has(node.name)) this.problem('swallowed', node.from, { text: this.of(node).slice(0, 60) });
  }

  // `a == b` reads as `a = (= b)`, and (= b) as a test that is never applied
  onSimplePositiveUnaryTest(node, parts, scope) {
    const cell = this.unary && node.parent.parent.parent?.name === 'UnaryTests';
    const tests = ['PositiveUnaryTest', 'FilterExpression'].includes(node.parent.name) && !['=', '!='].includes(this.of(parts[0]));
    if (parts[0].name === 'CompareOp' && !tests && !cell) this.problem('no-left-side', node.from, { found: this.of(parts[0]) });
    if (parts[0].name === 'CompareOp') this.alone(parts[1]);
    this.all(parts, scope);
  }

  // A date in quotation marks is a text; compared with a date it could only fail.
  dated(...sides) {
    for (const side of sides) {
      if (side.name === 'StringLiteral' && DATELIKE.test(this.of(side))) this.problem('date-as-text', side.from, { text: this.of(side) });
    }
  }

  ['on?'](node) {
    if (this.unary) this.insert(node.from, INPUT, node.to);
    else this.problem('question-mark', node.from);
  }

  // The text between two places with its edits made.
  rewritten(from = 0, to = this.text.length) {
    const edits = this.edits.filter(each => each.at >= from && each.until <= to);
    let result = '', at = from;
    for (const edit of edits.map((each, order) => ({ ...each, order })).sort((a, b) => a.at - b.at || a.order - b.order)) {
      result += this.text.slice(at, edit.at) + edit.text;
      at = edit.until;
    }
    return result + this.text.slice(at, to);
  }
}

function inner(scope, names = []) {
  return { ...scope, names: new Set([...scope.names, ...names]) };
}

export function read(text, unary = false) {
  const reading = new Reading(text, unary);
  if (text.length > LIMIT) {
    reading.problem('too-long', 0, { length: text.length, limit: LIMIT });
    return reading;
  }
  const parse = unary ? parseUnaryTests : parseExpression;
  const tree = parse(text, KNOWN, DIALECT);
  reading.walk(tree.topNode, { names: new Set(), filtered: false });
  reading.top = tree.topNode;
  for (const name of reading.loose) if (reading.names.has(name)) reading.loose.delete(name);
  return reading;
}
