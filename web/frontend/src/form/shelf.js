// What is known of the attachments on this page (id → name, size, url), and how many uploads are under way.
export default class Shelf {
  constructor(url, files) {
    this.url = url;
    this.files = new Map(Object.entries(files));
    this.busy = 0;
  }

  put(file) { this.files.set(file.id, file); }

  get(id) { return this.files.get(id) ?? { id, name: id }; }
}
