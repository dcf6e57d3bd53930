"""The other way round: which persons a task or a case is open to now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, literal, not_, or_, select

from engine import clock, schema
from engine.access.granted import actor, remit_of, role_of
from engine.access.rows import visible
from engine.actor import audience, person_audience

_PERSON = person_audience("")
_c, _a, _t, _p = schema.candidate.c, schema.authority.c, schema.task.c, schema.person.c


def holders(connection: Connection, task_id: str, now: datetime) -> list[str]:
    """Keys of the persons a task is offered to now, without those who have left or are excluded from its case."""
    query = select(_c.audience, _t.instance_id).join(schema.task, _t.id == _c.task_id).where(_c.task_id == task_id)
    offered = connection.execute(query).all()
    if not offered:
        return []
    audiences = {row.audience for row in offered}
    named = {one.removeprefix(_PERSON) for one in audiences if role_of(one) is None}
    found = named | granted(connection, {one for one in audiences if role_of(one) is not None}, now)
    return sorted(found - barred(connection, found, offered[0].instance_id))


Key = str | ColumnElement[Any]


def waits_for_nobody(now: datetime) -> ColumnElement[bool]:
    """Nobody has taken the task of a row of ``task``, and nobody may take it now."""
    taker = select(_p.id).where(takers(_t.id, _t.instance_id, now)).correlate(schema.task)
    return and_(_t.state == "open", _t.assignee.is_(None), not_(taker.exists()))


def may_be_taken_by_others(person: str, now: datetime) -> ColumnElement[bool]:
    """Somebody else than this person may take the task of a row of ``task`` now."""
    other = select(_p.id).where(takers(_t.id, _t.instance_id, now), _p.id != person)
    return other.correlate(schema.task).exists()


def takers(task_id: Key, instance_id: Key, now: datetime) -> ColumnElement[bool]:
    """The condition under which a row of ``person`` may take a task now: ``holders``, for whoever reads them along."""
    offered = select(_c.audience).where(_c.task_id == task_id).correlate(schema.task)
    holds = select(_a.person_id).where(_is_valid(now), (_a.role + literal(audience("", "")) + _a.remit).in_(offered))
    named = (literal(_PERSON) + _p.id).in_(offered)
    return and_(_p.active, _p.id.not_in(_closed(instance_id)), or_(named, _p.id.in_(holds)))


def granted(connection: Connection, audiences: Iterable[str], now: datetime) -> set[str]:
    """Keys of the persons who hold one of these roles, each within its remit, at this moment."""
    found = connection.execute(select(_a.person_id).where(_holding(audiences, now)))
    return {row.person_id for row in found}


def _holding(audiences: Iterable[str], now: datetime) -> ColumnElement[bool]:
    """A row of ``authority`` gives one of these roles, within its remit, at this moment."""
    wanted = sorted({(str(role_of(one)), remit_of(one)) for one in audiences})
    return and_(_is_valid(now), or_(false(), *(and_(_a.role == role, _a.remit == remit) for role, remit in wanted)))


def _is_valid(now: datetime) -> ColumnElement[bool]:
    """A row of ``authority`` counts at this moment."""
    at = clock.micros(now)
    return and_(_a.from_at <= at, or_(_a.until_at.is_(None), _a.until_at > at))


def _closed(instance_id: Key) -> Select[Any]:
    """Persons who are excluded from a remit of the instance."""
    e, r = schema.exclusion.c, schema.remit.c
    excluded = select(e.person_id).join(schema.remit, r.remit == e.remit).where(r.instance_id == instance_id)
    return excluded.correlate(schema.task)


def barred(connection: Connection, persons: Iterable[str], instance_id: str) -> set[str]:
    """Of these persons, those who have left, or are excluded from a remit of the instance."""
    wanted = sorted(persons)
    closed = _closed(instance_id).where(schema.exclusion.c.person_id.in_(wanted))
    left = select(_p.id).where(_p.id.in_(wanted), _p.active.is_(False))
    return {row.person_id for row in connection.execute(closed.union(left))}


def may_take(connection: Connection, task_id: str, person: str, now: datetime) -> bool:
    """Whether a task may be handed to a person: it is offered to them."""
    return person in holders(connection, task_id, now)


def may_still_take(connection: Connection, task_id: str, persons: Iterable[str], now: datetime) -> bool:
    """Whether one of these persons may take a task, asked again in the transaction in which it is taken.

    Their rows are locked against whoever takes rights away: they wait for what is taken on now and find it (``sweep``),
    or it is found out here that they came first. What an actor was granted when a request began does not tell.
    """
    wanted = sorted(persons)
    connection.execute(select(_p.id).where(_p.id.in_(wanted)).order_by(_p.id).with_for_update(read=True))
    return not set(wanted).isdisjoint(holders(connection, task_id, now))


def may_not_be_told(connection: Connection, instance_id: str, persons: Iterable[str]) -> list[str]:
    """Of these persons, those who do not see the case and so must not be told of it."""
    now, i = clock.now(connection), schema.instance.c
    refused = []
    for person in dict.fromkeys(persons):
        sees = select(i.id).where(i.id == instance_id, visible(actor(connection, person, now), "instance"))
        if connection.execute(sees).first() is None:
            refused.append(person)
    return refused


def offers_role(connection: Connection, task_id: str) -> bool:
    """Whether a task is offered to a role: nobody may hold it now, and somebody may be given it."""
    audiences = connection.execute(select(_c.audience).where(_c.task_id == task_id)).scalars()
    return any(role_of(one) is not None for one in audiences)
