// The field `signature`: a statement confirmed with the password. The server makes the value: person, at, digest. Who has signed is
// a sentence of the server's, by key of the field; where the field is to be signed it tells of a signature of before.
import say from '../words/say.js';
import Frame from './frame.jsx';
import useService from './use-service.js';

function Signed({ sentence, digest }) {
  return (
    <div class="signing-done">
      <p>{sentence ?? say('Signed.')}</p>
      {digest && <p class="signing-digest">{say('Fingerprint {digest}', { digest: digest.slice(0, 16) })}</p>}
    </div>
  );
}

function Before({ sentence }) {
  return (
    <div class="signing-before">
      <p>{say('Before: {sentence}', { sentence })}</p>
      <p>{say('That signature stands in the story and does not count for you.')}</p>
    </div>
  );
}

export default function Signature(props) {
  const { field, value, onChange, onBlur, onFocus, domId, disabled, readonly } = props;
  const sentence = useService('signed')[field.key];
  const fixed = disabled || readonly;
  const done = fixed && value?.person;
  return (
    <Frame type="signature" {...props} group={Boolean(done || fixed)}>
      {({ describedBy, invalid }) => (
        <div class="signing">
          {field.statement && <blockquote class="signing-statement">{field.statement}</blockquote>}
          {done && <Signed sentence={sentence} digest={value.digest} />}
          {!done && sentence && <Before sentence={sentence} />}
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
