"""Events as start, catch, throw, boundary and end (BPMN 10.5, 13.5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import Conflict
from engine.interpreter import Subscribed, TimerOpened, trigger
from tests.engine.interpreter.building import (
    boundary,
    catch,
    condition,
    end,
    ext,
    flow,
    flows,
    gateway,
    io,
    on,
    process,
    ref,
    service,
    start,
    sub,
    tag,
    throw,
    timer,
    user,
)
from tests.engine.interpreter.playing import NOON, Case

# ---- timers


@pytest.mark.parametrize(
    ("form", "text", "due"),
    [
        ("Date", "2026-04-03T09:00:00+08:00", datetime(2026, 4, 3, 1, tzinfo=UTC)),
        ("Date", "2026-04-03T09:00:00", datetime(2026, 4, 3, 1, tzinfo=UTC)),
        ("Date", '=date and time("2026-04-03T01:00:00Z")', datetime(2026, 4, 3, 1, tzinfo=UTC)),
        ("Duration", "PT90M", NOON + timedelta(minutes=90)),
        ("Duration", "P1M", datetime(2026, 5, 1, 4, tzinfo=UTC)),
        ("Duration", '=duration("P2D")', NOON + timedelta(days=2)),
        ("Duration", '=duration("P2M")', datetime(2026, 6, 1, 4, tzinfo=UTC)),
        ("Duration", '="PT" + string(hours) + "H"', NOON + timedelta(hours=3)),
    ],
)
def test_a_timer_is_due_when_its_date_or_duration_says(form: str, text: str, due: datetime) -> None:
    case = Case(process(start(), catch("t", timer(form, text)), user("a"), flows("s", "t", "a")), {"hours": 3})
    (opened,) = case.fold.timers.values()
    assert opened.due == due
    case.pass_time(seconds=(due - NOON).total_seconds() - 1)
    assert not case.waiting
    case.pass_time(seconds=1)
    assert case.waiting == ["a"]


def test_a_cycle_lets_a_token_pass_as_often_as_it_says() -> None:
    case = Case(process(start(), catch("t", timer("Cycle", "R3/PT1H")), user("a"), flows("s", "t", "a")))
    case.pass_time(hours=1)
    assert case.waiting == ["a"]
    case.pass_time(hours=1)
    assert case.waiting == ["a", "a"]
    case.pass_time(hours=10)
    assert case.waiting == ["a", "a", "a"]
    assert case.standing == ["a", "a", "a"]


def test_a_cycle_can_begin_at_a_date() -> None:
    text = "R2/2026-04-02T00:00:00Z/P1D"
    case = Case(process(start(), catch("t", timer("Cycle", text)), user("a"), flows("s", "t", "a")))
    (opened,) = case.fold.timers.values()
    assert opened.due == datetime(2026, 4, 2, tzinfo=UTC)
    case.pass_time(days=5)
    assert case.waiting == ["a", "a"]


def test_a_cycle_of_months_goes_by_the_calendar() -> None:
    text = "R/2026-01-31T01:00:00Z/P1M"
    diagram = process(
        start(),
        user("a"),
        boundary("b", "a", timer("Cycle", text), interrupting=False),
        user("c"),
        flows("s", "a"),
        flows("b", "c"),
    )
    case = Case(diagram, now=datetime(2026, 1, 1, tzinfo=UTC)).pass_time(days=31)
    (opened,) = case.fold.timers.values()
    assert opened.due == datetime(2026, 2, 28, 1, tzinfo=UTC)
    case.pass_time(days=28)
    (opened,) = case.fold.timers.values()
    assert opened.due == datetime(2026, 3, 31, 1, tzinfo=UTC), "a short month shortens no later one"
    case.be_late(days=90)
    (opened,) = case.fold.timers.values()
    assert opened.due == datetime(2026, 5, 31, 1, tzinfo=UTC), "missed months are not made up for"


def test_times_of_a_cycle_that_were_missed_do_not_come_in_a_burst() -> None:
    diagram = process(
        start(),
        user("a"),
        boundary("b", "a", timer("Cycle", "R/PT1H"), interrupting=False),
        user("c"),
        flows("s", "a"),
        flows("b", "c"),
    )
    case = Case(diagram)
    case.be_late(hours=5, minutes=30)
    assert case.waiting == ["a", "c"]
    (opened,) = case.fold.timers.values()
    assert opened.due == NOON + timedelta(hours=6)


def test_missed_times_count_towards_the_end_of_a_cycle() -> None:
    diagram = process(
        start(),
        user("a"),
        boundary("b", "a", timer("Cycle", "R3/PT1H"), interrupting=False),
        user("c"),
        flows("s", "a"),
        flows("b", "c"),
    )
    case = Case(diagram).be_late(hours=2, minutes=30)
    (opened,) = case.fold.timers.values()
    assert opened.due == NOON + timedelta(hours=3)
    assert case.pass_time(hours=10).waiting == ["a", "c", "c"]
    assert not case.fold.timers


def test_an_interrupting_timer_ends_its_task() -> None:
    parts = start(), user("a"), boundary("b", "a", timer("Duration", "PT1H")), user("late"), end()
    case = Case(process(*parts, flows("s", "a", "e"), flows("b", "late")))
    case.pass_time(hours=1)
    assert case.waiting == ["late"]
    assert ("a", "cancelled") in case.fold.left
    assert case.completed.count("b") == 1


def test_a_cycle_on_a_border_fires_once_if_it_interrupts() -> None:
    parts = start(), user("a"), boundary("b", "a", timer("Cycle", "R3/PT1H")), user("late")
    case = Case(process(*parts, flows("s", "a"), flows("b", "late")))
    case.pass_time(hours=9)
    assert case.standing == ["late"]


def test_a_timer_on_a_border_is_withdrawn_when_the_task_is_done() -> None:
    parts = start(), user("a"), boundary("b", "a", timer("Duration", "PT1H")), user("late"), user("c")
    case = Case(process(*parts, flows("s", "a", "c"), flows("b", "late")))
    case.complete("a").pass_time(hours=2)
    assert case.waiting == ["c"]
    assert ("b", "withdrawn") in case.fold.left


def test_a_date_or_duration_on_a_border_fires_once_even_if_it_does_not_interrupt() -> None:
    parts = start(), user("a"), boundary("b", "a", timer("Duration", "PT1H"), interrupting=False), user("c")
    case = Case(process(*parts, flows("s", "a"), flows("b", "c")))
    assert case.pass_time(hours=9).waiting == ["a", "c"]
    assert case.complete("a").complete("c").over == "completed"


def test_a_timer_that_comes_too_late_is_told_so() -> None:
    case = Case(process(start(), user("a"), boundary("b", "a", timer("Duration", "PT1H")), flows("s", "a")))
    token = min(case.fold.timers)[0]
    with pytest.raises(Conflict):
        case._do(lambda context: trigger(case.spec, case.marking, context, token, 99))


# ---- messages and signals


def test_a_message_is_waited_for_by_name_and_key_and_brings_its_content() -> None:
    diagram = process(
        start(), catch("c", on("message", "paid")), user("a"), flows("s", "c", "a"), messages={"paid": "=no"}
    )
    case = Case(diagram, {"no": 12})
    (subscribed,) = case.fold.subscriptions.values()
    assert (subscribed.name, subscribed.key) == ("paid", "12")
    assert case.message("paid", "12", amount=3).waiting == ["a"]
    assert case.values["amount"] == 3


def test_output_mappings_of_an_event_let_only_what_they_name_through() -> None:
    mapped = catch("c", ext(io(outputs={"sum": "=amount + 1"})), on("message", "paid"))
    case = Case(process(start(), mapped, user("a"), flows("s", "c", "a")))
    case.message("paid", amount=3, hidden=True)
    assert case.values == {"sum": 4}


def test_input_mappings_of_an_event_are_seen_by_what_it_waits_for() -> None:
    mapped = catch("c", ext(io({"key": '="k" + string(n)'})), on("message", "paid"))
    case = Case(process(start(), mapped, user("a"), flows("s", "c", "a"), messages={"paid": "=key"}), {"n": 1})
    (subscribed,) = case.fold.subscriptions.values()
    assert subscribed.key == "k1"
    assert case.message("paid", "k1").values == {"n": 1}


def test_a_message_on_a_border_fires_as_often_as_it_comes_if_it_does_not_interrupt() -> None:
    parts = start(), user("a"), boundary("b", "a", on("message", "news"), interrupting=False), user("c")
    case = Case(process(*parts, flows("s", "a"), flows("b", "c")))
    for count in (1, 2, 3):
        assert case.message("news", n=count).waiting == ["a", *["c"] * count]
    numbers = [fact.arm for fact in case.facts if isinstance(fact, Subscribed)]
    assert len(set(numbers)) == 4, "each firing uses its arm up"


def test_a_signal_reaches_everything_that_waits_for_it_in_the_instance() -> None:
    parts = start(), catch("c", on("signal", "go")), catch("d", on("signal", "go")), catch("x", on("signal", "other"))
    case = Case(process(*parts, user("a"), flows("s", "c", "a"), flows("s", "d", "a"), flows("s", "x")))
    assert case.signal("go").waiting == ["a", "a"]


def test_a_thrown_signal_serves_the_instance_itself_and_is_told_to_others() -> None:
    first = start(), user("a"), throw("t", ext(io({"n": "=5"})), on("signal", "go")), end("e")
    second = catch("c", on("signal", "go")), user("b")
    case = Case(process(*first, *second, flows("s", "a", "t", "e"), flows("s", "c", "b")))
    case.complete("a")
    assert case.waiting == ["b"]
    assert [(fact.kind, fact.name) for fact in case.fold.thrown] == [("signal", "go")]
    assert case.values["n"] == 5


def test_the_name_of_a_signal_can_be_worked_out() -> None:
    name = '="round.over/" + no'
    parts = start(), catch("c", on("signal", name)), user("a"), user("b"), end("e", on("signal", name))
    case = Case(process(*parts, flows("s", "c", "b"), flows("s", "a", "e")), {"no": "7"})
    assert {fact.name for fact in case.fold.subscriptions.values()} == {"round.over/7"}
    assert case.complete("a").waiting == ["b"]


def test_an_end_event_throws_its_message() -> None:
    case = Case(
        process(start(), user("a"), end("e", ext(io({"x": "=y"})), on("message", "done")), flows("s", "a", "e"))
    )
    case.complete("a", y=4)
    assert case.over == "completed"
    assert [(fact.kind, fact.name, fact.content) for fact in case.fold.thrown] == [("message", "done", {"x": 4})]


def test_a_throwing_event_with_a_connector_goes_on_when_it_has_sent() -> None:
    sending = ext(tag("zeebe:taskDefinition", type="notify"), io({"to": "=who"}))
    case = Case(
        process(start(), throw("t", sending, on("message", "m")), user("a"), flows("s", "t", "a")), {"who": "li"}
    )
    (wanted,) = case.fold.jobs.values()
    assert (wanted.type, wanted.inputs) == ("notify", {"to": "li"})
    assert not case.fold.thrown
    assert case.finish("t").waiting == ["a"]


# ---- conditions


def test_a_condition_fires_when_it_turns_true() -> None:
    case = Case(process(start(), catch("c", condition("=x > 3")), user("a"), flows("s", "c", "a")), {"x": 1})
    assert not case.write(x=2).waiting
    assert case.write(x=4).waiting == ["a"]


def test_a_condition_that_holds_already_does_not_wait() -> None:
    case = Case(process(start(), catch("c", condition("x > 3")), user("a"), flows("s", "c", "a")), {"x": 4})
    assert case.waiting == ["a"]


def test_a_condition_on_a_name_without_value_is_not_true_yet() -> None:
    case = Case(process(start(), catch("c", condition("ready")), user("a"), flows("s", "c", "a")))
    assert not case.fold.incidents
    assert case.write(ready=True).waiting == ["a"]


def test_a_condition_on_a_border_fires_each_time_it_turns_true_and_not_while_it_stays_so() -> None:
    parts = start(), user("a"), boundary("b", "a", condition("x > 3"), interrupting=False), user("c")
    case = Case(process(*parts, flows("s", "a"), flows("b", "c")), {"x": 0})
    assert case.write(x=4).waiting == ["a", "c"]
    assert case.write(x=5).waiting == ["a", "c"]
    assert case.write(x=0).write(x=9).waiting == ["a", "c", "c"]


def test_of_two_conditions_behind_a_gateway_that_turn_true_at_once_one_wins() -> None:
    parts = start(), gateway("eventBased", "g"), catch("c", condition("x > 3")), catch("d", condition("x > 5"))
    case = Case(process(*parts, user("a"), user("b"), flows("s", "g", "c", "a"), flows("g", "d", "b")), {"x": 0})
    assert case.write(x=9).standing == ["a"]


def test_a_condition_interrupts_before_the_next_step_runs() -> None:
    inner = start("is"), user("ia"), service("late"), flows("is", "ia", "late")
    parts = start(), sub("S", *inner), boundary("b", "S", condition("stop")), user("c")
    case = Case(process(*parts, flows("s", "S"), flows("b", "c")), {"stop": False})
    case.complete("ia", stop=True)
    assert case.waiting == ["c"]
    assert not any(element == "late" for element, _ in case.fold.left)


def test_an_event_on_a_border_sees_what_its_activity_sees() -> None:
    mapped = user("a", ext(io({"wait": '="PT3H"', "no": '="k1"', "stop": "=false"})))
    border = (
        boundary("t", "a", timer("Duration", "=wait"), interrupting=False),
        boundary("m", "a", on("message", "m"), interrupting=False),
        boundary("c", "a", condition("stop")),
    )
    case = Case(process(start(), mapped, *border, user("z"), flows("s", "a"), flows("c", "z"), messages={"m": "=no"}))
    assert [fact.due for fact in case.fold.timers.values()] == [NOON + timedelta(hours=3)]
    assert [fact.key for fact in case.fold.subscriptions.values()] == ["k1"]
    (own,) = case.fold.scopes.keys() - {0}
    assert case.write(own, stop=True).waiting == ["z"]


# ---- errors and escalations


ERRORS = (
    start(),
    sub(
        "S",
        start("is"),
        user("a"),
        gateway("exclusive", "g", default="g-ie"),
        end("x", on("error", "E1")),
        end("y", on("error", "E2")),
        end("ie"),
        flows("is", "a", "g"),
        flow("g", "x", "n = 1"),
        flow("g", "y", "n = 2"),
        flow("g", "ie"),
    ),
    boundary("exact", "S", on("error", "E1")),
    boundary("any", "S", on("error")),
    user("one"),
    user("all"),
    user("fine"),
    flows("s", "S", "fine"),
    flows("exact", "one"),
    flows("any", "all"),
)


@pytest.mark.parametrize(("n", "reached"), [(1, "one"), (2, "all"), (3, "fine")])
def test_an_error_goes_to_who_names_its_code_else_to_who_takes_all(n: int, reached: str) -> None:
    assert Case(process(*ERRORS)).complete("a", n=n).waiting == [reached]


def test_an_error_climbs_until_somebody_takes_it_and_ends_what_it_passes() -> None:
    inner = sub("I", start("iis"), user("a"), end("x", on("error", "E1")), flows("iis", "a", "x"))
    outer = sub("O", start("os"), inner, user("beside"), flows("os", "I"), flows("os", "beside"))
    case = Case(
        process(start(), outer, boundary("b", "O", on("error", "E1")), user("c"), flows("s", "O"), flows("b", "c"))
    )
    case.complete("a")
    assert case.waiting == ["c"]
    assert {("beside", "cancelled"), ("I", "cancelled"), ("O", "cancelled")} <= set(case.fold.left)
    assert ("x", "completed") in case.fold.left, "the end event itself was reached"


def test_an_escalation_goes_to_the_border_and_the_thrower_goes_on_unless_interrupted() -> None:
    inner = start("is"), throw("t", on("escalation", "N1")), user("a"), flows("is", "t", "a")
    for interrupting, waiting in ((False, ["a", "c"]), (True, ["c"])):
        border = boundary("b", "S", on("escalation", "N1"), interrupting=interrupting)
        case = Case(process(start(), sub("S", *inner), border, user("c"), flows("s", "S"), flows("b", "c")))
        assert case.waiting == waiting


def test_an_escalation_that_nobody_takes_is_told_outside_and_nothing_stops() -> None:
    case = Case(process(start(), throw("t", on("escalation", "N1")), user("a"), flows("s", "t", "a")))
    assert case.waiting == ["a"]
    assert [(fact.kind, fact.name) for fact in case.fold.thrown] == [("escalation", "N1")]


def test_an_escalation_end_event_can_be_caught_every_time() -> None:
    body = (
        start("is"),
        user("a"),
        user("b"),
        end("x", on("escalation", "N1")),
        flows("is", "a", "x"),
        flows("is", "b", "x"),
    )
    border = boundary("c", "S", on("escalation"), interrupting=False)
    case = Case(process(start(), sub("S", *body), border, user("n"), flows("s", "S"), flows("c", "n")))
    assert case.complete("a").complete("b").waiting == ["n", "n"]
    assert case.completed.count("x") == 2


def test_an_escalation_end_event_is_reached_before_it_interrupts() -> None:
    body = start("is"), user("a"), user("b"), end("x", on("escalation", "N1")), flows("is", "a", "x"), flows("is", "b")
    case = Case(
        process(
            start(), sub("S", *body), boundary("c", "S", on("escalation")), user("n"), flows("s", "S"), flows("c", "n")
        )
    )
    assert case.complete("a").waiting == ["n"]
    assert ("x", "completed") in case.fold.left


def test_terminate_ends_its_scope_and_no_more() -> None:
    inner = start("is"), user("a"), user("b"), end("t", on("terminate")), flows("is", "a", "t"), flows("is", "b")
    case = Case(process(start(), sub("S", *inner), user("c"), flows("s", "S", "c")))
    case.complete("a")
    assert case.waiting == ["c"]
    assert ("b", "cancelled") in case.fold.left


def test_terminate_ends_the_instance() -> None:
    parts = start(), user("a"), user("b"), end("t", on("terminate"))
    case = Case(process(*parts, flows("s", "a", "t"), flows("s", "b")))
    case.complete("a")
    assert case.over == "terminated"
    assert case.ended is not None and case.ended.element == "t"


def test_what_is_ready_when_terminate_comes_does_not_run() -> None:
    parts = start(), gateway("parallel", "g"), end("t", on("terminate")), service("never")
    case = Case(process(*parts, flows("s", "g", "t"), flow("g", "never")))
    assert case.over == "terminated"
    assert not case.fold.jobs


# ---- several at once


def test_an_event_gateway_lets_the_first_event_win() -> None:
    parts = start(), gateway("eventBased", "g"), catch("m", on("message", "yes")), catch("t", timer("Duration", "PT1H"))
    more = catch("u", timer("Duration", "PT2H")), tag("receiveTask", id="r", messageRef=ref("message", "no"))
    diagram = process(
        *parts,
        *more,
        user("a"),
        user("b"),
        user("c"),
        user("d"),
        flows("s", "g", "m", "a"),
        flows("g", "t", "b"),
        flows("g", "u", "c"),
        flows("g", "r", "d"),
    )
    assert Case(diagram).message("yes").waiting == ["a"]
    assert Case(diagram).pass_time(hours=3).waiting == ["b"]
    assert Case(diagram).message("no").waiting == ["d"]
    case = Case(diagram).message("yes")
    assert case.standing == ["a"]
    assert [outcome for element, outcome in case.fold.left if element in "tur"] == ["withdrawn"] * 3


def test_a_multiple_event_waits_for_one_of_its_events() -> None:
    event = catch("c", on("message", "m"), on("signal", "go"), timer("Duration", "PT1H"))
    diagram = process(start(), event, user("a"), flows("s", "c", "a"))
    for case in (Case(diagram).message("m"), Case(diagram).signal("go"), Case(diagram).pass_time(hours=1)):
        assert case.waiting == ["a"]
        assert case.standing == ["a"]


def test_a_parallel_multiple_event_waits_for_all_of_its_events() -> None:
    event = catch("c", on("message", "m"), on("signal", "go"), parallelMultiple=True)
    case = Case(process(start(), event, user("a"), flows("s", "c", "a")))
    assert not case.message("m", x=1).waiting
    assert case.signal("go", y=2).waiting == ["a"]
    assert case.values == {"x": 1, "y": 2}


def test_a_parallel_multiple_event_on_a_border_begins_anew_when_all_have_come() -> None:
    border = boundary("b", "a", on("message", "m"), on("signal", "go"), interrupting=False, parallelMultiple=True)
    case = Case(process(start(), user("a"), border, user("c"), flows("s", "a"), flows("b", "c")))
    case.message("m").signal("go")
    assert case.waiting == ["a", "c"]
    assert case.signal("go").waiting == ["a", "c"]
    assert case.message("m").waiting == ["a", "c", "c"]


def test_a_multiple_event_throws_all_of_its_events() -> None:
    event = throw("t", on("message", "m"), on("signal", "go"), on("escalation", "N1"))
    case = Case(process(start(), event, user("a"), flows("s", "t", "a")))
    assert [fact.kind for fact in case.fold.thrown] == ["message", "signal", "escalation"]
    assert case.waiting == ["a"]


def test_a_multiple_event_on_a_border_keeps_what_has_not_come() -> None:
    border = boundary("b", "a", on("message", "m"), timer("Duration", "PT1H"), interrupting=False)
    case = Case(process(start(), user("a"), border, user("c"), flows("s", "a"), flows("b", "c")))
    case.pass_time(hours=1)
    assert case.waiting == ["a", "c"]
    assert case.message("m").message("m").waiting == ["a", "c", "c", "c"]


# ---- starts


STARTS = process(
    start("plain"),
    start("m", ext(io(outputs={"no": "=given"})), on("message", "order")),
    start("t", timer("Cycle", "R/P1D")),
    start("g", on("signal", "go")),
    start("many", on("message", "x"), on("signal", "y")),
    user("a"),
    flows("plain", "a"),
    flows("m", "a"),
    flows("t", "a"),
    flows("g", "a"),
    flows("many", "a"),
)


def test_a_process_says_what_starts_it() -> None:
    kinds = {element: [d.kind for d in found] for element, found in Case(STARTS).spec.start_events.items()}
    assert kinds == {"m": ["message"], "t": ["timer"], "g": ["signal"], "many": ["message", "signal"]}


def test_a_start_event_takes_what_started_it() -> None:
    case = Case(STARTS, at="m", payload={"given": 5, "hidden": 1})
    assert case.values == {"no": 5}
    assert case.completed == ["m"]
    assert case.waiting == ["a"]


def test_a_receive_task_and_what_stands_behind_an_event_gateway_can_start_an_instance() -> None:
    receive = tag("receiveTask", id="r", messageRef=ref("message", "one"), instantiate=True)
    gate = (
        gateway("eventBased", "g", instantiate=True),
        catch("c", on("message", "two")),
        catch("d", on("signal", "three")),
    )
    diagram = process(receive, *gate, user("a"), flows("r", "a"), flows("g", "c", "a"), flows("g", "d", "a"))
    assert set(Case(diagram, at="r").spec.start_events) == {"r", "c", "d"}
    for at in "rcd":
        case = Case(diagram, at=at, payload={"x": 1})
        assert case.standing == ["a"]
        assert case.values == {"x": 1}


def test_a_start_event_that_needs_all_of_several_waits_for_the_rest_in_its_instance() -> None:
    begin = start("b", on("message", "order"), on("message", "paid"), parallelMultiple=True)
    diagram = process(begin, user("a"), flows("b", "a"), messages={"paid": "=no", "order": "=no"})
    case = Case(diagram, at="b", event=0, payload={"no": 7})
    assert case.standing == ["b"]
    assert [(fact.name, fact.key) for fact in case.fold.subscriptions.values()] == [("paid", "7")]
    assert case.message("paid", "7", sum=3).waiting == ["a"]
    assert case.values == {"no": 7, "sum": 3}


def test_an_event_gateway_that_needs_all_its_events_waits_for_the_rest_in_its_instance() -> None:
    gate = gateway("eventBased", "g", instantiate=True, eventGatewayType="Parallel")
    parts = (
        gate,
        catch("c", on("message", "one")),
        catch("d", on("message", "two")),
        gateway("parallel", "j"),
        user("a"),
    )
    case = Case(process(*parts, flows("g", "c", "j", "a"), flows("g", "d", "j")), at="d")
    assert case.standing == ["c", "j"]
    assert case.message("one").waiting == ["a"]


def test_timers_say_what_they_came_to() -> None:
    case = Case(process(start(), catch("t", timer("Duration", '="PT" + "5M"')), flows("s", "t")))
    assert [fact.text for fact in case.facts if isinstance(fact, TimerOpened)] == ["PT5M"]
