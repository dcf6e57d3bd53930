"""Sessions are rows: a random token whose hash is the key, two ages after which it ends, a forgery token of its own.

Times here are the database's own, without a demonstration's offset: moving the clock signs nobody out.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, delete, insert, select, update

from engine import access, clock, schema
from engine.actor import Actor
from engine.errors import Forbidden
from engine.prepared import Prepared

TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lives: without a request, and at all."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in.

    Attributes:
        digest: key of the row; hash of the token in the cookie.
        person: key in the directory; ``name``, ``name_en``, ``post`` as the directory has them.
        csrf: what every unsafe request of this session must bring.
        acting_for: person substituted for, if any, and ``acting_for_name``.
        now: business time when the session was looked up.
        stale: whether ``seen_at`` should be written again.
        actor: the person with everything granted to them.
    """

    digest: str
    person: str
    name: str
    name_en: str | None
    post: str | None
    locale: str | None
    administrator: bool
    csrf: str
    acting_for: str | None
    acting_for_name: str | None
    acting_for_name_en: str | None
    now: datetime
    stale: bool
    actor: Actor


def digest(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def start(connection: Connection, person: str, *, locale: str | None = None) -> str:
    """Begin a session; returns the token for the cookie, which is kept nowhere."""
    token, now = secrets.token_urlsafe(32), clock.lease_now(connection)
    connection.execute(
        insert(schema.session).values(
            token=digest(token),
            person_id=person,
            csrf=secrets.token_urlsafe(32),
            created_at=now,
            seen_at=now,
            locale=locale,
        )
    )
    return token


def load(connection: Connection, token: str, limits: Limits) -> Session | None:
    """The session of a token, if it lives and its person may still come in; one statement and the one of the grants."""
    micro = timedelta(microseconds=1)
    ages = {"idle": limits.idle // micro, "absolute": limits.absolute // micro}
    row = _LOOK_UP.row(connection, {"key": digest(token), **ages})
    if row is None or row.disabled or row.active is False:
        return None
    now = clock.instant(row.lease + row.clock_offset)
    acting_for, actor = _actor(connection, row.person_id, now, row.acting_for)
    return Session(
        digest=row.token,
        person=row.person_id,
        name=row.name or row.person_id,
        name_en=row.name_en,
        post=row.post,
        locale=row.own_locale or row.locale,
        administrator=row.administrator,
        csrf=row.csrf,
        acting_for=acting_for,
        acting_for_name=row.other_name if acting_for else None,
        acting_for_name_en=row.other_name_en if acting_for else None,
        now=now,
        stale=row.lease - row.seen_at > TOUCH_EVERY // micro,
        actor=actor,
    )


def _actor(connection: Connection, person: str, now: datetime, acting_for: str | None) -> tuple[str | None, Actor]:
    """Who acts, and for whom: for nobody any more once the substitution is over."""
    try:
        return acting_for, access.actor(connection, person, now, acting_for)
    except Forbidden:
        return None, access.actor(connection, person, now)


def _look_up(dialect: str) -> Select[*tuple[Any, ...]]:
    now = clock.lease(dialect)
    session, account, person = schema.session, schema.account, schema.person
    other = schema.person.alias("other")
    return (
        select(
            session,
            account.c.administrator,
            account.c.disabled,
            account.c.locale.label("own_locale"),
            person.c.name,
            person.c.name_en,
            person.c.post,
            person.c.active,
            other.c.name.label("other_name"),
            other.c.name_en.label("other_name_en"),
            schema.clock.c.clock_offset,
            now.label("lease"),
        )
        .join(account, account.c.person_id == session.c.person_id)
        .join(schema.clock, schema.clock.c.id == 1)
        .outerjoin(person, person.c.id == session.c.person_id)
        .outerjoin(other, other.c.id == session.c.acting_for)
        .where(session.c.token == bindparam("key"))
        .where(session.c.seen_at > now - bindparam("idle", type_=BigInteger))
        .where(session.c.created_at > now - bindparam("absolute", type_=BigInteger))
    )


_LOOK_UP = Prepared(_look_up)


def substitutes(connection: Connection, substitute: str, now: datetime, person: str | None = None) -> list[str]:
    """Persons for whom this one may act now; with ``person``, only that one, if so."""
    table, at = schema.substitution, clock.micros(now)
    wanted = select(table.c.person_id).where(
        table.c.substitute_id == substitute, table.c.from_at <= at, table.c.until_at > at
    )
    if person is not None:
        wanted = wanted.where(table.c.person_id == person)
    return sorted(set(connection.execute(wanted).scalars()))


def act_for(connection: Connection, key: str, person: str | None) -> None:
    """Remember for whom this session acts; the caller has asked ``substitutes``."""
    connection.execute(update(schema.session).where(schema.session.c.token == key).values(acting_for=person))


def touch(connection: Connection, key: str) -> None:
    """The person is still there."""
    now = clock.lease(connection.dialect.name)
    connection.execute(update(schema.session).where(schema.session.c.token == key).values(seen_at=now))


def end(connection: Connection, key: str) -> None:
    """Sign out."""
    connection.execute(delete(schema.session).where(schema.session.c.token == key))


def end_all(connection: Connection, person: str) -> None:
    """Sign a person out everywhere: the password changed, the account was locked, a recusal was recorded."""
    connection.execute(delete(schema.session).where(schema.session.c.person_id == person))


def sweep(connection: Connection, limits: Limits) -> int:
    """Delete sessions that have ended by age; returns how many."""
    lease, micro = clock.lease_now(connection), timedelta(microseconds=1)
    old = (schema.session.c.seen_at <= lease - limits.idle // micro) | (
        schema.session.c.created_at <= lease - limits.absolute // micro
    )
    return connection.execute(delete(schema.session).where(old)).rowcount
