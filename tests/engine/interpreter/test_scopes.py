"""Sub-processes of every kind (BPMN 10.3.5, 13.3.4, 13.3.5)."""

from __future__ import annotations

import pytest

from tests.engine.interpreter.building import (
    boundary,
    catch,
    condition,
    end,
    ext,
    flow,
    flows,
    gateway,
    handler,
    io,
    on,
    process,
    scope,
    script,
    service,
    start,
    sub,
    tag,
    throw,
    timer,
    undo,
    user,
)
from tests.engine.interpreter.playing import Case


def test_a_sub_process_is_over_when_no_token_stands_in_it() -> None:
    inner = start("is"), user("a"), user("b"), flows("is", "a"), flows("is", "b")
    case = Case(process(start(), sub("S", *inner), user("c"), flows("s", "S", "c")))
    case.complete("a")
    assert case.waiting == ["b"]
    assert case.complete("b").waiting == ["c"]


def test_a_sub_process_without_start_event_starts_all_that_nothing_leads_to() -> None:
    case = Case(process(start(), sub("S", user("a"), user("b"), user("c"), flows("b", "c")), flows("s", "S")))
    assert case.waiting == ["a", "b"]


def test_sub_processes_lie_in_each_other() -> None:
    inner = sub("I", start("iis"), user("a"), flows("iis", "a"))
    case = Case(
        process(
            start(), sub("O", start("os"), inner, user("b"), flows("os", "I", "b")), user("c"), flows("s", "O", "c")
        )
    )
    assert case.complete("a").waiting == ["b"]
    assert case.complete("b").waiting == ["c"]


@pytest.mark.parametrize(("interrupting", "waiting"), [(True, ["h"]), (False, ["a", "h"])])
@pytest.mark.parametrize(
    ("trigger", "fire"),
    [
        (on("message", "m"), lambda case: case.message("m")),
        (on("signal", "go"), lambda case: case.signal("go")),
        (timer("Duration", "PT1H"), lambda case: case.pass_time(hours=1)),
        (condition("x = 1"), lambda case: case.write(x=1)),
    ],
    ids=["message", "signal", "timer", "condition"],
)
def test_an_event_sub_process_answers_its_event(
    trigger: str, fire: object, interrupting: bool, waiting: list[str]
) -> None:
    answer = handler("H", start("hs", trigger, isInterrupting=interrupting), user("h"), flows("hs", "h"))
    case = Case(process(start(), user("a"), answer, flows("s", "a")), {"x": 0})
    fire(case)  # type: ignore[operator]
    assert case.waiting == waiting
    for element in waiting:
        case.complete(element)
    assert case.over == "completed"


def test_an_event_sub_process_that_does_not_interrupt_answers_each_time() -> None:
    answer = handler("H", start("hs", on("message", "m"), isInterrupting=False), user("h"), flows("hs", "h"))
    case = Case(process(start(), user("a"), answer, flows("s", "a")))
    case.message("m").message("m")
    assert case.waiting == ["a", "h", "h"]
    case.complete("a").complete("h")
    assert case.over is None
    assert case.complete("h").over == "completed"


def test_a_cycle_starts_an_event_sub_process_each_time() -> None:
    answer = handler("H", start("hs", timer("Cycle", "R2/PT1H"), isInterrupting=False), user("h"), flows("hs", "h"))
    case = Case(process(start(), user("a"), answer, flows("s", "a")))
    assert case.pass_time(hours=9).waiting == ["a", "h", "h"]


def test_an_armed_event_sub_process_does_not_keep_its_scope_open() -> None:
    answer = handler("H", start("hs", on("message", "m")), user("h"), flows("hs", "h"))
    case = Case(process(start(), user("a"), answer, flows("s", "a")))
    assert case.complete("a").over == "completed"
    assert ("H", "withdrawn") in case.fold.left


