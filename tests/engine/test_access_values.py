from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import event, select

from engine import access, clock, schema
from engine.actor import Actor
from engine.database import Database
from engine.errors import ExpressionFailed
from engine.runtime import Command
from tests.engine.clinic import (
    NOW,
    case,
    clinic,
    desk,
    one_database,  # noqa: F401 - a fixture
    person,
    put,
    task,
)

VALUES = {name: name.upper() for name in ("title", "bed", "plan", "outlook", "diagnosis", "unnamed")}


def shown(
    command: Command, key: str, *grants: str, instance: str = "I1", true: Sequence[str] | None = None
) -> set[str]:
    known = select(schema.person.c.id).where(schema.person.c.id == key)
    if command.connection.execute(known).first() is None:
        person(command.connection, key, *grants)
    actor = access.actor(command.connection, key, NOW)
    decide = None if true is None else (lambda conditions: [each in true for each in conditions])
    sight = access.sight(desk(command.connection, actor), instance)
    return set(access.shown(actor, sight, VALUES, decide))


def stays(command: Command) -> None:
    for n in (1, 2):
        readers = (f"DOC@ward:W{n}", f"KIN@family:F{n}", "DIR@*", "LAB@*")
        case(command.connection, f"I{n}", readers=readers, remits=(f"ward:W{n}", f"family:F{n}"))


def test_somebody_of_the_house_sees_all_but_what_is_sealed(database: Database) -> None:
    with clinic(database) as command:
        stays(command)
        assert shown(command, "dir", "DIR@*") == {"title", "bed", "plan", "outlook", "unnamed"}


def test_what_is_sealed_is_for_the_listed_roles_of_that_ward(database: Database) -> None:
    with clinic(database) as command:
        stays(command)
        assert "diagnosis" in shown(command, "doc", "DOC@ward:W1")
        assert "diagnosis" not in shown(command, "both", "DIR@*", "DOC@ward:W2")


def test_an_outside_party_sees_what_is_open_or_says_so_by_name_and_only_under_its_condition(database: Database) -> None:
    with clinic(database) as command:
        stays(command)
        assert shown(command, "kin", "KIN@family:F1") == {"title", "plan"}
        assert shown(command, "kin", true=["told"]) == {"title", "plan", "outlook"}
        assert shown(command, "kin", true=["told", "admitted"]) == {"title", "plan", "outlook", "bed"}
        assert shown(command, "lab", "LAB@*", true=["told", "admitted"]) == {"title", "bed"}


def consult(command: Command) -> None:
    readers = ("DOC@ward:W1", "NURSE@ward:W1", "DIR@*", "LAB@*", "person:doc", "person:nurse")
    case(command.connection, "C1", "consult", readers=readers, remits=("ward:W1",))


def test_what_is_restricted_is_for_the_listed_roles_while_they_hold_what_it_needs(database: Database) -> None:
    with clinic(database) as command:
        consult(command)
        assert shown(command, "doc", "DOC@ward:W1", instance="C1") == {"title"}
        assert "unnamed" in shown(command, "ann", "DOC@ward:W1", "DUTY@ward:W1", instance="C1")
        assert shown(command, "eve", "DOC@ward:W1", "DUTY@ward:W2", instance="C1") == {"title"}
        assert "plan" in shown(command, "dir", "DIR@*", instance="C1")


def test_a_sealed_value_too_is_shown_only_together_with_the_role_it_needs(database: Database) -> None:
    with clinic(database) as command:
        consult(command)
        assert "diagnosis" not in shown(command, "doc", "DOC@ward:W1", instance="C1")
        assert "diagnosis" in shown(command, "ann", "DOC@ward:W1", "DUTY@ward:W1", instance="C1")


def test_whoever_of_the_house_has_a_task_sees_what_is_restricted_while_it_is_open(database: Database) -> None:
    with clinic(database) as command:
        consult(command)
        assert shown(command, "nurse", "NURSE@ward:W1", instance="C1") == {"title"}
        task(command.connection, "T", "C1", "NURSE@ward:W1", "LAB@*")
        assert {"plan", "unnamed"} <= shown(command, "nurse", instance="C1")
        assert shown(command, "lab", "LAB@*", instance="C1") == set()
        command.connection.execute(schema.task.update().values(state="completed"))
        command.connection.execute(schema.candidate.delete())
        assert shown(command, "nurse", instance="C1") == {"title"}


def test_whoever_has_done_a_task_sees_what_is_restricted_while_they_hold_what_it_needs(database: Database) -> None:
    with clinic(database) as command:
        consult(command)
        for n, key in enumerate(("nurse", "ann", "lab")):
            task(command.connection, f"T-{key}", "C1", token=n, state="completed", closed_by=key)
        assert shown(command, "nurse", "NURSE@ward:W1", instance="C1") == {"title", "plan"}
        assert {"plan", "unnamed"} <= shown(command, "ann", "NURSE@ward:W1", "DUTY@ward:W1", instance="C1")
        assert shown(command, "lab", "LAB@*", instance="C1") == set()


