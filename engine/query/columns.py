"""What lists show of a case beside its step: the few values that the catalogue projects into typed rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from engine import access, schema
from engine.access.granted import held, inside, policy_of, remit_of
from engine.actor import WHOLE_OFFICE, Actor
from engine.policy import TYPES, FieldClass
from engine.query.titles import Names, Title

if TYPE_CHECKING:
    from engine.runtime import View


class Percent(float):
    """A share of one, shown as so many in a hundred."""


Value = str | int | float | bool | date | datetime | Title
_f, _i = schema.fact.c, schema.instance.c


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
            source = _source(types.get(name))
            if source and row.text:
                titles.want(source, row.text)


def _source(type_: str | None) -> str | None:
    return None if type_ is None or type_ in _PLAIN else type_


_PLAIN = frozenset(TYPES) - {"person", "organisation"}


def matching(view: View, text: str) -> ColumnElement[bool]:
    """Instances (rows of ``instance``) with a column that holds the text: only columns that the actor is shown for
    certain.

    What a search finds tells as much as what a page shows.
    """
    open_to = _searchable(view.actor)
    holds = and_(_f.instance_id == _i.id, _f.text.icontains(text.strip(), autoescape=True))
    return or_(
        false(),
        *(
            and_(_i.process_key == process, exists().where(holds, _f.name.in_(names)))
            for process, names in open_to.items()
            if names
        ),
    )


def _searchable(actor: Actor) -> dict[str, list[str]]:
    rules = policy_of(actor)
    return {
        process.key: [name for name in process.columns if _is_certain(actor, process.field(name))]
        for process in rules.processes.values()
    }


def _is_certain(actor: Actor, field: FieldClass) -> bool:
    """Whether the actor is shown a value of this class wherever they see its row."""
    # Somebody who also belongs to an outside party may see a case through that role alone.
    insider = inside(actor, policy_of(actor)) == actor.audiences
    if insider and field.cls in ("open", "internal"):
        return True
    everywhere = any(remit_of(one) == WHOLE_OFFICE for one in held(actor, field.roles))
    return field.when is None and (field.cls == "open" or (field.cls == "restricted" and everywhere))


def _value(row: Any, type_: str | None, names: Mapping[tuple[str, str], Title]) -> Value:
    source = _source(type_)
    if source and (source, row.text) in names:
        return names[source, row.text]
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