def test_an_event_sub_process_sees_the_variables_of_the_scope_it_serves() -> None:
    answer = handler(
        "H", start("hs", on("message", "m"), isInterrupting=False), script("x", "=local + n", "seen"), flows("hs", "x")
    )
    inner = start("is"), user("a"), answer, flows("is", "a")
    case = Case(process(start(), sub("S", ext(io({"local": "=40"})), *inner), flows("s", "S")))
    case.message("m", n=2)
    assert case.values["seen"] == 42


def test_an_error_goes_to_the_event_sub_process_before_it_goes_outward() -> None:
    answer = handler("H", start("hs", on("error", "E1")), user("h"), flows("hs", "h"))
    inner = start("is"), user("a"), end("x", on("error", "E1")), answer, flows("is", "a", "x")
    border = boundary("b", "S", on("error", "E1")), user("never")
    case = Case(process(start(), sub("S", *inner), *border, user("c"), flows("s", "S", "c"), flows("b", "never")))
    case.complete("a")
    assert case.waiting == ["h"]
    assert case.complete("h").waiting == ["c"]


def test_an_error_thrown_by_the_answer_to_an_error_goes_outward() -> None:
    answer = handler("H", start("hs", on("error")), end("again", on("error", "E2")), flows("hs", "again"))
    inner = start("is"), user("a"), end("x", on("error", "E1")), answer, flows("is", "a", "x")
    case = Case(
        process(start(), sub("S", *inner), boundary("b", "S", on("error")), user("c"), flows("s", "S"), flows("b", "c"))
    )
    assert case.complete("a").waiting == ["c"]


def test_an_escalation_starts_an_event_sub_process_beside_what_threw_it() -> None:
    answer = handler("H", start("hs", on("escalation", "N1"), isInterrupting=False), user("h"), flows("hs", "h"))
    case = Case(process(start(), throw("t", on("escalation", "N1")), user("a"), answer, flows("s", "t", "a")))
    assert case.waiting == ["a", "h"]


def test_event_sub_processes_lie_in_each_other() -> None:
    deeper = handler("D", start("ds", on("message", "deep")), user("d"), flows("ds", "d"))
    answer = handler("H", start("hs", on("message", "m")), user("h"), deeper, flows("hs", "h"))
    case = Case(process(start(), user("a"), answer, flows("s", "a")))
    case.message("m")
    assert case.waiting == ["h"]
    assert case.message("deep").waiting == ["d"]
    assert case.complete("d").over == "completed"


def test_an_interrupting_event_sub_process_ends_the_other_ones() -> None:
    first = handler("H", start("hs", on("message", "m"), isInterrupting=False), user("h"), flows("hs", "h"))
    second = handler("I", start("is", on("message", "n")), user("i"), flows("is", "i"))
    case = Case(process(start(), user("a"), first, second, flows("s", "a")))
    case.message("m").message("n")
    assert case.waiting == ["i"]
    assert not case.fold.subscriptions


def test_an_event_sub_process_of_a_sub_process_can_wait_for_all_of_several_events() -> None:
    begin = start("hs", on("message", "m"), on("message", "n"), parallelMultiple=True)
    case = Case(process(start(), user("a"), handler("H", begin, user("h"), flows("hs", "h")), flows("s", "a")))
    assert case.message("m").waiting == ["a"]
    assert case.message("n").waiting == ["h"]


TRANSACTION = (
    start(),
    scope(
        "transaction",
        "T",
        start("ts"),
        service("pay"),
        boundary("undo_pay", "pay", undo()),
        service("pay_back", isForCompensation=True),
        tag("association", id="as", sourceRef="undo_pay", targetRef="pay_back"),
        user("decide"),
        gateway("exclusive", "g", default="g-te"),
        end("stop", on("cancel")),
        end("te"),
        user("beside"),
        flows("ts", "pay", "decide", "g", "te"),
        flows("ts", "beside"),
        flow("g", "stop", "no"),
    ),
    boundary("cancelled", "T", on("cancel")),
    user("sorry"),
    user("thanks"),
    flows("s", "T", "thanks"),
    flows("cancelled", "sorry"),
)


