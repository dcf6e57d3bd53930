// form-js's lists under a text box say nothing to screen readers: this gives list, options and box the roles of a combo box.
import { useEffect } from 'preact/hooks';

let made = 0;

export default function useListbox(list, box, active) {
  useEffect(() => {
    if (!(box instanceof HTMLElement)) return undefined;
    list.current.id ||= `listbox-${made += 1}`;
    list.current.setAttribute('role', 'listbox');
    const all = { role: 'combobox', 'aria-expanded': 'true', 'aria-controls': list.current.id, 'aria-autocomplete': 'list' };
    for (const [name, value] of Object.entries(all)) box.setAttribute(name, value);
    return () => { for (const name of [...Object.keys(all), 'aria-activedescendant']) box.removeAttribute(name); };
  }, [box, list]);
  useEffect(() => {
    if (!(box instanceof HTMLElement)) return;
    [...list.current.children].forEach((option, index) => {
      option.id ||= `${list.current.id}-${index}`;
      option.setAttribute('role', 'option');
      option.setAttribute('aria-selected', String(index === active));
    });
    const current = list.current.children[active];
    if (current) box.setAttribute('aria-activedescendant', current.id);
  });
}
