// The two buttons under a grid: take a workbook in, give the rows out as one; and what of a sheet did not fit.
import { useRef, useState } from 'preact/hooks';
import say from '../../words/say.js';
import useService from '../use-service.js';
import spoken from './spoken.js';

const LIMIT = 2000;
const holds = cell => !(cell === null || cell === undefined || cell === '' || cell === false || (Array.isArray(cell) && !cell.length));
const filled = row => Object.values(row).some(holds);

function Misfits({ problems, more }) {
  return (
    <ul class="sheet-misfits">
      {problems.map(({ where, message }, index) => <li key={index}>{where && <b>{where}</b>} {message}</li>)}
      {more > 0 && <li>{say('and {count} more', { count: more })}</li>}
    </ul>
  );
}

// Rows of the sheet go behind those that are there: nothing that somebody has typed is overwritten.
function useTaking({ field, grid, tell }) {
  const workbook = useService('workbook');
  const directory = useService('directory');
  const shelf = useService('shelf');
  const [misfits, setMisfits] = useState({ problems: [], more: 0 });
  const now = useRef(grid); // while a workbook is read one may go on typing
  now.current = grid;

  async function take(file) {
    setMisfits({ problems: [], more: 0 });
    tell(say('Reading {name} …', { name: file.name }));
    shelf.busy += 1;
    try {
      const taken = await workbook.take(file, field.key);
      for (const [source, titles] of Object.entries(taken.titles)) directory.know(source, titles);
      const kept = now.current.rows.filter(filled);
      const fitting = taken.rows.filter(filled).slice(0, LIMIT - kept.length);
      now.current.put([...kept, ...fitting]);
      setMisfits(taken);
      const left = taken.rows.filter(filled).length - fitting.length;
      const over = left ? say('{count} rows found no place: a table has {limit} at most', { count: left, limit: LIMIT }) : '';
      tell([say('{count} rows taken in; look through them, then submit', { count: fitting.length }), over].filter(Boolean).join(' · '));
    } catch (error) {
      tell(error.message);
    } finally {
      shelf.busy -= 1;
    }
  }
  return { take, misfits };
}

export default function Sheets({ field, grid, domId, open, tell }) {
  const workbook = useService('workbook');
  const directory = useService('directory');
  const shelf = useService('shelf');
  const box = useRef();
  const { take, misfits } = useTaking({ field, grid, tell });
  if (!workbook.url) return null;

  const give = async () => {
    try {
      await workbook.give(await spoken(grid.rows.filter(filled), grid.columns, { directory, shelf }), field);
    } catch (error) { tell(error.message); }
  };
  const chosen = ({ target }) => { const [file] = target.files; target.value = ''; if (file) take(file); };

  return (
    <>
      {open && (
        <>
          <input ref={box} type="file" hidden accept=".xlsx" data-sheet={field.key} onChange={chosen} />
          <button type="button" class="btn btn-sm" onClick={() => box.current.click()}>{say('Take in a workbook (.xlsx)')}</button>
        </>
      )}
      {grid.rows.some(filled) && <button type="button" class="btn btn-sm" id={`${domId}-out`} onClick={give}>{say('Give out as .xlsx')}</button>}
      {misfits.problems.length > 0 && (
        <div class="sheet-misfitting" role="group" aria-label={say('What was not taken in')}>
          <p>{say('What was not taken in')}</p>
          <Misfits {...misfits} />
        </div>
      )}
    </>
  );
}
