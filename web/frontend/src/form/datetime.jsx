// A date, a time or both: the browser's own input, as in a grid's cells. form-js's own keeps date and time through several
// turns of drawing: who types both quickly sees them and has handed in nothing; and a day it cannot read is one it makes up.
import { Datetime as Plain } from '@bpmn-io/form-js-viewer';
import day from '../words/day.js';
import clock from './clock.js';
import Frame from './frame.jsx';

export default function Datetime(props) {
  const { field, value, onChange, onBlur, onFocus, domId, disabled, readonly } = props;
  const { subtype = 'date', disallowPassedDates } = field;
  return (
    <Frame type="datetime" {...props}>
      {({ describedBy, invalid }) => {
        const aria = { id: domId, class: 'choice', 'aria-describedby': describedBy, 'aria-invalid': invalid ? 'true' : 'false' };
        if (readonly) return <input {...aria} type="text" readOnly value={value ? day(subtype, value) : ''} />;
        const least = disallowPassedDates ? clock(subtype, new Date().toISOString()).value : undefined;
        return (
          <input {...aria} {...clock(subtype, value)} min={least} disabled={disabled} onBlur={onBlur} onFocus={onFocus}
            onInput={({ target }) => onChange({ value: target.value || null })} />
        );
      }}
    </Frame>
  );
}

Datetime.config = Plain.config;
