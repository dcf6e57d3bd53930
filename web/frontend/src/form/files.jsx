// The field `files`: its value is the ids of attachments.
import Frame from './frame.jsx';
import Uploader from './uploader.jsx';

export default function Files(props) {
  const { field, value, onChange, disabled, readonly } = props;
  return (
    <Frame type="files" {...props}>
      {aria => (
        <Uploader {...aria} id={props.domId} name={field.key} multiple={field.multiple} accept={field.accept} value={value}
          fixed={disabled || readonly} onBlur={props.onBlur} onChange={ids => onChange({ value: ids })} />
      )}
    </Frame>
  );
}

Files.config = {
  type: 'files',
  keyed: true,
  name: 'Files',
  group: 'basic-input',
  emptyValue: [],
  sanitizeValue: ({ value }) => (Array.isArray(value) ? value.filter(id => typeof id === 'string') : []),
  create: (options = {}) => ({ ...options }),
};
