// A choice of a few fixed options: the browser's own select, which every keyboard, reader and telephone knows how to work.
// Where options come from data or are to be searched, form-js's own stays.
import { Select as Searchable } from '@bpmn-io/form-js-viewer';
import say from '../words/say.js';
import Frame from './frame.jsx';

function Plain(props) {
  const { field, value, onChange, onBlur, onFocus, domId, disabled, readonly } = props;
  const place = field.values.findIndex(option => option.value === value);
  return (
    <Frame type="select" {...props}>
      {({ describedBy, invalid }) => (
        <select id={domId} class="choice" value={String(place)} disabled={disabled || readonly} onBlur={onBlur} onFocus={onFocus}
          aria-describedby={describedBy} aria-invalid={invalid ? 'true' : 'false'}
          onChange={({ target }) => onChange({ value: field.values[Number(target.value)]?.value ?? null })}>
          <option value="-1">{readonly ? '' : say('Select')}</option>
          {field.values.map((option, index) => <option key={index} value={String(index)}>{option.label}</option>)}
        </select>
      )}
    </Frame>
  );
}

export default function Select(props) {
  return Array.isArray(props.field.values) && !props.field.searchable ? <Plain {...props} /> : <Searchable {...props} />;
}

Select.config = Searchable.config;
