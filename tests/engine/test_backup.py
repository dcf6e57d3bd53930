"""Backups: taken while four processes write, put back whole, checked, and compared with what was anchored."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text

from engine import anchor, assembly, backup, schema
from engine.database import Database
from engine.errors import Conflict, EngineError, Invalid, NotFound, Unavailable
from engine.evidence import verifying
from engine.runtime import Runtime
from tests.conftest import provided
from tests.engine.bpmn.drawing import straight
from tests.engine.desk import IDA, Desk
from tests.house.sources import ROOT
from tests.provision import postgres
from tests.provision.databases import Databases
from web.config import Settings

TWO_STEPS = straight('<userTask id="first"/>', '<userTask id="second"/>')
WRITING = """
import sys
from pathlib import Path
from engine import assembly, instance
from engine.actor import person
runtime = assembly.open(sys.argv[1], Path(sys.argv[2]))
while True:
    with runtime.write(person("ida")) as command:
        case = instance.start(command, "p", {"n": 1})
    print(case, flush=True)
"""


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own programs are on the PATH, wherever this machine has them."""
    monkeypatch.setenv("PATH", f"{provided(postgres.find)}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def empty(databases: Databases) -> Iterator[str]:
    """A place for a backup to be put back to."""
    with databases.empty() as url:
        yield url


def address(runtime: Runtime) -> str:
    return runtime.database.engine.url.render_as_string(hide_password=False)


@contextmanager
def opened(url: str, state: Path) -> Iterator[Runtime]:
    with closing(assembly.open(url, state)) as found:
        yield found


def sound(runtime: Runtime) -> set[str]:
    """The cases of a database whose every history holds."""
    with runtime.read() as view:
        assert verifying.verify(view).faults == ()
        return set(view.connection.execute(select(schema.instance.c.id)).scalars())


@pytest.mark.workers
def test_nothing_acknowledged_before_a_backup_began_is_missing_in_it(desk: Desk, empty: str, tmp_path: Path) -> None:
    desk.release(TWO_STEPS)
    script = [sys.executable, "-c", WRITING, address(desk.runtime), str(desk.runtime.state)]
    files = [tmp_path / f"said{n}" for n in range(4)]
    writers = []
    try:
        for each in files:
            with each.open("w") as said:
                environment = {**os.environ, "PYTHONPATH": str(ROOT)}
                writers.append(subprocess.Popen(script, stdout=said, env=environment))
        end = time.monotonic() + 60
        while not all(len(each.read_text().splitlines()) > 3 for each in files):
            assert time.monotonic() < end and all(each.poll() is None for each in writers)
            time.sleep(0.05)
        acknowledged = {line for each in files for line in each.read_text().split("\n")[:-1]}
        backup.make(desk.runtime, tmp_path / "kept")
    finally:
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            writer.wait()

    backup.restore(empty, desk.runtime.state, tmp_path / "kept")
    with opened(empty, desk.runtime.state) as again:
        assert acknowledged <= sound(again)
        with again.read() as view:
            made = backup.made_at(view.connection)
            late = view.connection.execute(select(schema.instance.c.started_at)).scalars().all()
        assert made is not None and len(late) >= 16


def test_what_was_put_back_goes_on_with_sealed_values_and_files(desk: Desk, empty: str, tmp_path: Path) -> None:
    desk.release(TWO_STEPS)
    case = desk.start(n=1)
    backup.make(desk.runtime, tmp_path / "kept", with_keys=True)
    desk.complete(case, "first")

    elsewhere = tmp_path / "elsewhere"
    backup.restore(empty, elsewhere, tmp_path / "kept")

    with opened(empty, elsewhere) as again:
        assert again.keys == desk.runtime.keys
        restored = Desk(again)
        assert list(restored.tasks(case)) == ["first"]
        restored.complete(case, "first")
        restored.complete(case, "second")
        restored.must_be_sound()


def test_backup_and_keys_are_their_owners_alone_and_nothing_is_overwritten(desk: Desk, tmp_path: Path) -> None:
    kept, keys = tmp_path / "kept", tmp_path / "kept.keys"
    backup.make(desk.runtime, kept, with_keys=True)
    assert [path.stat().st_mode & 0o077 for path in (kept, keys, *keys.iterdir())] == [0] * 6
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".kept")]
    before = kept.read_bytes()
    with pytest.raises(Conflict, match="is there already"):
        backup.make(desk.runtime, kept)
    assert kept.read_bytes() == before
    with pytest.raises(Unavailable, match="cannot be used"):
        backup.make(desk.runtime, tmp_path / "nowhere" / "kept")


