from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
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
    put,
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


# ---- a right that a case gives


def rooms(command: Command, count: int) -> None:
    """Consultations on several families, all in one ward, whose doctor is Amy; one is begun for each."""
    person(command.connection, "amy", "DOC@ward:W1")
    for n in range(count):
        case(command.connection, f"I{n}", "consult", readers=("DOC@ward:W1",), remits=("ward:W1", f"family:F{n}"))
        remark = {"person_id": "ben", "at": 0, "text": "x", "class": "internal"}
        put(command.connection, "comment", id=f"I{n}", instance_id=f"I{n}", **remark)


def told(command: Command, count: int) -> list[bool]:
    """Of which of these consultations Amy is shown the diagnosis, what has no class of its own, and remarks."""
    actor = access.actor(command.connection, "amy", NOW)
    sights = access.sights(desk(command.connection, actor), [f"I{n}" for n in range(count)])
    shown = [set(access.shown(actor, sights[f"I{n}"], {"diagnosis": 1, "other": 1})) for n in range(count)]
    assert all(each in (set(), {"diagnosis", "other"}) for each in shown)
    remarks = select(schema.comment.c.id).where(access.visible(actor, "comment"))
    assert set(command.connection.execute(remarks).scalars()) == {f"I{n}" for n in range(count) if shown[n]}
    return [bool(each) for each in shown]


STEPS = st.lists(st.tuples(st.sampled_from(["give", "take", "give by hand"]), st.integers(0, 2)), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_what_a_case_gives_opens_and_closes_what_is_its_own_in_whatever_order(
    database: Database, steps: list[tuple[str, int]]
) -> None:
    with clinic(database) as command:
        rooms(command, 3)
        given_, by_hand = set[int](), False
        for what, n in steps:
            if what == "give":
                grant.give(command, "amy", "DUTY", "ward:W1", instance_id=f"I{n}")
                given_.add(n)
            elif what == "take":
                grant.revoke(command, "DUTY", "ward:W1", instance_id=f"I{n}")
                given_.discard(n)
                by_hand = False  # what is bound to nothing is nobody's own, and any case may take it
            else:
                grant.give(command, "amy", "DUTY", "ward:W1")
                by_hand = True
            assert told(command, 3) == [by_hand or n in given_ for n in range(3)]


def test_two_that_overlap_close_in_every_order_without_touching_each_other(database: Database) -> None:
    events = [("give", 0), ("take", 0), ("give", 1), ("take", 1)]
    for order in permutations(events):
        if any(order.index(("take", n)) < order.index(("give", n)) for n in (0, 1)):
            continue
        with clinic(database) as command:
            rooms(command, 2)
            for at, (what, n) in enumerate(order, 1):
                act = grant.give if what == "give" else grant.revoke
                who = ["amy"] if what == "give" else []
                act(command, *who, "DUTY", "ward:W1", instance_id=f"I{n}")
                done = order[:at]
                wanted = [("give", n) in done and ("take", n) not in done for n in (0, 1)]
                assert told(command, 2) == wanted, order


def test_a_role_taken_by_hand_is_taken_whatever_it_was_given_for(database: Database) -> None:
    with clinic(database) as command:
        rooms(command, 2)
        for n in (0, 1):
            grant.give(command, "amy", "DUTY", "ward:W1", instance_id=f"I{n}")
        assert grant.revoke(command, "DUTY", "ward:W1", "amy") == ["amy"]
        assert told(command, 2) == [False, False]
