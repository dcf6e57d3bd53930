// A grid's rows from a workbook and into one; the server reads and writes it.
//   POST <sheets url><field key>      (multipart: file) → {"rows", "titles", "problems": [{"where", "message"}], "more"}
//   POST <sheets url><field key>/out  {"rows"}, names in place of keys → the workbook
import send from '../../page/send.js';
import say from '../../words/say.js';
import upload from '../upload.js';

export default class Workbook {
  constructor(url) { this.url = url; }

  take(file, field) { return upload(this.url + encodeURIComponent(field), file, field, () => {}); }

  async give(rows, field) {
    const url = `${this.url}${encodeURIComponent(field.key)}/out`;
    const answer = await send(url, { method: 'POST', body: JSON.stringify({ rows }), read: each => each.blob() });
    if (!answer.ok) throw new Error(answer.body.message ?? say('The connection broke; try again.'));
    const link = document.createElement('a');
    link.href = URL.createObjectURL(answer.body);
    link.download = `${field.label || field.key}.xlsx`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}
