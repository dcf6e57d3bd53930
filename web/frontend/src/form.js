// Shows the form in `#form`, saves it as it is typed and sends it. All it needs stands on the element:
//
//   <div id="form"
//        data-form="…"            the form-js schema as JSON, labels already in the language of the page
//        data-values="{…}"        values of fields and of the names that the form's expressions use; a draft's values laid over
//        data-types='{"due":"date"}'  FEEL types (date, time, dateTime) of values that no field of the form types
//        data-words='{"di": "区纪委监委"}'     what the form's texts say in place of a value: terms and names in the language of the page
//        data-locale="zh"         zh or en; the page's <html lang> where absent
//        data-readonly            present: shows only
//        data-submit-url="…"      POST {"values", "stamp"}, header Idempotency-Key → {"location"} | 422 {"message","problems"} | 409 {"message"}
//        data-submit-label="…"    what the button says; 提交 / Submit where absent
//        data-stamp="…"           the task's stamp, sent back with the submission
//        data-draft-url="…"       PUT {"values", "revision"} → {"revision","saved_at","withheld"} | 409 {"other": {"values","revision","saved_at"}};
//                                 absent: no autosave
//        data-draft-revision="0"  revision of the draft that data-values shows, 0 where there is none
//        data-csrf="…"            the token, where no <meta name="csrf-token"> gives it
//        data-upload-url="…"      POST multipart (field, file) → {"id","name","size","url"}
//        data-files='{"id": {"id","name","size","url"}}'      attachments that the values name
//        data-sheets-url="…"      + a grid's key: POST multipart (file) → {"rows","titles","problems","more"}; + "/out": POST {"rows"} → .xlsx;
//                                 absent: no workbooks
//        data-entries-url="…"     GET ?source&q | ?source&key=a&key=b → {"entries": [{"key","title","note"}]}
//        data-signed='{"sign": "…"}'      who has signed, as a sentence, by key of the field
//        data-titles='{"person": {"key": "title"}}'           titles of entries that the values name (others are looked up)
//        data-stock-phrases='["同意。"]'></div>                the person's stock phrases, offered under text areas
//
// Every request carries X-CSRFToken; 401 signs in over the page (page/sign-in.js) and goes again. Sets `data-ready="true"` when shown.
import { Form } from '@bpmn-io/form-js-viewer';
import '@bpmn-io/form-js-viewer/dist/assets/form-js.css';
import './form.css';
import Bar from './form/bar.js';
import Directory from './form/directory.js';
import Draft from './form/draft.js';
import fields from './form/fields.js';
import language from './form/language.js';
import prepare from './form/prepare.js';
import Shelf from './form/shelf.js';
import Workbook from './form/grid/workbook.js';
import Submission from './form/submission.js';
import texts from './form/texts.js';
import validation from './form/validation.js';
import build from './page/build.js';
import composing from './page/composing.js';
import zone from './words/zone.js';

const parsed = (text, otherwise) => (text ? JSON.parse(text) : otherwise);

// A bundle by itself, beside this one: see expressions.js.
async function expressions() {
  const { default: make } = await import(new URL('./expressions.js', import.meta.url).href);
  return make(zone());
}

// Enter in a field must never send an approval: only the button does.
function noAccidents(root) {
  root.addEventListener('submit', event => { event.preventDefault(); event.stopImmediatePropagation(); }, true);
}

async function open(root) {
  const data = root.dataset;
  const readOnly = 'readonly' in data;
  if (data.locale) document.documentElement.lang ||= data.locale;
  const shelf = new Shelf(data.uploadUrl, parsed(data.files, {}));
  const place = build('div', { class: 'form-fields' });
  const given = {
    directory: ['value', new Directory(data.entriesUrl, parsed(data.titles, {}))],
    shelf: ['value', shelf],
    workbook: ['value', new Workbook(data.sheetsUrl)],
    stockPhrases: ['value', parsed(data.stockPhrases, [])],
    signed: ['value', parsed(data.signed, {})],
    outerTypes: ['value', parsed(data.types, {})],
    outerWords: ['value', parsed(data.words, {})],
    expressions: ['value', await expressions()],
  };
  // Each letter counts at once: form-js reads a field again a moment later, and what changed meanwhile would take its place.
  const form = new Form({ container: place, debounce: false, additionalModules: [given, fields, validation, language, texts], properties: { readOnly } });
  root.append(place);
  noAccidents(root);
  await form.importSchema(prepare(parsed(data.form)), parsed(data.values, {}));
  if (!readOnly && data.submitUrl) {
    const bar = new Bar(root, () => submission.submit());
    const draft = new Draft(form, root, { url: data.draftUrl, revision: Number(data.draftRevision ?? 0), tell: bar.tell.bind(bar) });
    const submission = new Submission(form, { url: data.submitUrl, stamp: data.stamp, draft, shelf, bar });
  }
  data.ready = 'true';
}

composing();
open(document.getElementById('form'));
