"""A process that stops in the middle of a command, or a line that falls silent, keeps its case for a while only."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from engine import assembly, schema, task
from engine.database import LIMIT_S, Database, unhurried
from engine.errors import Unavailable
from engine.prepared import inserting, together
from tests.engine.bpmn.drawing import straight
from tests.engine.desk import IDA, Desk
from tests.engine.reliability.stopping import SOON_S, complete, complete_and_stop
from tests.provision.databases import PostgresDatabases
from tests.provision.wire import laid
from web.config import Settings

_SERVER = multiprocessing.get_context("forkserver")
PLAIN = straight('<userTask id="a"/>')


@pytest.fixture
def url(postgresql_databases: PostgresDatabases) -> Iterator[str]:
    """PostgreSQL only: on SQLite all processes are on one machine, and who is silent is stopped."""
    with postgresql_databases.ready() as url:
        yield url


@pytest.fixture
def desk(url: str, tmp_path: Path) -> Iterator[Desk]:
    with closing(assembly.open(url, tmp_path / "state")) as runtime:
        desk = Desk(runtime)
        desk.release(PLAIN)
        yield desk
        desk.must_be_sound()


def test_a_process_that_stops_in_mid_command_frees_its_case_and_writes_nothing_when_it_wakes(
    desk: Desk, url: str
) -> None:
    case = desk.start()
    waiting = desk.tasks(case)["a"].id
    sleeper = _SERVER.Process(target=complete_and_stop, args=(url, str(desk.runtime.state), waiting))
    sleeper.start()
    assert sleeper.pid is not None
    try:
        _until(lambda: _is_stopped(sleeper.pid))
        began = time.monotonic()
        complete(desk.runtime, waiting)
        assert time.monotonic() - began < SOON_S + 5
        os.kill(sleeper.pid, signal.SIGCONT)
        sleeper.join(30)
        assert sleeper.exitcode == 3
    finally:
        sleeper.kill()
        sleeper.join(10)
    assert desk.row(case).state == "ended"
    assert [kind for kind, _ in desk.story(case)].count("task.completed") == 1


def test_whoever_is_silent_after_what_was_written_in_one_go_is_ended_too(url: str) -> None:
    """Eight of them: whether PostgreSQL counts depends on what the driver sends last, which is not always the same."""
    with closing(Database(url, limit_s=1)) as database, ThreadPoolExecutor(8) as threads:
        ended = list(threads.map(partial(_falls_silent, database), range(8)))
    assert all(ended), ended


def _falls_silent(database: Database, place: int) -> bool:
    rows = [{"key": f"tried:{place}:{each}", "value": ""} for each in range(3)]
    try:
        with database.write() as connection:
            with together(connection):
                for row in rows:
                    inserting(schema.meta).run(connection, [row])
            time.sleep(2.5)
    except Unavailable:
        return database.fact(rows[0]["key"]) is None
    return False


def test_a_line_that_falls_silent_in_mid_command_frees_the_case(desk: Desk, url: str) -> None:
    case = desk.start()
    waiting = desk.tasks(case)["a"].id
    with (
        laid(url) as wire,
        closing(assembly.open(wire.url, desk.runtime.state, limit_s=SOON_S)) as far,
        pytest.raises(Unavailable),
        far.write(IDA) as command,
    ):
        task.claim(command, waiting)
        wire.fall_silent()
        began = time.monotonic()
        complete(desk.runtime, waiting)
        assert time.monotonic() - began < SOON_S + 5
        wire.cut()
    assert desk.row(case).state == "ended"


def test_a_statement_that_takes_too_long_is_ended_and_said(url: str) -> None:
    with closing(Database(url, limit_s=1)) as database:
        began = time.monotonic()
        with pytest.raises(Unavailable), database.write() as connection:
            connection.execute(text("SELECT pg_sleep(20)"))
        assert time.monotonic() - began < 10
        with database.write() as connection:
            unhurried(connection)
            connection.execute(text("SELECT pg_sleep(1.5)"))
        with database.read() as connection:
            assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "1s"


def test_as_set_no_case_stays_locked_for_longer_than_a_minute(url: str) -> None:
    limits = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout", "tcp_user_timeout")
    longest = next(each.le for each in Settings.model_fields["database_seconds"].metadata if hasattr(each, "le"))
    assert LIMIT_S == Settings().database_seconds == 30 and longest < 60
    with closing(Database(url)) as database, database.read() as one:
        said = {each: one.execute(text(f"SHOW {each}")).scalar_one() for each in limits}
    assert said == {
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "30s",
        "lock_timeout": "20s",
        "tcp_user_timeout": "0",  # of a socket on this machine there is no such thing
    }


def _is_stopped(pid: int | None) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def _until(true: Callable[[], bool], seconds: float = 60) -> None:
    patience = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < patience, "it never came to this"
        time.sleep(0.02)
