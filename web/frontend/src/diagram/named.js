// The diagram with its elements' names in the language of the page: `names` maps ids to names.
import roomy from './roomy.js';

export default function named(xml, names) {
  const tree = new DOMParser().parseFromString(xml, 'application/xml');
  const renamed = new Map();
  for (const element of tree.querySelectorAll('[id]')) {
    // A pool is called what its process is called.
    const name = names[element.id] ?? names[element.getAttribute('processRef')];
    if (name === undefined || name === element.getAttribute('name')) continue;
    element.setAttribute('name', name);
    renamed.set(element.id, name);
  }
  for (const drawn of tree.querySelectorAll('[bpmnElement]')) {
    const name = renamed.get(drawn.getAttribute('bpmnElement'));
    if (name) roomy(drawn, name);
  }
  return new XMLSerializer().serializeToString(tree);
}
