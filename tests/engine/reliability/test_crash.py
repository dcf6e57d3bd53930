"""T1: killed at every single statement, a command has happened whole or not at all."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from engine import clock, message, schema, task
from engine.runtime import Runtime
from tests.engine.bpmn.drawing import extended, flow, process, straight
from tests.engine.desk import IDA, Desk
from tests.engine.reliability import crashing

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.engine.reliability.crashing"])
_MANY = 120

DECIDE = process(
    "\n".join(
        [
            '<startEvent id="b"/><userTask id="write_report"/><exclusiveGateway id="is_good" default="no"/>',
            '<userTask id="sign_report"/>',
            flow("b", "write_report"),
            flow("write_report", "is_good"),
            flow("is_good", "sign_report", "=good"),
            '<sequenceFlow id="no" sourceRef="is_good" targetRef="write_report"/>',
        ]
    )
)
WAITS = straight(
    '<intermediateCatchEvent id="paid"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>',
    '<userTask id="ship"/>',
    top='<message id="m" name="paid"><extensionElements><z:subscription correlationKey="=no"/>'
    "</extensionElements></message>",
)
TIMED = straight(
    '<intermediateCatchEvent id="week"><timerEventDefinition><timeDuration>P7D</timeDuration></timerEventDefinition>'
    "</intermediateCatchEvent>",
    '<userTask id="look"/>',
)
CALLS = straight(
    extended(
        "callActivity",
        'id="ask"',
        '<z:calledElement processId="child" propagateAllChildVariables="false"/>',
        '<z:ioMapping><z:output source="=answer" target="answer"/></z:ioMapping>',
    ),
    '<userTask id="read"/>',
)
CHILD = straight('<userTask id="answer_it"/>').replace(b'id="p"', b'id="child"')


def _everything(runtime: Runtime) -> dict[str, Any]:
    """All rows of all tables that a command may write, but for leases."""
    tables = (
        schema.instance,
        schema.variable,
        schema.task,
        schema.candidate,
        schema.visit,
        schema.event,
        schema.subscription,
        schema.counter,
        schema.result,
        schema.message,
        schema.submission,
        schema.incident,
    )
    with runtime.read() as view:
        found = {t.name: sorted(map(repr, view.connection.execute(select(t)))) for t in tables}
        j = schema.job.c
        found["job"] = sorted(map(repr, view.connection.execute(select(j.id, j.kind, j.state))))
    return found


def _killed(runtime: Runtime, url: str, what: str, argument: str, kill_at: int) -> bool:
    child = _SERVER.Process(target=crashing.run, args=(url, str(runtime.state), what, argument, kill_at))
    child.start()
    child.join(60)
    assert child.exitcode in (0, -9), f"the command failed by itself: {child.exitcode}"
    return child.exitcode == -9


def _forget_leases(runtime: Runtime) -> None:
    """As if the minute a lease lasts were over."""
    with runtime.write() as command:
        command.connection.execute(update(schema.job).values(leased_until=None))


def _kill_everywhere(
    desk: Desk, url: str, what: str, argument: str, is_done: Callable[[], bool], *, steps: bool = False
) -> None:
    before = _everything(desk.runtime)
    kills = 0
    for kill_at in range(1, _MANY):
        if not _killed(desk.runtime, url, what, argument, kill_at):
            break
        kills += 1
        desk.must_be_sound()
        _forget_leases(desk.runtime)
        if not is_done() and not steps:
            assert _everything(desk.runtime) == before
    else:
        raise AssertionError("the command never came to its end")
    assert is_done()
    assert kills >= 5


def _url(desk: Desk) -> str:
    return desk.runtime.database.engine.url.render_as_string(hide_password=False)


def test_completing_a_task_has_happened_or_has_not(desk: Desk) -> None:
    desk.release(DECIDE)
    case = desk.start()
    waiting = desk.tasks(case)["write_report"].id

    _kill_everywhere(desk, _url(desk), "complete", waiting, lambda: "sign_report" in desk.tasks(case))

    with desk.runtime.write(IDA) as command:
        assert task.complete(command, waiting, {"good": True}, key="once").next_task
    assert desk.visits(case).count("sign_report") == 1


def test_claiming_a_task_has_happened_or_has_not(desk: Desk) -> None:
    desk.release(DECIDE)
    case = desk.start()

    _kill_everywhere(
        desk,
        _url(desk),
        "claim",
        desk.tasks(case)["write_report"].id,
        lambda: desk.tasks(case)["write_report"].assignee == "ida",
    )


def test_a_message_is_delivered_once_whatever_dies(desk: Desk) -> None:
    desk.release(WAITS)
    case = desk.start(no="7")
    with desk.runtime.write(IDA, follow_up=False) as command:
        message.publish(command, "paid", "7", {"amount": 5})

    _kill_everywhere(desk, _url(desk), "work", "", lambda: "ship" in desk.tasks(case))

    assert desk.values(case)["amount"] == 5
    assert desk.visits(case).count("ship") == 1


def test_a_timer_fires_once_whatever_dies(desk: Desk) -> None:
    desk.release(TIMED)
    case = desk.start()
    with desk.runtime.write() as command:
        clock.advance(command.connection, timedelta(days=8))

    _kill_everywhere(desk, _url(desk), "work", "", lambda: "look" in desk.tasks(case))

    assert desk.visits(case).count("look") == 1


def test_the_end_of_a_child_reaches_its_parent_once_whatever_dies(desk: Desk) -> None:
    desk.release(CALLS, CHILD)
    case = desk.start()
    with desk.runtime.write(IDA, follow_up=False) as command:
        task.complete(command, desk.tasks(case)["answer_it"].id, {"answer": 42})

    _kill_everywhere(desk, _url(desk), "work", "", lambda: "read" in desk.tasks(case), steps=True)

    assert desk.values(case) == {"answer": 42}
    assert desk.visits(case).count("read") == 1
