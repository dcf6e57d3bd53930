// The field `entry`: a reference to a person, an organisation or an entry of a list. Its value is a key, or keys where `multiple`.
import Frame from './frame.jsx';
import Picker from './picker.jsx';

export default function Entry(props) {
  const { field, value, onChange } = props;
  return (
    <Frame type="entry" {...props}>
      {aria => (
        <Picker {...aria} id={props.domId} source={field.source} multiple={field.multiple} value={value}
          disabled={props.disabled} readonly={props.readonly} onBlur={props.onBlur} onFocus={props.onFocus}
          onChange={chosen => onChange({ value: chosen })} />
      )}
    </Frame>
  );
}

Entry.config = {
  type: 'entry',
  keyed: true,
  name: 'Entry',
  group: 'selection',
  emptyValue: null,
  sanitizeValue: ({ value, formField }) => {
    if (formField.multiple) return Array.isArray(value) ? value.filter(key => typeof key === 'string') : [];
    return typeof value === 'string' ? value : null;
  },
  create: (options = {}) => ({ ...options }),
};
