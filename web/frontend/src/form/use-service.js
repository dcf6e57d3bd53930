// A service of the form that this component stands in.
import { FormContext } from '@bpmn-io/form-js-viewer';
import { useContext } from 'preact/hooks';

export default name => useContext(FormContext).getService(name);
