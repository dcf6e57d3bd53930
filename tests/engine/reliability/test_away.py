"""T8: the database goes away, is locked or is full in the middle of a command; nothing is half written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event, select, text

from engine import assembly, database, instance, schema, task
from engine.errors import Unavailable
from engine.runtime import Runtime
from tests.engine.bpmn.drawing import straight
from tests.engine.desk import IDA, Desk
from tests.engine.reliability.test_crash import DECIDE
from tests.engine.reliability.test_crash import _everything as everything
from tests.provision.databases import SqliteFiles

_MANY = 120


@contextmanager
def cut_at(runtime: Runtime, statement: int) -> Iterator[None]:
    """The database takes nothing more from just before this statement on."""
    engine = runtime.database.engine
    left = statement

    def step(connection: Connection, *_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            _cut(connection)

    event.listen(engine, "before_cursor_execute", step)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", step)
        # What is left in the pool has been cut off: a new connection is what comes after.
        engine.dispose()


def _cut(connection: Connection) -> None:
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        raw.execute("PRAGMA query_only=ON")
        return
    # A transaction would go on seeing the sessions that were there when it began.
    other = create_engine(connection.engine.url, isolation_level="AUTOCOMMIT")
    pid = {"pid": raw.info.backend_pid}
    with other.connect() as admin:
        admin.execute(text("SELECT pg_terminate_backend(:pid)"), pid)
        while admin.execute(text("SELECT 1 FROM pg_stat_activity WHERE pid = :pid"), pid).first():
            time.sleep(0.002)
    other.dispose()


def test_a_task_completed_while_the_database_goes_away_is_completed_or_is_not(desk: Desk) -> None:
    desk.release(DECIDE)
    waiting = desk.tasks(desk.start())["write_report"].id
    before = everything(desk.runtime)

    def complete() -> None:
        with desk.runtime.write(IDA, follow_up=False) as command:
            task.complete(command, waiting, {"good": True}, key="once")

    assert _refused_everywhere(desk, complete, before) >= 4
    assert everything(desk.runtime) != before


def test_a_case_started_while_the_database_goes_away_is_started_or_is_not(desk: Desk) -> None:
    desk.release(DECIDE)
    before = everything(desk.runtime)

    def start() -> None:
        with desk.runtime.write(IDA, follow_up=False) as command:
            instance.start(command, "p", {})

    assert _refused_everywhere(desk, start, before) >= 4
    assert len(desk.cases()) == 1


def _refused_everywhere(desk: Desk, act: Callable[[], None], before: dict[str, Any]) -> int:
    """Do it with the database going away at every statement in turn, until it goes through; how often it did not."""
    for statement in range(1, _MANY):
        try:
            with cut_at(desk.runtime, statement):
                act()
        except Unavailable as refused:
            assert "Nothing was changed" in str(refused)
            assert everything(desk.runtime) == before
            desk.must_be_sound()
        else:
            return statement - 1
    raise AssertionError("it never came to its end")


def test_what_somebody_else_keeps_locked_is_refused_after_a_while(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.release(straight('<userTask id="a"/>'))
    case = desk.start()
    waiting = desk.tasks(case)["a"].id
    before = everything(desk.runtime)
    monkeypatch.setattr(database, "BUSY_MS", 300)
    url = desk.runtime.database.engine.url.render_as_string(hide_password=False)

    with closing(assembly.open(url, desk.runtime.state)) as impatient:
        with desk.runtime.database.write() as locking:
            locking.execute(select(schema.instance.c.id).where(schema.instance.c.id == case).with_for_update())
            with pytest.raises(Unavailable, match="Nothing was changed"), impatient.write(IDA) as command:
                task.complete(command, waiting, {})
        assert everything(desk.runtime) == before
        with impatient.write(IDA) as command:
            task.complete(command, waiting, {})
    assert desk.row(case).state == "ended"


def test_a_full_disk_is_said_and_what_was_begun_is_gone(tmp_path: Path) -> None:
    """On SQLite, whose file is limited here; the disk of a server is not ours to fill."""
    with SqliteFiles(tmp_path).ready() as url, closing(assembly.open(url, tmp_path / "state")) as runtime:
        Desk(runtime).release(straight('<userTask id="a"/>'))
        before = everything(runtime)
        with runtime.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=1")

        with pytest.raises(Unavailable, match="Nothing was changed"), runtime.write(IDA) as command:
            for _ in range(100):
                instance.start(command, "p", {"remark": "x" * 5000})

        runtime.database.engine.dispose()
        assert everything(runtime) == before
