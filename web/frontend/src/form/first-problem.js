// Takes the reader to the first field that is marked.
const FOCUSABLE = 'input:not([type=hidden]), textarea, select, button, [tabindex]';

export default function firstProblem(root) {
  const field = root.querySelector('.fjs-has-errors');
  if (!field) return;
  field.scrollIntoView({ block: 'center' });
  (field.querySelector('[aria-invalid="true"]') ?? field.querySelector(FOCUSABLE))?.focus({ preventScroll: true });
}
