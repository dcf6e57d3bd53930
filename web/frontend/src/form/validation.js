// form-js checks fields; we add what it does not know: the cells of a grid.
import say from '../words/say.js';

// A number that could not be read stands in its cell as text.
const read = (column, value) => (column.type === 'number' && typeof value === 'string' ? 'NaN' : value);

function cellProblems(check, column, value) {
  return check(column, read(column, value));
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
      const problems = whole(instance, value);
      return field?.type === 'grid' ? [...problems, ...gridProblems(single, field, value)] : problems;
    };
  }
}

export default { __init__: ['validation'], validation: ['type', Validation] };
