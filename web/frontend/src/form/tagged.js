// A form's value as FEEL reads it: dates stand in the form as text and get their type here, as on the server.
import isPlain from './is-plain.js';

const wireType = { date: 'date', time: 'time', datetime: 'date and time', dateTime: 'date and time', 'date and time': 'date and time' };

// `types` is a tree like the values: a type, or the types of what is inside (of each element where the value is a list).
export default function tagged(types, value) {
  if (value === undefined || value === '') return null;
  if (typeof types === 'string' && typeof value === 'string') return wireType[types] ? { '@': [wireType[types], value] } : value;
  if (Array.isArray(value)) return value.map(each => tagged(types, each));
  return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, tagged(types?.[key], each)])) : value;
}
