// Titles of the chosen keys; those not known yet are looked up, and the component is drawn again.
import { useEffect, useState } from 'preact/hooks';
import useService from './use-service.js';

export default function useTitles(source, keys) {
  const directory = useService('directory');
  const [, redraw] = useState(0);
  const unknown = keys.filter(key => directory.title(source, key) === undefined).join('\n');
  useEffect(() => {
    if (!unknown) return;
    directory.lookUp(source, unknown.split('\n')).then(() => redraw(n => n + 1), () => {});
  }, [directory, source, unknown]);
  return key => directory.title(source, key) ?? key;
}
