// Uploads chosen files one after the other; tells what is on its way and what was refused.
import { useState } from 'preact/hooks';
import useService from './use-service.js';
import upload from './upload.js';

export default function useUploads(fieldKey, add) {
  const shelf = useService('shelf');
  const [underway, setUnderway] = useState([]);
  const [refused, setRefused] = useState([]);

  const change = (file, percent) => setUnderway(list => list.map(each => (each.file === file ? { file, percent } : each)));
  const drop = file => setUnderway(list => list.filter(each => each.file !== file));

  async function send(files) {
    setRefused([]);
    setUnderway(list => [...list, ...files.map(file => ({ file, percent: 0 }))]);
    shelf.busy += files.length;
    for (const file of files) {
      try {
        const stored = await upload(shelf.url, file, fieldKey, percent => change(file, percent));
        shelf.put(stored);
        add(stored.id);
      } catch (error) {
        setRefused(list => [...list, { name: file.name, problem: error.message }]);
      } finally {
        shelf.busy -= 1;
        drop(file);
      }
    }
  }
  return { underway, refused, send };
}
