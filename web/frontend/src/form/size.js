// A file's size as people read it.
import locale from '../words/locale.js';

export default function size(bytes) {
  if (bytes === undefined) return '';
  const isLarge = bytes >= 1024 * 1024;
  const [unit, divisor] = isLarge ? ['megabyte', 1024 * 1024] : ['kilobyte', 1024];
  const options = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: isLarge ? 1 : 0 };
  return new Intl.NumberFormat(locale(), options).format(isLarge ? bytes / divisor : Math.max(Math.floor(bytes / divisor), 1));
}
