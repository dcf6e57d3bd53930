from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, func, select

from engine import access, directory, policy, register, schema
from engine.actor import Actor
from engine.database import Database
from engine.errors import Conflict, Invalid, KeyReused, NotFound
from engine.runtime import Command
from tests.engine.clinic import (
    FILES,
    NOW,
    clinic,
    desk,
    one_database,  # noqa: F401 - a fixture
    person,
    put,
)
from tests.provision.databases import Databases

ON = date(2026, 4, 1)


def append(command: Command, job: str, under: str = "ward:W1", **values: Any) -> int:
    return register.append(command, "admissions", {"no": job, **values}, job_id=job, remit=under)


def reader(command: Command, key: str, *grants: str) -> Command:
    person(command.connection, key, *grants)
    return desk(command.connection, access.actor(command.connection, key, NOW))


def numbers(view: Command, **asked: Any) -> list[str | None]:
    return [entry.number for entry in register.entries(view, "admissions", **asked)]


def test_an_entry_keeps_its_typed_values_who_when_and_where(database: Database) -> None:
    with clinic(database) as command:
        directory.put(command, directory.Item("ward", "W1", "一病区"))
        person(command.connection, "amy")
        values: dict[str, Any] = {"on": ON, "beds": 2, "fee": 100.29, "ward": "W1", "doctor": "amy", "urgent": True}
        assert append(command, "J1", **values) == 1
        entry = register.entry(reader(command, "dir", "DIR@*"), "admissions", 1)
        assert (entry.position, entry.number, entry.remit, entry.at, entry.actor) == (1, "J1", "ward:W1", NOW, "engine")
        assert entry.values == {"no": "J1", **values}


def test_a_value_that_is_not_of_its_column_is_refused(database: Database) -> None:
    wrong: list[tuple[str, Any]] = [("beds", "two"), ("beds", True), ("beds", 1.5), ("on", "2026-04-01"), ("on", NOW)]
    wrong += [
        ("urgent", 1),
        ("fee", 0.505),
        ("fee", 0.1 + 0.2),
        ("fee", True),
        ("no", None),
        ("no", "x" * 256),
        ("ward", "W9"),
        ("doctor", "nobody"),
    ]
    with clinic(database) as command:
        for column, value in [*wrong, ("colour", "red")]:
            with pytest.raises(Invalid) as refused:
                append(command, "J1", **{column: value})
            assert [problem.where for problem in refused.value.problems] == [column]


def test_an_entry_stands_under_one_remit_of_the_registers_kind(database: Database) -> None:
    with clinic(database) as command:
        for remit in ("*", "family:F1", "ward:", "ward", "wards:W1"):
            with pytest.raises(Invalid) as refused:
                append(command, "J1", under=remit)
            assert [problem.where for problem in refused.value.problems] == ["remit"]


def test_an_unknown_register_is_said_so(database: Database) -> None:
    with clinic(database) as command, pytest.raises(NotFound, match=r"Add it to registers\.toml"):
        register.append(command, "nowhere", {}, job_id="J")


def test_the_same_job_enters_once_however_often_it_comes(database: Database) -> None:
    with clinic(database) as command:
        assert [append(command, "J1", beds=1), append(command, "J1", beds=1), append(command, "J2")] == [1, 1, 2]
        with pytest.raises(KeyReused):
            append(command, "J1", beds=2)


def test_positions_have_no_gap_whatever_was_rolled_back_or_came_at_once(databases: Databases) -> None:
    with databases.ready() as url, closing(Database(url)) as database:
        enter_at_once(database)


def enter_at_once(database: Database) -> None:
    with database.write() as connection:
        policy.release(desk(connection, Actor("director")), FILES)

    def enter(n: int) -> None:
        try:
            with database.write() as connection:
                append(desk(connection), f"J{n}")
                if n % 3 == 0:
                    raise RuntimeError
        except RuntimeError:
            pass

    with ThreadPoolExecutor(4) as people:
        list(people.map(enter, range(12)))
    with database.read() as connection:
        positions = connection.execute(select(schema.register_entry.c.position)).scalars()
        assert sorted(positions) == list(range(1, 9))


def test_a_correction_is_a_new_entry_and_the_wrong_one_stays(database: Database) -> None:
    with clinic(database) as command:
        append(command, "J1", beds=1)
        assert register.correct(command, "admissions", 1, {"no": "J1", "beds": 2}, "typo", job_id="J2") == 2
        assert register.correct(command, "admissions", 1, {"no": "J1", "beds": 2}, "typo", job_id="J2") == 2
        view = reader(command, "dir", "DIR@*")
        wrong, right = register.entry(view, "admissions", 1), register.entry(view, "admissions", 2)
        assert (wrong.values["beds"], wrong.corrected_by, wrong.corrects) == (1, 2, None)
        assert (right.values["beds"], right.corrected_by, right.corrects) == (2, None, 1)
        assert (right.reason, right.remit) == ("typo", "ward:W1")
        assert [entry.position for entry in register.entries(view, "admissions")] == [2]
        assert [entry.position for entry in register.entries(view, "admissions", standing=False)] == [2, 1]


