"""Bearer tokens: what a program brings to ``/api``. A token is a row: whose it is, until when, and for which remit.

Only a hash of it is kept. It opens what its person may do and nothing else, with a remit only what lies within that
one; and nothing at all once it is over or taken away, or the person is locked out or has left. Times are the
database's own, without a demonstration's offset: moving the clock ends no token.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import request
from sqlalchemy import Connection, Select, bindparam, delete, insert, select, update

from engine import access, clock, ident, schema
from engine.access import Granted
from engine.errors import Invalid, NotFound, Problem
from engine.evidence import chain
from engine.evidence.unchanged import must_stand
from engine.prepared import Prepared
from engine.runtime import Command
from web.auth import account
from web.auth.session import TOUCH_EVERY, digest

MARK = "xuncha_"
LONGEST_DAYS, NAME_LIMIT, REMIT_LIMIT = 730, 255, 255
_MICRO = timedelta(microseconds=1)
_b = schema.bearer.c


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that opens.

    Attributes:
        id: of the row, by which it is listed and taken away.
        locale: the person's language, if they have chosen one.
        administrator: the person is one, and the token is not narrowed to a remit.
        now: business time when it was looked up.
        stale: whether ``used_at`` should be written again.
        actor: the person with everything granted to them, as far as the token's remit lets it.
    """

    id: str
    person: str
    locale: str | None
    administrator: bool
    now: datetime
    stale: bool
    actor: Granted


@dataclass(frozen=True, slots=True)
class Listed:
    """A token as it is listed: everything but what it takes to use it; times are the database's own."""

    id: str
    person: str
    name: str
    remit: str | None
    created_at: datetime
    until_at: datetime
    used_at: datetime | None
    is_over: bool


def add(command: Command, person: str, name: str, *, days: int, remit: str | None = None) -> str:
    """Make a token; returns it, the only time that anybody sees it.

    Args:
        person: who has an account; the token can do what they can.
        name: what it is for, for whoever lists the tokens.
        days: how long it opens anything.
        remit: like ``team:T1``: the token is confined to what stands under it.

    Raises:
        NotFound: there is no such account.
        Invalid: the name is empty or too long, the time too long or past, or the remit no remit.
    """
    _check(name, days, remit)
    connection = command.connection
    if not account.exists(connection, person):
        raise NotFound("There is no account {person}.", person=person)
    token, now = MARK + secrets.token_urlsafe(32), clock.lease_now(connection)
    row = {"id": ident.new(), "digest": digest(token), "person_id": person, "name": name, "remit": remit}
    until = now + timedelta(days=days) // _MICRO
    connection.execute(insert(schema.bearer).values(**row, created_at=now, until_at=until))
    chain.note(connection, schema.bearer, [row["id"]], command.actor)
    access.record(command, "token_made", row["id"], person)
    return token


def _check(name: str, days: int, remit: str | None) -> None:
    problems = []
    if not 0 < len(name.strip()) <= NAME_LIMIT:
        problems.append(Problem("name", "Say what the token is for, in at most {n} characters.", {"n": NAME_LIMIT}))
    if not 0 < days <= LONGEST_DAYS:
        problems.append(Problem("days", "A token lives from 1 to {n} days.", {"n": LONGEST_DAYS}))
    if remit is not None:
        kind, _, key = remit.partition(":")
        if not kind or not key or len(remit) > REMIT_LIMIT:
            problems.append(Problem("remit", "A remit is a kind and a key, like team:T1."))
    if problems:
        raise Invalid("The token cannot be made.", problems)


def all_of(connection: Connection, person: str | None = None) -> list[Listed]:
    """Every token, or those of one person, newest first."""
    now = clock.lease_now(connection)
    query = select(schema.bearer).order_by(_b.created_at.desc(), _b.id.desc())
    rows = connection.execute(query if person is None else query.where(_b.person_id == person))
    return [
        Listed(
            id=row.id,
            person=row.person_id,
            name=row.name,
            remit=row.remit,
            created_at=clock.instant(row.created_at),
            until_at=clock.instant(row.until_at),
            used_at=None if row.used_at is None else clock.instant(row.used_at),
            is_over=row.until_at <= now,
        )
        for row in rows
    ]


def revoke(command: Command, token_id: str) -> None:
    """Take a token away: the row goes, and with it whatever it opened.

    Raises:
        NotFound: there is no such token.
    """
    must_stand(command.connection, schema.bearer, [token_id])
    if command.connection.execute(delete(schema.bearer).where(_b.id == token_id)).rowcount == 0:
        raise NotFound("There is no token {id}.", id=token_id)
    chain.note(command.connection, schema.bearer, [token_id], command.actor)
    access.record(command, "token_revoked", token_id)


def brought() -> str | None:
    """The token of this request's head, if it has one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def load(connection: Connection, token: str) -> Bearer | None:
    """What a token opens, if it does; one statement and the one of the grants."""
    row = _LOOK_UP.row(connection, {"key": digest(token)})
    if row is None or row.disabled or not row.active:
        return None
    now = clock.instant(row.lease + row.clock_offset)
    actor = access.actor(connection, row.person_id, now)
    return Bearer(
        id=row.id,
        person=row.person_id,
        locale=row.locale,
        administrator=row.administrator and row.remit is None,
        now=now,
        stale=row.used_at is None or row.lease - row.used_at > TOUCH_EVERY // _MICRO,
        actor=actor if row.remit is None else access.narrowed(actor, row.remit),
    )


def touch(connection: Connection, token_id: str) -> None:
    """The token has been used."""
    now = clock.lease(connection.dialect.name)
    connection.execute(update(schema.bearer).where(_b.id == token_id).values(used_at=now))


def _look_up(dialect: str) -> Select[*tuple[Any, ...]]:
    now, account_, person = clock.lease(dialect), schema.account, schema.person
    return (
        select(_b.id, _b.person_id, _b.remit, _b.used_at, account_.c.administrator, account_.c.disabled)
        .add_columns(account_.c.locale, person.c.active, schema.clock.c.clock_offset, now.label("lease"))
        .join(account_, account_.c.person_id == _b.person_id)
        .join(person, person.c.id == _b.person_id)
        .join(schema.clock, schema.clock.c.id == 1)
        .where(_b.digest == bindparam("key"), _b.until_at > now)
    )


_LOOK_UP = Prepared(_look_up)
