"""T2–T4: two people, two workers, two commands at once; one legal order explains what stands."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from engine import assembly, connector, instance, task, worker
from engine.errors import Conflict, EngineError
from engine.runtime import Command, Runtime
from tests.engine.bpmn.drawing import extended, flow, process, straight
from tests.engine.desk import IDA, Desk
from tests.engine.reliability import labouring

TWO_STEPS = straight('<userTask id="first"/>', '<userTask id="second"/>')
FAN = straight(
    extended(
        "userTask",
        'id="visit"',
        inner="<multiInstanceLoopCharacteristics><extensionElements>"
        '<z:loopCharacteristics inputCollection="=sites" inputElement="site" outputCollection="found" '
        'outputElement="=site"/></extensionElements></multiInstanceLoopCharacteristics>',
    ),
    '<userTask id="read_all"/>',
)
PARALLEL = process(
    "\n".join(
        [
            '<startEvent id="b"/><parallelGateway id="split"/><userTask id="left"/><userTask id="right"/>',
            '<parallelGateway id="join"/><userTask id="after"/>',
            flow("b", "split"),
            flow("split", "left"),
            flow("split", "right"),
            flow("left", "join"),
            flow("right", "join"),
            flow("join", "after"),
        ]
    )
)


def _at_once(runtime: Runtime, *commands: Callable[[Command], Any]) -> list[Any]:
    """Run each command in a thread and transaction of its own, started together; answers or refusals in order."""
    barrier = threading.Barrier(len(commands))
    answers: list[Any] = [None] * len(commands)

    def run(position: int, command: Callable[[Command], Any]) -> None:
        barrier.wait()
        try:
            with runtime.write(IDA) as opened:
                answers[position] = command(opened)
        except EngineError as error:
            answers[position] = error

    threads = [threading.Thread(target=run, args=(n, c)) for n, c in enumerate(commands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@pytest.mark.parametrize("round_", range(5))
def test_of_many_who_complete_one_task_exactly_one_wins(desk: Desk, round_: int) -> None:
    desk.release(TWO_STEPS)
    case = desk.start()
    waiting = desk.tasks(case)["first"].id

    answers = _at_once(desk.runtime, *([lambda c: task.complete(c, waiting, {})] * 4))

    assert sorted(isinstance(a, Conflict) for a in answers) == [False, True, True, True]
    assert desk.visits(case).count("second") == 1


def test_a_submission_sent_twice_at_once_has_one_effect_and_one_answer(desk: Desk) -> None:
    desk.release(TWO_STEPS)
    case = desk.start()
    waiting = desk.tasks(case)["first"].id

    one, two = _at_once(desk.runtime, *([lambda c: task.complete(c, waiting, {"a": 1}, key="k")] * 2))

    assert one == two
    assert desk.visits(case).count("second") == 1


def test_a_start_sent_twice_at_once_makes_one_case(desk: Desk) -> None:
    desk.release(TWO_STEPS)

    one, two = _at_once(desk.runtime, *([lambda c: instance.start(c, "p", {"a": 1}, key="k")] * 2))

    assert one == two and list(desk.tasks(one)) == ["first"]


def test_who_takes_over_a_job_that_another_still_works_at_waits_for_the_answer(desk: Desk) -> None:
    def work(command: Command) -> Any:
        spot = {"instance_id": "i", "element": "e", "headers": {}, "job_id": "j"}
        return connector.call(command, "double", inputs={"n": 2}, others=labouring.WORKING, **spot)

    assert _at_once(desk.runtime, work, work, work) == [{"doubled": 2 * 2}] * 3


def test_both_branches_completed_at_once_meet_in_the_join(desk: Desk) -> None:
    desk.release(PARALLEL)
    case = desk.start()
    waiting = desk.tasks(case)

    _at_once(
        desk.runtime,
        lambda c: task.complete(c, waiting["left"].id, {"l": 1}),
        lambda c: task.complete(c, waiting["right"].id, {"r": 2}),
    )

    assert list(desk.tasks(case)) == ["after"]
    assert desk.values(case) == {"l": 1, "r": 2}


@pytest.mark.parametrize("other", ["cancel", "suspend", "assign"])
def test_completing_against_something_else_leaves_a_legal_order(desk: Desk, other: str) -> None:
    desk.release(TWO_STEPS)
    case = desk.start()
    waiting = desk.tasks(case)["first"].id
    others: dict[str, Callable[[Command], Any]] = {
        "cancel": lambda c: instance.cancel(c, case, "why"),
        "suspend": lambda c: instance.suspend(c, case, "why"),
        "assign": lambda c: task.assign(c, waiting, "ida", "why"),
    }

    done, changed = _at_once(desk.runtime, lambda c: task.complete(c, waiting, {}), others[other])

    assert not (isinstance(done, EngineError) and isinstance(changed, EngineError))
    if not isinstance(done, EngineError):
        assert desk.visits(case).count("second") == 1


def test_several_workers_lose_and_double_nothing(desk: Desk) -> None:
    desk.release(FAN)
    with desk.runtime.write(IDA, follow_up=False) as command:
        case = instance.start(command, "p", {"sites": list(range(60))})
    url = desk.runtime.database.engine.url.render_as_string(hide_password=False)
    hands = [assembly.open(url, desk.runtime.state) for _ in range(3)]

    def drive(hand: Runtime) -> None:
        while worker.run_due(hand):
            pass

    def everybody() -> None:
        threads = [threading.Thread(target=drive, args=(hand,)) for hand in hands]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    everybody()
    children = set(desk.cases()) - {case}
    assert len(children) == 60
    for child in children:
        with desk.runtime.write(IDA, follow_up=False) as command:
            task.complete(command, desk.task_of(child), {})
    everybody()
    desk.work()

    assert list(desk.tasks(case)) == ["read_all"]
    assert desk.values(case)["found"] == list(range(60))
    for hand in hands:
        hand.close()
