// What every field of ours has around it: label, description, errors; the field itself gets `describedBy`.
import { Description, Errors, Label } from '@bpmn-io/form-js-viewer';

export default function Frame({ type, field, domId, errors = [], disabled, readonly, group = false, children }) {
  const ids = { label: `${domId}-label`, description: `${domId}-description`, errors: `${domId}-error-message` };
  const state = [errors.length && 'fjs-has-errors', disabled && 'fjs-disabled', readonly && 'fjs-readonly'].filter(Boolean);
  const role = group ? { role: 'group', 'aria-labelledby': ids.label, 'aria-describedby': `${ids.description} ${ids.errors}` } : {};
  return (
    <div class={['fjs-form-field', `fjs-form-field-${type}`, ...state].join(' ')} {...role}>
      <Label id={ids.label} htmlFor={group ? undefined : domId} label={field.label} required={field.validate?.required} />
      {children({ describedBy: `${ids.description} ${ids.errors}`, invalid: errors.length > 0 })}
      <Description id={ids.description} description={field.description} />
      <Errors id={ids.errors} errors={errors} />
    </div>
  );
}
