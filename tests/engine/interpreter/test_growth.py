"""What a command costs and what a marking weighs does not grow with what has happened: counted, not timed."""

from __future__ import annotations

import pytest

from engine.interpreter import Entered
from tests.engine.interpreter.building import (
    boundary,
    end,
    ext,
    flow,
    flows,
    gateway,
    io,
    loop,
    on,
    process,
    script,
    several,
    start,
    sub,
    throw,
    timer,
    undo,
    user,
)
from tests.engine.interpreter.playing import Case

NUMBERS = 24
"""Bytes by which a marking may grow because the numbers in it have more digits."""


def weight(case: Case) -> tuple[int, int, int, int]:
    """Open tokens, facts of the last command, reads, calls of FEEL."""
    return len(case.standing), len(case.last), case.reads, case.calls


ROUNDS = process(
    start(),
    gateway("parallel", "g"),
    user("beside"),
    sub(
        "S",
        ext(io({"local": "=1"})),
        start("is"),
        gateway("exclusive", "m"),
        user("a"),
        script("x", "=n + 1", "n"),
        gateway("exclusive", "d", default="d-m"),
        end("ie"),
        flows("is", "m", "a", "x", "d", "m"),
        flow("d", "ie", "n > 5000"),
    ),
    boundary("late", "S", timer("Cycle", "R/PT1M"), interrupting=False),
    script("told", "=k + 1", "k"),
    flows("s", "g", "S"),
    flows("g", "beside"),
    flows("late", "told"),
)


def test_a_round_of_a_loop_costs_the_same_however_many_went_before() -> None:
    case = Case(ROUNDS, {"n": 0, "k": 0})
    for _ in range(10):
        case.complete("a")
    before, size = weight(case), len(case.marking)
    case.pass_time(minutes=150)
    for _ in range(150):
        case.complete("a")
    assert weight(case) == before
    assert len(case.marking) <= size + NUMBERS
    assert case.values["k"] == 150, "the handler has fired as often"


def test_a_pass_of_a_standard_loop_costs_the_same_however_many_went_before() -> None:
    case = Case(process(start(), user("a", loop("loopCounter < 1000")), flows("s", "a")))
    for _ in range(5):
        case.complete("a")
    before, size = weight(case), len(case.marking)
    for _ in range(150):
        case.complete("a")
    assert weight(case) == before
    assert len(case.marking) <= size + NUMBERS


def test_a_pass_of_a_sequence_costs_the_same_however_many_went_before_and_come_after() -> None:
    found = []
    for items in (20, 200):
        body = user("a", several("=items", "i", "out", "=i", sequential=True, until="stop"))
        case = Case(process(start(), body, flows("s", "a")), {"items": list(range(items)), "stop": False})
        for _ in range(10):
            case.complete("a")
        early, size = weight(case), len(case.marking)
        for _ in range(items - 12):
            case.complete("a")
        assert weight(case) == early
        assert len(case.marking) <= size + NUMBERS
        found.append(early)
    assert found[0] == found[1]


def test_parallel_iterations_cost_their_parent_one_token() -> None:
    sizes = []
    for items in (10, 2000):
        body = user("a", several("=items", "i", "out", "=i"))
        fan = Case(process(start(), body, flows("s", "a")), {"items": list(range(items))}, childless=True)
        sizes.append((len(fan.marking), len(fan.standing)))
    assert sizes[0] == sizes[1]


def test_a_start_does_not_look_ahead() -> None:
    def diamonds(count: int) -> Case:
        parts, before = [start()], "s"
        for n in range(count):
            parts += [gateway("parallel", f"g{n}"), gateway("parallel", f"j{n}"), user(f"a{n}"), user(f"b{n}")]
            parts.append(flows(before, f"g{n}", f"a{n}", f"j{n}") + flows(f"g{n}", f"b{n}", f"j{n}"))
            before = f"j{n}"
        return Case(process(*parts))

    assert weight(diamonds(12)) == weight(diamonds(1))
    assert len(diamonds(50).marking) == len(diamonds(1).marking)


def test_what_was_undone_is_forgotten() -> None:
    inner = start("is"), sub("T", start("ts"), user("a"), flows("ts", "a")), throw("t", undo()), flows("is", "T", "t")
    ring = gateway("exclusive", "m"), sub("S", *inner), gateway("exclusive", "d", default="d-m"), end()
    case = Case(process(start(), *ring, flows("s", "m", "S", "d", "m"), flow("d", "e", "over")), {"over": False})
    for _ in range(3):
        case.complete("a")
    size = len(case.marking)
    for _ in range(60):
        case.complete("a")
    assert len(case.marking) <= size + NUMBERS


def test_a_chain_of_a_thousand_automatic_steps_is_the_most_a_command_does() -> None:
    ring = gateway("exclusive", "g"), script("x", "=n + 1", "n")
    case = Case(process(start(), *ring, flows("s", "g", "x", "g")), {"n": 0})
    assert sum(isinstance(fact, Entered) for fact in case.last) == 1000 + 1
    assert len(case.standing) == 1


@pytest.mark.parametrize("ways", [10, 100])
def test_a_completion_beside_many_others_touches_its_own_only(ways: int) -> None:
    branches = [user(f"u{n}") + flows("g", f"u{n}", "j") for n in range(ways)]
    case = Case(process(start(), gateway("parallel", "g"), gateway("parallel", "j"), *branches, flows("s", "g")))
    case.complete("u5")
    assert len(case.last) == 3, "task closed, task left, join entered"


def test_signals_that_come_often_leave_one_subscription() -> None:
    parts = user("a"), boundary("b", "a", on("signal", "go"), interrupting=False), script("x", "=n + 1", "n")
    case = Case(process(start(), *parts, flows("s", "a"), flows("b", "x")), {"n": 0})
    size = len(case.signal("go").marking)
    for _ in range(50):
        case.signal("go")
    assert len(case.fold.subscriptions) == 1
    assert len(case.marking) <= size + NUMBERS
