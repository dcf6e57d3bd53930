// A file's size as people read it.
import locale from '../words/locale.js';

export default function size(bytes) {
  if (bytes === undefined) return '';
  const [unit, divisor] = bytes < 1_000_000 ? ['kilobyte', 1000] : ['megabyte', 1_000_000];
  const options = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: bytes < 1_000_000 ? 0 : 1 };
  return new Intl.NumberFormat(locale(), options).format(Math.max(bytes / divisor, bytes && 0.1));
}
