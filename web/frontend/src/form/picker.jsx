// A text box that finds entries as one types and holds the keys of the chosen ones.
import { useRef, useState } from 'preact/hooks';
import say from '../words/say.js';
import Choices from './choices.jsx';
import useSearch from './use-search.js';
import useTitles from './use-titles.js';

function Chosen({ title, remove, fixed }) {
  return (
    <span class="picker-chosen">
      {title}
      {!fixed && <button type="button" aria-label={say('Remove {title}', { title })} onClick={remove}>×</button>}
    </span>
  );
}

export default function Picker({ id, source, multiple, value, onChange, onBlur, onFocus, disabled, readonly, label, describedBy, invalid, ...rest }) {
  const chosen = multiple ? value ?? [] : [value].filter(Boolean);
  const title = useTitles(source, chosen);
  const [text, setText] = useState(null);
  const [active, setActive] = useState(0);
  const found = useSearch(source, text);
  const box = useRef();
  const fixed = disabled || readonly;
  const open = text !== null && !fixed;

  const close = () => { setText(null); setActive(0); };
  const set = keys => onChange(multiple ? keys : keys[0] ?? null);
  const choose = entry => { set(multiple ? [...chosen.filter(key => key !== entry.key), entry.key] : [entry.key]); close(); };
  const remove = key => { set(chosen.filter(each => each !== key)); box.current?.focus(); };

  const keys = {
    ArrowDown: () => (open ? setActive(Math.min(active + 1, found.entries.length - 1)) : setText('')),
    ArrowUp: () => open && setActive(Math.max(active - 1, 0)),
    Escape: () => open && close(),
    Enter: () => open && found.entries[active] && choose(found.entries[active]),
    Backspace: () => multiple && !box.current.value && chosen.length && remove(chosen.at(-1)),
  };
  const onKeyDown = event => {
    if (event.isComposing || !keys[event.key]) return;
    const taken = open || event.key === 'ArrowDown';
    if (keys[event.key]() !== false && taken && event.key !== 'Backspace') {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const leave = () => {
    // Emptying the box is how one takes a single choice back; any other unfinished text is dropped.
    if (!multiple && text === '' && box.current.value === '' && chosen.length) onChange(null);
    close();
    onBlur?.();
  };

  return (
    <div class="picker fjs-input-group">
      {multiple && chosen.map(key => <Chosen key={key} title={title(key)} remove={() => remove(key)} fixed={fixed} />)}
      <input {...rest} ref={box} id={id} class="fjs-input" type="text" role="combobox" autocomplete="off" aria-autocomplete="list"
        aria-expanded={open ? 'true' : 'false'} aria-controls={open ? `${id}-list` : undefined}
        aria-activedescendant={open && found.entries[active] ? `${id}-list-${active}` : undefined}
        aria-label={label} aria-describedby={describedBy} aria-invalid={invalid ? 'true' : 'false'}
        placeholder={fixed ? undefined : say('Type to search')} disabled={disabled} readOnly={readonly}
        value={text ?? (multiple || !chosen.length ? '' : title(chosen[0]))}
        onInput={event => { setText(event.target.value); setActive(0); }}
        onKeyDown={onKeyDown} onBlur={leave} onFocus={onFocus} />
      {open && <Choices id={`${id}-list`} found={found} active={active} anchor={box.current} choose={choose} />}
      <span class="visually-hidden" role="status">
        {open && found.entries.length ? say('{count} found; use the arrow keys', { count: found.entries.length }) : ''}
      </span>
    </div>
  );
}
