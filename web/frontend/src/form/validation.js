// form-js checks fields; we add what it does not know: the cells of a grid, and which days can be kept.
import day from '../words/day.js';
import say from '../words/say.js';
import { FIRST, LAST } from './clock.js';

// A number that could not be read stands in its cell as text.
const read = (column, value) => (column.type === 'number' && typeof value === 'string' ? 'NaN' : value);

function dateProblems({ type, subtype = 'date' }, value) {
  if (type !== 'datetime' || subtype === 'time' || typeof value !== 'string' || value.slice(0, 10) >= FIRST) return [];
  return [say('A date lies between {first} and {last}. What has no end is written 9999-12-31.',
    { first: day('date', FIRST), last: day('date', LAST) })];
}

function cellProblems(check, column, value) {
  return [...check(column, read(column, value)), ...dateProblems(column, value)];
}

function gridProblems(check, field, rows) {
  return (rows ?? []).flatMap((row, index) => (field.columns ?? []).flatMap(column => cellProblems(check, column, row[column.key])
    .map(problem => say('Row {number}, {label}: {problem}', { number: index + 1, label: column.label, problem }))));
}

class Validation {
  static $inject = ['validator', 'formFieldRegistry'];

  constructor(validator, registry) {
    const whole = validator.validateFieldInstance.bind(validator);
    const single = validator.validateField.bind(validator);
    validator.cell = (column, value) => cellProblems(single, column, value);
    validator.validateFieldInstance = (instance, value) => {
      const field = registry.get(instance.id);
      const problems = [...whole(instance, value), ...dateProblems(field ?? {}, value)];
      return field?.type === 'grid' ? [...problems, ...gridProblems(single, field, value)] : problems;
    };
  }
}

export default { __init__: ['validation'], validation: ['type', Validation] };
