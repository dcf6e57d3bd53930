"""Passwords: argon2id, how good one has to be, and what one guess comes to.

Whether a name exists, rests or is locked cannot be told from outside: the answer is the same sentence after the same
work. How often one may guess stands in ``throttle``.
"""

from __future__ import annotations

import secrets
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, select

from engine import access, actor, clock, schema
from engine.errors import Invalid, Problem
from engine.runtime import View
from web.auth import throttle
from web.auth.throttle import Guesses

# OWASP's smallest recommended setting: eight threads hashing at once stay under 160 MB.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODY = _HASHER.hash(secrets.token_hex(16))
SHORTEST, LONGEST = 10, 200


class Attempt(StrEnum):
    """How a sign-in ended."""

    ACCEPTED = "signed_in"
    REFUSED = "sign_in_refused"
    THROTTLED = "throttled"


def hashed(password: str) -> str:
    """What the database keeps."""
    return _HASHER.hash(password)


def check(password: str, person: str) -> None:
    """Refuse a password that is too easy.

    Raises:
        Invalid: with a sentence for what is wrong.
    """
    problem = None
    if len(password) < SHORTEST:
        problem = Problem("password", "A password needs at least {n} characters.", {"n": SHORTEST})
    elif len(password) > LONGEST:
        problem = Problem("password", "A password has at most {n} characters.", {"n": LONGEST})
    elif len(set(password)) < 4 or person.casefold() in password.casefold():
        problem = Problem(
            "password", "This password is too easy to guess. Mix in other characters, leave your name out."
        )
    if problem:
        raise Invalid("The password was not accepted.", [problem])


def matches(stored: str | None, password: str) -> bool:
    """Whether a password fits; takes as long for an account that does not exist."""
    try:
        fits = _HASHER.verify(stored or _NOBODY, password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def attempt(connection: Connection, person: str, password: str, address: str, limits: Guesses) -> Attempt:
    """One guess at the door, counted. Belongs in a transaction that commits whatever the answer is."""
    account, place = schema.account.c, address[:64]
    query = select(account.password, account.disabled).where(account.person_id == person)
    row = connection.execute(query).first()
    verdict = throttle.count(connection, person if row else None, place, limits)
    fits = matches(row.password if row else None, password)
    if row is not None and fits and not verdict.rests and not row.disabled:
        throttle.forgive(connection, person, place, verdict)
        outcome = Attempt.ACCEPTED
    else:
        outcome = Attempt.THROTTLED if verdict.is_crowded else Attempt.REFUSED
    record(connection, person if row else "", outcome, address)
    return outcome


def confirm(connection: Connection, person: str, password: str, address: str, limits: Guesses) -> Attempt:
    """One guess of somebody who is signed in, at the own password. Belongs in a transaction of its own, as above."""
    verdict = throttle.count_own(connection, person, limits)
    account = schema.account.c
    stored = connection.execute(select(account.password).where(account.person_id == person)).scalar()
    accepted = matches(stored, password) and not verdict.rests
    if accepted:
        throttle.forget_own(connection, person)
    outcome = Attempt.ACCEPTED if accepted else Attempt.REFUSED
    record(connection, person, outcome, address)
    return outcome


def is_own(view: View, person: str, password: str) -> bool:
    """Whether a password is a person's own: what a signature is confirmed with.

    Nothing is counted here, since a refusal takes the command's transaction back, and a count with it: whoever lets
    people sign asks ``confirm`` first.
    """
    account = schema.account.c
    found = select(account.password).where(account.person_id == person, account.disabled.is_(False))
    return matches(view.connection.execute(found).scalar(), password)


def record(connection: Connection, person: str, what: str, address: str) -> None:
    """Leave a line in the access record.

    A name that nobody has is not written down: it may be a password typed into the wrong field.
    """
    at = clock.micros(clock.now(connection))
    access.write(connection, actor.person(person), at=at, what=str(what), object=address[:64])
