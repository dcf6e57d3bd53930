// A date, a moment or a time of day for people: `2026年4月1日(周三) 09:00`, `Wed 1 Apr 2026, 09:00`, `09:00`.
import locale from './locale.js';
import wall from './wall.js';

const WEEKDAYS = '日一二三四五六';

function date(text) {
  const [year, month, day] = text.split('-').map(Number);
  const at = new Date(Date.UTC(year, month - 1, day));
  if (locale() === 'zh-CN') return `${year}年${month}月${day}日(周${WEEKDAYS[at.getUTCDay()]})`;
  const name = options => new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options }).format(at);
  return `${name({ weekday: 'short' })} ${day} ${name({ month: 'short' }).slice(0, 3)} ${year}`;
}

const written = {
  date,
  time: text => text.slice(0, 5),
  moment(text) {
    const [day, hour] = wall(text).split('T');
    return `${date(day)}${locale() === 'zh-CN' ? ' ' : ', '}${hour}`;
  },
};

export default function day(type, text) {
  const kind = type === 'date' || type === 'time' ? type : 'moment';
  return /^\d{4}-\d\d-\d\d|^\d\d:\d\d/.test(text) ? written[kind](text) : text;
}