def test_who_may_ask_is_shown_it_for_an_hour_of_the_case_they_gave_a_reason_for(database: Database) -> None:
    with clinic(database) as command:
        consult(command)
        case(command.connection, "C2", "consult", readers=("DIR@*", "DOC@ward:W1"), remits=("ward:W1",))
        assert "unnamed" not in shown(command, "dir", "DIR@*", instance="C1")
        for key in ("dir", "doc"):
            asked(command, key, "C1", NOW)
        assert "unnamed" in shown(command, "dir", instance="C1")
        assert "unnamed" not in shown(command, "dir", instance="C2")
        assert "unnamed" not in shown(command, "deputy", "DIR@*", instance="C1")
        assert "unnamed" not in shown(command, "doc", "DOC@ward:W1", instance="C1")
        command.connection.execute(schema.access_record.delete())
        asked(command, "dir", "C1", NOW - timedelta(hours=1))
        assert "unnamed" not in shown(command, "dir", instance="C1")


def asked(command: Command, person_id: str, instance: str, at: datetime) -> None:
    put(command.connection, "access_record", person_id=person_id, what="asked", object=instance, at=clock.micros(at))


def test_nothing_is_shown_of_a_case_that_nothing_opens(database: Database) -> None:
    with clinic(database) as command:
        stays(command)
        assert shown(command, "kin", "KIN@family:F1", instance="I2") == set()
        assert shown(command, "guest") == set()
        assert shown(command, "dir", "DIR@*", instance="nowhere") == set()


def test_a_recusal_hides_every_value(database: Database) -> None:
    with clinic(database) as command:
        stays(command)
        person(command.connection, "dir", "DIR@*")
        put(command.connection, "exclusion", person_id="dir", remit="family:F1", since_at=0)
        assert shown(command, "dir") == set()
        assert "title" in shown(command, "dir", instance="I2")


def test_a_condition_that_fails_opens_nothing_and_hides_nothing_else(database: Database) -> None:
    def decide(conditions: Sequence[str]) -> Sequence[bool]:
        if "told" in conditions:
            raise ExpressionFailed("It is null.", expression="told")
        return [True for _ in conditions]

    with clinic(database) as command:
        stays(command)
        person(command.connection, "kin", "KIN@family:F1")
        kin = access.actor(command.connection, "kin", NOW)
        sight = access.sight(desk(command.connection, kin), "I1")
        assert set(access.shown(kin, sight, VALUES, decide)) == {"title", "plan", "bed"}


def test_being_named_for_a_task_makes_nobody_an_insider(database: Database) -> None:
    with clinic(database) as command:
        stays(command)
        for n, key in enumerate(("guest", "kin", "nurse", "both")):
            task(command.connection, f"T-{key}", "I1", f"person:{key}", token=n)
        assert shown(command, "guest") == {"title"}
        assert shown(command, "kin", "KIN@family:F2") == {"title"}
        assert shown(command, "nurse", "NURSE@ward:W1") == {"title", "bed", "plan", "outlook", "unnamed"}
        assert shown(command, "both", "NURSE@ward:W1", "KIN@family:F2") == {"title"}


def test_what_one_has_done_shows_the_case_until_one_leaves_the_ward(database: Database) -> None:
    with clinic(database) as command:
        stays(command)
        task(command.connection, "done", "I1", state="completed", closed_by="nurse")
        put(command.connection, "reader", instance_id="I2", audience="person:nurse")
        assert "unnamed" in shown(command, "nurse", "NURSE@ward:W1")
        assert shown(command, "nurse", instance="I2") == set()


def test_a_process_without_roles_shows_all_to_whoever_reads_it_and_nothing_to_others(database: Database) -> None:
    with clinic(database) as command:
        case(command.connection, "free", "stay", readers=("person:amy",), plain=True)
        assert shown(command, "amy", instance="free") == set(VALUES)
        assert shown(command, "dir", "DIR@*", instance="free") == set()


def test_a_process_that_the_catalogue_no_longer_has_shows_no_more_than_before(database: Database) -> None:
    with clinic(database) as command:
        case(command.connection, "old", "gone", readers=("DIR@*", "KIN@family:F1"))
        assert shown(command, "kin", "KIN@family:F1", instance="old") == set()
        assert shown(command, "dir", "DIR@*", instance="old") == set(VALUES)


def test_without_any_policy_a_program_shows_all_to_whoever_reads_a_case(database: Database) -> None:
    with clinic(database, {}) as command:
        case(command.connection, "free", "free", readers=("person:amy",), plain=True)
        amy = Actor("amy", frozenset({"person:amy"}))
        assert access.shown(amy, access.sight(desk(command.connection, amy), "free"), VALUES) == VALUES


def test_a_whole_list_is_looked_through_in_one_statement(database: Database) -> None:
    with clinic(database) as command:
        stays(command)
        person(command.connection, "doc", "DOC@ward:W1")
        doctor = access.actor(command.connection, "doc", NOW)
        statements: list[str] = []
        event.listen(command.connection, "before_cursor_execute", lambda *about: statements.append(about[2]))
        sights = access.sights(desk(command.connection, doctor), ["I1", "I2", "nowhere"])
        assert len(statements) == 1
        assert {key: sorted(sight.audiences) for key, sight in sights.items()} == {"I1": ["DOC@ward:W1"], "I2": []}
        assert sights["I2"].remits == {"ward:W2", "family:F2"}
