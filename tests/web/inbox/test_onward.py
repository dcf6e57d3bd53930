"""What a worker does between two steps is waited for a moment, so that a page does not say that nothing waits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from engine import instance, release, schema, worker
from engine.actor import person
from engine.runtime import Runtime
from tests.engine.bpmn.drawing import extended, straight
from tests.web.browsing import Browser

NUMBERED = straight(
    '<userTask id="do_first"/>',
    extended(
        "serviceTask",
        'id="take_number"',
        '<z:taskDefinition type="number.next"/><z:taskHeaders><z:header key="pattern" value="A-{n}"/></z:taskHeaders>',
    ),
    '<userTask id="do_second"/>',
)


@pytest.fixture
def first(runtime: Runtime, ida: Browser) -> str:
    """The first step of a case of Ida's, with a service task behind it."""
    with runtime.write(person("ida")) as command:
        release.release(command, {"p.bpmn": NUMBERED}, plain=True)
        instance.start(command, "p", {})
    return open_task(runtime)


@pytest.fixture
def at_work(runtime: Runtime) -> Iterator[None]:
    """A worker is there."""
    hand = worker.Worker(runtime)
    hand.start()
    yield
    hand.stop()


def open_task(runtime: Runtime) -> str:
    with runtime.read() as view:
        return str(view.connection.execute(select(schema.task.c.id).where(schema.task.c.state == "open")).scalar_one())


def handed_in(ida: Browser, task: str) -> str | None:
    location = ida.post(f"/tasks/{task}/finish", {"stamp": "1", "key": "once"}).location
    return None if location is None else str(location)


def test_behind_a_service_task_one_goes_straight_on_to_ones_own_next_step(
    ida: Browser, first: str, runtime: Runtime, at_work: None
) -> None:
    location = handed_in(ida, first)
    assert location == f"/tasks/{open_task(runtime)}?after={first}"


def test_where_nobody_does_it_soon_the_list_says_what_was_handed_in_and_promises_nothing(
    ida: Browser, first: str
) -> None:
    location = handed_in(ida, first)
    assert location == f"/todo?after_task={first}"
    assert "查看" in ida.get(location).text and "撤回" not in ida.get(location).text
