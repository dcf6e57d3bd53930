// A field's value as one line of text, for comparing two versions.
import day from '../words/day.js';
import say from '../words/say.js';

function line(field, value, directory) {
  if (value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length)) return say('(empty)');
  if (Array.isArray(value)) return value.map(each => line(field, each, directory)).join('、');
  if (typeof value === 'object') return Object.values(value).map(each => line({}, each, directory)).join(' / ');
  if (typeof value === 'boolean') return say(value ? 'yes' : 'no');
  if (field.type === 'datetime') return day(field.subtype ?? 'date', value);
  if (field.type === 'entry') return directory.title(field.source, value) ?? String(value);
  return field.values?.find(option => option.value === value)?.label ?? String(value);
}

export default line;
