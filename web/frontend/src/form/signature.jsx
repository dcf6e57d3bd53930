// The field `signature`: a statement confirmed with the password. The server makes the value: person, at, digest.
import say from '../words/say.js';
import time from '../words/time.js';
import Frame from './frame.jsx';

function Signed({ value }) {
  return (
    <div class="signing-done">
      <p>{say('Signed by {person}, {at}', { person: value.name ?? value.person, at: time(value.at) })}</p>
      {value.digest && <p class="signing-digest">{say('Fingerprint {digest}', { digest: value.digest.slice(0, 16) })}</p>}
    </div>
  );
}

export default function Signature(props) {
  const { field, value, onChange, onBlur, onFocus, domId, disabled, readonly } = props;
  const done = value?.person;
  const fixed = disabled || readonly;
  return (
    <Frame type="signature" {...props} group={Boolean(done || fixed)}>
      {({ describedBy, invalid }) => (
        <div class="signing">
          {field.statement && <blockquote class="signing-statement">{field.statement}</blockquote>}
          {done && <Signed value={value} />}
          {!done && fixed && <p>{say('Not signed yet.')}</p>}
          {!done && !fixed && (
            <>
              <p id={`${domId}-meaning`}>{say('You sign exactly what stands in this form now. Whoever changes it later makes the signature void.')}</p>
              <input id={domId} class="sheet-input signing-password" type="password" autocomplete="current-password" value={value?.password ?? ''}
                placeholder={say('Your password, to sign')} aria-describedby={`${domId}-meaning ${describedBy}`}
                aria-invalid={invalid ? 'true' : 'false'} onBlur={onBlur} onFocus={onFocus}
                onInput={({ target }) => onChange({ value: target.value ? { password: target.value } : null })} />
            </>
          )}
        </div>
      )}
    </Frame>
  );
}

Signature.config = {
  type: 'signature',
  keyed: true,
  name: 'Signature',
  group: 'action',
  emptyValue: null,
  sanitizeValue: ({ value }) => (value && typeof value === 'object' && !Array.isArray(value) ? value : null),
  create: (options = {}) => ({ ...options }),
};
