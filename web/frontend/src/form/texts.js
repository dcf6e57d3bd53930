// Texts of a form show values as people read them: dates as they are written, terms and names in the language of the page.
// Only what is shown is put into other words: expressions inside a text compare the values themselves.
import day from '../words/day.js';
import isPlain from './is-plain.js';
import typesOf from './types-of.js';

function shown(types, value) {
  if (types === undefined || value === null) return value;
  if (Array.isArray(value)) return value.map(each => shown(types, each));
  if (typeof types === 'string') return typeof value === 'string' ? day(types, value) : value;
  return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(types[key], each)])) : value;
}

class Texts {
  static $inject = ['templating', 'formFieldRegistry', 'pathRegistry', 'outerTypes', 'outerWords'];

  constructor(templating, registry, paths, outerTypes, outerWords) {
    const plain = templating.evaluate.bind(templating);
    const words = new Map(Object.entries(outerWords));
    templating.evaluate = (template, context = {}, { sanitizer = text => text, ...options } = {}) => {
      const values = shown(typesOf(registry, paths, outerTypes), context);
      return plain(template, values, { ...options, sanitizer: text => sanitizer(words.get(text) ?? text) });
    };
  }
}

export default { __init__: ['texts'], texts: ['type', Texts] };
