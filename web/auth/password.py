"""Passwords: argon2id, how good one has to be, and how often one may guess.

An account rests after five wrong guesses in a row, longer each time; an address rests after thirty in a quarter of an
hour. Both counters stand in the database, so they hold for every process. Whether a name exists, rests or is locked
cannot be told from outside: the answer is the same sentence after the same work.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, func, insert, select, update

from engine import clock, schema
from engine.errors import Invalid, Problem
from engine.runtime import View

# OWASP's smallest recommended setting: eight threads hashing at once stay under 160 MB.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODY = _HASHER.hash(secrets.token_hex(16))
SHORTEST, LONGEST = 10, 200
ACCOUNT_GUESSES, ADDRESS_GUESSES = 5, 30
FIRST_REST, LONGEST_REST, WINDOW = timedelta(minutes=1), timedelta(minutes=15), timedelta(minutes=15)
# Only the newest records are looked at: the count stays quick however long the evidence has grown.
_RECENT = 5000
_MICRO = timedelta(microseconds=1)


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


def attempt(connection: Connection, person: str, password: str, address: str) -> Attempt:
    """One guess, counted. Belongs in a transaction that commits whatever the answer is."""
    if _guesses_from(connection, address) >= ADDRESS_GUESSES:
        return Attempt.THROTTLED
    account, now = schema.account, clock.lease_now(connection)
    row = connection.execute(
        select(account.c.password, account.c.disabled, account.c.failures, account.c.locked_until)
        .where(account.c.person_id == person)
        .with_for_update()
    ).first()
    fits = matches(row.password if row else None, password)
    rests = row is not None and row.locked_until is not None and row.locked_until > now
    accepted = row is not None and fits and not rests and not row.disabled
    if row is not None and not rests:
        changed = {"failures": 0, "locked_until": None} if accepted else _one_more(row.failures + 1, now)
        connection.execute(update(account).where(account.c.person_id == person).values(**changed))
    outcome = Attempt.ACCEPTED if accepted else Attempt.REFUSED
    record(connection, person if row else "", outcome, address)
    return outcome


def is_own(view: View, person: str, password: str) -> bool:
    """Whether a password is a person's own: what a signature is confirmed with.

    Nothing is counted here, since a refusal takes the command's transaction back, and a count with it: whoever lets
    people sign asks ``attempt`` first.
    """
    account = schema.account.c
    found = select(account.password).where(account.person_id == person, account.disabled.is_(False))
    return matches(view.connection.execute(found).scalar(), password)


def record(connection: Connection, person: str, what: str, address: str) -> None:
    """Leave a line in the access record.

    A name that nobody has is not written down: it may be a password typed into the wrong field.
    """
    connection.execute(
        insert(schema.access_record).values(
            at=clock.micros(clock.now(connection)), person_id=person, what=str(what), object=address[:64]
        )
    )


def _one_more(failures: int, now: int) -> dict[str, int | None]:
    if failures < ACCOUNT_GUESSES:
        return {"failures": failures, "locked_until": None}
    rest = min(FIRST_REST * 2 ** min(failures - ACCOUNT_GUESSES, 10), LONGEST_REST)
    return {"failures": failures, "locked_until": now + rest // _MICRO}


def _guesses_from(connection: Connection, address: str) -> int:
    table = schema.access_record
    since = clock.micros(clock.now(connection) - WINDOW)
    recent = select(table).order_by(table.c.id.desc()).limit(_RECENT).subquery()
    return connection.execute(
        select(func.count()).where(
            recent.c.what == Attempt.REFUSED, recent.c.object == address[:64], recent.c.at > since
        )
    ).scalar_one()
