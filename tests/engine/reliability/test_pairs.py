"""T4: every two commands on one case at the same moment; one after the other, in some order, explains what stands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from engine import clock, draft, instance, message, schema, task, worker
from engine.errors import EngineError
from engine.runtime import Command
from tests.engine.bpmn.drawing import extended, flow, process
from tests.engine.desk import IDA, Desk

WATCHED = process(
    "\n".join(
        [
            '<startEvent id="b"/><userTask id="first"/><userTask id="second"/>',
            '<userTask id="late"/><userTask id="called_off"/>',
            '<boundaryEvent id="in_time" attachedToRef="first">',
            "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>",
            '<boundaryEvent id="call" attachedToRef="first"><messageEventDefinition messageRef="m"/></boundaryEvent>',
            flow("b", "first"),
            flow("first", "second"),
            flow("in_time", "late"),
            flow("call", "called_off"),
        ]
    ),
    extended("message", 'id="m" name="call"', '<z:subscription correlationKey="=no"/>'),
)
# How long the one who holds the case lets the other run up against it.
HELD_S = 0.15
Act = Callable[[Desk, str, str], object]


def _by_ida(act: Callable[[Command, str, str], object]) -> Act:
    def run(desk: Desk, case: str, waiting: str) -> object:
        with desk.runtime.write(IDA, follow_up=False) as command:
            return act(command, case, waiting)

    return run


def _timer(desk: Desk, _case: str, _waiting: str) -> None:
    with desk.runtime.write() as command:
        clock.advance(command.connection, timedelta(hours=2))
    worker.run_due(desk.runtime)


def _message(desk: Desk, case: str, _waiting: str) -> None:
    with desk.runtime.write(IDA, follow_up=False) as command:
        message.publish(command, "call", desk.row(case).business_key, {})
    worker.run_due(desk.runtime)


ACTS: dict[str, Act] = {
    "complete": _by_ida(lambda c, _, waiting: task.complete(c, waiting, {"said": 1})),
    "claim": _by_ida(lambda c, _, waiting: task.claim(c, waiting)),
    "assign": _by_ida(lambda c, _, waiting: task.assign(c, waiting, "ida", "why")),
    "draft": _by_ida(lambda c, _, waiting: draft.save(c, waiting, {"said": 2}, revision=0)),
    "suspend": _by_ida(lambda c, case, _: instance.suspend(c, case, "why")),
    "cancel": _by_ida(lambda c, case, _: instance.cancel(c, case, "why")),
    "timer": _timer,
    "message": _message,
}
State = tuple[Any, ...]


class Pair:
    """Two acts on cases of their own, one after the other or at once; each time what came of it."""

    def __init__(self, desk: Desk, one: str, other: str) -> None:
        self.desk, self.one, self.other = desk, one, other
        self.numbered = 0

    def _opened(self) -> tuple[str, str]:
        self.numbered += 1
        case = self.desk.start("p", no=f"{self.one}/{self.other}/{self.numbered}")
        return case, self.desk.tasks(case)["first"].id

    def after(self, *acts: str) -> State:
        """One after the other."""
        case, waiting = self._opened()
        said = {f"{n}{act}": _tried(ACTS[act], self.desk, case, waiting) for n, act in enumerate(acts)}
        return self._stands(case, said)

    def at_once(self) -> State:
        """The first holds whatever it has locked until the other waits for it, or is done."""
        case, waiting = self._opened()
        said: dict[str, str] = {}
        done = threading.Event()

        def other() -> None:
            said["1" + self.other] = _tried(ACTS[self.other], self.desk, case, waiting)
            done.set()

        behind = threading.Thread(target=other)

        def held() -> None:
            if behind.ident is None:
                behind.start()
            done.wait(HELD_S)

        with _held_at_commit(self.desk, held):
            said["0" + self.one] = _tried(ACTS[self.one], self.desk, case, waiting)
        if behind.ident is None:  # the first was refused before it came to a commit
            behind.start()
        behind.join(30)
        assert not behind.is_alive(), "they wait for one another"
        return self._stands(case, said)

    def _stands(self, case: str, said: dict[str, str]) -> State:
        self.desk.work()
        with self.desk.runtime.read() as view:
            t, d = schema.task.c, schema.draft.c
            rows = view.connection.execute(
                select(t.element, t.state, t.assignee, d.content)
                .outerjoin(schema.draft, d.task_id == t.id)
                .where(t.instance_id == case)
                .order_by(t.element)
            )
            tasks = tuple(tuple(row) for row in rows)
        row, values = self.desk.row(case), self.desk.values(case)
        kept = {name: value for name, value in values.items() if name != "no"}
        return row.state, tasks, kept, sorted((act[1:], each) for act, each in said.items()), self.desk.visits(case)


def _tried(act: Act, desk: Desk, case: str, waiting: str) -> str:
    try:
        act(desk, case, waiting)
    except EngineError as error:
        return type(error).__name__
    return "done"


@contextmanager
def _held_at_commit(desk: Desk, held: Callable[[], None]) -> Iterator[None]:
    """Within the block, this thread waits before each commit."""
    me = threading.get_ident()

    def wait(_connection: object) -> None:
        if threading.get_ident() == me:
            held()

    event.listen(desk.runtime.database.engine, "commit", wait)
    try:
        yield
    finally:
        event.remove(desk.runtime.database.engine, "commit", wait)


@pytest.mark.parametrize("one", ACTS)
def test_whatever_meets_on_a_case_one_after_the_other_explains_it(desk: Desk, one: str) -> None:
    desk.release(WATCHED)
    for other in ACTS:
        pair = Pair(desk, one, other)
        legal = (pair.after(one, other), pair.after(other, one))

        assert pair.at_once() in legal, (one, other)
