from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import access, grant, schema
from engine.database import Database
from engine.errors import Conflict, Invalid, NotFound
from engine.runtime import Command
from tests.engine.clinic import (
    NOW,
    case,
    clinic,
    desk,
    give,
    one_database,  # noqa: F401 - a fixture
    person,
)

DAY = timedelta(days=1)


def roles(command: Command, key: str, when: timedelta = timedelta(), behalf: str | None = None) -> set[str]:
    found = access.actor(command.connection, key, NOW + when, behalf).audiences
    return {one for one in found if not one.startswith("person:")}


def test_a_role_counts_from_its_beginning_until_its_end(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy")
        grant.give(command, "amy", "DIR")
        grant.give(command, "amy", "DOC", "ward:W1", from_at=NOW + DAY, until_at=NOW + 2 * DAY)
        assert roles(command, "amy") == {"DIR@*"}
        assert roles(command, "amy", DAY) == {"DIR@*", "DOC@ward:W1"}
        assert roles(command, "amy", 2 * DAY) == {"DIR@*"}


def test_a_grant_keeps_who_gave_it_and_in_which_case(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy")
        key = grant.give(command, "amy", "DIR", instance_id="I1")
        row = command.connection.execute(select(schema.authority).where(schema.authority.c.id == key)).one()
        assert (row.given_by, row.instance_id) == ("engine", "I1")


@pytest.mark.parametrize(
    ("role", "remit", "fault"),
    [
        ("NURSES", "*", "There is no role NURSES"),
        ("NURSE", "*", "护士 is held within a ward: say which one"),
        ("NURSE", "family:F1", "护士 is held within a ward"),
        ("NURSE", "ward:", "护士 is held within a ward"),
        ("DIR", "ward:W1", "院长 is held for the whole office"),
        ("CHAIR", "*", "会诊主持人 is not granted"),
    ],
)
def test_a_role_is_given_only_within_a_remit_of_its_kind(database: Database, role: str, remit: str, fault: str) -> None:
    with clinic(database) as command:
        person(command.connection, "amy")
        with pytest.raises(Invalid, match=fault):
            grant.give(command, "amy", role, remit)


def test_nothing_is_given_to_who_is_not_there_or_backwards_in_time(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "left", active=False)
        for key in ("nobody", "left"):
            with pytest.raises(NotFound):
                grant.give(command, key, "DIR")
        with pytest.raises(Invalid, match="ends after it begins"):
            grant.give(command, "left", "DIR", until_at=NOW)


def test_the_same_key_gives_once(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy")
        assert grant.give(command, "amy", "DIR", key="K") == grant.give(command, "amy", "DIR", key="K") == "K"


def test_roles_that_rule_each_other_out_everywhere_do_not_meet(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy", "ARCHIVE@*")
        person(command.connection, "ben", "NURSE@ward:W1")
        with pytest.raises(Conflict, match="病案室不兼任其他岗位"):
            grant.give(command, "amy", "DIR")
        with pytest.raises(Conflict):
            grant.give(command, "ben", "ARCHIVE")
        grant.give(command, "ben", "DIR")


def test_roles_that_rule_each_other_out_in_one_place_do_so_where_a_case_stands_under_both(database: Database) -> None:
    with clinic(database) as command:
        case(command.connection, "I1", remits=("ward:W1", "family:F1"))
        person(command.connection, "amy", "NURSE@ward:W1")
        with pytest.raises(Conflict, match="医护人员不得护理本人家属"):
            grant.give(command, "amy", "KIN", "family:F1")
        grant.give(command, "amy", "KIN", "family:F2")


def test_roles_that_follow_each_other_in_time_do_not_meet(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy")
        give(command.connection, "amy", "ARCHIVE", "*", until_at=0)
        grant.give(command, "amy", "DIR", until_at=NOW + DAY)
        grant.give(command, "amy", "ARCHIVE", from_at=NOW + DAY)
        with pytest.raises(Conflict):
            grant.give(command, "amy", "DIR", from_at=NOW + 2 * DAY)


def test_a_role_is_taken_from_one_or_from_all_at_once_and_its_row_stays(database: Database) -> None:
    with clinic(database) as command:
        for key in ("amy", "ben", "cat"):
            person(command.connection, key, "NURSE@ward:W1")
        person(command.connection, "dan", "NURSE@ward:W2")
        grant.give(command, "dan", "NURSE", "ward:W1", from_at=NOW + DAY)
        assert grant.revoke(command, "NURSE", "ward:W1", "amy") == ["amy"]
        assert roles(command, "amy") == set()
        assert roles(command, "ben") == {"NURSE@ward:W1"}
        assert grant.revoke(command, "NURSE", "ward:W1") == ["ben", "cat", "dan"]
        assert grant.revoke(command, "NURSE", "ward:W1") == []
        assert roles(command, "dan", 2 * DAY) == {"NURSE@ward:W2"}
        assert len(command.connection.execute(select(schema.authority)).all()) == 5


def test_a_recusal_counts_at_once_and_is_written_down(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy", "DIR@*")
        grant.exclude(command, "amy", "family:F1", "sister")
        grant.exclude(command, "amy", "family:F1", "sister")
        assert access.actor(command.connection, "amy", NOW).exclusions == {"family:F1"}
        grant.readmit(command, "amy", "family:F1", "moved away")
        assert access.actor(command.connection, "amy", NOW).exclusions == frozenset()
        written = command.connection.execute(select(schema.access_record.c.what)).scalars().all()
        assert written == ["excluded", "excluded", "readmitted"]
        with pytest.raises(NotFound):
            grant.readmit(command, "amy", "family:F1", "again")
        with pytest.raises(Invalid):
            grant.exclude(command, "amy", "family", "what")


def test_a_substitution_lasts_as_long_as_it_says_or_until_it_is_ended(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy", "DOC@ward:W1")
        person(command.connection, "ben", "DIR@*")
        key = grant.substitute(command, "ben", "amy", NOW, NOW + 2 * DAY)
        assert roles(command, "amy", DAY, "ben") == {"DOC@ward:W1", "DIR@*"}
        later = desk(command.connection, now=NOW + DAY)
        grant.end_substitution(later, key)
        with pytest.raises(NotFound):
            grant.end_substitution(later, key)


def test_nobody_stands_in_for_themselves_or_where_the_two_roles_may_not_meet(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy", "ARCHIVE@*")
        person(command.connection, "ben", "DIR@*")
        with pytest.raises(Conflict):
            grant.substitute(command, "ben", "amy", NOW, NOW + DAY)
        with pytest.raises(Invalid):
            grant.substitute(command, "ben", "ben", NOW, NOW + DAY)
        with pytest.raises(NotFound):
            grant.substitute(command, "ben", "nobody", NOW, NOW + DAY)
