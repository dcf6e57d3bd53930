"""Persons, organisations and items of lists as an administrator puts them in, changes them and takes them out.

``directory.put`` writes whatever a diagram says; here a slip of the hand is found first: a key that stands already, an
organisation that does not, somebody who leaves with work in their hands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, not_, or_, select

from engine import access, directory, grant, policy, remits, schema
from engine.actor import ENGINE_KEY, person_audience
from engine.directory import Item, Organisation, Person, Thing
from engine.errors import Conflict, Invalid, NotFound, Problem

if TYPE_CHECKING:
    from engine.runtime import Command, View

SHOWN = 5
_KEY = re.compile(r"[\w.-]+")
_t, _c, _o = schema.task.c, schema.candidate.c, schema.organisation.c


@dataclass(frozen=True, slots=True)
class Held:
    """Open tasks that somebody has, or that only they may take, by their names.

    Attributes:
        alone: those of them that are for nobody else.
        vacant: those that are for a role which nobody else holds.
    """

    tasks: Sequence[str] = ()
    alone: Sequence[str] = ()
    vacant: Sequence[str] = ()


def add(command: Command, thing: Thing) -> None:
    """Put a new person, organisation or item in.

    Raises:
        Conflict: the key is there already.
        Invalid: with every fault.
    """
    if directory.find(command, _source(thing), thing.key) is not None:
        raise Conflict("There is already a {kind} {key}; change it instead.", kind=_source(thing), key=thing.key)
    put(command, thing)


def change(command: Command, source: str, key: str, **changes: Any) -> Thing:
    """Change what is given and leave the rest; returns what stands now.

    Args:
        source: ``person``, ``organisation`` or the key of a list.

    Raises:
        NotFound: there is nothing of this key.
        Invalid: with every fault.
    """
    changed = replace(get(command, source, key), **changes)
    put(command, changed)
    return changed


def get(view: View, source: str, key: str) -> Thing:
    """What stands under a key, whoever asks: for administrators.

    Raises:
        NotFound: nothing does.
    """
    found = directory.find(view, source, key)
    if found is None:
        raise NotFound("There is no {kind} {key}.", kind=source, key=key)
    return found


def put(command: Command, thing: Thing) -> None:
    """Put in or change, after looking for faults.

    Raises:
        Invalid: with every fault.
    """
    if found := problems(command, thing):
        raise Invalid("This cannot be put into the directory.", found)
    directory.put(command, thing)


def problems(view: View, thing: Thing) -> list[Problem]:
    """What is wrong, each with the name of the part it is about; what ``directory.put`` looks for comes from there."""
    found = [] if _KEY.fullmatch(thing.key) else [Problem("key", _CHARACTERS, {"key": thing.key})]
    found += [
        Problem(name, "{name} has at most {most} characters.", {"name": name, "most": most})
        for name, most in _LENGTHS.items()
        if len(getattr(thing, name, None) or "") > most
    ]
    match thing:
        case Person():
            if thing.key == ENGINE_KEY:
                found.append(Problem("key", "{key} stands for the engine itself.", {"key": thing.key}))
            found += _unknown(view, "organisation", thing.organisation)
        case Organisation():
            found += _unknown(view, "parent", thing.parent)
            if _is_round(view, thing):
                found.append(Problem("parent", "{key} would belong to itself.", {"key": thing.key}))
        case Item():
            known = policy.current(view.connection).lists
            if thing.list not in known:
                params = {"list": thing.list, "known": ", ".join(known)}
                found.append(Problem("list", "There is no list {list}. Known: {known}.", params))
            wrong = remits.problem(view, thing.remit) if thing.remit else None
            found += [wrong] if wrong else []
    return found


_LENGTHS = {"en": 255, "post": 255, "kind": 64}
_CHARACTERS = "A key is made of letters, digits, “_”, “-” and “.”; {key} is not."


def _unknown(view: View, where: str, key: str | None) -> list[Problem]:
    if key is None or view.connection.execute(select(_o.id).where(_o.id == key, _o.active)).first() is not None:
        return []
    some = view.connection.execute(select(_o.id).where(_o.active).order_by(_o.id).limit(remits.SHOWN)).scalars().all()
    params = {"kind": "organisation", "key": key, "known": ", ".join(some) or "–"}
    return [Problem(where, "There is no {kind} {key}; put it in first. Known: {known}.", params)]


def _is_round(view: View, thing: Organisation) -> bool:
    above, seen = thing.parent, set[str]()
    while above is not None and above not in seen:
        if above == thing.key:
            return True
        seen.add(above)
        above = view.connection.execute(select(_o.parent_id).where(_o.id == above)).scalar()
    return False


# ---- leaving


def leave(command: Command, key: str, *, confirmed: bool = False) -> Held:
    """Somebody leaves: their grants and substitutions end now, what they had taken goes back to the others.

    Args:
        confirmed: although they have open tasks; what waits for them alone becomes an incident.

    Raises:
        NotFound: there is no such person, or they have left.
        Conflict: they have open tasks, and it was not confirmed.
    """
    person = get(command, directory.PERSON, key)
    if not person.active:
        raise NotFound("{key} has left already.", key=key)
    held = holding(command, key)
    if held.tasks and not confirmed:
        names = "、".join(held.tasks[:SHOWN]) + ("…" if len(held.tasks) > SHOWN else "")
        alone = len(held.alone) + len(held.vacant)
        raise Conflict(_BUSY, person=key, count=len(held.tasks), alone=alone, names=names)
    grant.end_all(command, key)
    directory.put(command, replace(person, active=False))
    return held


_BUSY = (
    "{person} has {count} open tasks, {alone} of which wait for nobody else: {names}. Let them be handed on first, "
    "or confirm it: what others may do goes back to them, what waits for {person} alone becomes an incident, or waits "
    "until somebody is given the role."
)


def holding(view: View, key: str) -> Held:
    """The open tasks that somebody has taken, or that wait for nobody else."""
    named, offered = person_audience(key), access.actor(view.connection, key, view.now).audiences
    other = access.may_be_taken_by_others(key, view.now)
    for_them, for_role = _offered([named]), _offered(sorted(offered - {named}))
    query = select(_t.name, other.label("shared"), for_role.label("role")).where(_t.state == "open")
    query = query.where(or_(_t.assignee == key, for_them, and_(_t.assignee.is_(None), for_role, not_(other))))
    rows = view.connection.execute(query.order_by(_t.id)).all()
    return Held(
        [row.name for row in rows],
        [row.name for row in rows if not row.shared and not row.role],
        [row.name for row in rows if not row.shared and row.role],
    )


def _offered(audiences: Sequence[str]) -> ColumnElement[bool]:
    return _t.id.in_(select(_c.task_id).where(_c.audience.in_(audiences)))


def _source(thing: Thing) -> str:
    match thing:
        case Person():
            return directory.PERSON
        case Organisation():
            return directory.ORGANISATION
        case Item():
            return thing.list
