// Lays pasted cells over the rows of a grid, beginning at one cell; rows are added as needed.
import fit from './fit.js';
import tsv from './tsv.js';

const writable = column => !column.readonly && !column.disabled && column.type !== 'expression';

// A heading copied along with the rows is not a row.
const isHeading = (cells, columns) => cells.length > 1 && cells.every((cell, i) => columns[i] && cell.trim() === columns[i].label);

async function entryKey(directory, column, text) {
  const titles = column.multiple ? text.split(/[,，、;；]/) : [text];
  const keys = await Promise.all(titles.map(each => directory.resolve(column.source, each.trim()).catch(() => undefined)));
  if (keys.includes(undefined)) return undefined;
  return column.multiple ? keys : keys[0];
}

const valueOf = (directory, column, text) => (column.type === 'entry' && text.trim() ? entryKey(directory, column, text) : fit(column, text));

export default async function paste(text, { columns, rows, row, column, directory, limit = 2000 }) {
  const target = columns.slice(column);
  const cells = tsv(text);
  if (isHeading(cells[0], target)) cells.shift();
  const result = rows.map(each => ({ ...each }));
  let misfits = 0;
  const taken = cells.slice(0, limit - row);
  for (const [down, line] of taken.entries()) {
    result[row + down] ??= {};
    for (const [right, content] of line.entries()) {
      if (!target[right] || !writable(target[right])) continue;
      const value = await valueOf(directory, target[right], content);
      if (value === undefined) misfits += 1;
      result[row + down][target[right].key] = value === undefined ? null : value;
    }
  }
  return { rows: result, count: taken.length, misfits };
}
