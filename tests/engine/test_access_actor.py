from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from engine import access, clock
from engine.database import Database
from engine.errors import Forbidden
from tests.engine.clinic import (
    NOW,
    clinic,
    give,
    one_database,  # noqa: F401 - a fixture
    person,
    put,
)

BEFORE, AFTER = clock.micros(NOW - timedelta(days=1)), clock.micros(NOW + timedelta(days=1))


def stand_in(connection, who: str, for_whom: str, from_at: int = BEFORE, until_at: int = AFTER) -> None:  # type: ignore[no-untyped-def]
    put(
        connection,
        "substitution",
        id=f"{who}-{for_whom}-{from_at}",
        person_id=for_whom,
        substitute_id=who,
        from_at=from_at,
        until_at=until_at,
    )


def test_a_person_is_what_they_have_been_granted_and_themselves(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy", "DOC@ward:W1", "DIR@*")
        person(command.connection, "ben", "DOC@ward:W2")
        amy = access.actor(command.connection, "amy", NOW)
        assert amy.audiences == {"DOC@ward:W1", "DIR@*", "person:amy"}
        assert amy.exclusions == frozenset()
        assert amy.policy.version == 1


def test_a_grant_counts_from_its_first_moment_until_just_before_its_last(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy")
        at = clock.micros(NOW)
        give(command.connection, "amy", "DIR", "*", from_at=at, until_at=at + 1)
        give(command.connection, "amy", "DOC", "ward:W1", from_at=at + 1)
        give(command.connection, "amy", "DOC", "ward:W2", until_at=at)
        assert access.actor(command.connection, "amy", NOW).audiences == {"DIR@*", "person:amy"}
        later = NOW + timedelta(microseconds=1)
        assert access.actor(command.connection, "amy", later).audiences == {"DOC@ward:W1", "person:amy"}


def test_who_is_unknown_or_has_left_is_nobody(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy", "DIR@*", active=False)
        assert access.actor(command.connection, "amy", NOW).audiences == frozenset()
        assert access.actor(command.connection, "nobody", NOW).audiences == frozenset()


def test_a_stand_in_acts_in_their_own_name_with_what_both_have_and_what_neither_may(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy", "DOC@ward:W1")
        person(command.connection, "ben", "DOC@ward:W2")
        put(command.connection, "exclusion", person_id="amy", remit="family:F1", since_at=0)
        put(command.connection, "exclusion", person_id="ben", remit="family:F2", since_at=0)
        stand_in(command.connection, "amy", "ben")
        both = access.actor(command.connection, "amy", NOW, "ben")
        assert (both.person, both.on_behalf_of) == ("amy", "ben")
        assert both.audiences == {"DOC@ward:W1", "DOC@ward:W2", "person:amy", "person:ben"}
        assert both.exclusions == {"family:F1", "family:F2"}
        assert access.actor(command.connection, "amy", NOW).audiences == {"DOC@ward:W1", "person:amy"}


def test_nobody_stands_in_before_after_or_the_other_way_round(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy")
        person(command.connection, "ben", "DIR@*")
        stand_in(command.connection, "amy", "ben", from_at=AFTER, until_at=AFTER + 1)
        stand_in(command.connection, "amy", "ben", until_at=clock.micros(NOW))
        stand_in(command.connection, "ben", "amy")
        with pytest.raises(Forbidden):
            access.actor(command.connection, "amy", NOW, "ben")


def test_standing_in_for_somebody_who_has_left_gives_nothing(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy", "DOC@ward:W1")
        person(command.connection, "ben", "DIR@*", active=False)
        stand_in(command.connection, "amy", "ben")
        assert access.actor(command.connection, "amy", NOW, "ben").audiences == frozenset()


def test_reading_an_actor_takes_one_statement(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy", "DIR@*")
        access.actor(command.connection, "amy", NOW)
        statements: list[str] = []
        event.listen(command.connection, "before_cursor_execute", lambda *about: statements.append(about[2]))
        access.actor(command.connection, "amy", NOW)
        assert len(statements) == 1
