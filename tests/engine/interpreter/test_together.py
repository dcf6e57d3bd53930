"""Constructs inside and beside each other: event sub-processes, borders, loops, calls, transactions, undoing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.engine.interpreter.building import (
    boundary,
    call,
    catch,
    condition,
    end,
    flow,
    flows,
    gateway,
    handler,
    io,
    loop,
    on,
    process,
    processes,
    ref,
    scope,
    script,
    service,
    several,
    start,
    sub,
    tag,
    throw,
    timer,
    undo,
    undone_by,
    user,
)
from tests.engine.interpreter.playing import Case
from tests.engine.interpreter.test_compensation import undoing

Happens = Callable[[Case], object]

# What starts an event sub-process, and how it comes to a scope in which ``u`` waits for a person.
STARTED: dict[str, tuple[str, Happens]] = {
    "message": (on("message", "m"), lambda case: case.message("m")),
    "signal": (on("signal", "g"), lambda case: case.signal("g")),
    "timer": (timer("Duration", "PT1H"), lambda case: case.pass_time(hours=1)),
    "cycle": (timer("Cycle", "R1/PT1H"), lambda case: case.pass_time(hours=1)),
    "condition": (condition("v > 1"), lambda case: case.write(v=2)),
    "escalation": (on("escalation", "N"), lambda case: case.complete("w", thrown="N")),
    "any escalation": (on("escalation"), lambda case: case.complete("w", thrown="N")),
    "error": (on("error", "E"), lambda case: case.complete("w", thrown="E")),
    "any error": (on("error"), lambda case: case.complete("w", thrown="E")),
}
ONCE = ("error", "any error")


def inside(kind: str, interrupting: bool) -> str:
    """Tasks ``u`` and ``w``, an event sub-process that leads to ``h``, and what may be thrown after ``w``."""
    parts = user("u"), user("w"), gateway("exclusive", "g", default="g-fine"), end("fine")
    thrown = end("bad", on("error", "E")), throw("up", on("escalation", "N"))
    answer = handler("H", start("hs", STARTED[kind][0], isInterrupting=interrupting), user("h"), flows("hs", "h"))
    lead = flows("is", "u"), flows("is", "w", "g", "fine"), flow("g", "bad", 'thrown = "E"')
    return "".join((start("is"), *parts, *thrown, answer, *lead, flow("g", "up", 'thrown = "N"')))


WAYS = [(kind, interrupting) for kind in STARTED for interrupting in (True, False) if interrupting or kind not in ONCE]


@pytest.mark.parametrize(("kind", "interrupting"), WAYS)
def test_an_event_sub_process_answers_wherever_its_scope_stands(kind: str, interrupting: bool) -> None:
    """In a process, a sub-process, two of them, a pass of a loop, a sequence, an iteration, a called process."""
    body = inside(kind, interrupting)
    around = flows("s", "S")
    S = sub("S", body)
    single = {
        "process": process(body),
        "sub-process": process(start(), S, around),
        "nested": process(start(), sub("O", start("os"), S, flows("os", "S")), flows("s", "O")),
        "transaction": process(start(), scope("transaction", "S", body), around),
        "loop": process(start(), sub("S", loop("false"), body), around),
        "sequence": process(start(), sub("S", several("=[1]", "i", sequential=True), body), around),
        "handler": process(
            start(), user("q"), handler("O", start("os", on("message", "go")), S, flows("os", "S")), flows("s", "q")
        ),
    }
    for where, diagram in single.items():
        case = Case(diagram, {"v": 0, "thrown": ""})
        if where == "handler":
            case.message("go")
        STARTED[kind][1](case)
        _answered(case, where, kind, interrupting)
    fan = Case(process(start(), sub("S", several("=[1]", "i"), body), around), {"v": 0, "thrown": ""})
    STARTED[kind][1](fan.children[0])
    _answered(fan.children[0], "iteration", kind, interrupting)
    both = processes(
        scope("process", "p", start(), call("S", "q", io({"v": "=0", "thrown": '=""'})), around),
        scope("process", "q", body),
    )
    caller = Case(both["p"], others=both)
    STARTED[kind][1](caller.children[0])
    _answered(caller.children[0], "call", kind, interrupting)


def _answered(case: Case, where: str, kind: str, interrupting: bool) -> None:
    left = [] if interrupting else ["u"] if "escalation" in kind else ["u", "w"]
    assert case.waiting == sorted(["h", *left]), where
    for task in (*left, "h"):
        case.complete(task, thrown="")
    assert case.over == "completed", where
    assert not case.fold.timers and not case.fold.subscriptions, where


BORDERS: dict[str, tuple[str, Happens]] = {
    "message": (on("message", "m"), lambda case: case.message("m")),
    "signal": (on("signal", "g"), lambda case: case.signal("g")),
    "timer": (timer("Date", "2026-04-02T00:00:00Z"), lambda case: case.pass_time(days=1)),
    "condition": (condition("v > 1"), lambda case: case.write(v=2)),
}
HOSTS = {
    "sub-process": sub("A", start("is"), user("u"), flows("is", "u")),
    "call": call("A", "q"),
    "sequence": sub("A", several("=[1, 2]", "i", sequential=True), start("is"), user("u"), flows("is", "u")),
    "loop": user("A", loop("loopCounter < 2")),
    "iterations": user("A", several("=[1, 2]", "i")),
    "calls": call("A", "q", "", several("=[1, 2]", "i")),
    "ad-hoc": scope("adHocSubProcess", "A", user("u"), user("v")),
    "transaction": scope("transaction", "A", start("is"), user("u"), flows("is", "u")),
    "receive": tag("receiveTask", id="A", messageRef=ref("message", "other")),
    "service": service("A"),
}


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("kind", BORDERS)
@pytest.mark.parametrize("host", HOSTS)
def test_an_event_on_a_border_fires_whatever_it_sits_on(host: str, kind: str, interrupting: bool) -> None:
    definition, happens = BORDERS[kind]
    border = boundary("b", "A", definition, interrupting=interrupting), user("late"), flows("b", "late")
    both = processes(
        scope("process", "p", start(), HOSTS[host], *border, user("z"), flows("s", "A", "z")),
        scope("process", "q", start("qs"), user("qu"), flows("qs", "qu")),
    )
    case = Case(both["p"], {"v": 0}, others=both)
    before = case.standing
    happens(case)
    if interrupting:
        assert case.standing == ["late"]
        assert {child.over for child in case.children} <= {"cancelled"}
    else:
        once = {"b"} if kind == "timer" else set()
        assert case.standing == sorted([*(each for each in before if each not in once), "late"])


@pytest.mark.parametrize("again", [loop(maximum=3), several("=[1, 2, 3]", "i", sequential=True)])
def test_a_cancelled_transaction_that_repeats_is_left_by_its_border(again: str) -> None:
    parts = start("ts"), *undoing("a"), gateway("exclusive", "g", default="g-ok"), end("ok"), end("c", on("cancel"))
    lead = flows("ts", "a", "g", "ok"), flow("g", "c", "n > 1")
    body = scope("transaction", "T", again, *parts, *lead)
    after = boundary("b", "T", on("cancel")), user("off"), user("fine"), flows("s", "T", "fine"), flows("b", "off")
    case = Case(process(start(), body, *after), {"n": 1})
    case.finish("a").finish("a", n=2)
    assert "una" in case.standing
    case.finish("una")
    assert case.standing == ["off"]


def test_a_transaction_that_is_over_is_undone_with_the_one_around_it() -> None:
    inner = scope("transaction", "U", start("us"), undoing("a"), flows("us", "a"))
    outer = scope("transaction", "T", start("ts"), inner, user("d"), end("c", on("cancel")), flows("ts", "U", "d", "c"))
    case = Case(process(start(), outer, boundary("b", "T", on("cancel")), user("x"), flows("s", "T"), flows("b", "x")))
    case.finish("a").complete("d").finish("una")
    assert case.waiting == ["x"]


def _undoing_fails(*border: str) -> Case:
    parts = service("a"), undone_by("ca", "a", "una"), service("una", isForCompensation=True), throw("t", undo())
    case = Case(process(start(), *parts, *border, user("z"), flows("s", "a", "t", "z")))
    return case.finish("a")


def test_a_handler_that_something_interrupts_is_not_waited_for() -> None:
    case = _undoing_fails(boundary("eb", "una", on("error", "E")), user("fix"), flows("eb", "fix"))
    assert case.fail("una", "E").waiting == ["fix", "z"]


def test_a_handler_that_is_ended_by_hand_is_not_waited_for() -> None:
    assert _undoing_fails().cancel("una").waiting == ["z"]


def test_an_ad_hoc_sub_process_that_has_had_enough_begins_nothing_more() -> None:
    until = "<completionCondition>n = 1</completionCondition>"
    inner = until, user("a"), user("b"), user("later"), flows("b", "later")
    hoc = scope("adHocSubProcess", "A", *inner, cancelRemainingInstances=False)
    case = Case(process(start(), hoc, user("z"), flows("s", "A", "z")), {"n": 0})
    assert case.complete("a", n=1).waiting == ["b"]
    assert case.complete("b", n=2).waiting == ["z"]


def test_terminate_in_an_iteration_ends_that_one_alone() -> None:
    inner = start("is"), user("u"), user("v"), end("t", on("terminate")), flows("is", "u", "t"), flows("is", "v")
    case = Case(process(start(), sub("S", several("=[1, 2]", "i"), *inner), user("z"), flows("s", "S", "z")))
    case.children[0].complete("u")
    assert [child.over for child in case.children] == ["completed", None]
    case.children[1].complete("v").complete("u")
    assert case.waiting == ["z"]


def test_terminate_in_the_answer_to_an_event_ends_the_answer_alone() -> None:
    inner = start("hs", on("message", "m"), isInterrupting=False), user("h"), user("k"), end("t", on("terminate"))
    answer = handler("H", *inner, flows("hs", "h", "t"), flows("hs", "k"))
    body = sub("S", start("is"), user("u"), answer, flows("is", "u"))
    case = Case(process(start(), body, user("z"), flows("s", "S", "z"))).message("m").complete("h")
    assert case.waiting == ["u"]


def test_an_inclusive_pair_inside_a_loop_is_fresh_in_each_round() -> None:
    gates = gateway("exclusive", "m"), gateway("inclusive", "g", default="g-c"), gateway("inclusive", "j")
    parts = *gates, user("a"), user("b"), user("c"), user("again"), gateway("exclusive", "x", default="x-e"), end("e")
    lead = flows("s", "m", "g", "c", "j", "again", "x", "e"), flow("g", "a", "pa"), flow("g", "b", "pb")
    back = flows("a", "j"), flows("b", "j"), flow("x", "m", "more")
    case = Case(process(start(), *parts, *lead, *back), {"pa": True, "pb": True, "more": True})
    assert case.complete("a").waiting == ["b"]
    assert case.complete("b", pb=False).complete("again").waiting == ["a"]
    assert case.complete("a", pa=False).complete("again").waiting == ["c"]
    assert case.complete("c", more=False).complete("again").over == "completed"


def test_of_several_timers_messages_and_receive_tasks_behind_a_gateway_one_wins() -> None:
    events = (
        catch("t1", timer("Duration", "PT2H"))
        + catch("t2", timer("Duration", "PT1H"))
        + catch("m1", on("message", "m"))
    )
    receive = tag("receiveTask", id="r", messageRef=ref("message", "n"))
    users = "".join(map(user, ("u1", "u2", "u3", "u4")))
    lead = flows("s", "g", "t1", "u1"), flows("g", "t2", "u2"), flows("g", "m1", "u3"), flows("g", "r", "u4")
    diagram = process(start(), gateway("eventBased", "g"), events, receive, users, *lead)
    for happens, wins in ((lambda c: c.pass_time(hours=3), "u2"), (lambda c: c.message("n"), "u4")):
        case = Case(diagram)
        happens(case)
        assert case.standing == [wins]
        assert not case.fold.subscriptions and not case.fold.timers


def test_an_escalation_of_called_iterations_comes_to_the_border_of_the_call_each_time() -> None:
    called = scope("process", "q", start("qs"), throw("t", on("escalation", "N")), user("u"), flows("qs", "t", "u"))
    calls = call("c", "q", "", several("=[1, 2]", "i")), boundary("b", "c", on("escalation", "N"), interrupting=False)
    both = processes(scope("process", "p", start(), *calls, user("w"), flows("s", "c"), flows("b", "w")), called)
    assert Case(both["p"], others=both).waiting == ["w", "w"]


def test_an_error_of_one_called_iteration_goes_to_the_event_sub_process_around_and_ends_the_others() -> None:
    called = scope("process", "q", start("qs"), user("u"), end("e", on("error", "E")), flows("qs", "u", "e"))
    answer = handler("H", start("hs", on("error", "E")), user("h"), flows("hs", "h"))
    body = sub("S", start("is"), call("c", "q", "", several("=[1, 2]", "i")), answer, flows("is", "c"))
    both = processes(scope("process", "p", start(), body, user("z"), flows("s", "S", "z")), called)
    case = Case(both["p"], others=both)
    case.children[1].children[0].complete("u")
    assert case.waiting == ["h"]
    assert [child.over for child in case.children] == ["cancelled", "error"]


def test_a_condition_sees_what_a_script_a_mapping_and_an_event_write() -> None:
    writes = {
        "script": (script("w", "=2", "v"), lambda case: case),
        "service": (service("w"), lambda case: case.finish("w", v=2)),
        "output": (service("w", "x", io({}, {"v": "=r"})), lambda case: case.finish("w", r=2)),
        "message": (catch("w", on("message", "m")), lambda case: case.message("m", v=2)),
        "multi-instance": (script("w", "=i", "r", "", several("=[2]", "i", "v", "=i", sequential=True)), lambda c: c),
    }
    for how, (writer, happens) in writes.items():
        waits = catch("c", condition("v != 0")), user("z"), flows("s", "c", "z"), flows("s", "w")
        case = Case(process(start(), *waits, writer), {"v": 0})
        happens(case)
        assert case.waiting == ["z"], how
