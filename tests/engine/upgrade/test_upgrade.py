"""A database of the first version, with cases that run, is brought up and goes on."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command as alembic

from engine import anchor, assembly, instance, revisions, schema, task
from engine.actor import ENGINE, person
from engine.database import Database
from engine.evidence import beginning, verifying
from engine.runtime import Runtime
from tests.engine.desk import Desk
from tests.provision.databases import Databases

FIRST, REVISION = json.loads(Path(__file__).with_name("first.json").read_text("utf-8")), "0006"


@pytest.fixture
def runtime(databases: Databases, tmp_path: Path) -> Iterator[Runtime]:
    """The first version's database, brought up to this version's revision as ``xuncha revise`` does it."""
    keys = tmp_path / "state" / "keys"
    keys.mkdir(parents=True)
    for name, content in FIRST["keys"].items():
        (keys / name).write_text(content)
    with databases.empty() as url:
        with closing(Database(url)) as database:
            with database._revising() as connection:
                _fill(connection)
            assert database.revise()
        with closing(assembly.open(url, tmp_path / "state")) as runtime:
            with runtime.write(ENGINE) as command:
                beginning.begin(command)
            yield runtime


def _fill(connection: sa.Connection) -> None:
    config = revisions.configured(revisions.FOLDERS)
    config.attributes["connection"] = connection
    alembic.upgrade(config, REVISION)
    then = sa.MetaData()
    then.reflect(connection)
    for table in then.sorted_tables:
        rows = [{name: _plain(value) for name, value in row.items()} for row in FIRST["rows"].get(table.name, ())]
        if rows:
            connection.execute(sa.insert(table), rows)
        if connection.dialect.name == "postgresql" and "id" in table.c and isinstance(table.c.id.type, sa.Integer):
            last = max((row["id"] for row in rows), default=1)
            counted = sa.text("SELECT setval(seq, :last) FROM pg_get_serial_sequence(:t, 'id') AS seq WHERE seq > ''")
            connection.execute(counted, {"t": table.name, "last": last})


def _plain(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value


@contextmanager
def snapshot(runtime: Runtime) -> Iterator[Any]:
    with runtime.read(snapshot=True) as view:
        yield view


def sound(runtime: Runtime) -> None:
    with snapshot(runtime) as view:
        found = verifying.verify(view)
        assert [str(fault) for fault in found.faults] == [] and found.since is not None


def test_what_the_first_version_wrote_is_sound_and_its_anchor_still_counts(runtime: Runtime) -> None:
    sound(runtime)
    with snapshot(runtime) as view:
        assert anchor.check(view, FIRST["anchor"]) == ()


def test_its_open_tasks_are_completed_its_timers_fire_and_its_messages_come(runtime: Runtime) -> None:
    desk = Desk(runtime)
    (case,) = (row["id"] for row in FIRST["rows"]["instance"] if row["process_key"] == "night" and not row["body"])
    desk.complete(case, "visit", seen=6)
    desk.tell("call", "7")
    assert "report" not in desk.tasks(case)
    desk.wait(days=3)
    desk.complete(case, "report")
    assert desk.row(case).state == "ended" and desk.values(case)["found"] == [5, 6]
    sound(runtime)


def test_a_task_with_a_form_and_a_sealed_value_is_completed_and_a_new_case_begins(runtime: Runtime) -> None:
    t = schema.task.c
    with runtime.read() as view:
        query = sa.select(t.id, t.instance_id).where(t.element == "admit", t.state == "open")
        waiting = view.connection.execute(query).one()
    with runtime.write(person("ann", "NURSE@ward:W1")) as command:
        task.complete(command, waiting.id, {"title": "发热", "bed": 4, "diagnosis": "流感"})
        instance.start(command, "stay", {"wardId": "W1"})
    sound(runtime)


def test_what_is_done_to_an_old_row_by_hand_is_found(runtime: Runtime) -> None:
    t, p = schema.task.c, schema.policy
    with runtime.database.write() as connection:
        connection.execute(sa.update(schema.task).where(t.state == "completed").values(closed_by="eve"))
        connection.execute(sa.update(p).values(released_by="eve"))
    with snapshot(runtime) as view:
        said = " ".join(str(fault) for fault in verifying.verify(view).faults)
    assert "table task, closed_by" in said and "table policy, released_by" in said
