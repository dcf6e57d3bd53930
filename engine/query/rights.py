"""Who holds what: grants, recusals and substitutions as they stand, for those who look after them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from engine import clock, schema

if TYPE_CHECKING:
    from engine.runtime import View

_a, _e, _s = schema.authority.c, schema.exclusion.c, schema.substitution.c
_p, _o, _d = schema.person.c, schema.organisation.c, schema.definition.c


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that somebody holds, held or will hold; ``instance_id``: the case that gave it, if one did."""

    id: str
    person: str
    role: str
    remit: str
    from_at: datetime
    until_at: datetime | None
    given_by: str
    instance_id: str | None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A remit that is closed to somebody, and why."""

    person: str
    remit: str
    reason: str
    since_at: datetime


@dataclass(frozen=True, slots=True)
class Substitution:
    """Somebody who stands in for a person."""

    id: str
    person: str
    substitute: str
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """How far an installation has been set up; ``grants``: how many persons hold a role."""

    processes: int
    organisations: int
    persons: int
    administrators: int
    grants: int


def grants(view: View, *, person: str | None = None, role: str | None = None, over: bool = False) -> list[Grant]:
    """Grants that last or begin later, by person; ``over``: also those that have ended."""
    query = select(schema.authority).order_by(_a.person_id, _a.role, _a.remit, _a.from_at)
    if not over:
        query = query.where(or_(_a.until_at.is_(None), _a.until_at > clock.micros(view.now)))
    for column, wanted in ((_a.person_id, person), (_a.role, role)):
        query = query.where(column == wanted) if wanted is not None else query
    return [
        Grant(
            row.id,
            row.person_id,
            row.role,
            row.remit,
            clock.instant(row.from_at),
            None if row.until_at is None else clock.instant(row.until_at),
            row.given_by,
            row.instance_id,
        )
        for row in view.connection.execute(query)
    ]


def exclusions(view: View, person: str | None = None) -> list[Exclusion]:
    """Remits that are closed to a person, or to anybody."""
    query = select(schema.exclusion).order_by(_e.person_id, _e.remit)
    query = query if person is None else query.where(_e.person_id == person)
    found = view.connection.execute(query)
    return [Exclusion(row.person_id, row.remit, row.reason or "", clock.instant(row.since_at)) for row in found]


def substitutions(view: View, person: str | None = None, *, over: bool = False) -> list[Substitution]:
    """Who stands in for whom, now or later; ``person``: one of the two."""
    return list(_substitutions(view, person, over))


def _substitutions(view: View, person: str | None, over: bool) -> Iterator[Substitution]:
    query = select(schema.substitution).order_by(_s.from_at, _s.id)
    query = query if over else query.where(_s.until_at > clock.micros(view.now))
    query = query if person is None else query.where(or_(_s.person_id == person, _s.substitute_id == person))
    for row in view.connection.execute(query):
        begin, end = clock.instant(row.from_at), clock.instant(row.until_at)
        yield Substitution(row.id, row.person_id, row.substitute_id, begin, end)


def counts(view: View) -> Counts:
    """How far an installation has been set up, in one statement."""
    at, administers = clock.micros(view.now), schema.account.c.administrator
    holds = select(func.count(func.distinct(_a.person_id))).where(
        _a.from_at <= at, or_(_a.until_at.is_(None), _a.until_at > at)
    )
    row = view.connection.execute(
        select(
            select(func.count(func.distinct(_d.process_key))).scalar_subquery().label("processes"),
            select(func.count()).select_from(schema.organisation).where(_o.active).scalar_subquery().label("houses"),
            select(func.count()).select_from(schema.person).where(_p.active).scalar_subquery().label("persons"),
            select(func.count()).select_from(schema.account).where(administers).scalar_subquery().label("keepers"),
            holds.scalar_subquery().label("grants"),
        )
    ).one()
    return Counts(row.processes, row.houses, row.persons, row.keepers, row.grants)
