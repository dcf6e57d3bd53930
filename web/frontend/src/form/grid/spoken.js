// Rows as a workbook has them: what keys of entries and files are called, in place of the keys.
const keysOf = value => (Array.isArray(value) ? value : [value]).filter(Boolean);

async function learn(rows, { key, source }, directory) {
  const unknown = [...new Set(rows.flatMap(row => keysOf(row[key])))].filter(each => !directory.title(source, each));
  for (let at = 0; at < unknown.length; at += 100) await directory.lookUp(source, unknown.slice(at, at + 100));
}

export default async function spoken(rows, columns, { directory, shelf }) {
  const titles = {
    entry: ({ source }) => key => directory.title(source, key) ?? key,
    files: () => id => shelf.get(id).name,
  };
  const named = columns.filter(({ type }) => titles[type]);
  for (const column of named) if (column.type === 'entry') await learn(rows, column, directory);
  return rows.map(row => ({
    ...row,
    ...Object.fromEntries(named.map(column => [column.key, keysOf(row[column.key]).map(titles[column.type](column)).join('、')])),
  }));
}
