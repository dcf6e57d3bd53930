// A place to choose or drop files: uploads them at once, shows progress and what was refused, keeps the attachments' ids.
import { useRef, useState } from 'preact/hooks';
import say from '../words/say.js';
import size from './size.js';
import useService from './use-service.js';
import useUploads from './use-uploads.js';

function Kept({ file, remove }) {
  const shown = [file.name, file.size !== undefined && `(${size(file.size)})`].filter(Boolean).join(' ');
  return (
    <li>
      {file.url ? <a href={file.url}>{shown}</a> : <span>{shown}</span>}
      {remove && <button type="button" class="btn btn-sm" aria-label={say('Remove {title}', { title: file.name })} onClick={remove}>×</button>}
    </li>
  );
}

export default function Uploader({ id, name, multiple, accept, value, onChange, onBlur, fixed, describedBy, invalid, label }) {
  const shelf = useService('shelf');
  const kept = useRef();
  kept.current = value ?? [];
  const [over, setOver] = useState(false);
  const add = file => onChange(multiple ? [...kept.current, file] : [file]);
  const { underway, refused, send } = useUploads(name, add);
  const take = files => send(multiple ? [...files] : [...files].slice(0, 1));
  const drop = event => { event.preventDefault(); setOver(false); take(event.dataTransfer.files); };

  return (
    <div class={over ? 'files is-over' : 'files'} onDragOver={event => { event.preventDefault(); setOver(!fixed); }}
      onDragLeave={() => setOver(false)} onDrop={fixed ? undefined : drop}>
      {!fixed && (
        <div class="files-choose">
          <input type="file" id={id} class="visually-hidden" multiple={multiple} accept={accept} aria-label={label}
            aria-describedby={describedBy} aria-invalid={invalid ? 'true' : 'false'} onBlur={onBlur}
            onChange={event => { const list = [...event.target.files]; event.target.value = ''; take(list); }} />
          {/* The browser words its own button in its own language; the label is a button in ours. */}
          <label class="btn" htmlFor={id} aria-hidden="true">{say(multiple ? 'Choose files' : 'Choose a file')}</label>
          <span aria-hidden="true">{say('or drop here')}</span>
        </div>
      )}
      <ul class="files-list">
        {kept.current.map(each => (
          <Kept key={each} file={shelf.get(each)} remove={!fixed && (() => onChange(kept.current.filter(other => other !== each)))} />
        ))}
        {fixed && !kept.current.length && <li>{say('No files.')}</li>}
      </ul>
      <div role="status">
        {underway.map(({ file, percent }) => (
          <p key={file.name} class="files-underway">
            {say('Uploading {name}: {percent}%', { name: file.name, percent })} <progress max="100" value={percent} aria-hidden="true" />
          </p>
        ))}
        {refused.map(({ name: file, problem }) => (
          <p key={file} class="fjs-form-field-error">{say('{name} was not uploaded: {problem}', { name: file, problem })}</p>
        ))}
      </div>
    </div>
  );
}
