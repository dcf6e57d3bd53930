// What a person has filled in. Computed fields and those that are only shown are left out: the server has their values itself.
const isEmpty = value => value === '' || value === undefined;

const cleaned = value => {
  if (isEmpty(value)) return null;
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, cleaned(each)]));
};

function isOnlyShown(form, data, { type, disabled, readonly }) {
  if (type === 'expression' || disabled === true || readonly === true) return true;
  return typeof readonly === 'string' && form.get('expressionLanguage').evaluate(readonly, data) === true;
}

// Top-level keys of fields of which `wanted` is true; a nested path counts by its first part.
export default function values(form, data, wanted = () => true) {
  const registry = form.get('formFieldRegistry');
  const paths = form.get('pathRegistry');
  const types = form.get('formFields');
  const kept = registry.getAll().filter(field => {
    const { config } = types.get(field.type);
    return (config.keyed || config.repeatable) && !isOnlyShown(form, data, field) && wanted(field);
  });
  const names = new Set(kept.map(field => paths.getValuePath(field)?.[0]).filter(Boolean));
  return Object.fromEntries(Object.entries(data).filter(([name]) => names.has(name)).map(([name, value]) => [name, cleaned(value)]));
}
