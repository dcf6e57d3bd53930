"""Each kind of task: what it waits for, what it gives, what it asks of others (BPMN 10.3.3)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.errors import Conflict, NotFound
from engine.interpreter import CallWanted, Context, JobWanted, Progress, TaskOpened, complete, fail, finish
from tests.engine.interpreter.building import (
    boundary,
    call,
    end,
    ext,
    flow,
    flows,
    gateway,
    io,
    on,
    process,
    processes,
    ref,
    scope,
    script,
    service,
    start,
    tag,
    user,
)
from tests.engine.interpreter.playing import NOON, Case


@pytest.mark.parametrize("kind", ["userTask", "manualTask", "task"])
def test_a_user_task_a_manual_task_and_a_plain_task_wait_for_a_person(kind: str) -> None:
    case = Case(process(start(), tag(kind, id="a"), end(), flows("s", "a", "e")))
    assert case.waiting == ["a"]
    assert case.complete("a").over == "completed"


def test_a_user_task_says_for_whom_it_is_and_until_when() -> None:
    who = tag("zeebe:assignmentDefinition", assignee="=boss", candidateUsers="ann, bob", candidateGroups='=["x", team]')
    when = tag("zeebe:taskSchedule", dueDate="=until", followUpDate="2026-04-02T09:00:00")
    what = ext(who, when, tag("zeebe:priorityDefinition", priority="=80"), io({"note": '="for " + team'}))
    case = Case(
        process(start(), user("a", what), flows("s", "a")),
        {"boss": "li", "team": "T1", "until": datetime(2026, 4, 10, 9, tzinfo=UTC)},
    )
    opened = next(fact for fact in case.facts if isinstance(fact, TaskOpened))
    assert (opened.assignee, opened.users, opened.groups) == ("li", ("ann", "bob"), ("x", "T1"))
    assert opened.due == datetime(2026, 4, 10, 9, tzinfo=UTC)
    assert opened.follow_up == datetime(2026, 4, 2, 1, tzinfo=UTC), "a time without offset is the zone's"
    assert opened.priority == 80
    assert opened.inputs == {"note": "for T1"}
    assert opened.scope == opened.token, "its form looks into its own scope first"


def test_a_due_date_without_time_means_the_whole_day() -> None:
    what = ext(tag("zeebe:taskSchedule", dueDate="2026-04-10", followUpDate="2026-04-10"))
    case = Case(process(start(), user("a", what), flows("s", "a")))
    (opened,) = case.fold.tasks.values()
    assert (opened.due, opened.follow_up) == (
        datetime(2026, 4, 10, 15, 59, 59, tzinfo=UTC),
        datetime(2026, 4, 9, 16, tzinfo=UTC),
    )


def test_a_script_task_puts_its_answer_into_its_variable() -> None:
    case = Case(process(start(), script("a", "=x * 2", "y"), user("b"), flows("s", "a", "b")), {"x": 21})
    assert case.values["y"] == 42


def test_a_service_task_asks_a_connector_and_takes_what_it_gives() -> None:
    job = service("a", "number.next", io({"series": '="letters"'}, {"no": "=given"}), retries="5")
    case = Case(process(start(), job, user("b"), flows("s", "a", "b")))
    (wanted,) = case.fold.jobs.values()
    assert isinstance(wanted, JobWanted)
    assert (wanted.type, wanted.retries, dict(wanted.inputs)) == ("number.next", 5, {"series": "letters"})
    case.finish("a", given=7, other=1)
    assert case.values == {"no": 7}, "only what is mapped leaves it"
    assert case.waiting == ["b"]


def test_a_connector_is_given_declared_inputs_only() -> None:
    case = Case(process(start(), service("a"), flows("s", "a")), {"secret": 1})
    (wanted,) = case.fold.jobs.values()
    assert not wanted.inputs


def test_an_error_of_a_connector_goes_to_the_border_of_its_task() -> None:
    parts = start(), service("a"), boundary("b", "a", on("error", "E1")), user("c")
    case = Case(process(*parts, flows("s", "a"), flows("b", "c")))
    case.fail("a", "E1", variables={"why": "full"})
    assert case.waiting == ["c"]
    assert case.values == {"why": "full"}


def test_a_business_rule_task_puts_the_decision_into_its_variable() -> None:
    rule = tag(
        "businessRuleTask", ext(tag("zeebe:calledDecision", decisionId="=which", resultVariable="grade")), id="a"
    )
    case = Case(
        process(start(), rule, user("b"), flows("s", "a", "b")),
        {"which": "grading", "points": 91},
        decisions=lambda decision, lookup: f"{decision}: {lookup(['points'])['points']}",
    )
    assert case.values["grade"] == "grading: 91"


def test_a_send_task_throws_its_message_with_nothing_but_what_is_mapped() -> None:
    extra = tag(
        "zeebe:properties",
        tag("zeebe:property", name="correlationKey", value="=no"),
        tag("zeebe:property", name="timeToLive", value="PT2H"),
    )
    send = tag("sendTask", ext(io({"text": '="hello " + name'}), extra), id="a", messageRef=ref("message", "greeting"))
    case = Case(process(start(), send, user("b"), flows("s", "a", "b")), {"no": 7, "name": "li", "secret": 1})
    (thrown,) = case.fold.thrown
    assert (thrown.kind, thrown.name, thrown.key) == ("message", "greeting", "7")
    assert thrown.ttl is not None and thrown.ttl.total_seconds() == 7200
    assert thrown.content == {"text": "hello li"}
    assert case.waiting == ["b"]


def test_a_send_task_with_a_connector_waits_until_it_is_sent() -> None:
    send = tag("sendTask", ext(tag("zeebe:taskDefinition", type="notify"), io({"to": "=who"})), id="a")
    case = Case(process(start(), send, user("b"), flows("s", "a", "b")), {"who": "li"})
    assert not case.waiting
    assert case.finish("a").waiting == ["b"]


def test_what_a_connector_that_sends_gives_back_is_mapped() -> None:
    sending = ext(tag("zeebe:taskDefinition", type="notify"), io(None, {"id": "=receipt"}))
    event = tag("intermediateThrowEvent", sending, on("message", "m"), id="t")
    case = Case(process(start(), event, user("b"), flows("s", "t", "b")))
    case.finish("t", receipt=5, other=1)
    assert case.values == {"id": 5}
    assert case.waiting == ["b"]


def test_a_receive_task_waits_for_its_message() -> None:
    receive = tag("receiveTask", id="a", messageRef=ref("message", "paid"))
    diagram = process(start(), receive, user("b"), flows("s", "a", "b"), messages={"paid": "=order"})
    case = Case(diagram, {"order": "o1"})
    case.message("paid", "o1", amount=5)
    assert case.waiting == ["b"]
    assert case.values["amount"] == 5


CALLED = processes(
    scope(
        "process",
        "p",
        start(),
        call("a", "q", io({"x": "=y + 1"}, {"z": "=result + y"})),
        boundary("caught", "a", on("error", "E1")),
        boundary("told", "a", on("escalation", "N1"), interrupting=False),
        user("b"),
        user("c"),
        user("d"),
        flows("s", "a", "b"),
        flows("caught", "c"),
        flows("told", "d"),
    ),
    scope(
        "process",
        "q",
        start("qs"),
        user("qa"),
        gateway("exclusive", "qg", default="qg-qe"),
        end("qx", on("error", "E1")),
        end("qe"),
        flows("qs", "qa", "qg"),
        flow("qg", "qx", "fails"),
        flow("qg", "qe"),
    ),
)


def test_a_call_hands_over_what_is_mapped_and_takes_back_what_is_mapped() -> None:
    case = Case(CALLED["p"], {"y": 1, "other": 0}, others=CALLED)
    (wanted,) = [fact for fact in case.facts if isinstance(fact, CallWanted)]
    assert dict(wanted.variables) == {"x": 2}
    assert wanted.returns == ("result", "y")
    case.children[0].complete("qa", result=10, fails=False, hidden=1)
    assert case.waiting == ["b"]
    assert case.values == {"y": 1, "other": 0, "z": 11}


def test_a_call_without_output_mappings_takes_nothing_back() -> None:
    case = Case(process(start(), call("a", "q"), user("b"), flows("s", "a", "b")))
    token = min(case.fold.children)
    case._do(lambda context: finish(case.spec, case.marking, context, token, {"hidden": 1}))
    assert case.waiting == ["b"]
    assert case.values == {}


def test_an_error_that_a_called_process_does_not_catch_goes_to_the_call() -> None:
    case = Case(CALLED["p"], {"y": 1}, others=CALLED)
    case.children[0].complete("qa", fails=True)
    assert case.children[0].over == "error"
    assert case.waiting == ["c"]


def test_an_escalation_of_a_called_process_goes_to_the_call_and_both_go_on() -> None:
    inner = (
        start("qs"),
        tag("intermediateThrowEvent", on("escalation", "N1"), id="qt"),
        user("qa"),
        flows("qs", "qt", "qa"),
    )
    others = {**CALLED, "q": processes(scope("process", "q", *inner))["q"]}
    case = Case(CALLED["p"], {"y": 1}, others=others)
    assert case.waiting == ["d"]
    assert case.children[0].waiting == ["qa"]


def test_a_call_that_is_interrupted_lets_go_of_its_child() -> None:
    case = Case(CALLED["p"], {"y": 1}, others=CALLED)
    case.cancel()
    assert case.over == "cancelled"
    assert case.children[0].over == "cancelled"


def test_a_global_task_is_a_process_of_one_task() -> None:
    (task,) = processes(tag("globalUserTask", id="g")).values()
    case = Case(task)
    assert case.waiting == ["g"]
    assert case.complete("g").over == "completed"


def test_a_task_is_completed_once() -> None:
    case = Case(process(start(), user("a"), user("b"), flows("s", "a", "b")))
    token = case.task("a")
    case.complete("a")
    with pytest.raises(NotFound):
        case._do(lambda context: _complete(case, context, token))


def test_what_a_person_completes_must_be_a_task_that_waits_for_one() -> None:
    case = Case(process(start(), service("a"), flows("s", "a")))
    with pytest.raises(Conflict):
        case._do(lambda context: _complete(case, context, min(case.fold.jobs)))


def test_what_throws_an_error_must_be_asked_for_something() -> None:
    case = Case(process(start(), user("a"), boundary("b", "a", on("error")), flows("s", "a")))
    token = case.task("a")
    with pytest.raises(Conflict):
        case._do(lambda context: fail(case.spec, case.marking, context, token, code="E1"))


def _complete(case: Case, context: Context, token: int) -> Progress:
    return complete(case.spec, case.marking, context, token, {})


def test_moments_are_those_of_the_command() -> None:
    what = ext(tag("zeebe:taskSchedule", dueDate='=now() + duration("P1D")'))
    case = Case(process(start(), user("a", what), flows("s", "a")))
    (opened,) = case.fold.tasks.values()
    assert opened.due is not None and (opened.due - NOON).days == 1
