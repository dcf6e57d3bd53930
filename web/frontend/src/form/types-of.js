// The FEEL types of a form's dates, as a tree like its values: by the field that holds them, or as `outer` says where none does.
import isPlain from './is-plain.js';

function put(tree, path, type) {
  const way = path.slice(0, -1).reduce((place, step) => (place[step] = isPlain(place[step]) ? place[step] : {}), tree);
  way[path.at(-1)] = type;
}

export default function typesOf(registry, paths, outer) {
  const tree = { ...outer };
  for (const field of registry.getAll()) {
    const path = paths.getValuePath(field) ?? [];
    if (field.type === 'datetime') put(tree, path, field.subtype ?? 'date');
    for (const column of field.columns ?? []) {
      if (column.type === 'datetime') put(tree, [...path, column.key], column.subtype ?? 'date');
    }
    // An expression inside a repeated list sees its own item's names directly.
    if (field.type === 'datetime' && path.length > 1) tree[path.at(-1)] ??= field.subtype ?? 'date';
  }
  return tree;
}
