// Asks the server for entries of a source (persons, organisations, a register or list) and remembers their titles.
//   GET <entries url>?source=person&q=text   → {"entries": [{"key", "title", "note"}]}
//   GET <entries url>?source=person&key=a&key=b → the same, for those keys
import send from '../page/send.js';

export default class Directory {
  constructor(url, titles) {
    this.url = url;
    this.titles = new Map(Object.entries(titles).map(([source, known]) => [source, new Map(Object.entries(known))]));
  }

  title(source, key) { return this.titles.get(source)?.get(key); }

  know(source, titles) {
    const known = this.titles.get(source) ?? new Map();
    for (const [key, title] of Object.entries(titles)) known.set(key, title);
    this.titles.set(source, known);
  }

  async ask(source, parameters, signal) {
    const query = new URLSearchParams([['source', source], ...parameters]);
    const answer = await send(`${this.url}${this.url.includes('?') ? '&' : '?'}${query}`, { signal });
    if (!answer.ok) throw new Error(answer.body.message);
    this.know(source, Object.fromEntries(answer.body.entries.map(({ key, title }) => [key, title])));
    return answer.body.entries;
  }

  search(source, text, signal) { return this.ask(source, [['q', text]], signal); }

  lookUp(source, keys) { return this.ask(source, keys.map(key => ['key', key])); }

  // The key of the one entry that is called exactly so, for what is pasted; undefined if none or several.
  async resolve(source, title) {
    const found = (await this.search(source, title)).filter(entry => entry.title === title || entry.key === title);
    return found.length === 1 ? found[0].key : undefined;
  }
}