def test_what_has_been_corrected_is_not_corrected_twice(database: Database) -> None:
    with clinic(database) as command:
        append(command, "J1")
        register.correct(command, "admissions", 1, {"no": "1"}, "typo", job_id="J2")
        with pytest.raises(Conflict, match="corrected by entry 2"):
            register.correct(command, "admissions", 1, {"no": "1"}, "typo", job_id="J3")


def test_a_correction_needs_a_reason_and_an_entry_that_one_may_see(database: Database) -> None:
    with clinic(database) as command:
        append(command, "J1")
        with pytest.raises(Invalid, match="without a reason"):
            register.correct(command, "admissions", 1, {"no": "1"}, " ", job_id="J2")
        with pytest.raises(NotFound):
            register.correct(command, "admissions", 7, {"no": "1"}, "typo", job_id="J2")
        stranger = reader(command, "two", "DOC@ward:W2")
        with pytest.raises(NotFound):
            register.correct(stranger, "admissions", 1, {"no": "1"}, "typo", job_id="J2")


def test_entries_are_read_through_the_access_predicate_only(database: Database) -> None:
    with clinic(database) as command:
        append(command, "J1")
        append(command, "J2", under="ward:W2")
        assert numbers(reader(command, "doc", "DOC@ward:W2")) == ["J2"]
        assert numbers(reader(command, "dir", "DIR@*")) == ["J2", "J1"]
        doctor = desk(command.connection, access.actor(command.connection, "doc", NOW))
        with pytest.raises(NotFound):
            register.entry(doctor, "admissions", 1)
        for key in ("admissions", "nowhere"):
            with pytest.raises(NotFound, match="that you may see"):
                register.entries(reader(command, f"nurse-{key}", "NURSE@ward:W1"), key)


def test_a_recusal_hides_entries(database: Database) -> None:
    with clinic(database) as command:
        append(command, "J1")
        append(command, "J2", under="ward:W2")
        put(command.connection, "exclusion", person_id="dir", remit="ward:W2", since_at=0)
        assert numbers(reader(command, "dir", "DIR@*")) == ["J1"]


def test_a_column_for_some_is_neither_shown_to_others_nor_found_out_by_asking(database: Database) -> None:
    with clinic(database) as command:
        append(command, "J1", fee=100)
        doctor, director = reader(command, "doc", "DOC@ward:W1"), reader(command, "dir", "DIR@*")
        assert register.entry(director, "admissions", 1).values["fee"] == 100
        assert "fee" not in register.entry(doctor, "admissions", 1).values
        assert numbers(director, where={"fee": 100}) == ["J1"]
        assert numbers(doctor, where={"fee": 100}) == []
        assert numbers(director, where={"nocolumn": 1}) == []


def test_entries_are_asked_for_by_the_values_of_their_columns(database: Database) -> None:
    with clinic(database) as command:
        append(command, "J1", beds=1, on=ON, urgent=True)
        append(command, "J2", beds=2, urgent=False)
        append(command, "J3", beds=3)
        view = reader(command, "dir", "DIR@*")
        assert numbers(view, where={"beds": 2}) == ["J2"]
        assert numbers(view, where={"beds": [1, 3]}) == ["J3", "J1"]
        assert numbers(view, where={"on": ON}) == ["J1"]
        assert numbers(view, where={"on": None}) == ["J3", "J2"]
        assert numbers(view, where={"urgent": True, "beds": 1}) == ["J1"]
        assert numbers(view, where={"urgent": True, "beds": 2}) == []
        assert numbers(view, before=3, limit=1) == ["J2"]


def test_a_page_of_entries_takes_as_many_statements_as_one_entry(database: Database) -> None:
    with clinic(database) as command:
        for n in range(20):
            append(command, f"J{n}")
        view = reader(command, "dir", "DIR@*")
        statements: list[str] = []
        event.listen(command.connection, "before_cursor_execute", lambda *about: statements.append(about[2]))
        assert len(numbers(view)) == 20
        assert len(statements) == 2


def test_counting_for_a_diagram_counts_what_stands_whoever_may_see_it(database: Database) -> None:
    with clinic(database) as command:
        for n, ward in enumerate(("W1", "W1", "W2")):
            append(command, f"J{n}", under=f"ward:{ward}", beds=n)
        register.correct(command, "admissions", 1, {"no": "J0", "beds": 9}, "typo", job_id="J9")
        assert register.count(command, "admissions", {}) == 3
        assert register.count(command, "admissions", {}, ["ward:W1"]) == 2
        assert register.count(command, "admissions", {"beds": 0}) == 0
        assert register.count(command, "admissions", {"beds": [9, 2]}, []) == 0
        with pytest.raises(Invalid, match="no such column"):
            register.count(command, "admissions", {"nocolumn": 1})


def test_a_policy_that_drops_a_column_shows_old_entries_without_it(database: Database) -> None:
    with clinic(database) as command:
        append(command, "J1", beds=2)
        line = '    { key = "beds", title = "床位", en = "Beds", type = "int" },\n'
        changed = FILES["registers.toml"].decode().replace(line, "")
        policy.release(desk(command.connection, Actor("director")), {**FILES, "registers.toml": changed.encode()})
        assert register.entry(reader(command, "dir", "DIR@*"), "admissions", 1).values == {"no": "J1"}
        content = command.connection.execute(select(func.count()).select_from(schema.entry_fact)).scalar_one()
        assert content == 2
