// What stands of an element in one sentence, for people who do not see colours.
import say from '../words/say.js';

export default function tell(element, state) {
  const { id, name } = element.businessObject;
  const shown = name || id;
  const count = state.tokens?.[id] ?? 0;
  if (state.incidents?.includes(id)) return say('{name}: stopped, needs somebody', { name: shown });
  if (count > 1) return say('{name}: here now, {count} times', { name: shown, count });
  if (count === 1) return say('{name}: here now', { name: shown });
  return say(state.visited?.includes(id) ? '{name}: done' : '{name}: not reached', { name: shown });
}
