// A button with `data-toggles="id"` shows and hides that element; Escape hides it and gives the button its focus back.
const target = button => document.getElementById(button.dataset.toggles);

function set(button, open) {
  target(button)?.classList.toggle('show', open);
  button.setAttribute('aria-expanded', String(open));
}

export default function toggle() {
  document.addEventListener('click', event => {
    const button = event.target.closest('[data-toggles]');
    if (button) set(button, !target(button)?.classList.contains('show'));
  });
  document.addEventListener('keydown', event => {
    if (event.key !== 'Escape') return;
    for (const button of document.querySelectorAll('[data-toggles][aria-expanded="true"]')) {
      set(button, false);
      button.focus();
    }
  });
}
