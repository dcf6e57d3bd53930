// One cell: the editor that belongs to its column's type.
import { useState } from 'preact/hooks';
import say from '../../words/say.js';
import clock from '../clock.js';
import Picker from '../picker.jsx';
import Uploader from '../uploader.jsx';

const text = value => (value === null || value === undefined ? '' : String(value));

function Line({ type = 'text', value, set, aria, ...rest }) {
  return <input {...aria} {...rest} class="sheet-input" type={type} value={text(value)} onInput={({ target }) => set(target.value || null)} />;
}

function Figure({ value, set, aria }) {
  // While one types, `3.` is on its way to 3.5; a text that is no number stays visible and is named when the form is checked.
  const [typed, setTyped] = useState(null);
  const read = raw => (raw.trim() === '' ? null : Number.isFinite(Number(raw)) ? Number(raw) : raw);
  return (
    <input {...aria} class="sheet-input" inputMode="decimal" value={typed ?? text(value)} onBlur={() => setTyped(null)}
      onInput={({ target }) => { setTyped(target.value); set(read(target.value)); }} />
  );
}

function Choice({ column, value, set, aria }) {
  return (
    <select {...aria} class="sheet-input" value={text(value)} disabled={aria.readOnly || aria.disabled}
      onChange={({ target }) => set(target.value || null)}>
      <option value="">{aria.readOnly ? '' : say('Select')}</option>
      {(column.values ?? []).map(option => <option key={option.value} value={option.value}>{option.label}</option>)}
    </select>
  );
}

function Several({ column, value, set, aria }) {
  const chosen = value ?? [];
  const flip = key => set(chosen.includes(key) ? chosen.filter(each => each !== key) : [...chosen, key]);
  return (
    <div role="group" aria-label={aria['aria-label']} class="sheet-several">
      {(column.values ?? []).map((option, index) => (
        <label key={option.value}>
          <input type="checkbox" data-cell={index ? undefined : aria['data-cell']} checked={chosen.includes(option.value)}
            disabled={aria.readOnly || aria.disabled} onChange={() => flip(option.value)} />
          {option.label}
        </label>
      ))}
    </div>
  );
}

const editors = {
  textarea: ({ value, set, aria }) => <textarea {...aria} class="sheet-input" rows={2} value={text(value)} onInput={({ target }) => set(target.value || null)} />,
  number: Figure,
  checkbox: ({ value, set, aria }) => (
    <input {...aria} type="checkbox" checked={Boolean(value)} disabled={aria.readOnly || aria.disabled} onChange={({ target }) => set(target.checked)} />
  ),
  select: Choice,
  radio: Choice,
  checklist: Several,
  taglist: Several,
  datetime: ({ column: { subtype = 'date' }, value, set, aria }) => (
    <Line {...clock(subtype, value)} set={set} aria={aria} />
  ),
  entry: ({ column, value, set, aria }) => (
    <Picker {...aria} id={aria.id} source={column.source} multiple={column.multiple} value={value} onChange={set}
      label={aria['aria-label']} invalid={aria['aria-invalid'] === 'true'} disabled={aria.disabled} readonly={aria.readOnly} />
  ),
  files: ({ column, value, set, aria }) => (
    <Uploader id={aria.id} name={column.key} multiple={column.multiple} accept={column.accept} value={value} onChange={set}
      label={aria['aria-label']} fixed={aria.readOnly || aria.disabled} />
  ),
};

export default function Cell({ column, value, set, aria }) {
  const Editor = editors[column.type] ?? Line;
  return <Editor column={column} value={value} set={set} aria={aria} />;
}
