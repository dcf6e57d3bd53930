"""``/ready`` is true only where a command would get through, and says so in time; a process without its worker ends."""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, func, insert, select, text

from engine import assembly, database, instance, schema
from engine.connector import Connectors, Declaration, Work
from engine.errors import Broken, Unavailable
from engine.feel import Value
from engine.runtime import Runtime
from tests.engine.bpmn.drawing import extended, straight
from tests.engine.desk import IDA, Desk
from tests.web.browsing import Browser
from web import create_app, serving
from web.admin import readiness
from web.config import Settings

_SERVER = multiprocessing.get_context("forkserver")


@pytest.fixture(autouse=True)
def always_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readiness is found out for every question."""
    monkeypatch.setattr(readiness, "FRESH_S", -1)


@contextmanager
def told(runtime: Runtime, sqlite: str, postgresql: str) -> Any:
    """Sessions that begin from now on are told so; those of before are gone."""
    engine = runtime.database.engine

    def tell(connection: Any, _record: object) -> None:
        connection.execute(sqlite if runtime.database.is_sqlite else postgresql)
        if not runtime.database.is_sqlite:
            connection.commit()

    engine.dispose()
    event.listen(engine, "connect", tell)
    yield
    event.remove(engine, "connect", tell)
    engine.dispose()


def test_a_database_that_only_lets_itself_be_read_is_not_ready_and_is_again_afterwards(app: Flask, runtime: Runtime):
    visitor = Browser(app)
    with told(runtime, "PRAGMA query_only=ON", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"):
        refused = visitor.get("/ready")
        assert visitor.get("/sign-in").status_code == 200

    assert refused.status_code == 503 and "read-only or full" in refused.json["reason"]
    assert visitor.get("/ready").status_code == 200


def test_a_database_that_is_full_is_not_ready(app: Flask, runtime: Runtime):
    """On PostgreSQL, whose disk is not ours to fill, one that takes no more connections stands for it."""
    if runtime.database.is_sqlite:
        with told(runtime, "PRAGMA max_page_count=1", ""):
            with pytest.raises(Unavailable, match="full"):
                for number in range(10_000):
                    with runtime.database.write() as connection:
                        connection.execute(insert(schema.meta).values(key=str(number), value="x" * 8000))
            assert "read-only or full" in Browser(app).get("/ready").json["reason"]
        return
    url = runtime.database.engine.url
    other = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    runtime.database.engine.dispose()
    with closing(other.connect()) as admin:
        admin.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false"))
        try:
            assert Browser(app).get("/ready").status_code == 503
        finally:
            admin.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true"))
    other.dispose()


def test_a_database_that_has_fallen_silent_is_said_in_time_and_nobody_waits_behind_it(
    make_app: Callable[..., Flask], runtime: Runtime
):
    visitor = Browser(make_app(runtime, ready_seconds=0.5))
    silent: list[float] = [time.monotonic() + 2]
    event.listen(runtime.database.engine, "begin", lambda _: time.sleep(max(0, silent[0] - time.monotonic())))

    waits = []
    for _ in range(3):
        began = time.monotonic()
        assert "not answered within 0.5 seconds" in visitor.get("/ready").json["reason"]
        waits.append(time.monotonic() - began)

    assert 0.4 < waits[0] < 1.5 and max(waits[1:]) < 0.3
    _until(lambda: visitor.get("/ready").status_code == 200)


def test_to_ask_leaves_nothing_behind_and_is_done_once_a_second_however_often_it_is_wanted(
    app: Flask, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(readiness, "FRESH_S", 1.0)
    begun: list[Any] = []
    event.listen(runtime.database.engine, "begin", begun.append)

    for _ in range(50):
        assert Browser(app).get("/ready").status_code == 200

    assert len(begun) <= 3 * 5
    with runtime.read() as view:
        tried = select(func.count()).where(schema.meta.c.key.startswith("tried:"))
        assert view.connection.execute(tried).scalar_one() == 0


def test_what_is_tried_is_as_large_as_what_a_command_writes():
    assert database.TRIED_BYTES >= 8192


# ---- a process without its worker

BREAKING = straight(extended("serviceTask", 'id="s"', '<z:taskDefinition type="break" retries="1"/>'))


def end_the_thread(_work: Work) -> Mapping[str, Value]:
    """What nobody catches."""
    raise KeyboardInterrupt


CONNECTORS: Connectors = {"break": (Declaration("break", "Breaks."), end_the_thread)}


def serve(url: str, state: str, port: int) -> None:
    """A server whose worker will end on its own; the exit code says how it ended."""
    settings = Settings(state=Path(state), database_url=url, port=port)
    with closing(assembly.open(url, Path(state), connectors=CONNECTORS)) as runtime:
        _exit(lambda: serving.serve(create_app(settings, runtime), settings, with_worker=True, ready=lambda: None))


def work(url: str, state: str, _port: int) -> None:
    """The same for a process that only works."""
    with closing(assembly.open(url, Path(state), connectors=CONNECTORS)) as runtime:
        _exit(lambda: serving.work(runtime))


def _exit(run: Callable[[], None]) -> None:
    try:
        run()
    except Broken:
        raise SystemExit(5) from None


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.workers
@pytest.mark.parametrize("process", [serve, work])
def test_a_process_whose_worker_has_ended_ends_too_and_says_so(
    process: Callable[..., None], runtime: Runtime, free_port: int
):
    url = runtime.database.engine.url.render_as_string(hide_password=False)
    desk = Desk(runtime)
    runtime.connectors = CONNECTORS
    desk.release(BREAKING)
    running = _SERVER.Process(target=process, args=(url, str(runtime.state), free_port))
    running.start()
    try:
        _until(lambda: runtime.database.fact("worker_seen") is not None)
        with runtime.write(IDA, follow_up=False) as command:
            instance.start(command, "p", {})
        running.join(30)
        assert running.exitcode == 5
    finally:
        running.kill()
        running.join(10)


def _until(true: Callable[[], bool], seconds: float = 60) -> None:
    patience = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < patience, "it never came to this"
        time.sleep(0.02)
