// form-js asks this for every expression; the answer comes from the server's own FEEL (expressions.js).
// An expression that fails is null, as form-js has it, and says why on the console.
import plain from './plain.js';
import rows from './rows.js';
import tagged from './tagged.js';
import typesOf from './types-of.js';

const SPECIAL = ['this', 'parent'];

class Language {
  static $inject = ['expressionLanguage', 'formFieldRegistry', 'pathRegistry', 'eventBus', 'outerTypes', 'expressions'];

  constructor(language, registry, paths, eventBus, outerTypes, expressions) {
    let types = null;
    let grids = null;
    eventBus.on('form.clear', () => { types = null; });
    const learn = () => {
      types = typesOf(registry, paths, outerTypes);
      grids = new Map(registry.getAll().filter(({ type }) => type === 'grid').map(({ key, columns }) => [key, columns ?? []]));
    };
    const valueOf = (name, data) => (grids.has(name) ? rows(grids.get(name), data[name]) : data[name]);
    const ask = (expression, data) => {
      if (!types) learn();
      return expressions(expression.slice(1), name => tagged(SPECIAL.includes(name) ? types : types[name], valueOf(name, data)));
    };
    const evaluate = (expression, data = {}) => {
      if (!language.isExpression(expression)) return null;
      try {
        return plain(ask(expression, data));
      } catch (error) {
        console.info(`${expression}: ${error.message}`, error.params);
        return null;
      }
    };
    language.evaluate = evaluate;
    language.evaluateUnaryTest = evaluate;
  }
}

export default { __init__: ['ourLanguage'], ourLanguage: ['type', Language] };
