"""A worker cannot die while its process lives: what goes wrong is logged and tried again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event, select, update

from engine import clock, incident, instance, job, schema, worker
from engine.connector import Connectors, Declaration, Work
from engine.feel import Value
from engine.runtime import Runtime
from engine.worker import Worker
from tests.engine.bpmn.drawing import extended, straight
from tests.engine.desk import IDA, Desk

_j = schema.job.c
SECRET = "the patient's name"
WAITING = straight(
    '<intermediateCatchEvent id="pause"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>'
    "</intermediateCatchEvent>",
    '<userTask id="read"/>',
)
LEAVING = straight(extended("serviceTask", 'id="leave"', '<z:taskDefinition type="leave" retries="1"/>'))


def leave(_work: Work) -> Mapping[str, Value]:
    """Code of a stranger that wants the whole program to end."""
    raise SystemExit(SECRET)


CONNECTORS: Connectors = {"leave": (Declaration("leave", "Leaves."), leave)}


@contextmanager
def at_work(runtime: Runtime) -> Iterator[Worker]:
    own = Worker(runtime)
    own.start()
    try:
        yield own
    finally:
        own.stop()


@contextmanager
def a_fault_of_the_program(runtime: Runtime, times: int) -> Iterator[list[int]]:
    """The next transactions fail in a way that nobody has thought of."""
    left = [times]

    def step(_connection: Any) -> None:
        if left[0] > 0:
            left[0] -= 1
            raise ZeroDivisionError(SECRET)

    event.listen(runtime.database.engine, "begin", step)
    yield left
    event.remove(runtime.database.engine, "begin", step)


def test_a_worker_outlives_a_fault_that_nobody_has_thought_of_and_tells_no_values(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker, "FAULT_S", 0.02)
    desk.release(WAITING)
    with desk.runtime.write(IDA, follow_up=False) as command:
        case = instance.start(command, "p", {})
        clock.advance(command.connection, clock.instant(3_601_000_000) - clock.EPOCH)

    with a_fault_of_the_program(desk.runtime, 3) as left, at_work(desk.runtime) as own:
        _until(lambda: left[0] == 0)
        _until(lambda: "read" in desk.tasks(case))
        assert not own.broke

    told = [each for each in caplog.records if each.name == "engine.worker"]
    assert len(told) == 3 and all(each.exc_info for each in told)
    assert SECRET not in "".join(each.getMessage() for each in told)


def test_the_pause_after_faults_grows_and_ends_with_the_first_turn_that_goes_well(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "FAULT_S", 0.04)
    monkeypatch.setattr(worker, "FAULT_MOST_S", 0.16)
    began: list[float] = []
    event.listen(desk.runtime.database.engine, "begin", lambda _: began.append(time.monotonic()))

    with a_fault_of_the_program(desk.runtime, 5) as left, at_work(desk.runtime):
        _until(lambda: left[0] == 0)

    pauses = [later - earlier for earlier, later in pairwise(began)]
    assert pauses[0] >= 0.04 and pauses[1] >= 0.08 and pauses[2] >= 0.16 and pauses[3] >= 0.16


def test_work_of_an_unknown_kind_is_an_incident_of_its_case_and_stops_nobody_else(desk: Desk) -> None:
    desk.release(WAITING)
    strange, other = desk.start(), desk.start()
    _owe(desk, strange, "from_the_future")

    desk.wait(hours=1)

    assert _failed(desk) == [strange]
    assert "read" in desk.tasks(other) and "read" in desk.tasks(strange)
    message, params = _told(desk, strange)
    assert message.startswith("Nothing here") and params == {"kind": "from_the_future"}


def test_work_of_an_unknown_kind_can_be_tried_again_once_the_program_knows_it(desk: Desk) -> None:
    desk.release(WAITING)
    case = desk.start()
    _owe(desk, case, "from_the_future")
    desk.work()
    with desk.runtime.write(IDA) as command:
        command.connection.execute(update(schema.job).where(_j.state == "failed").values(kind="sweep"))
        incident.retry(command, command.connection.execute(select(schema.incident.c.id)).scalar_one())
    desk.work()

    assert _failed(desk) == []


def test_work_that_cannot_be_read_is_an_incident_of_its_case_and_stops_nobody_else(desk_unsound: Desk) -> None:
    desk = desk_unsound
    desk.runtime.connectors = CONNECTORS
    desk.release(LEAVING, WAITING.replace(b'id="p"', b'id="q"'))
    with desk.runtime.write(IDA, follow_up=False) as command:
        strange = instance.start(command, "p", {})
        command.connection.execute(update(schema.job).values(content="no json"))
    other = desk.start("q")

    desk.wait(hours=1)

    assert _failed(desk) == [strange]
    assert _told(desk, strange) == ("The work failed inside the program. The log says more.", {})
    assert "read" in desk.tasks(other)


def test_a_failure_that_cannot_be_told_of_still_ends_the_tries(desk_unsound: Desk) -> None:
    desk = desk_unsound
    desk.release(WAITING)
    strange, other = desk.start(), desk.start()
    _owe(desk, strange, "from_the_future")
    with desk.runtime.write() as command:  # its case cannot be read either
        command.connection.execute(
            update(schema.instance).where(schema.instance.c.id == strange).values(remits="no json")
        )

    desk.wait(hours=1)

    assert _failed(desk) == [strange]
    assert "read" in desk.tasks(other)


def test_a_service_that_wants_the_program_to_end_has_failed(desk: Desk) -> None:
    desk.runtime.connectors = CONNECTORS
    desk.release(LEAVING)

    case = desk.start()

    assert _failed(desk) == [case]
    assert SECRET not in json.dumps(_told(desk, case))


def test_a_lease_from_before_the_clock_was_set_back_keeps_nobody_from_the_work(desk: Desk) -> None:
    desk.release(WAITING)
    case = desk.start()
    with desk.runtime.write(follow_up=False) as command:
        clock.advance(command.connection, timedelta(hours=2))
        leased = clock.lease_now(command.connection) + job.LEASE_US
        command.connection.execute(update(schema.job).values(leased_until=leased, fence=1))
    desk.work()
    assert "read" not in desk.tasks(case)

    with desk.runtime.write(follow_up=False) as command:  # as it looks once the clock is a day behind
        command.connection.execute(update(schema.job).values(leased_until=leased + 86_400_000_000))
    desk.work()

    assert "read" in desk.tasks(case)


def _owe(desk: Desk, case: str, kind: str) -> None:
    with desk.runtime.write(follow_up=False) as command:
        job.add(command, kind, instance_id=case, root_id=case)


def _failed(desk: Desk) -> list[str]:
    with desk.runtime.read() as view:
        query = select(_j.instance_id).where(_j.state == "failed")
        return list(view.connection.execute(query).scalars())


def _told(desk: Desk, case: str) -> tuple[str, dict[str, Any]]:
    with desk.runtime.read() as view:
        row = view.connection.execute(select(schema.incident).where(schema.incident.c.instance_id == case)).one()
        return row.message, json.loads(row.params)


def _until(true: Callable[[], bool], seconds: float = 20) -> None:
    patience = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < patience, "it never came to this"
        time.sleep(0.01)
