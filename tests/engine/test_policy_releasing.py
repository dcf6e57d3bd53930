from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import Connection, delete, event, select

from engine import policy, schema
from engine.actor import Actor
from engine.database import Database
from engine.errors import Conflict, Forbidden, NotFound, PolicyInvalid
from tests.engine.clinic import (
    CALENDAR,
    FILES,
    clinic,
    desk,
    one_database,  # noqa: F401 - a fixture
)
from tests.provision.databases import Databases

DIRECTOR = Actor("director")


@contextmanager
def house(database: Database) -> Iterator[Connection]:
    """A house that has released nothing yet."""
    with clinic(database) as command:
        command.connection.execute(delete(schema.policy))
        yield command.connection


def release(connection: Connection, by: Actor = DIRECTOR, approved_by: str | None = None, **changed: bytes) -> int:
    files: Mapping[str, bytes] = {**FILES, **{f"{name}.toml": body for name, body in changed.items()}}
    return policy.release(desk(connection, by), files, approved_by)


def test_before_any_release_the_policy_in_force_opens_nothing(database: Database) -> None:
    with house(database) as connection:
        assert policy.current(connection).version == 0
        assert policy.current(connection).processes == {}


def test_a_release_is_in_force_and_keeps_who_released_and_who_approved_it(database: Database) -> None:
    with house(database) as connection:
        assert release(connection, approved_by="deputy") == 1
        assert policy.current(connection).version == 1
        assert policy.current(connection).roles["DIR"].title == "院长"
        row = connection.execute(select(schema.policy)).one()
        assert (row.released_by, row.approved_by) == ("director", "deputy")


def test_nobody_approves_their_own_release_nor_that_of_whom_they_stand_in_for(database: Database) -> None:
    with house(database) as connection:
        for by in (DIRECTOR, Actor("deputy", on_behalf_of="director")):
            with pytest.raises(Forbidden):
                release(connection, by, approved_by="director")


def test_releasing_what_is_in_force_changes_nothing(database: Database) -> None:
    with house(database) as connection:
        assert release(connection) == 1
        assert policy.release(desk(connection, DIRECTOR), {**FILES, "stay/stay.bpmn": b"not of the policy"}) == 1


def test_an_earlier_version_can_still_be_asked_for(database: Database) -> None:
    with house(database) as connection:
        release(connection)
        assert release(connection, roles=FILES["roles.toml"].replace("院长".encode(), "总院长".encode())) == 2
        assert policy.at(connection, 1).roles["DIR"].title == "院长"
        assert policy.current(connection).roles["DIR"].title == "总院长"
        with pytest.raises(NotFound):
            policy.at(connection, 3)


def test_a_faulty_policy_is_not_released(database: Database) -> None:
    with house(database) as connection:
        with pytest.raises(PolicyInvalid):
            release(connection, roles=b"[X]")
        assert policy.current(connection).version == 0


def test_two_releases_at_once_do_not_both_count(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(database) as connection:
        release(connection)
        before = policy.current(connection)
        assert release(connection, roles=FILES["roles.toml"] + b"\n") == 2
        # The slower of the two still sees what was in force before the faster one.
        monkeypatch.setattr("engine.policy.releasing.current", lambda _: before)
        with pytest.raises(Conflict, match="Somebody else has just released"):
            release(connection, roles=FILES["roles.toml"] + b"\n\n")


def test_other_days_need_another_version_of_the_calendar(database: Database) -> None:
    with house(database) as connection:
        release(connection)
        moved = CALENDAR.replace("2026-05-09", "2026-05-10")
        files = {**FILES, "calendar/overrides.toml": moved.encode()}
        with pytest.raises(PolicyInvalid, match="Count it up"):
            policy.release(desk(connection, DIRECTOR), files)
        files["calendar/overrides.toml"] = moved.replace('"1"', '"2"').encode()
        assert policy.release(desk(connection, DIRECTOR), files) == 2


def test_asking_again_costs_one_statement(database: Database) -> None:
    with house(database) as connection:
        release(connection)
        policy.current(connection)
        statements: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda *about: statements.append(about[2]))
        policy.current(connection)
        assert len(statements) == 1


def test_two_databases_of_one_program_do_not_share_what_was_read(database: Database, databases: Databases) -> None:
    with house(database) as connection:
        release(connection)
        assert "DIR" in policy.current(connection).roles
    with databases.ready() as url, closing(Database(url)) as other, other.write() as connection:
        policy.release(desk(connection, DIRECTOR), {"roles.toml": "[BOSS]\ntitle='老板'\nen='Boss'".encode()})
        assert list(policy.current(connection).roles) == ["BOSS"]


def test_what_was_sound_when_it_was_released_stays_in_force_under_a_stricter_program(database: Database) -> None:
    with house(database) as connection:
        release(connection)
        stored = connection.execute(select(schema.policy.c.content)).scalar_one()
        stricter = stored.replace('en = \\"Director\\"', 'en = \\"Director\\"\\ncolour = \\"red\\"')
        assert stricter != stored
        row = {"version": 2, "digest": "d", "content": stricter, "released_at": 0, "released_by": "director"}
        connection.execute(schema.policy.insert().values(**row))
        assert policy.current(connection).roles["DIR"].title == "院长"
