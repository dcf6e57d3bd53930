"""What waits is armed before anything is thrown in the same turn; the order of lines in the file decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

import pytest

from tests.engine.interpreter.building import (
    boundary,
    catch,
    condition,
    end,
    flow,
    flows,
    gateway,
    handler,
    on,
    process,
    script,
    service,
    start,
    sub,
    throw,
    undo,
    undone_by,
    user,
)
from tests.engine.interpreter.playing import Case

BOTH = pytest.mark.parametrize("turned", [False, True], ids=["as-drawn", "turned-round"])


def fork(*branches: str, turned: bool) -> Iterable[str]:
    """The flows from gateway ``g``, in one order or the other."""
    drawn = [flow("g", branch) for branch in branches]
    return reversed(drawn) if turned else drawn


@BOTH
def test_a_signal_is_heard_by_a_branch_that_begins_beside_its_throw(turned: bool) -> None:
    parts = gateway("parallel", "g"), throw("t", on("signal", "S")), catch("c", on("signal", "S")), user("z")
    case = Case(process(start(), *parts, flows("s", "g"), *fork("t", "c", turned=turned), flows("c", "z")))

    assert case.waiting == ["z"]


@BOTH
def test_steps_that_nobody_does_come_before_what_is_thrown(turned: bool) -> None:
    lead = script("x", "=1", "a"), script("y", "=2", "b"), sub("k", start("ks"), script("kx", "=3"), flows("ks", "kx"))
    parts = gateway("parallel", "g"), throw("t", on("signal", "S")), catch("c", on("signal", "S")), user("z")
    path = flows("s", "g"), *fork("t", "x", turned=turned), flows("x", "y", "k", "c", "z")
    case = Case(process(start(), *parts, *lead, *path))

    assert case.waiting == ["z"]


@BOTH
def test_what_is_thrown_together_is_not_heard_by_what_waits_only_behind_a_throw(turned: bool) -> None:
    parts = gateway("parallel", "g"), throw("a", on("signal", "A")), throw("b", on("signal", "B"))
    heard = catch("c", on("signal", "B")), user("z"), flows("a", "c", "z")
    case = Case(process(start(), *parts, *heard, flows("s", "g"), *fork("a", "b", turned=turned)))

    assert (case.standing, case.waiting) == (["c"], [])


@BOTH
def test_of_what_is_thrown_together_the_ids_say_what_comes_first_not_who_came_first(turned: bool) -> None:
    parts = gateway("parallel", "g"), script("x", "=1"), throw("a", on("message", "A")), throw("b", on("message", "B"))
    case = Case(process(start(), *parts, flows("s", "g"), *fork("b", "x", turned=turned), flows("x", "a")))

    assert [fact.name for fact in case.fold.thrown] == ["A", "B"]


@BOTH
@pytest.mark.parametrize("kind", ["error", "terminate", "escalation"])
def test_a_message_leaves_before_its_neighbour_interrupts(turned: bool, kind: str) -> None:
    stop = on(kind) if kind == "terminate" else on(kind, "E")
    inside = start("is"), gateway("parallel", "g"), throw("m", on("message", "M")), end("e", stop), flows("is", "g")
    caught = boundary("b", "S", on(kind, "E")) + flows("b", "z") if kind != "terminate" else ""
    body = sub("S", *inside, *fork("m", "e", turned=turned)) + caught
    case = Case(process(start(), body, user("z"), flows("s", "S", "z")))

    assert [fact.name for fact in case.fold.thrown] == ["M"]
    assert case.waiting == ["z"]


@BOTH
def test_an_error_comes_before_a_terminate_end_and_work_beside_them_is_reached(turned: bool) -> None:
    inside = start("is"), gateway("parallel", "g"), end("a", on("terminate")), end("e", on("error", "E")), user("u")
    body = sub("S", *inside, flows("is", "g"), *fork("a", "e", "u", turned=turned))
    border = boundary("b", "S", on("error", "E")), user("w"), user("z"), flows("b", "w")
    case = Case(process(start(), body, *border, flows("s", "S", "z")))

    assert case.waiting == ["w"]
    assert ("u", "cancelled") in case.fold.left


@pytest.mark.parametrize("order", list(permutations(["e", "k"])))
def test_of_two_errors_that_different_events_catch_the_smaller_id_comes_first(order: tuple[str, ...]) -> None:
    inside = start("is"), gateway("parallel", "g"), end("e", on("error", "E")), end("k", on("error", "K"))
    body = sub("S", *inside, flows("is", "g"), *(flow("g", each) for each in order))
    border = boundary("be", "S", on("error", "E")), boundary("bk", "S", on("error", "K")), user("w"), user("z")
    case = Case(process(start(), body, *border, flows("s", "S"), flows("be", "w"), flows("bk", "z")))

    assert case.waiting == ["w"]


@BOTH
def test_an_escalation_is_taken_once_all_that_begins_with_it_stands(turned: bool) -> None:
    inside = start("is"), gateway("parallel", "g"), throw("t", on("escalation", "X")), user("u"), flows("is", "g")
    answer = handler("H", start("hs", on("escalation", "X"), isInterrupting=True), user("h"), flows("hs", "h"))
    case = Case(process(start(), sub("S", *inside, *fork("t", "u", turned=turned), answer), flows("s", "S")))

    assert case.waiting == ["h"]
    assert ("u", "cancelled") in case.fold.left


@BOTH
def test_a_condition_holds_whichever_branch_wrote_first(turned: bool) -> None:
    parts = gateway("parallel", "g"), script("x", "=1", "n"), catch("c", condition("n = 1")), user("z"), flows("c", "z")
    case = Case(process(start(), *parts, flows("s", "g"), *fork("x", "c", turned=turned)), {"n": 0})

    assert case.waiting == ["z"]


@BOTH
def test_what_a_neighbour_has_just_done_is_undone_too(turned: bool) -> None:
    work = script("x", "=1", "n"), undone_by("xc", "x", "ux"), service("ux", isForCompensation=True)
    parts = gateway("parallel", "g"), throw("t", undo()), flows("s", "g"), *fork("t", "x", turned=turned)
    case = Case(process(start(), *parts, *work))

    assert [job.element for job in case.fold.jobs.values()] == ["ux"]
