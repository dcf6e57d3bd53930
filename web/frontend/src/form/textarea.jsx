// form-js's text area with a menu of the person's stock phrases under it.
import { Textarea as Plain } from '@bpmn-io/form-js-viewer';
import phrases from '../page/phrases.js';
import useService from './use-service.js';

export default function Textarea(props) {
  const list = useService('stockPhrases');
  const menu = element => {
    if (element && !element.firstChild) element.append(phrases(list, () => document.getElementById(props.domId)));
  };
  const shown = list.length > 0 && !props.disabled && !props.readonly;
  return <>
    <Plain {...props} />
    {shown && <div class="form-phrases" ref={menu} />}
  </>;
}

Textarea.config = Plain.config;
