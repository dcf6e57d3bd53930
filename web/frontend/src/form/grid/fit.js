// Turns a pasted text into the value of a column; `undefined` says that it does not fit.
const yes = ['是', '有', '√', '✓', 'y', 'yes', 'true', '1'];
const no = ['否', '无', '×', 'n', 'no', 'false', '0', ''];
const narrow = text => text.normalize('NFKC').trim();
const two = number => String(number).padStart(2, '0');

function number(text) {
  const plain = narrow(text).replace(/,/g, '');
  return plain !== '' && Number.isFinite(Number(plain)) ? Number(plain) : undefined;
}

// 2026-4-1, 2026/4/1, 2026.4.1 and 2026年4月1日, with an hour or not.
function date(text, subtype) {
  const found = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]*(\d{1,2})[:时](\d{1,2}))?/.exec(narrow(text));
  if (!found) return undefined;
  const [, year, month, day, hour = 0, minute = 0] = found;
  const real = new Date(Date.UTC(year, month - 1, day));
  if (real.getUTCMonth() !== month - 1 || real.getUTCDate() !== Number(day)) return undefined;
  const iso = `${year}-${two(month)}-${two(day)}`;
  return subtype === 'datetime' ? `${iso}T${two(hour)}:${two(minute)}` : iso;
}

function time(text) {
  const found = /^(\d{1,2})[:时](\d{1,2})/.exec(narrow(text));
  return found && found[1] < 24 && found[2] < 60 ? `${two(found[1])}:${two(found[2])}` : undefined;
}

function flag(text) {
  const plain = narrow(text).toLowerCase();
  if (yes.includes(plain)) return true;
  return no.includes(plain) ? false : undefined;
}

const option = (values, text) => values?.find(({ value, label }) => value === text || label === text)?.value;

function options(values, text) {
  const parts = text.split(/[,，、;；\n]/).map(part => part.trim()).filter(Boolean).map(part => option(values, part));
  return parts.includes(undefined) ? undefined : parts;
}

const kinds = {
  number: (_, text) => number(text),
  datetime: ({ subtype }, text) => (subtype === 'time' ? time(text) : date(text, subtype)),
  checkbox: (_, text) => flag(text),
  select: ({ values }, text) => option(values, text.trim()),
  radio: ({ values }, text) => option(values, text.trim()),
  checklist: ({ values }, text) => options(values, text),
  taglist: ({ values }, text) => options(values, text),
  files: () => undefined,
  textarea: (_, text) => text,
};

export default function fit(column, text) {
  if (text.trim() === '') return null;
  const kind = kinds[column.type];
  return kind ? kind(column, text) : text.replace(/\s+/g, ' ').trim();
}
