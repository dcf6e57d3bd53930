// Makes our field types known to form-js.
import Datetime from './datetime.jsx';
import Entry from './entry.jsx';
import Files from './files.jsx';
import Grid from './grid/grid.jsx';
import Select from './select.jsx';
import Signature from './signature.jsx';
import Textarea from './textarea.jsx';

class Fields {
  static $inject = ['formFields'];

  constructor(formFields) {
    for (const field of [Datetime, Entry, Files, Grid, Select, Signature, Textarea]) formFields.register(field.config.type, field);
  }
}

export default { __init__: ['ourFields'], ourFields: ['type', Fields] };