def test_a_cancelled_transaction_is_undone_and_left_by_its_cancel_event() -> None:
    case = Case(process(*TRANSACTION))
    case.finish("pay").complete("decide", no=True)
    assert not case.waiting, "all else in it has ended"
    assert [job.element for job in case.fold.jobs.values()] == ["pay_back"]
    case.finish("pay_back")
    assert case.waiting == ["sorry"]
    assert ("stop", "completed") in case.fold.left


def test_a_transaction_with_nothing_to_undo_is_left_at_once() -> None:
    parts = start("ts"), user("a"), end("stop", on("cancel")), flows("ts", "a", "stop")
    border = boundary("b", "T", on("cancel")), user("c")
    case = Case(process(start(), scope("transaction", "T", *parts), *border, flows("s", "T"), flows("b", "c")))
    assert case.complete("a").waiting == ["c"]


def test_a_transaction_that_is_not_cancelled_goes_on() -> None:
    case = Case(process(*TRANSACTION))
    case.finish("pay").complete("decide", no=False).complete("beside")
    assert case.waiting == ["thanks"]


def ad_hoc(*parts: str, condition: str | None = None, **attributes: object) -> Case:
    until = "" if condition is None else tag("completionCondition", condition)
    inner = scope("adHocSubProcess", "A", *parts, until, **attributes)
    return Case(process(start(), inner, user("z"), flows("s", "A", "z")), {"n": 0})


def test_an_ad_hoc_sub_process_offers_all_at_once() -> None:
    case = ad_hoc(user("a"), user("b"), user("c"), flows("b", "c"))
    assert case.waiting == ["a", "b"]
    case.complete("a").complete("b")
    assert case.waiting == ["c"]
    assert case.complete("c").waiting == ["z"]


def test_an_ad_hoc_sub_process_ends_what_remains_when_it_has_enough() -> None:
    case = ad_hoc(user("a"), user("b"), user("c"), condition="n >= 2")
    assert case.complete("a", n=1).waiting == ["b", "c"]
    assert case.complete("b", n=2).waiting == ["z"]
    assert ("c", "cancelled") in case.fold.left


def test_an_ad_hoc_sub_process_may_wait_for_what_remains_but_starts_nothing_more() -> None:
    parts = user("a"), user("b"), user("c"), flows("a", "c")
    case = ad_hoc(*parts, condition="n >= 1", cancelRemainingInstances=False)
    assert case.complete("a", n=1).waiting == ["b"]
    assert case.complete("b").waiting == ["z"]


def test_a_sequential_ad_hoc_sub_process_offers_one_after_the_other_until_it_has_enough() -> None:
    case = ad_hoc(user("a"), user("b"), user("c"), condition="n >= 2", ordering="Sequential")
    assert case.waiting == ["a"]
    assert case.complete("a", n=1).waiting == ["b"]
    assert case.complete("b", n=2).waiting == ["z"]


def test_a_sequential_ad_hoc_sub_process_ends_when_all_have_been_done() -> None:
    case = ad_hoc(user("a"), user("b"), ordering="Sequential")
    assert case.complete("a").complete("b").waiting == ["z"]


def test_what_waits_in_a_sub_process_is_withdrawn_with_it() -> None:
    inner = start("is"), catch("c", on("message", "m")), service("w"), flows("is", "c"), flows("is", "w")
    case = Case(
        process(
            start(),
            sub("S", *inner),
            boundary("b", "S", on("message", "stop")),
            user("d"),
            flows("s", "S"),
            flows("b", "d"),
        )
    )
    case.message("stop")
    assert case.waiting == ["d"]
    assert not case.fold.jobs and not case.fold.subscriptions


def test_cancelling_an_instance_ends_everything() -> None:
    inner = (
        start("is"),
        user("a"),
        catch("c", timer("Duration", "PT1H")),
        service("w"),
        flows("is", "a"),
        flows("is", "c"),
        flows("is", "w"),
    )
    case = Case(process(start(), sub("S", ext(io({"x": "=1"})), *inner), flows("s", "S")))
    case.cancel()
    assert case.over == "cancelled"
    assert set(case.fold.left) >= {("a", "cancelled"), ("c", "cancelled"), ("w", "cancelled"), ("S", "cancelled")}
