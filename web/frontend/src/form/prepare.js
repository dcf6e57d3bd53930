// The schema as this application shows it: a date has a label like every other field.
const dated = ({ label, dateLabel, timeLabel }) => ({ label: label ?? dateLabel ?? timeLabel });

const each = component => ({
  ...component,
  ...(component.type === 'datetime' ? dated(component) : {}),
  ...(component.columns ? { columns: component.columns.map(each) } : {}),
  ...(component.components ? { components: component.components.map(each) } : {}),
});

export default schema => ({ ...schema, components: (schema.components ?? []).map(each) });
