// One row of a grid with its cells and the buttons that copy and delete it.
import say from '../../words/say.js';
import Cell from './cell.jsx';

export default function Row({ index, row, columns, domId, fixed, disabled, problems, change, copy, remove }) {
  const number = index + 1;
  return (
    <tr>
      <th scope="row">{number}</th>
      {columns.map((column, place) => {
        const aria = {
          id: `${domId}-${index}-${column.key}`,
          'data-cell': `${index}:${place}`,
          'aria-label': say('Row {number}, {label}', { number, label: column.label }),
          'aria-invalid': problems(column, row[column.key]).length ? 'true' : 'false',
          readOnly: fixed || column.readonly || column.type === 'expression',
          disabled: disabled || column.disabled,
        };
        return (
          <td key={column.key} data-label={column.label}>
            <Cell column={column} value={row[column.key]} set={value => change(column.key, value)} aria={aria} />
          </td>
        );
      })}
      {!fixed && !disabled && (
        <td class="sheet-actions">
          <button type="button" class="btn btn-sm" aria-label={say('Copy row {number}', { number })} onClick={copy}>{say('Copy')}</button>
          <button type="button" class="btn btn-sm" aria-label={say('Delete row {number}', { number })} onClick={remove}>{say('Delete')}</button>
        </td>
      )}
    </tr>
  );
}
