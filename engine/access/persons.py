"""The other way round: which persons a task or a case is open to now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select

from engine import clock, schema
from engine.access.granted import actor, remit_of, role_of
from engine.access.rows import visible
from engine.actor import person_audience

_PERSON = person_audience("")
_c, _a, _t = schema.candidate.c, schema.authority.c, schema.task.c


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


def granted(connection: Connection, audiences: Iterable[str], now: datetime) -> set[str]:
    """Keys of the persons who hold one of these roles, each within its remit, at this moment."""
    at = clock.micros(now)
    wanted = {(str(role_of(one)), remit_of(one)) for one in audiences}
    roles, remits = (sorted(set(each)) for each in zip(*wanted, strict=True)) if wanted else ([], [])
    valid = and_(_a.from_at <= at, or_(_a.until_at.is_(None), _a.until_at > at))
    # Each is one of those wanted by itself, which an index knows; and then both together.
    query = select(_a.person_id, _a.role, _a.remit).where(valid)
    query = query.where(_a.role.in_(roles), _a.remit.in_(remits))
    return {row.person_id for row in connection.execute(query) if (row.role, row.remit) in wanted}


def barred(connection: Connection, persons: Iterable[str], instance_id: str) -> set[str]:
    """Of these persons, those who have left, or are excluded from a remit of the instance."""
    e, r, p, wanted = schema.exclusion.c, schema.remit.c, schema.person.c, sorted(persons)
    closed = (
        select(e.person_id)
        .join(schema.remit, r.remit == e.remit)
        .where(r.instance_id == instance_id, e.person_id.in_(wanted))
    )
    left = select(p.id).where(p.id.in_(wanted), p.active.is_(False))
    return set(connection.execute(closed.union(left)).scalars())


def may_take(connection: Connection, task_id: str, person: str, now: datetime) -> bool:
    """Whether a task may be handed to a person: it is offered to them."""
    return person in holders(connection, task_id, now)


def may_still_take(connection: Connection, task_id: str, persons: Iterable[str], now: datetime) -> bool:
    """Whether one of these persons may take a task, asked again in the transaction in which it is taken.

    Their rows are locked against whoever takes rights away: they wait for what is taken on now and find it (``sweep``),
    or it is found out here that they came first. What an actor was granted when a request began does not tell.
    """
    p, wanted = schema.person.c, sorted(persons)
    connection.execute(select(p.id).where(p.id.in_(wanted)).order_by(p.id).with_for_update(read=True))
    return not set(wanted).isdisjoint(holders(connection, task_id, now))


def may_be_told(connection: Connection, instance_id: str, persons: Iterable[str]) -> list[str]:
    """Of these persons, those who do not see the case and so must not be told of it."""
    now, i = clock.now(connection), schema.instance.c
    refused = []
    for person in dict.fromkeys(persons):
        sees = select(i.id).where(i.id == instance_id, visible(actor(connection, person, now), "instance"))
        if connection.execute(sees).first() is None:
            refused.append(person)
    return refused
