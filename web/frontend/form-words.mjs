// form-js has no translations of its own: while bundling, its labels and messages are handed to our `say`, and its lists are
// given the roles that screen readers need.
// Each text must occur as often as stated, so that an update of form-js that moves one fails the build instead of the page.
import { readFileSync } from 'node:fs';

const texts = [
  [1, "emptyListMessage = 'No results'", "emptyListMessage = say('No results')"],
  [1, "hasOptionsLeft ? 'No results' : 'All values selected'", "say(hasOptionsLeft ? 'No results' : 'All values selected')"],
  [1, "placeholder: 'Search'", "placeholder: say('Search')"],
  [1, "undefined : 'Search'", "undefined : say('Search')"],
  [1, "valueLabel || 'Select'", "valueLabel || say('Select')"],
  [1, 'label: "Skip to search"', 'label: say("Skip to search")'],
  [1, 'title: "Remove tag"', 'title: say("Remove tag")'],
  [1, '"aria-label": "Increment"', '"aria-label": say("Increment")'],
  [1, '"aria-label": "Decrement"', '"aria-label": say("Decrement")'],
  [1, "? 'Nothing to show.'", "? say('Nothing to show.')"],
  [1, 'children: "Nothing to show."', 'children: say("Nothing to show.")'],
  [1, '"aria-label": "Previous page"', '"aria-label": say("Previous page")'],
  [1, '"aria-label": "Next page"', '"aria-label": say("Next page")'],
  [1, '`Click to sort by ${label} descending`', "say('Click to sort by {label} descending', { label })"],
  [1, "return 'Click to remove sorting'", "return say('Click to remove sorting')"],
  [1, '`Click to sort by ${label} ascending`', "say('Click to sort by {label} ascending', { label })"],
  [1, "\" \", 'Add new'", "\" \", say('Add new')"],
  [1, '`Expand all (${values.length - 1})`', "say('Expand all ({count})', { count: values.length - 1 })"],
  [1, "\" \", 'Collapse'", "\" \", say('Collapse')"],
  [1, '`Remove list item ${itemIndex + 1}`', "say('Remove list item {number}', { number: itemIndex + 1 })"],
  [1, "errors.push('Value is not a number.')", "errors.push(say('This is not a number.'))"],
  [1, "errors.push('Value is expected to ' + (decimalDigits === 0 ? 'be an integer' : `have at most ${decimalDigits} decimal digit${decimalDigits > 1 ? 's' : ''}`) + '.')",
    "errors.push(decimalDigits === 0 ? say('This must be a whole number.') : say('At most {digits} decimal places.', { digits: decimalDigits }))"],
  [1, '`Please select a valid value, the two nearest valid values are ${previousValue} and ${nextValue}.`',
    "say('The nearest values that fit are {lower} and {upper}.', { lower: previousValue, upper: nextValue })"],
  [1, '`Field must match pattern ${validation.pattern}.`', "say('This does not have the expected form.')"],
  [1, "errors.push('Field is required.')", "errors.push(say('This is required.'))"],
  [1, '`Field must have minimum value of ${validation.min}.`', "say('This must be at least {limit}.', { limit: validation.min })"],
  [1, '`Field must have maximum value of ${validation.max}.`', "say('This must be at most {limit}.', { limit: validation.max })"],
  [1, "'Min validation value is not a valid number.'", "say('The limit of this field is not a number; tell the process owner.')"],
  [1, "'Max validation value is not a valid number.'", "say('The limit of this field is not a number; tell the process owner.')"],
  [1, '`Field must have minimum length of ${validation.minLength}.`', "say('Write at least {limit} characters.', { limit: validation.minLength })"],
  [1, '`Field must have maximum length of ${validation.maxLength}.`', "say('Write at most {limit} characters.', { limit: validation.maxLength })"],
  [1, "'Field must be a valid  international phone number. (e.g. +4930664040900)'",
    "say('This is not an international telephone number, such as +8657100000000.')"],
  [1, "'Field must be a valid email.'", "say('This is not an e-mail address.')"],
  [1, 'setSmoothScrolling(true);\n  }, []);', 'setSmoothScrolling(true);\n  }, []);\n  useListbox(dropdownContainer, listenerElement, focusedValueIndex);'],
];

function translated(source, folder) {
  let text = source;
  for (const [times, from, to] of texts) {
    const found = text.split(from).length - 1;
    if (found !== times) throw new Error(`form-js says ${JSON.stringify(from)} ${found} times, not ${times}: look at form-words.mjs`);
    text = text.replaceAll(from, () => to);
  }
  const ours = { say: 'words/say.js', useListbox: 'form/use-listbox.js' };
  const imports = Object.entries(ours).map(([name, file]) => `import ${name} from ${JSON.stringify(`${folder}/${file}`)};`);
  return [...imports, text].join('\n');
}

export default folder => ({
  name: 'form-words',
  setup(build) {
    build.onLoad({ filter: /form-js-viewer[\\/]dist[\\/]index\.es\.js$/ }, ({ path }) => ({
      contents: translated(readFileSync(path, 'utf8'), folder), loader: 'js',
    }));
  },
});
