from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from engine import access, clock, policy, schema
from engine.actor import Actor
from engine.database import Database
from engine.errors import ExpressionFailed, Invalid
from tests.engine.clinic import (
    FILES,
    NOW,
    case,
    clinic,
    desk,
    give,
    one_database,  # noqa: F401 - a fixture
    person,
    put,
    task,
)

POLICY = policy.read(FILES)
STAY, WALK = POLICY.processes["stay"], POLICY.processes["walk"]
HERE = {"wardId": "W1", "familyId": "F1"}


def test_a_case_is_opened_to_each_role_within_its_own_remit() -> None:
    assert access.audiences_of(POLICY, "stay", HERE) == ("DOC@ward:W1", "DIR@*", "KIN@family:F1")
    assert access.remit_rows(POLICY, "stay", HERE) == ("family:F1", "ward:W1")


def test_a_remit_left_empty_opens_the_case_to_nobody_of_that_kind() -> None:
    values = access.remits_of(POLICY, "stay", {"wardId": "W1", "familyId": None, "bed": 3})
    assert values == {"wardId": "W1"}
    assert access.audiences_of(POLICY, "stay", values) == ("DOC@ward:W1", "DIR@*")
    assert access.remit_rows(POLICY, "stay", values) == ("ward:W1",)


@pytest.mark.parametrize(
    ("answer", "seen"), [(True, ("DOC@ward:W1", "DIR@*")), (False, ("DOC@ward:W1",)), (None, ("DOC@ward:W1",))]
)
def test_a_role_with_a_condition_sees_a_case_that_is_begun_under_it(answer: bool | None, seen: tuple[str, ...]) -> None:
    catalog = "[a]\nsee = ['DOC', 'DIR']\nwhen = { DIR = '=grave' }\nremits = { wardId = 'ward' }"
    grave = policy.read({**FILES, "catalog.toml": catalog.encode()})

    def decide(conditions: Sequence[str]) -> Sequence[bool]:
        assert list(conditions) == ["grave"]
        if answer is None:
            raise ExpressionFailed("It is null.", expression="grave")
        return [answer]

    assert access.audiences_of(grave, "a", HERE, decide=decide) == seen


