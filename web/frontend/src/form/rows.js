// A grid's rows with every column in them, as the server reads them: what is not filled in is null, not absent.
const empty = ({ type, multiple }) => {
  if (type === 'checkbox') return false;
  return multiple || ['checklist', 'taglist', 'files'].includes(type) ? [] : null;
};

export default function rows(columns, value) {
  const blank = Object.fromEntries(columns.map(column => [column.key, empty(column)]));
  return (value ?? []).map(row => ({ ...blank, ...Object.fromEntries(Object.entries(row).filter(([, cell]) => cell != null)) }));
}
