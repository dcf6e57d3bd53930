// Searches while one types, a moment after the last letter; an answer that comes too late is dropped, and what was found for
// another text is not offered: who types on and presses Enter must not choose somebody else.
import { useEffect, useState } from 'preact/hooks';
import useService from './use-service.js';

const PAUSE_MS = 200;
const NOTHING = { state: 'idle', entries: [] };

export default function useSearch(source, text) {
  const directory = useService('directory');
  const [found, setFound] = useState(NOTHING);
  useEffect(() => {
    if (text === null) {
      setFound(NOTHING);
      return undefined;
    }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      setFound({ of: text, state: 'searching', entries: [] });
      try {
        setFound({ of: text, state: 'found', entries: await directory.search(source, text, abort.signal) });
      } catch {
        if (!abort.signal.aborted) setFound({ of: text, state: 'failed', entries: [] });
      }
    }, PAUSE_MS);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [directory, source, text]);
  return found.of === text ? found : NOTHING;
}
