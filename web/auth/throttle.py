"""How often one may guess a password: counted by account and address together, and by each of them alone.

Who guesses rests: the more often, the longer. A stranger's guesses stop nobody else: where a person has signed in
lately, only what is guessed there about that very person counts; and what somebody who is signed in confirms with the
password is counted apart. Counters are rows, so they hold for every process. Times are the database's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, case, delete, null, update
from sqlalchemy.dialects import postgresql, sqlite

from engine import clock, schema

FIRST_REST, LONGEST_REST, WINDOW = timedelta(minutes=1), timedelta(minutes=15), timedelta(minutes=15)
# Wrong guesses are forgotten after a day without one, addresses after a month without a sign-in.
FORGOTTEN, KNOWN = timedelta(days=1), timedelta(days=30)
ANYBODY, ANYWHERE, SIGNED_IN, NOBODY = "", "", "signed in", "-"
_MICRO = timedelta(microseconds=1)
_g = schema.guess.c


@dataclass(frozen=True, slots=True)
class Guesses:
    """How many wrong guesses there may be before one rests.

    Attributes:
        pair: at one account from one address, and at one's own password while signed in.
        account: at one account from all addresses where its person has not signed in lately, in a quarter of an hour.
        address: from one address at all accounts that have not signed in there lately, in a quarter of an hour.
    """

    pair: int
    account: int
    address: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a guess may be heard.

    Attributes:
        rests: not now, whatever the password is.
        is_crowded: so many wrong guesses come from the address that those from there may be told so.
        is_known: the person has signed in there lately.
    """

    rests: bool
    is_crowded: bool = False
    is_known: bool = False


def count(connection: Connection, person: str | None, address: str, limits: Guesses) -> Verdict:
    """Count a guess as wrong, until ``forgive`` takes it back; both in a transaction that is kept whatever comes.

    Args:
        person: who has the account; ``None`` where nobody has, for which the same is done.
    """
    now = clock.lease_now(connection)
    pair = _add(connection, person or NOBODY, address, now, FORGOTTEN)
    known = pair.known_at is not None and now - KNOWN // _MICRO < pair.known_at <= now
    more = 0 if known else 1
    whole = _add(connection, person or NOBODY, ANYWHERE, now, WINDOW, more).failures - more
    crowd = _add(connection, ANYBODY, address, now, WINDOW, more).failures - more
    rests = _rests(pair, now)
    _rest(connection, pair, limits.pair, now)
    is_crowded = crowd >= limits.address
    return Verdict(rests or (not known and (is_crowded or whole >= limits.account)), is_crowded, known)


def count_own(connection: Connection, person: str, limits: Guesses) -> Verdict:
    """Count a guess at the password of somebody who is signed in; nobody else's guesses are among these."""
    now = clock.lease_now(connection)
    own = _add(connection, person, SIGNED_IN, now, FORGOTTEN)
    rests = _rests(own, now)
    _rest(connection, own, limits.pair, now)
    return Verdict(rests)


def forgive(connection: Connection, person: str, address: str, verdict: Verdict) -> None:
    """The password was right: nothing is held against this person here, and the address is known from now on.

    The wider counters give back what this guess added, and no more: signing in does not wash off guesses at others.
    """
    now = clock.lease_now(connection)
    mine = _g.person == person, _g.address == address
    connection.execute(update(schema.guess).where(*mine).values(failures=0, rests_until=None, known_at=now))
    for counter in () if verdict.is_known else ((person, ANYWHERE), (ANYBODY, address)):
        taken_back = case((_g.failures > 0, _g.failures - 1), else_=0)
        one = update(schema.guess).where(_g.person == counter[0], _g.address == counter[1])
        connection.execute(one.values(failures=taken_back))


def forget(connection: Connection, person: str) -> None:
    """Nothing is held against a person any more, wherever it was; a new password, or an administrator, does that."""
    connection.execute(update(schema.guess).where(_g.person == person).values(failures=0, rests_until=None))


def forget_own(connection: Connection, person: str) -> None:
    """The own password was right."""
    own = update(schema.guess).where(_g.person == person, _g.address == SIGNED_IN)
    connection.execute(own.values(failures=0, rests_until=None))


def sweep(connection: Connection) -> None:
    """Delete what no longer counts."""
    old = clock.lease_now(connection) - FORGOTTEN // _MICRO
    older = old - KNOWN // _MICRO
    unknown = _g.known_at.is_(None) | (_g.known_at < older)
    connection.execute(delete(schema.guess).where(_g.since < old, unknown))


def _add(connection: Connection, person: str, address: str, now: int, window: timedelta, more: int = 1) -> Any:
    """One more in this counter, which begins anew after the window; the row, locked, as it is then."""
    kind = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    # A time that has not come yet was written before the clock was set back.
    over = (_g.since < now - window // _MICRO) | (_g.since > now)
    row = {"person": person, "address": address, "failures": more, "since": now, "rests_until": None, "known_at": None}
    again = {
        "failures": case((over, more), else_=_g.failures + more),
        "since": case((over, now), else_=_g.since),
        "rests_until": case((over, null()), else_=_g.rests_until),
    }
    keys = [_g.person, _g.address]
    statement = kind(schema.guess).values(row).on_conflict_do_update(index_elements=keys, set_=again)
    return connection.execute(statement.returning(schema.guess)).one()


def _rests(row: Any, now: int) -> bool:
    return row.rests_until is not None and now < row.rests_until <= now + LONGEST_REST // _MICRO


def _rest(connection: Connection, row: Any, free: int, now: int) -> None:
    """After the last free guess one rests, longer each time. A guess while resting is not heard, nor counted."""
    mine = update(schema.guess).where(_g.person == row.person, _g.address == row.address)
    if _rests(row, now):
        connection.execute(mine.values(failures=row.failures - 1))
        return
    over = row.failures - free
    until = None if over < 0 else now + min(FIRST_REST * 2 ** min(over, 10), LONGEST_REST) // _MICRO
    connection.execute(mine.values(rests_until=until))
