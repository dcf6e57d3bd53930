// While an input method is composing, Enter belongs to it: nothing on the page may act on that key.
export default function composing() {
  const guard = event => {
    if ((event.isComposing || event.keyCode === 229) && event.key !== 'Tab') event.stopImmediatePropagation();
  };
  for (const type of ['keydown', 'keypress', 'keyup']) window.addEventListener(type, guard, true);
}
