"""What is restricted within an instance: the conditions under which files and remarks of that class are let through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import FromClause, and_, false, func, not_, or_, true

from engine import schema
from engine.access.granted import Granted, Reach, counting, homes, inside
from engine.access.opening import Seen, exists_where, has_done, is_plain, is_within, works_on
from engine.actor import WHOLE_OFFICE, Actor
from engine.policy import FieldClass, Policy, ProcessPolicy

_OF_PROCESS = schema.instance.alias()


def of_process(instance_id: Any, process_keys: Collection[str]) -> Seen:
    """The instance is one of one of these processes."""
    i = _OF_PROCESS.c
    return exists_where(_OF_PROCESS, i.id == instance_id, i.process_key.in_(sorted(process_keys)))


def reached(counted: Collection[Reach], instance_id: Any) -> Seen:
    """The instance stands under one of these remits, and under what goes with it."""
    by_given: dict[frozenset[str], set[str]] = defaultdict(set)
    for each in counted:
        by_given[each.given].add(each.remit)
    ways = [
        and_(_within(remits, instance_id), *(is_within([one], instance_id) for one in sorted(given)))
        for given, remits in sorted(by_given.items(), key=lambda item: sorted(item[0]))
    ]
    return or_(false(), *ways)


def let_through(actor: Actor, rules: Policy, field: FieldClass, instance_id: Any) -> Seen:
    """The actor is shown a restricted value of an instance that they see: ``values`` decides the same in Python."""
    ways = [reached(counting(actor, field, field.roles), instance_id)]
    house = inside(actor, rules)
    if house:
        ways.append(works_on(house, instance_id))
        ways.append(and_(has_done(actor, instance_id), reached(homes(actor, field), instance_id)))
    asking = counting(actor, field, field.ask)
    if asking and isinstance(actor, Granted) and actor.asked:
        ways.append(and_(instance_id.in_(sorted(actor.asked)), reached(asking, instance_id)))
    return or_(*ways)


def unrestricted(actor: Actor, rules: Policy, instance_id: Any) -> Seen:
    """What is said about an instance as a whole is not restricted, or the actor is let through to it."""
    alike: dict[FieldClass, list[str]] = defaultdict(list)
    for process in rules.processes.values():
        if process.otherwise.cls == "restricted":
            alike[process.otherwise].append(process.key)
    limits = [
        or_(not_(of_process(instance_id, keys)), is_plain(instance_id), let_through(actor, rules, field, instance_id))
        for field, keys in alike.items()
        if Reach(WHOLE_OFFICE) not in counting(actor, field, field.roles)
    ]
    return and_(true(), *limits)


def _within(remits: Collection[str], instance_id: Any) -> Seen:
    if WHOLE_OFFICE in remits:
        return true()
    return is_within(remits, instance_id) if remits else false()


def files_let_through(actor: Actor, rules: Policy, a: FromClause) -> Seen:
    """A file stands in a restricted field whose class lets the actor through.

    A field with a condition (``when``) gives its files to nobody by name: the condition cannot be asked in SQL.
    """
    alike: dict[FieldClass, list[Seen]] = defaultdict(list)
    for process in rules.processes.values():
        here = of_process(a.c.instance_id, [process.key])
        for field, files in _restricted_fields(process, a).items():
            alike[field].append(and_(here, files))
    return or_(
        false(),
        *(and_(or_(*places), let_through(actor, rules, field, a.c.instance_id)) for field, places in alike.items()),
    )


def _restricted_fields(process: ProcessPolicy, a: FromClause) -> dict[FieldClass, Seen]:
    """Each restricted class of a process, and the files that stand in a field of it."""
    named: dict[FieldClass, list[str]] = defaultdict(list)
    for name, field in process.fields.items():
        named[field].append(name)
    found = {field: in_fields(a, names) for field, names in named.items()}
    other = not_(in_fields(a, list(process.fields)))
    found[process.otherwise] = or_(found.get(process.otherwise, false()), other)
    return {field: files for field, files in found.items() if field.cls == "restricted" and field.when is None}


def in_fields(a: FromClause, names: Collection[str]) -> Seen:
    """A file stands in one of these fields, or in a column of one."""
    # What belongs to no field is in none of them: null would be neither in it nor outside.
    field = func.coalesce(a.c.field, "")
    columns = [field.startswith(f"{name}.", autoescape=True) for name in sorted(names)]
    return or_(field.in_(sorted(names)), *columns)
