"""Constructs inside each other that are easily forgotten about."""

from __future__ import annotations

from tests.engine.interpreter.building import (
    boundary,
    call,
    catch,
    condition,
    end,
    ext,
    flow,
    flows,
    gateway,
    handler,
    io,
    loop,
    on,
    process,
    processes,
    scope,
    script,
    service,
    several,
    start,
    sub,
    throw,
    timer,
    undo,
    undone_by,
    user,
)
from tests.engine.interpreter.playing import Case
from tests.engine.interpreter.test_compensation import undoing


def test_an_error_in_an_iteration_is_answered_inside_it_and_undoes_what_it_had_done() -> None:
    answer = handler("H", start("hs", on("error", "E")), throw("t", undo()), user("h"), flows("hs", "t", "h"))
    body = sub(
        "S",
        several("=[1]", "i"),
        start("is"),
        *undoing("a"),
        user("u"),
        end("x", on("error", "E")),
        answer,
        flows("is", "a", "u", "x"),
    )
    case = Case(process(start(), body, user("z"), flows("s", "S", "z")))
    child = case.children[0]
    child.finish("a").complete("u")
    assert child.standing.count("una") == 1
    child.finish("una")
    assert child.waiting == ["h"]
    child.complete("h")
    assert case.waiting == ["z"]


def test_several_links_lead_to_one_place_inside_a_sub_process() -> None:
    body = sub(
        "S",
        start("is"),
        gateway("exclusive", "g", default="g-t1"),
        throw("t1", on("link", "L")),
        throw("t2", on("link", "L")),
        catch("c", on("link", "L")),
        user("u"),
        flows("is", "g", "t1"),
        flow("g", "t2", "k"),
        flows("c", "u"),
    )
    for k in (True, False):
        assert Case(process(start(), body, flows("s", "S")), {"k": k}).waiting == ["u"]


def test_an_inclusive_join_waits_for_what_can_still_come_by_a_link() -> None:
    parts = (
        gateway("inclusive", "g")
        + user("a")
        + throw("t", on("link", "L"))
        + catch("c", on("link", "L"))
        + user("b")
        + gateway("inclusive", "j")
        + user("z")
    )
    case = Case(
        process(
            start(),
            parts,
            flows("s", "g"),
            flow("g", "a", "true"),
            flow("g", "t", "true"),
            flows("a", "j", "z"),
            flows("c", "b", "j"),
        )
    )
    case.complete("a")
    assert case.waiting == ["b"]
    assert case.complete("b").waiting == ["z"]


def test_a_complex_gateway_takes_in_the_last_before_the_instance_ends() -> None:
    act = "<activationCondition>activationCount &gt;= 2</activationCondition>"
    parts = gateway("parallel", "f") + user("a") + user("b") + user("c") + gateway("complex", "j", act) + user("z")
    case = Case(process(start(), parts, flows("s", "f", "a", "j", "z"), flows("f", "b", "j"), flows("f", "c", "j")))
    case.complete("a")
    assert case.waiting == ["b", "c"]
    case.complete("b")
    assert case.waiting == ["c", "z"]
    case.complete("z")
    assert case.over is None
    case.complete("c")
    assert case.over == "completed"


def test_a_condition_on_a_border_sees_the_variable_of_its_pass() -> None:
    # condition on border of a sub inside iteration sees iteration variable
    inner = sub("I", start("js"), user("u"), flows("js", "u"))
    body = sub(
        "S",
        several("=[1,2]", "i", sequential=True),
        start("is"),
        inner,
        boundary("b", "I", condition("i = 2 and v > 0")),
        user("w"),
        flows("is", "I"),
        flows("b", "w"),
    )
    case = Case(process(start(), body, flows("s", "S")), {"v": 0})
    case.write(v=1)
    assert case.waiting == ["u"]
    case.complete("u")
    assert case.waiting == ["w"]


