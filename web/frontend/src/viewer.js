// Draws every `[data-diagram]` and `[data-diagram-xml]` on the page, also those that htmx brings later.
//
//   <div class="diagram" data-diagram="/url/of/the.bpmn"      or data-diagram-xml="id of an element whose text is the XML"
//        data-state='{"tokens": {"review_report": 2},          where tokens stand, how many
//                     "visited": ["start", "review_report"],   elements that were passed
//                     "flows": ["to_review"],                  sequence flows that were taken
//                     "incidents": ["count_pages"]}'           elements that stopped
//        data-names='{"review_report": "Review the report"}'>  names in the language of the page
//
// Fires `diagram:step` (detail: element id) when a step is chosen; sets `data-ready="true"` when drawn.
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import 'bpmn-js/dist/assets/bpmn-font/css/bpmn.css';
import './viewer.css';
import draw from './diagram/draw.js';

function all(root) {
  for (const each of root.querySelectorAll('[data-diagram]:not([data-drawn]), [data-diagram-xml]:not([data-drawn])')) {
    each.dataset.drawn = '';
    draw(each);
  }
}

all(document);
document.addEventListener('htmx:load', event => all(event.detail.elt.parentElement ?? document));
