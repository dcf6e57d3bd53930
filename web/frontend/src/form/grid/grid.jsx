// The field `grid`: rows of fields. Its value is a list of objects, keyed by the columns' keys.
import { useRef, useState } from 'preact/hooks';
import say from '../../words/say.js';
import Frame from '../frame.jsx';
import useService from '../use-service.js';
import keyAction from './keys.js';
import paste from './paste.js';
import Row from './row.jsx';
import Sheets from './sheets.jsx';
import useFocus from './use-focus.js';

const place = target => target.closest('[data-cell]')?.dataset.cell.split(':').map(Number);

function useRows({ value, onChange, columns, table }) {
  const rows = value ?? [];
  const focus = useFocus(table);
  const put = list => onChange({ value: list });
  const insert = (at, row, column = 0) => { focus(at, column); put([...rows.slice(0, at), row, ...rows.slice(at)]); };
  return {
    rows,
    put,
    add: (at = rows.length, column = 0) => insert(at, {}, column),
    copy: (at, column = 0) => insert(at + 1, structuredClone(rows[at]), column),
    remove: (at, column = 0) => { focus(Math.max(0, Math.min(at, rows.length - 2)), column); put(rows.filter((_, index) => index !== at)); },
    change: (at, key, cell) => put(rows.map((row, index) => (index === at ? { ...row, [key]: cell } : row))),
    move(at, column, by, grow) {
      const next = table.current.querySelector(`[data-cell="${at + by}:${column}"]`);
      if (next) next.focus(); else if (grow) insert(rows.length, {}, column);
    },
    columns,
  };
}

function Table({ grid, table, domId, fixed, disabled, problems, onKeyDown, onPaste }) {
  return (
    <table class="sheet-table" ref={table} onKeyDown={fixed || disabled ? undefined : onKeyDown} onPaste={fixed || disabled ? undefined : onPaste}>
      <thead>
        <tr>
          <th scope="col">{say('Row')}</th>
          {grid.columns.map(column => (
            <th key={column.key} scope="col">{column.label}{column.validate?.required && <span class="fjs-asterix" aria-hidden="true">*</span>}</th>
          ))}
          {!fixed && !disabled && <th scope="col"><span class="visually-hidden">{say('Actions')}</span></th>}
        </tr>
      </thead>
      <tbody>
        {grid.rows.map((row, index) => (
          <Row key={index} index={index} row={row} columns={grid.columns} domId={domId} fixed={fixed} disabled={disabled} problems={problems}
            change={(key, cell) => grid.change(index, key, cell)} copy={() => grid.copy(index)} remove={() => grid.remove(index)} />
        ))}
      </tbody>
    </table>
  );
}

export default function Grid(props) {
  const { field, domId, errors = [], disabled, readonly, onBlur } = props;
  const directory = useService('directory');
  const validator = useService('validator');
  // How to work in a table is said once, at the first that can be filled in.
  const isFirst = useService('formFieldRegistry').getAll().find(({ type, readonly: shown }) => type === 'grid' && shown !== true)?.id === field.id;
  const table = useRef();
  const [told, tell] = useState('');
  const grid = useRows({ ...props, columns: field.columns ?? [], table });

  const onKeyDown = event => {
    const wanted = keyAction(event);
    const [row, column] = place(event.target) ?? [];
    if (!wanted || row === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const actions = {
      add: () => grid.add(row + 1, column), copy: () => grid.copy(row, column), remove: () => grid.remove(row, column),
      move: () => grid.move(row, column, wanted.by, wanted.grow),
    };
    actions[wanted.action]();
  };

  const onPaste = async event => {
    const content = event.clipboardData.getData('text/plain');
    const [row, column] = place(event.target) ?? [];
    if (row === undefined || !/[\t\n]/.test(content.trimEnd())) return;
    event.preventDefault();
    const done = await paste(content, { columns: grid.columns, rows: grid.rows, row, column, directory });
    grid.put(done.rows);
    const misfits = done.misfits ? say('{count} cells did not fit and stayed empty', { count: done.misfits }) : '';
    tell([say('{count} rows pasted', { count: done.count }), misfits].filter(Boolean).join(' · '));
  };

  const problems = (column, value) => (errors.length ? validator.cell(column, value) : []);
  const fixed = Boolean(readonly);
  return (
    <Frame type="grid" {...props} group>
      {() => (
        <div class="sheet" onFocusOut={onBlur}>
          {grid.rows.length > 0
            ? <Table {...{ grid, table, domId, fixed, disabled, problems, onKeyDown, onPaste }} />
            : <p class="sheet-none">{say('No rows yet.')}</p>}
          <div class="sheet-tools">
            {!fixed && !disabled && <button type="button" id={domId} class="btn btn-sm" onClick={() => grid.add()}>{say('Add row')}</button>}
            <Sheets {...{ field, grid, domId, tell }} open={!fixed && !disabled} />
          </div>
          {isFirst && !fixed && !disabled && (
            <p class="sheet-hint">{say('Paste rows from a spreadsheet into any cell. Enter goes down; Ctrl+Enter adds, Ctrl+D copies and Ctrl+Delete deletes a row.')}</p>
          )}
          <p role="status" class="sheet-told">{told}</p>
        </div>
      )}
    </Frame>
  );
}

Grid.config = {
  type: 'grid',
  keyed: true,
  name: 'Grid',
  group: 'basic-input',
  emptyValue: [],
  sanitizeValue: ({ value }) => (Array.isArray(value) ? value.filter(row => row && typeof row === 'object') : []),
  create: (options = {}) => ({ ...options }),
};