def test_terminate_ends_what_was_called_with_the_instance() -> None:
    both = processes(
        scope(
            "process",
            "p",
            start(),
            gateway("parallel", "f"),
            call("c", "q"),
            user("u"),
            end("t", on("terminate")),
            flows("s", "f", "c"),
            flows("f", "u", "t"),
        ),
        scope("process", "q", start("qs"), user("qu"), flows("qs", "qu")),
    )
    case = Case(both["p"], others=both)
    case.complete("u")
    assert (case.over, case.children[0].over) == ("terminated", "cancelled")


def test_a_called_process_that_terminates_lets_its_caller_go_on() -> None:
    both = processes(
        scope("process", "p", start(), call("c", "q"), user("z"), flows("s", "c", "z")),
        scope("process", "q", start("qs"), user("qu"), end("t", on("terminate")), flows("qs", "qu", "t")),
    )
    case = Case(both["p"], others=both)
    case.children[0].complete("qu")
    assert case.waiting == ["z"]


def test_a_signal_on_the_border_of_iterations_fires_each_time_once() -> None:
    case = Case(
        process(
            start(),
            user("A", several("=[1,2]", "i")),
            boundary("b", "A", on("signal", "g"), interrupting=False),
            user("w"),
            flows("s", "A"),
            flows("b", "w"),
        )
    )
    case.signal("g").signal("g")
    assert case.waiting == ["w", "w"]


def test_each_pass_of_a_transaction_is_undone() -> None:
    inner = (start("is"), *undoing("a"), user("u"), flows("is", "a", "u"))
    body = scope("transaction", "T", several("=[1,2]", "i", sequential=True), *inner)
    case = Case(process(start(), body, throw("t", undo()), user("z"), flows("s", "T", "t", "z")))
    case.finish("a").complete("u").finish("a").complete("u")
    case.finish("una")
    case.finish("una")
    assert case.waiting == ["z"]


def test_what_undoes_may_itself_be_done_several_times() -> None:
    parts = (
        service("a")
        + undone_by("ca", "a", "h")
        + user("h", several("=[1,2]", "i"), isForCompensation=True)
        + throw("t", undo())
        + user("z")
    )
    case = Case(process(start(), parts, flows("s", "a", "t", "z")))
    case.finish("a")
    for child in list(case.children):
        child.complete("h")
    assert case.waiting == ["z"]


def test_what_undoes_may_be_a_call() -> None:
    both = processes(
        scope(
            "process",
            "p",
            start(),
            service("a"),
            undone_by("ca", "a", "h"),
            call("h", "q", isForCompensation=True),
            throw("t", undo()),
            user("z"),
            flows("s", "a", "t", "z"),
        ),
        scope("process", "q", start("qs"), user("qu"), flows("qs", "qu")),
    )
    case = Case(both["p"], others=both)
    case.finish("a")
    case.children[0].complete("qu")
    assert case.waiting == ["z"]


def test_an_ad_hoc_sub_process_counts_a_loop_in_it_once() -> None:
    body = scope(
        "adHocSubProcess",
        "A",
        "<completionCondition>n &gt;= 2</completionCondition>",
        user("a", loop("loopCounter < 3")),
        user("b"),
    )
    case = Case(process(start(), body, user("z"), flows("s", "A", "z")), {"n": 0})
    case.complete("a", n=1).complete("a").complete("a")
    assert case.waiting == ["b"]
    case.complete("b", n=2)
    assert case.waiting == ["z"]


def test_each_run_of_an_event_sub_process_has_event_sub_processes_of_its_own() -> None:
    deep = handler("D", start("ds", on("escalation", "N"), isInterrupting=False), user("d"), flows("ds", "d"))
    ans = handler(
        "H",
        start("hs", on("message", "m"), isInterrupting=False),
        throw("t", on("escalation", "N")),
        user("h"),
        deep,
        flows("hs", "t", "h"),
    )
    case = Case(process(start(), user("u"), ans, flows("s", "u")))
    case.message("m")
    assert case.waiting == ["d", "h", "u"]
    case.message("m")
    assert case.waiting == ["d", "d", "h", "h", "u"]


