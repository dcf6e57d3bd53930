"""T7: workers in processes of their own; whoever dies or falls asleep loses nothing and doubles nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from engine import instance, schema, worker
from engine.connector import Connectors
from engine.runtime import Runtime
from engine.worker import Worker
from tests.engine.bpmn.drawing import extended, straight
from tests.engine.desk import IDA, Desk
from tests.engine.reliability import labouring

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.engine.reliability.labouring"])
MANY = 40
DOUBLE = extended(
    "serviceTask",
    'id="double_it"',
    '<z:taskDefinition type="double" retries="1"/>',
    '<z:ioMapping><z:input source="=n" target="n"/><z:output source="=doubled" target="doubled"/></z:ioMapping>',
)
ONE = straight(DOUBLE, '<userTask id="read"/>')
ALL = straight(
    '<subProcess id="each"><multiInstanceLoopCharacteristics><extensionElements><z:loopCharacteristics '
    'inputCollection="=numbers" inputElement="n" outputCollection="doubles" outputElement="=doubled"/>'
    "</extensionElements></multiInstanceLoopCharacteristics>"
    f'<startEvent id="each_b"/>{DOUBLE}<endEvent id="each_e"/>'
    '<sequenceFlow id="each_1" sourceRef="each_b" targetRef="double_it"/>'
    '<sequenceFlow id="each_2" sourceRef="double_it" targetRef="each_e"/></subProcess>',
    '<userTask id="read"/>',
)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk whose diagrams may call the connector of these tests."""
    desk.runtime.connectors = labouring.WORKING
    return desk


@pytest.fixture
def hired(desk: Desk) -> Iterator[Callable[..., BaseProcess]]:
    """Starts processes; at the end of the test none is left."""
    processes: list[BaseProcess] = []

    def hire(what: Callable[..., None], *first: Any, last: tuple[Any, ...] = ()) -> BaseProcess:
        url = desk.runtime.database.engine.url.render_as_string(hide_password=False)
        process = _SERVER.Process(target=what, args=(*first, url, str(desk.runtime.state), *last))
        process.start()
        processes.append(process)
        return process

    yield hire
    for process in processes:
        process.kill()
        process.join(20)


def test_workers_in_processes_of_their_own_lose_and_double_nothing_even_when_some_are_killed(
    desk: Desk, hired: Callable[..., BaseProcess]
) -> None:
    desk.release(ALL)
    with desk.runtime.write(IDA, follow_up=False) as command:
        case = instance.start(command, "p", {"numbers": list(range(MANY))})

    hands = [hired(labouring.labour) for _ in range(3)]
    _until(lambda: MANY / 4 < _done(desk.runtime) < MANY)
    for hand in hands[:2]:
        assert hand.pid is not None
        os.kill(hand.pid, signal.SIGKILL)
        hand.join(20)
    _forget_leases(desk.runtime)
    hands.append(hired(labouring.labour))
    _until(lambda: "read" in desk.tasks(case))
    for hand in hands[2:]:
        hand.terminate()
        hand.join(30)
        assert hand.exitcode == 0

    assert desk.values(case)["doubles"] == [n * 2 for n in range(MANY)]
    assert _done(desk.runtime) == MANY
    assert _owed(desk.runtime) == ["clear"]


@pytest.mark.parametrize("broken", [None, labouring.BROKEN, labouring.REFUSING])
def test_who_slept_past_a_lease_finds_the_work_done_and_changes_nothing(
    desk: Desk, hired: Callable[..., BaseProcess], broken: Connectors | None
) -> None:
    desk.release(ONE)
    with desk.runtime.write(IDA, follow_up=False) as command:
        case = instance.start(command, "p", {"n": 21})

    # It looks, leases, does the work, and would then take the answer in.
    sleeper = hired(labouring.labour_once_and_stop_before, 4, last=(broken or labouring.WORKING,))
    _until(lambda: _is_stopped(sleeper))
    _forget_leases(desk.runtime)
    worker.run_due(desk.runtime)
    assert desk.values(case)["doubled"] == 42
    assert sleeper.pid is not None
    os.kill(sleeper.pid, signal.SIGCONT)
    sleeper.join(30)

    assert sleeper.exitcode == 0
    assert list(desk.tasks(case)) == ["read"]
    assert desk.visits(case).count("double_it") == 1
    assert _done(desk.runtime) == 1
    assert _count(desk.runtime, schema.incident) == 0


def test_workers_that_begin_at_the_same_moment_both_work(desk: Desk) -> None:
    m = schema.meta.c
    own = Worker(desk.runtime)
    with desk.runtime.database.write() as another:
        another.execute(insert(schema.meta).values(key="worker_seen", value="just now"))
        own.start()
        time.sleep(0.2)  # by now it has seen that nobody has been there, and waits for the row
    time.sleep(0.2)
    own.stop()
    with desk.runtime.read() as view:
        seen = view.connection.execute(select(m.value).where(m.key == "worker_seen")).scalar_one()
    assert seen != "just now"


def _until(true: Callable[[], bool], seconds: float = 60) -> None:
    patience = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < patience, "it never came to this"
        time.sleep(0.02)


def _is_stopped(process: BaseProcess) -> bool:
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def _forget_leases(runtime: Runtime) -> None:
    """As if the minute a lease lasts were over."""
    with runtime.write() as command:
        command.connection.execute(update(schema.job).values(leased_until=None))


def _done(runtime: Runtime) -> int:
    """How often the answer of a service task was taken in."""
    with runtime.read() as view:
        query = select(func.count()).select_from(schema.event).where(schema.event.c.kind == "job.done")
        return int(view.connection.execute(query).scalar_one())


def _owed(runtime: Runtime) -> list[str]:
    with runtime.read() as view:
        return list(view.connection.execute(select(schema.job.c.kind)).scalars())


def _count(runtime: Runtime, table: Any) -> int:
    with runtime.read() as view:
        return int(view.connection.execute(select(func.count()).select_from(table)).scalar_one())
