// Nothing that an expression could get hold of can be changed: every prototype is frozen, and so is the global object.
import { DateTime, Duration, FixedOffsetZone, IANAZone, SystemZone } from 'luxon';

const OPEN = new Map([[Function.prototype, ['toString']]]);    // feelin gives its own functions a toString of their own

export function lock() {
  const seen = new Set();
  const names = Object.getOwnPropertyNames(globalThis).filter(name => name !== 'globalThis');
  const roots = [...names.map(name => globalThis[name]), DateTime, Duration, FixedOffsetZone, IANAZone, SystemZone];
  for (const root of roots) {
    if (typeof root !== 'function' && (typeof root !== 'object' || root === null)) continue;
    for (let at = root; at && !seen.has(at); at = Object.getPrototypeOf(at)) freeze(at, seen);
    if (typeof root === 'function' && root.prototype) freeze(root.prototype, seen);
  }
  for (const each of [function* () {}, async () => {}, [].values(), ''.matchAll(/x/g)]) {
    for (let at = Object.getPrototypeOf(each); at && !seen.has(at); at = Object.getPrototypeOf(at)) freeze(at, seen);
  }
  Object.freeze(globalThis);
}

function freeze(object, seen) {
  seen.add(object);
  const open = OPEN.get(object);
  if (!open) {
    Object.freeze(object);
    return;
  }
  Object.preventExtensions(object);
  for (const key of Reflect.ownKeys(object)) {
    const now = Object.getOwnPropertyDescriptor(object, key);
    if (!now.configurable) continue;
    Object.defineProperty(object, key, { configurable: false, ...('value' in now && !open.includes(key) ? { writable: false } : {}) });
  }
}
