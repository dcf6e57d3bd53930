"""Two steps that must not be one person's, however a run of the diagram is spread over instances."""

from __future__ import annotations

import threading

import pytest

from engine import task
from engine.errors import EngineError, Forbidden
from tests.engine.desk import IDA, Desk
from tests.engine.interpreter.building import (
    call,
    document,
    ext,
    flows,
    io,
    scope,
    several,
    start,
    sub,
    tag,
    text,
    user,
)


def not_by(*elements: str) -> str:
    return ext(tag("zeebe:properties", tag("zeebe:property", name="notBy", value=" ".join(elements))))


def iterated(*elements: str) -> str:
    """A sub-process for each of two, with a review that is not for who did these."""
    review = user("review", not_by(*elements))
    return sub("S", several("=[1, 2]", "i"), start("is"), review, flows("is", "review"))


def test_who_drew_may_not_review_in_an_iteration_either(desk: Desk) -> None:
    desk.release(text(start(), user("draw", name="Draw"), iterated("draw"), flows("s", "draw", "S")).encode())
    case = desk.start()
    desk.complete(case, "draw")

    with pytest.raises(Forbidden, match="Draw"):
        desk.complete(case, "review")


def test_who_has_done_one_iteration_may_not_do_another_or_what_comes_after(desk: Desk) -> None:
    last = user("sign", not_by("review"))
    desk.release(text(start(), iterated("review"), last, flows("s", "S", "sign")).encode())
    case = desk.start()
    one, two = (child for child in desk.cases() if child != case)
    with desk.runtime.write(IDA) as command:
        task.complete(command, desk.task_of(one), {})

    with pytest.raises(Forbidden, match="review"), desk.runtime.write(IDA) as command:
        task.claim(command, desk.task_of(two))


def test_what_a_sibling_of_the_same_process_has_seen_done_counts_for_that_one_alone(desk: Desk) -> None:
    body = start("qs"), user("draw"), iterated("draw"), flows("qs", "draw", "S")
    calls = call("c", "q", io({"n": "=x"}), several("=[1, 2]", "x"))
    file = scope("process", "p", start(), calls, flows("s", "c")) + scope("process", "q", *body)
    desk.release(document(file, {}).encode())
    desk.start()
    drawing, other = (case for case in desk.cases() if desk.row(case).process_key == "q")
    with desk.runtime.write(IDA) as command:
        task.complete(command, desk.task_of(drawing), {})
    desk.work()
    iteration = next(case for case in desk.cases() if desk.row(case).parent_id == drawing)

    with pytest.raises(Forbidden), desk.runtime.write(IDA) as command:
        task.claim(command, desk.task_of(iteration))
    with desk.runtime.write(IDA) as command:
        task.claim(command, desk.task_of(other))


@pytest.mark.parametrize("round_", range(3))
def test_nobody_does_two_iterations_at_the_same_moment(desk: Desk, round_: int) -> None:
    desk.release(text(start(), iterated("review"), flows("s", "S")).encode())
    case = desk.start()
    tasks = [desk.task_of(child) for child in desk.cases() if child != case]
    barrier, refused = threading.Barrier(2), []

    def review(task_id: str) -> None:
        barrier.wait()
        try:
            with desk.runtime.write(IDA) as command:
                task.complete(command, task_id, {})
        except EngineError as error:
            refused.append(error)

    threads = [threading.Thread(target=review, args=(each,)) for each in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [type(each) for each in refused] == [Forbidden]