@pytest.mark.parametrize("values", [{}, {"wardId": ""}, {"wardId": 7}, {"wardId": ["W1"]}])
def test_a_case_cannot_start_without_what_decides_who_sees_it(values: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        access.remits_of(POLICY, "stay", values)
    assert [problem.where for problem in refused.value.problems] == ["wardId"]


def test_who_started_a_case_sees_it_where_the_catalogue_says_so() -> None:
    assert access.audiences_of(POLICY, "walk", {}, ["amy"]) == ("person:amy",)
    assert "person:amy" not in access.audiences_of(POLICY, "stay", HERE, ["amy"])


def test_a_task_is_offered_to_the_role_its_lane_names_within_the_remit_of_the_case() -> None:
    assert access.candidate_audiences(POLICY, "护士", (), (), HERE) == ("NURSE@ward:W1",)
    assert access.candidate_audiences(POLICY, "院长", (), (), HERE) == ("DIR@*",)


def test_roles_and_persons_that_a_task_names_go_before_its_lane() -> None:
    assert access.candidate_audiences(POLICY, "院长", ("DOC", "KIN"), (), HERE) == ("DOC@ward:W1", "KIN@family:F1")
    assert access.candidate_audiences(POLICY, "院长", (), ("amy", "ben"), HERE) == ("person:amy", "person:ben")
    assert access.candidate_audiences(POLICY, "院长", (), (), HERE, "amy") == ("person:amy",)


def test_a_task_that_nobody_can_hold_is_offered_to_nobody() -> None:
    assert access.candidate_audiences(POLICY, "护士", (), (), {}) == ()
    assert access.candidate_audiences(POLICY, "no such lane", (), (), HERE) == ()
    assert access.candidate_audiences(POLICY, None, ("NOROLE",), (), HERE) == ()


def test_a_case_is_started_by_a_role_of_that_ward() -> None:
    nurse = Actor("amy", frozenset({"person:amy", "NURSE@ward:W1"}))
    assert access.may_start(nurse, STAY)
    assert access.may_start(nurse, STAY, HERE)
    assert not access.may_start(nurse, STAY, {"wardId": "W2"})
    assert not access.may_start(nurse, STAY, {})
    assert not access.may_start(Actor("dir", frozenset({"DIR@*"})), STAY)


def test_a_case_of_the_house_is_started_by_the_role_of_any_ward() -> None:
    assert access.may_start(Actor("amy", frozenset({"NURSE@ward:W1"})), WALK, {})


def test_nobody_starts_a_case_they_must_not_see() -> None:
    nurse = Actor("amy", frozenset({"NURSE@ward:W1"}), exclusions=frozenset({"family:F1"}))
    assert not access.may_start(nurse, STAY, HERE)
    assert access.may_start(nurse, STAY, {"wardId": "W1", "familyId": "F2"})


def test_a_process_is_steered_by_its_owners_and_one_without_roles_by_who_started_it(database: Database) -> None:
    with clinic(database) as command:
        director, amy = Actor("dir", frozenset({"DIR@*"})), Actor("amy", frozenset({"DOC@ward:W1"}))
        assert access.may_steer(desk(command.connection, director), "stay", "amy")
        assert not access.may_steer(desk(command.connection, amy), "stay", "amy")
        assert access.may_steer(desk(command.connection, amy), "free", "amy")
        assert not access.may_steer(desk(command.connection, director), "free", "amy")


def test_a_task_is_held_by_those_it_is_offered_to_who_are_here_and_not_recused(database: Database) -> None:
    with clinic(database) as command:
        connection = command.connection
        case(connection, "I1", remits=("ward:W1", "family:F1"))
        task(connection, "T1", "I1", "NURSE@ward:W1", "person:named", "person:unknown")
        for key in ("amy", "recused", "elsewhere-recused"):
            person(connection, key, "NURSE@ward:W1")
        person(connection, "left", "NURSE@ward:W1", active=False)
        person(connection, "other", "NURSE@ward:W2", "DOC@ward:W1")
        person(connection, "was")
        person(connection, "named")
        give(connection, "was", "NURSE", "ward:W1", until_at=clock.micros(NOW))
        put(connection, "exclusion", person_id="recused", remit="family:F1", since_at=0)
        put(connection, "exclusion", person_id="elsewhere-recused", remit="family:F2", since_at=0)
        holders = ["amy", "elsewhere-recused", "named", "unknown"]
        assert access.holders(connection, "T1", NOW) == holders
        assert access.may_take(connection, "T1", "amy", NOW)
        assert not access.may_take(connection, "T1", "other", NOW)
        assert access.holders(connection, "nowhere", NOW) == []


def test_a_case_is_told_only_to_those_who_see_it(database: Database) -> None:
    with clinic(database) as command:
        connection = command.connection
        case(connection, "I1", readers=("DIR@*",), remits=("ward:W1",))
        person(connection, "dir", "DIR@*")
        person(connection, "recused", "DIR@*")
        person(connection, "doc", "DOC@ward:W1")
        put(connection, "exclusion", person_id="recused", remit="ward:W1", since_at=0)
        told = ["dir", "recused", "doc", "nobody", "dir"]
        assert access.may_not_be_told(connection, "I1", told) == ["recused", "doc", "nobody"]


def test_looking_is_written_down_without_what_was_seen(database: Database) -> None:
    with clinic(database) as command:
        before = clock.now(command.connection)
        access.record(command, "opened", "I1", "x" * 9000)
        row = command.connection.execute(select(schema.access_record)).one()
        assert (row.person_id, row.what, row.object, len(row.detail)) == ("engine", "opened", "I1", 2000)
        assert before <= clock.instant(row.at) <= clock.now(command.connection)
