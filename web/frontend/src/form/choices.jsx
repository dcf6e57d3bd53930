// The list under a picker: what the search found, one of it active.
import { useEffect, useState } from 'preact/hooks';
import say from '../words/say.js';

const told = { searching: 'Searching…', failed: 'Not readable at the moment' };

const MOST = 256;

// Under the box, or over it where there is more room; never longer than the room there is.
function placed({ top, bottom, left, width }) {
  const below = window.innerHeight - bottom;
  const beside = { left: `${left}px`, minWidth: `${width}px` };
  return below < MOST && top > below
    ? { ...beside, bottom: `${window.innerHeight - top}px`, maxHeight: `${Math.min(MOST, top)}px` }
    : { ...beside, top: `${bottom}px`, maxHeight: `${Math.min(MOST, below)}px` };
}

export default function Choices({ id, found, active, anchor, choose }) {
  const [, follow] = useState(0);
  useEffect(() => {
    const moved = () => follow(n => n + 1);
    window.addEventListener('resize', moved);
    window.addEventListener('scroll', moved, true);
    return () => { window.removeEventListener('resize', moved); window.removeEventListener('scroll', moved, true); };
  }, []);
  const none = told[found.state] ?? (found.state === 'found' && !found.entries.length ? 'Nothing found' : null);
  return (
    // Fixed to the window, so that no scrolling box around the field cuts it off.
    <ul id={id} role="listbox" class="picker-list" style={placed(anchor.getBoundingClientRect())}>
      {none && <li role="option" aria-disabled="true" aria-selected="false" class="picker-none">{say(none)}</li>}
      {found.entries.map((entry, index) => (
        <li key={entry.key} id={`${id}-${index}`} role="option" aria-selected={index === active ? 'true' : 'false'}
          // Before the field loses its focus.
          onMouseDown={event => { event.preventDefault(); choose(entry); }}>
          {entry.title}
          {entry.note && <span class="picker-note">{entry.note}</span>}
        </li>
      ))}
    </ul>
  );
}
