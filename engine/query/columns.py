"""What lists show of a case beside its step: the few values that the catalogue projects into typed rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine import access, schema
from engine.access.granted import policy_of
from engine.policy import TYPES
from engine.query.titles import Names, Title

if TYPE_CHECKING:
    from engine.runtime import View


class Percent(float):
    """A share of one, shown as so many in a hundred."""


Value = str | int | float | bool | date | datetime | Title
_f = schema.fact.c


def of_one(view: View, seen: access.Sight | None, names: Names) -> dict[str, Value]:
    """The columns of one instance, seen through what the actor sees it by; ``names`` are read along with theirs."""
    if seen is None:
        names.read()
        return {}
    return shown(view, {seen.instance_id: seen.process_key}, {seen.instance_id: seen}, names)[seen.instance_id]


def shown(
    view: View,
    instances: Mapping[str, str],
    seen: Mapping[str, access.Sight] | None = None,
    names: Names | None = None,
) -> dict[str, dict[str, Value]]:
    """The columns of each instance that the actor may see, in the catalogue's order, in a fixed number of statements.

    Args:
        instances: id → process key.
        seen: through what the actor sees them, where that is known already.
        names: what else of the page waits to be named; it is looked up along with what the columns name.
    """
    if not instances:
        return {}
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    query = select(_f.instance_id, _f.name, _f.type, _f.text, _f.number).where(_f.instance_id.in_(sorted(instances)))
    for row in view.connection.execute(query):
        if row.number is not None or row.text is not None:
            found[row.instance_id][row.name] = row
    if seen is None:
        seen = access.sights(view, list(instances))
    rows = {each: access.shown(view.actor, seen.get(each), found[each]) for each in instances}
    titles = names or Names(view)
    _want(view, instances, rows, titles)
    titles.read()
    answer = {}
    for instance_id, process_key in instances.items():
        types = _types(view, process_key)
        order = [name for name in types if name in rows[instance_id]]
        answer[instance_id] = {name: _value(rows[instance_id][name], types[name], titles.known) for name in order}
    return answer


def _types(view: View, process_key: str) -> Mapping[str, str | None]:
    process = policy_of(view.actor).processes.get(process_key)
    return {} if process is None else process.columns


def _want(view: View, instances: Mapping[str, str], rows: Mapping[str, Mapping[str, Any]], titles: Names) -> None:
    """Ask for the persons, organisations and items that columns hold the keys of."""
    for instance_id, process_key in instances.items():
        types = _types(view, process_key)
        for name, row in rows[instance_id].items():
            of = source(types.get(name))
            if of and row.text:
                titles.want(of, row.text)


def source(type_: str | None) -> str | None:
    """What values of a column of this type are keys of: persons, organisations, a list; None: of nothing."""
    return None if type_ is None or type_ in _PLAIN else type_


_PLAIN = frozenset(TYPES) - {"person", "organisation"}


def _value(row: Any, type_: str | None, names: Mapping[tuple[str, str], Title]) -> Value:
    of = source(type_)
    if of and (of, row.text) in names:
        return names[of, row.text]
    if row.number is not None and type_ == "percent":
        return Percent(row.number)
    if row.number is not None:
        return int(row.number) if float(row.number).is_integer() else float(row.number)
    try:
        match row.type:
            case "date":
                return date.fromisoformat(row.text)
            case "date and time":
                return datetime.fromisoformat(row.text)
            case "boolean":
                return bool(row.text == "true")
    except ValueError:
        pass  # an offset that FEEL writes and Python does not read: shown as it stands
    return str(row.text)