def test_a_database_that_is_there_is_not_overwritten(desk: Desk, tmp_path: Path) -> None:
    desk.release(TWO_STEPS)
    backup.make(desk.runtime, tmp_path / "kept")
    case = desk.start(n=1)
    with pytest.raises(Conflict, match="There is a database already"):
        backup.restore(address(desk.runtime), desk.runtime.state, tmp_path / "kept")
    assert case in sound(desk.runtime)


def test_without_keys_nothing_is_put_back(desk: Desk, empty: str, tmp_path: Path) -> None:
    backup.make(desk.runtime, tmp_path / "kept")
    with pytest.raises(NotFound, match="keys are missing"):
        backup.restore(empty, tmp_path / "elsewhere", tmp_path / "kept")
    with closing(Database(empty)) as database, pytest.raises(Unavailable):
        database.check()


def test_a_damaged_backup_is_found_before_it_is_put_back(desk: Desk, empty: str, tmp_path: Path) -> None:
    desk.release(TWO_STEPS)
    for _ in range(20):
        desk.start(n=1)
    kept = tmp_path / "kept"
    backup.make(desk.runtime, kept)
    body = bytearray(kept.read_bytes())
    for at in range(len(body) // 3, len(body) - 100, 1000):
        body[at : at + 100] = b"\xff" * 100
    kept.write_bytes(body)
    with pytest.raises(EngineError) as refused:
        backup.restore(empty, desk.runtime.state, kept)
    assert isinstance(refused.value, Invalid | Unavailable)
    with closing(Database(empty)) as database, pytest.raises(Unavailable):
        database.check()


def test_what_is_no_backup_or_one_of_the_other_kind_is_refused(desk: Desk, empty: str, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("minutes")
    with pytest.raises(Invalid, match="is no backup"):
        backup.restore(empty, desk.runtime.state, tmp_path / "notes")
    with pytest.raises(NotFound):
        backup.restore(empty, desk.runtime.state, tmp_path / "gone")
    other = b"PGDMP" if desk.runtime.database.is_sqlite else b"SQLite format 3\0"
    (tmp_path / "other").write_bytes(other + b"x" * 100)
    with pytest.raises(Conflict, match="address is of another kind"):
        backup.restore(empty, desk.runtime.state, tmp_path / "other")


def test_an_anchor_newer_than_the_backup_says_what_is_missing_and_no_more(
    desk: Desk, empty: str, tmp_path: Path
) -> None:
    desk.release(TWO_STEPS)
    gone_on, still, spoiled = desk.start(n=1), desk.start(n=1), desk.start(n=1)
    with desk.runtime.write(IDA) as command:
        older = anchor.make(command)
    backup.make(desk.runtime, tmp_path / "kept")
    desk.complete(gone_on, "first")
    desk.start(n=2)
    with desk.runtime.write(IDA) as command:
        newer = anchor.make(command)

    backup.restore(empty, desk.runtime.state, tmp_path / "kept")
    with opened(empty, desk.runtime.state) as again:
        with again.read() as view:
            assert backup.behind(view, older) is None and anchor.check(view, older) == ()
            behind = backup.behind(view, newer)
            assert behind is not None and (behind.cases, behind.faults) == (2, ())
            assert behind.anchored_at > behind.made_at
        with again.database.write() as connection:
            spoil = text("UPDATE event SET hash = 'x' WHERE instance_id = :case")
            connection.execute(spoil, {"case": spoiled})
        with again.read() as view:
            behind = backup.behind(view, newer)
            assert behind is not None and [each.params["instance"] for each in behind.faults] == [spoiled]
    assert still


def test_what_is_committed_is_on_the_disk_unless_the_installation_says_that_less_will_do(tmp_path: Path) -> None:
    assert Settings().synchronous == "full"
    for how, pragma in (("full", 2), ("normal", 1)):
        with (
            closing(Database(f"sqlite:///{tmp_path / how}", synchronous=how)) as database,
            database.read() as connection,
        ):
            assert connection.execute(text("PRAGMA synchronous")).scalar() == pragma


def test_where_the_programs_of_postgresql_are_missing_it_is_said_what_to_run(
    postgresql_databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = r"pg_dump is not on this machine.*pg_dump --dbname=postgresql://"
    with (
        postgresql_databases.ready() as url,
        opened(url, tmp_path / "state") as runtime,
        pytest.raises(Unavailable, match=told),
    ):
        backup.make(runtime, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()
