"""撤回: taking back a completed task, only where that undoes all that its completion did."""

from __future__ import annotations

import pytest

from engine import task
from engine.errors import Conflict
from tests.engine.desk import IDA, Desk
from tests.engine.interpreter.building import (
    boundary,
    catch,
    end,
    ext,
    flow,
    flows,
    gateway,
    io,
    on,
    script,
    several,
    start,
    sub,
    text,
    timer,
    undone_by,
    user,
)

BESIDE = gateway("parallel", "f"), user("b"), flows("f", "b")
STILL_OPEN = {
    "a step before it has been joined": (
        *BESIDE,
        gateway("parallel", "j"),
        user("c"),
        flows("s", "f", "a", "j", "c"),
        flows("b", "j"),
    ),
    "a timer has begun to run beside the next step": (
        *BESIDE,
        catch("w", timer("Duration", "PT1H")),
        user("late"),
        flows("s", "a", "f", "w", "late"),
    ),
    "something else was ended by it": (
        sub(
            "S",
            *(start("is"), user("a"), user("b"), end("t", on("terminate"))),
            *(flows("is", "a", "t"), flows("is", "b")),
        ),
        user("c"),
        flows("s", "S", "c"),
    ),
    "it was one of several in a row": (user("a", several("=[1, 2]", "i", sequential=True)), flows("s", "a")),
    "what came after could be undone twice": (
        *(user("a"), script("x", "=1"), undone_by("ux", "x", "v"), user("v", isForCompensation=True), user("c")),
        *(flows("s", "a", "x", "c"), boundary("h", "c", on("message", "m")), flows("h", "end"), end("end")),
    ),
}


@pytest.mark.parametrize("why", STILL_OPEN)
def test_what_cannot_be_undone_altogether_is_not_taken_back(desk: Desk, why: str) -> None:
    parts = "".join(STILL_OPEN[why])
    own = "" if 'id="a"' in parts else user("a")
    desk.release(text(start(), own, parts).encode())
    case = desk.start()
    if "b" in desk.tasks(case) and "ended" not in why:
        desk.complete(case, "b")
    first = desk.tasks(case)["a"].id
    desk.complete(case, "a")
    before = desk.visits(case), sorted(desk.tasks(case))

    with pytest.raises(Conflict, match="no longer be taken back"), desk.runtime.write(IDA) as command:
        task.withdraw(command, first, "a slip")
    assert (desk.visits(case), sorted(desk.tasks(case))) == before


def test_a_step_with_mappings_and_events_on_its_border_is_taken_back_like_any_other(desk: Desk) -> None:
    first = user("a", ext(io({"x": "=1"}, {"y": "=x"})), startQuantity=1) + boundary(
        "t", "a", timer("Duration", "P1D"), interrupting=False
    )
    gate = gateway("exclusive", "g", default="g-b"), user("b"), user("c"), user("late"), flows("t", "late")
    after = boundary("u", "b", timer("Duration", "P2D"), interrupting=False), user("later"), flows("u", "later")
    desk.release(text(start(), first, *gate, *after, flows("s", "a", "g", "b"), flow("g", "c", "y = 2")).encode())
    case = desk.start()
    done = desk.tasks(case)["a"].id
    desk.complete(case, "a")

    with desk.runtime.write(IDA) as command:
        task.withdraw(command, done, "a slip")

    assert list(desk.tasks(case)) == ["a"]
    desk.complete(case, "a", x=2)
    assert list(desk.tasks(case)) == ["c"]
    desk.wait(days=3)
    assert list(desk.tasks(case)) == ["c"]


def test_what_was_taken_back_is_undone_once(desk: Desk) -> None:
    undoing = undone_by("ua", "a", "v"), user("v", isForCompensation=True), user("b"), user("z")
    thrown = '<intermediateThrowEvent id="t"><compensateEventDefinition/></intermediateThrowEvent>'
    desk.release(text(start(), user("a"), *undoing, thrown, flows("s", "a", "b", "t", "z")).encode())
    case = desk.start()
    done = desk.tasks(case)["a"].id
    desk.complete(case, "a")
    with desk.runtime.write(IDA) as command:
        task.withdraw(command, done, "a slip")
    desk.complete(case, "a")
    desk.complete(case, "b")
    desk.complete(case, "v")

    assert list(desk.tasks(case)) == ["z"]