def test_what_an_event_sub_process_escalates_passes_its_neighbours_by() -> None:
    sib = handler("D", start("ds", on("escalation", "N"), isInterrupting=False), user("d"), flows("ds", "d"))
    ans = handler(
        "H",
        start("hs", on("message", "m"), isInterrupting=False),
        throw("t", on("escalation", "N")),
        user("h"),
        flows("hs", "t", "h"),
    )
    body = sub("S", start("is"), user("u"), sib, ans, flows("is", "u"))
    case = Case(
        process(
            start(),
            body,
            boundary("b", "S", on("escalation", "N"), interrupting=False),
            user("w"),
            flows("s", "S"),
            flows("b", "w"),
        )
    )
    case.message("m")
    assert case.waiting == ["h", "u", "w"]


def test_an_event_on_a_border_may_wait_for_an_error_or_a_time() -> None:
    case = Case(
        process(
            start(),
            service("A"),
            boundary("b", "A", on("error", "E"), timer("Duration", "PT1H")),
            user("w"),
            flows("s", "A"),
            flows("b", "w"),
        )
    )
    case.fail("A", "E")
    assert case.waiting == ["w"]
    assert not case.fold.timers


def test_quantities_hold_for_a_loop_as_a_whole() -> None:
    parts = (
        gateway("parallel", "f")
        + script("x", "=1", "r1")
        + script("y", "=1", "r2")
        + user("u", loop(maximum=2), startQuantity=2, completionQuantity=2)
        + user("z")
    )
    case = Case(process(start(), parts, flows("s", "f", "x", "u", "z"), flows("f", "y", "u")))
    case.complete("u").complete("u")
    assert case.waiting == ["z", "z"]


def test_each_pass_of_a_loop_arms_its_event_sub_process_anew() -> None:
    ans = handler("H", start("hs", timer("Duration", "PT1H")), user("h"), flows("hs", "h"))
    body = sub("S", loop(maximum=2), start("is"), user("u"), ans, flows("is", "u"))
    case = Case(process(start(), body, user("z"), flows("s", "S", "z")))
    case.complete("u").pass_time(hours=2)
    assert case.waiting == ["h"]
    assert case.complete("h").waiting == ["z"]


def test_a_handler_that_is_passed_by_reports_to_who_undoes() -> None:
    parts = (
        service("a"),
        undone_by("ca", "a", "una"),
        script("una", "=nope", "r", "", isForCompensation=True),
        throw("t", undo()),
        user("z"),
        flows("s", "a", "t", "z"),
    )
    case = Case(process(start(), *parts)).finish("a")
    assert case.skip("una").waiting == ["z"]


def test_a_handler_inside_a_sub_process_that_is_ended_by_hand_is_not_waited_for() -> None:
    body = sub("S", start("is"), *undoing("a"), flows("is", "a"))
    case = Case(process(start(), body, throw("t", undo()), user("z"), flows("s", "S", "t", "z")))
    case.finish("a")
    case.cancel("una")
    assert case.waiting == ["z"]


def test_who_undoes_may_be_ended_while_the_handler_goes_on() -> None:
    parts = (
        service("a"),
        undone_by("ca", "a", "una"),
        service("una", isForCompensation=True),
        throw("t", undo()),
        user("z"),
        user("q"),
        flows("s", "a", "t", "z"),
        flows("s", "q"),
    )
    case = Case(process(start(), *parts)).finish("a")
    case.cancel("t")
    case.finish("una")
    assert case.waiting == ["q"]


def test_what_interrupts_a_sub_process_ends_who_undoes_and_the_handlers_in_it() -> None:
    body = sub("S", start("is"), *undoing("a"), throw("t", undo()), flows("is", "a", "t"))
    case = Case(
        process(start(), body, boundary("b", "S", on("message", "m")), user("w"), flows("s", "S"), flows("b", "w"))
    )
    case.finish("a").message("m")
    assert case.standing == ["w"]


def test_a_cancelled_transaction_ends_what_runs_in_it_before_it_undoes() -> None:
    answer = handler("H", start("hs", on("message", "m"), isInterrupting=False), user("h"), flows("hs", "h"))
    body = scope(
        "transaction",
        "T",
        start("ts"),
        *undoing("a"),
        gateway("parallel", "f"),
        user("u"),
        user("k"),
        end("c", on("cancel")),
        answer,
        flows("ts", "a", "f", "u", "c"),
        flows("f", "k"),
    )
    case = Case(
        process(start(), body, boundary("b", "T", on("cancel")), user("off"), flows("s", "T"), flows("b", "off"))
    )
    case.finish("a").message("m").complete("u")
    assert case.standing == ["T", "b", "c", "una"]
    assert case.finish("una").standing == ["off"]


