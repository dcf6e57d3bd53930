// What the clock on the wall shows at an instant, `2026-04-01T09:00`; a time written without a zone stands as it is.
import zone from './zone.js';

const format = new Map();

export default function wall(text) {
  if (!/(Z|[+-]\d\d:?\d\d)$/.test(text)) return text.slice(0, 16);
  const timeZone = zone();
  if (!format.has(timeZone)) {
    const options = { timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
    format.set(timeZone, new Intl.DateTimeFormat('en-CA', options));
  }
  const part = Object.fromEntries(format.get(timeZone).formatToParts(new Date(text)).map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}`;
}
