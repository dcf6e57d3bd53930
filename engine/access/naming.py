"""By what name a person stands before a reader: their own, or that of the body they act for.

Inside the house everybody is named. Who stands outside is told, in a process that has a front, the organisation in
place of every person whom they may not look up, and no key by which to ask further. Which one it is follows from what
a person has ever held here, not from where they are at home: people of the house are lent to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, and_, case, exists, func, literal, not_, null, or_, select, true

from engine import schema
from engine.access.granted import inside, policy_of
from engine.access.opening import Seen
from engine.access.rows import visible
from engine.actor import ENGINE_KEY, Actor
from engine.policy import Front, Policy

_held, _home = schema.authority.alias(), schema.organisation.alias()


class Named(NamedTuple):
    """Columns of what a reader is told of a person; all are null where there is nobody, or nobody known."""

    key: ColumnElement[Any]
    name: ColumnElement[Any]
    name_en: ColumnElement[Any]


def front(actor: Actor, process_key: str) -> Front | None:
    """What the actor is told in place of the house's people in cases of a process; None: everybody is named."""
    return _fronts(actor).get(process_key)


def is_veiled(actor: Actor) -> bool:
    """Whether there is any process in which the actor is told the organisation in place of a person."""
    return bool(_fronts(actor))


def is_named(actor: Actor, p: FromClause, key: ColumnElement[Any], process_key: ColumnElement[Any]) -> Seen:
    """The person with this key is told to the actor as who they are, in a case of this process.

    Args:
        p: ``person`` or an alias of it, joined by the key.
    """
    fronts = _fronts(actor)
    if not fronts:
        return true()
    own = key.in_([ENGINE_KEY, *sorted(actor.persons)])
    return or_(process_key.not_in(sorted(fronts)), own, visible(actor, "person", rows=p))


def named(actor: Actor, p: FromClause, key: ColumnElement[Any], process_key: ColumnElement[Any]) -> Named:
    """What the actor is told of the person with this key, in a case of this process, in the statement that joins them.

    Args:
        p: ``person`` or an alias of it, joined by the key.
    """
    fronts = _fronts(actor)
    if not fronts:
        return Named(key, p.c.name, p.c.name_en)
    shown = is_named(actor, p, key, process_key)
    rules = policy_of(actor)
    veil = _veil(rules, p, process_key, fronts, english=False), _veil(rules, p, process_key, fronts, english=True)
    nobody = key.is_(None)
    return Named(
        case((and_(key.is_not(None), shown), key), else_=null()),
        case((nobody, null()), (shown, p.c.name), else_=veil[0]),
        case((nobody, null()), (shown, p.c.name_en), else_=veil[1]),
    )


def _fronts(actor: Actor) -> dict[str, Front]:
    rules = policy_of(actor)
    found = {key: process.front for key, process in rules.processes.items() if process.front is not None}
    return {} if found and inside(actor, rules) else found


def _veil(
    rules: Policy, p: FromClause, process_key: ColumnElement[Any], fronts: dict[str, Front], *, english: bool
) -> ColumnElement[Any]:
    """The body that a person acts for: that of their role, for another outside party their own, or the process's."""
    of_process = case(
        {key: literal(each.en if english else each.title) for key, each in fronts.items()}, value=process_key
    )
    bodies = [
        (_has_held(p, [role.key]), literal(role.front.en if english else role.front.title))
        for role in rules.roles.values()
        if role.front is not None
    ]
    theirs = _home.c.name_en if english else _home.c.name
    home = select(theirs).where(_home.c.id == p.c.organisation_id).correlate(p).scalar_subquery()
    outside = and_(_has_held(p, rules.external), not_(_has_held(p, rules.roles.keys() - rules.external)))
    known = and_(outside, p.c.organisation_id.is_not(None))
    return case(*bodies, (known, home if english else func.coalesce(home, of_process)), else_=of_process)


def _has_held(p: FromClause, roles: Iterable[str]) -> Seen:
    """At any time: what somebody did in a role they have given back, they did in it."""
    a = _held.c
    return exists().where(a.person_id == p.c.id, a.role.in_(sorted(roles))).correlate(p)