def test_an_event_gateway_in_a_loop_waits_afresh_each_time() -> None:
    parts = (
        gateway("exclusive", "x"),
        gateway("eventBased", "g"),
        catch("m1", on("message", "m")),
        catch("t1", timer("Duration", "PT1H")),
        user("again"),
        user("done"),
    )
    case = Case(process(start(), *parts, flows("s", "x", "g", "m1", "done"), flows("g", "t1", "again", "x")))
    case.pass_time(hours=1)
    case.complete("again").pass_time(hours=1)
    case.complete("again").message("m")
    assert case.waiting == ["done"]
    assert not case.fold.timers


def test_the_name_of_a_signal_is_worked_out_in_each_pass() -> None:
    body = sub(
        "S",
        several("=[1,2]", "i", sequential=True),
        start("is"),
        user("u"),
        boundary("b", "u", on("signal", '="g/" + string(i)')),
        user("w"),
        flows("is", "u"),
        flows("b", "w"),
    )
    case = Case(process(start(), body, flows("s", "S")))
    case.signal("g/1")
    case.complete("w")
    assert [each.name for each in case.fold.subscriptions.values()] == ["g/2"]
    assert case.signal("g/2").waiting == ["w"]


def test_a_condition_of_an_event_sub_process_sees_what_its_scope_holds() -> None:
    answer = handler("H", start("hs", condition("x > 1"), isInterrupting=True), user("h"), flows("hs", "h"))
    body = sub("S", ext(io({"x": "=0"})), start("is"), user("u"), answer, flows("is", "u"))
    case = Case(process(start(), body, user("z"), flows("s", "S", "z")))
    case.complete("u", x=2)
    assert case.waiting == ["h"]


def test_inclusive_joins_one_after_the_other_wait_for_what_can_still_come() -> None:
    parts = (
        gateway("inclusive", "g", default="g-c")
        + user("a")
        + user("b")
        + user("c")
        + gateway("inclusive", "j1")
        + gateway("inclusive", "j2")
        + user("z")
    )
    lead = (
        flows("s", "g", "c", "j2", "z")
        + flow("g", "a", "pa")
        + flow("g", "b", "pb")
        + flows("a", "j1", "j2")
        + flows("b", "j1")
    )
    case = Case(process(start(), parts, lead), {"pa": True, "pb": True})
    case.complete("b")
    assert case.waiting == ["a"]
    assert case.complete("a").waiting == ["z"]


def test_what_else_an_end_event_throws_is_thrown_before_it_terminates() -> None:
    case = Case(
        process(
            start(),
            user("u"),
            user("k"),
            end("t", on("signal", "g"), on("terminate")),
            flows("s", "u", "t"),
            flows("s", "k"),
        )
    )
    case.complete("u")
    assert (case.over, [each.kind for each in case.fold.thrown]) == ("terminated", ["signal"])


def test_a_border_that_needs_two_events_interrupts_when_both_have_come() -> None:
    case = Case(
        process(
            start(),
            user("u"),
            boundary("b", "u", on("message", "m"), timer("Duration", "PT1H"), parallelMultiple=True),
            user("w"),
            flows("s", "u"),
            flows("b", "w"),
        )
    )
    case.pass_time(hours=2)
    assert case.waiting == ["u"]
    assert case.message("m").waiting == ["w"]


def test_what_interrupts_an_ad_hoc_sub_process_ends_it_with_its_answer() -> None:
    answer = handler("H", start("hs", on("message", "m")), user("h"), flows("hs", "h"))
    body = scope("adHocSubProcess", "A", user("a"), user("b"), answer, ordering="Sequential")
    case = Case(process(start(), body, user("z"), flows("s", "A", "z")))
    case.message("m")
    assert case.waiting == ["h"]
    assert case.complete("h").waiting == ["z"]
