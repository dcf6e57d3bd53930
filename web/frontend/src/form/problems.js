// Shows what the server found at the fields it names; returns the sentences that belong to no field.
//   where: path of a field, `attendees`, `attendees.0.user` or `list[0].name`; empty for the whole form
import say from '../words/say.js';

const split = where => where.split(/[.[\]]+/).filter(Boolean);
const isIndex = part => /^\d+$/.test(part);

function find(form, parts) {
  const paths = form.get('pathRegistry');
  const names = parts.filter(part => !isIndex(part));
  const fields = form.get('formFieldRegistry').getAll().filter(field => field.key || field.path);
  const scored = fields.map(field => ({ field, path: (paths.getValuePath(field) ?? []).map(String) }))
    .filter(({ path }) => path.length && path.every((part, index) => part === names[index]));
  return scored.sort((a, b) => b.path.length - a.path.length)[0]?.field;
}

function sentence(field, parts, message) {
  if (field.type !== 'grid') return message;
  const row = parts.find(isIndex);
  const column = field.columns?.find(each => each.key === parts.at(-1));
  if (row === undefined) return message;
  const number = Number(row) + 1;
  return column ? say('Row {number}, {label}: {problem}', { number, label: column.label, problem: message }) : `${number}: ${message}`;
}

function put(errors, field, parts, message) {
  const indexes = field.type === 'grid' ? [] : parts.filter(isIndex);
  let place = errors;
  const way = [field.id, ...indexes];
  for (const step of way.slice(0, -1)) place = place[step] ??= {};
  (place[way.at(-1)] ??= []).push(message);
}

export default function problems(form, list) {
  const errors = {};
  const rest = [];
  for (const { where, message } of list) {
    const parts = split(where ?? '');
    const field = find(form, parts);
    if (field) put(errors, field, parts, sentence(field, parts, message));
    else rest.push(message);
  }
  form._setState({ errors });
  return rest;
}
