"""Accounts: who may sign in at all. A person of the directory has one or none."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from engine import actor, enrolling, schema
from engine.directory import Person
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.evidence import chain
from engine.evidence.unchanged import must_stand
from engine.runtime import Command
from web.auth import password as passwords
from web.auth import session, throttle
from web.config import LOCALES


def add(command: Command, person: str, name: str, password: str | None, *, administrator: bool = False) -> None:
    """Give a person an account; the person is put into the directory if not yet there.

    Args:
        command: of whoever looks after accounts.
        person: key, also the name to sign in with.
        name: shown on pages; kept as it is for a person already in the directory.
        password: nobody can sign in with a password while there is none.
        administrator: may look after accounts and definitions.

    Raises:
        Conflict: there is an account already.
        Invalid: the password is too easy, or the key or name too long.
    """
    connection = command.connection
    if exists(connection, person):
        raise Conflict("There is already an account {person}.", person=person)
    known = connection.execute(select(schema.person.c.id).where(schema.person.c.id == person)).first()
    if known is None:
        enrolling.put(command, Person(person, name))
    if password is not None:
        passwords.check(password, person)
    connection.execute(
        insert(schema.account).values(
            person_id=person,
            password=None if password is None else passwords.hashed(password),
            administrator=administrator,
            disabled=False,
        )
    )
    chain.note(connection, schema.account, [person], command.actor)


@dataclass(frozen=True, slots=True)
class Account:
    """Who may sign in: ``locked`` out, or an ``administrator``."""

    person: str
    name: str
    administrator: bool
    locked: bool


def all_of(connection: Connection) -> list[Account]:
    """Every account, by the key of its person."""
    a, p = schema.account.c, schema.person.c
    query = select(a.person_id, a.administrator, a.disabled, p.name).outerjoin(schema.person, p.id == a.person_id)
    found = connection.execute(query.order_by(a.person_id))
    return [Account(row.person_id, row.name or row.person_id, row.administrator, row.disabled) for row in found]


def administrator(connection: Connection, key: str | None) -> str:
    """Who looks after the installation: the one named, or the only one there is.

    Raises:
        Forbidden: the one named may not.
        Invalid: there is none, or there are several and none was named.
    """
    known = [each.person for each in all_of(connection) if each.administrator and not each.locked]
    if key is not None and key not in known:
        raise Forbidden("{key} is no administrator who may sign in. There are: {known}.", key=key, known=_listed(known))
    if key is None and not known:
        raise Invalid("There is no administrator yet. Run: xuncha user add KEY --name NAME --administrator.")
    if key is None and len(known) > 1:
        raise Invalid("Say which administrator does this, with --by KEY. There are: {known}.", known=_listed(known))
    return key or known[0]


def _listed(keys: list[str]) -> str:
    return ", ".join(keys) or "–"


def set_administrator(connection: Connection, person: str, administrator: bool) -> None:
    """Make a person an administrator, or no longer one.

    Raises:
        NotFound: there is no such account.
        Conflict: nobody else is an administrator who may sign in.
    """
    if not administrator:
        _must_not_be_the_last(connection, person)
    _change(connection, person, administrator=administrator)


def _must_not_be_the_last(connection: Connection, person: str) -> None:
    """Refuse what would leave nobody who looks after the installation."""
    a = schema.account.c
    able = select(a.person_id).where(a.administrator, a.disabled.is_(False)).order_by(a.person_id).with_for_update()
    if connection.execute(able).scalars().all() == [person]:
        raise Conflict(
            "{person} is the only administrator who may sign in. Make somebody else one first: xuncha user add KEY "
            "--administrator, or xuncha user change KEY --administrator.",
            person=person,
        )


def exists(connection: Connection, person: str) -> bool:
    """Whether a person has an account."""
    return (
        connection.execute(select(schema.account.c.person_id).where(schema.account.c.person_id == person)).first()
        is not None
    )


def set_password(connection: Connection, person: str, password: str) -> None:
    """A new password; ends every session of the person and any rest after wrong guesses.

    Raises:
        NotFound: there is no such account.
        Invalid: the password is too easy.
    """
    passwords.check(password, person)
    _change(connection, person, password=passwords.hashed(password))
    throttle.forget(connection, person)
    session.end_all(connection, person)


def disable(connection: Connection, person: str) -> None:
    """Lock a person out, at once and everywhere.

    Raises:
        NotFound: there is no such account.
        Conflict: nobody else is an administrator who may sign in.
    """
    _must_not_be_the_last(connection, person)
    _change(connection, person, disabled=True)
    session.end_all(connection, person)


def enable(connection: Connection, person: str) -> None:
    """Let a person in again.

    Raises:
        NotFound: there is no such account.
    """
    _change(connection, person, disabled=False)
    throttle.forget(connection, person)


def set_language(connection: Connection, person: str, locale: str) -> None:
    """The language in which pages speak to a person; anything but a known language is left alone."""
    if locale in LOCALES:
        _change(connection, person, locale=locale)


def _change(connection: Connection, person: str, **values: object) -> None:
    must_stand(connection, schema.account, [person])
    done = connection.execute(update(schema.account).where(schema.account.c.person_id == person).values(**values))
    if done.rowcount == 0:
        raise NotFound("There is no account {person}.", person=person)
    chain.note(connection, schema.account, [person], actor.person(person))
