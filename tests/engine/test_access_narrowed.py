"""Whoever comes with less than all they are granted: for one remit, nothing outside of it is theirs."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, select

from engine import access, schema, turn
from engine.access import Granted, doing
from engine.actor import Actor
from engine.database import Database
from engine.prepared import Prepared
from engine.query import inbox
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
from tests.engine.query.conftest import hospital  # noqa: F401 - a fixture
from tests.engine.query.hospital import Hospital
from tests.engine.test_access_rows import seen

KINDS = ("instance", "task", "comment", "attachment", "notice", "register", "incident")


def wards(connection: Connection) -> None:
    """A case in each of two wards with whatever hangs on it, all of it open to the director and named for her."""
    for n in ("1", "2"):
        case(connection, f"I{n}", readers=("DIR@*", "person:dir"), remits=(f"ward:W{n}",))
        task(connection, f"T{n}", f"I{n}", "DIR@*", "person:dir")
        task(connection, f"D{n}", f"I{n}", token=2, state="completed", closed_by="dir")
        put(
            connection, "comment", id=f"C{n}", instance_id=f"I{n}", person_id="amy", at=0, text="x", **{"class": "open"}
        )
        file = {"name": "x", "media_type": "x", "size": 1, "sha256": "x", "person_id": "amy", "at": 0, "kept": True}
        put(connection, "attachment", id=f"A{n}", instance_id=f"I{n}", **file, **{"class": "open"})
        row = {"person_id": "dir", "kind": "note", "by": "engine", "at": 0}
        put(connection, "notice", id=f"N{n}", instance_id=f"I{n}", **row)
        entry = {"register": "admissions", "remit": f"ward:W{n}", "instance_id": f"I{n}", "job_id": f"R{n}"}
        put(connection, "register_entry", **entry, position=int(n), at=0, actor="dir", content="{}")
        trouble = {"message": "x", "params": "{}", "opened_at": 0}
        put(connection, "incident", id=f"Z{n}", instance_id=f"I{n}", token=1, **trouble)


def dir_for(command: Command, remit: str) -> Granted:
    if not seen_person(command, "dir"):
        person(command.connection, "dir", "DIR@*", "DOC@ward:W2")
    return access.narrowed(access.actor(command.connection, "dir", NOW), remit)


def seen_person(command: Command, key: str) -> bool:
    return bool(access.actor(command.connection, key, NOW).audiences)


@pytest.mark.parametrize("kind", KINDS)
def test_a_role_of_the_whole_office_narrowed_to_one_ward_opens_what_is_of_that_ward(
    kind: str, database: Database
) -> None:
    with clinic(database) as command:
        wards(command.connection)
        narrowed = dir_for(command, "ward:W1")
        whole = seen(command.connection, access.actor(command.connection, "dir", NOW), kind)
        assert {each[-1] for each in whole} == {"1", "2"}
        assert {each[-1] for each in seen(command.connection, narrowed, kind)} == {"1"}


def test_roles_of_other_remits_fall_away_and_a_remit_that_nothing_stands_under_opens_nothing(
    database: Database,
) -> None:
    with clinic(database) as command:
        wards(command.connection)
        assert dir_for(command, "ward:W1").audiences == {"DIR@*", "person:dir"}
        assert dir_for(command, "ward:W2").audiences == {"DIR@*", "person:dir", "DOC@ward:W2"}
        nowhere = dir_for(command, "ward:W3")
        assert [seen(command.connection, nowhere, kind) for kind in KINDS] == [set()] * len(KINDS)


def test_what_one_may_do_or_finds_in_a_list_lies_within(database: Database) -> None:
    offered = Prepared(lambda _dialect: select(schema.task.c.id).where(doing.OFFERED))
    with clinic(database) as command:
        wards(command.connection)
        whole = access.actor(command.connection, "dir", NOW)
        narrowed = dir_for(command, "ward:W2")
        for actor, found in ((narrowed, {"T2"}), (dir_for(command, "ward:W3"), set())):
            assert {row.id for row in offered.rows(command.connection, doing.bindings(actor))} == found
            query = select(schema.task.c.id).where(turn.mine(actor), access.allowed(actor, schema.task.c.instance_id))
            assert set(command.connection.execute(query).scalars()) == found
        assert str(access.allowed(whole, schema.task.c.instance_id)) == "true", "nobody else pays for it"


def test_values_are_shown_of_cases_within_only(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        narrowed = dir_for(command, "ward:W1")
        sights = access.sights(desk(command.connection, narrowed), ["I1", "I2"])
        assert access.shown(narrowed, sights["I1"], {"title": 1}) == {"title": 1}
        assert access.shown(narrowed, sights["I2"], {"title": 1}) == {}


def test_items_of_a_list_that_stand_under_another_remit_are_not_offered(database: Database) -> None:
    with clinic(database) as command:
        for key in ("W1", "W2"):
            put(command.connection, "listing", list="ward", id=key, name=key, remit=f"ward:{key}", active=True)
        put(command.connection, "listing", list="ward", id="W0", name="all", active=True)
        assert seen(command.connection, dir_for(command, "ward:W1"), "listing") == {"W0", "W1"}


def test_only_what_would_stand_under_the_remit_can_be_started(database: Database) -> None:
    with clinic(database) as command:
        person(command.connection, "amy", "NURSE@ward:W1", "NURSE@ward:W2")
        amy = access.actor(command.connection, "amy", NOW)
        stay, walk = (amy.policy.processes[key] for key in ("stay", "walk"))
        narrowed = access.narrowed(amy, "ward:W1")
        assert access.may_start(narrowed, stay) and access.may_start(narrowed, stay, {"wardId": "W1"})
        assert not access.may_start(narrowed, stay, {"wardId": "W2"})
        assert access.may_start(amy, walk) and not access.may_start(narrowed, walk)
        assert not access.may_start(narrowed, walk, {})


def test_lists_commands_and_what_was_taken_meanwhile_keep_within(hospital: Hospital) -> None:  # noqa: F811
    case_ = hospital.examined()
    waiting = hospital.task(case_)
    here, elsewhere = (access.narrowed(_granted(hospital, "dan"), each) for each in ("ward:W1", "ward:W2"))
    for actor, count in ((here, 1), (elsewhere, 0)):
        with hospital.runtime.read(actor) as view:
            assert [each.id for each in inbox.todo(view).items] == [waiting][:count]
            assert inbox.overview(view).todo == count


def _granted(hospital: Hospital, key: str) -> Granted:  # noqa: F811
    actor: Actor = hospital.actor(key)
    assert isinstance(actor, Granted)
    return actor
