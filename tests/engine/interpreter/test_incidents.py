"""What happens when a step fails: the work before it is kept, other tokens go on, somebody helps."""

from __future__ import annotations

import pytest

from engine.errors import Conflict, NotFound
from engine.interpreter import IncidentOpened, finish, retry
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

CHOICE = process(
    start(),
    user("a"),
    gateway("exclusive", "g"),
    user("b"),
    user("c"),
    user("beside"),
    flows("s", "a", "g"),
    flows("s", "beside"),
    flow("g", "b", "x > 1"),
    flow("g", "c", "x < 1"),
)


def test_a_failed_step_keeps_what_was_done_before_it_and_stops_nothing_else() -> None:
    case = Case(CHOICE).complete("a", x="many", note="kept")
    (incident,) = case.fold.incidents.values()
    assert (incident.element, incident.expression) == ("g", "x > 1")
    assert case.values == {"x": "many", "note": "kept"}
    assert case.waiting == ["beside"]
    assert case.complete("beside").over is None


def test_no_flow_that_can_be_taken_is_an_incident_that_names_the_element() -> None:
    case = Case(CHOICE).complete("a", x=1)
    (incident,) = case.fold.incidents.values()
    assert "g" in incident.reason.format(**incident.params)


def test_an_incident_is_tried_again_when_its_reason_is_gone() -> None:
    case = Case(CHOICE).complete("a", x="many").write(x=5)
    assert case.retry("g").waiting == ["b", "beside"]
    assert not case.fold.incidents


def test_an_incident_that_is_tried_again_for_nothing_stays() -> None:
    case = Case(CHOICE).complete("a", x="many").retry("g")
    assert len(case.fold.incidents) == 1
    assert sum(isinstance(fact, IncidentOpened) for fact in case.facts) == 2


def test_a_gateway_is_skipped_by_naming_the_flow() -> None:
    case = Case(CHOICE).complete("a", x="many")
    with pytest.raises(NotFound):
        case.skip("g", flow="nowhere")
    assert case.skip("g", flow="g-c", why="told").waiting == ["beside", "c"]
    assert case.values["why"] == "told"
    assert ("g", "skipped") in case.fold.left


def test_a_task_is_skipped_as_if_it_had_been_done() -> None:
    mapped = service("a", "work", io(None, {"y": "=wrong"}))
    case = Case(process(start(), mapped, user("b"), flows("s", "a", "b")))
    case.fail("a", "E9", message="away")
    (incident,) = case.fold.incidents.values()
    assert "E9" in incident.reason.format(**incident.params)
    case.skip("a", y=1)
    assert case.values == {"y": 1}
    assert case.waiting == ["b"]


def test_a_token_with_an_incident_can_be_ended_alone() -> None:
    case = Case(CHOICE).complete("a", x="many").cancel("g")
    assert case.waiting == ["beside"]
    assert not case.fold.incidents
    assert case.complete("beside").over == "completed"


def test_cancelling_an_instance_closes_its_incidents() -> None:
    case = Case(CHOICE).complete("a", x="many").cancel()
    assert not case.fold.incidents


def test_an_event_that_could_not_throw_closes_its_incident_when_it_is_cancelled() -> None:
    mapped = end("x", ext(io({"y": "=1"})), on("error", "E1"))
    case = Case(process(start(), user("a"), mapped, flows("s", "a", "x")))
    case.complete("a").cancel()
    assert not case.fold.incidents
    assert ("x", "cancelled") in case.fold.left


def test_only_an_incident_is_tried_again() -> None:
    case = Case(CHOICE)
    token = case.task("a")
    with pytest.raises(Conflict):
        case._do(lambda context: retry(case.spec, case.marking, context, token))


def test_a_result_whose_mapping_fails_is_not_lost() -> None:
    mapped = user("a", ext(io(None, {"y": "=x + later"})))
    case = Case(process(start(), mapped, user("b"), flows("s", "a", "b")))
    case.complete("a", x=1)
    assert [incident.element for incident in case.fold.incidents.values()] == ["a"]
    assert not case.waiting
    case.write(later=2).retry("a")
    assert case.values == {"later": 2, "y": 3}
    assert case.waiting == ["b"]


def test_what_a_connector_gave_is_not_lost_and_its_job_is_over() -> None:
    mapped = service("a", "work", io(None, {"y": "=x + later"}))
    case = Case(process(start(), mapped, user("b"), flows("s", "a", "b")))
    case.finish("a", x=1)
    assert case.standing == ["a"]
    assert not case.fold.jobs
    case.write(later=2).retry("a")
    assert case.values == {"later": 2, "y": 3}
    assert not case.fold.jobs


def test_what_a_called_process_gave_is_not_lost_and_the_call_is_over() -> None:
    parts = start(), call("a", "q", io(None, {"y": "=x + later"})), user("b"), flows("s", "a", "b")
    case = Case(process(*parts), {"x": 0})
    token = min(case.fold.children)
    case._do(lambda context: finish(case.spec, case.marking, context, token, {"x": 1}))
    assert not case.fold.children
    assert case.write(later=2).retry("a").values == {"x": 0, "later": 2, "y": 3}


def test_a_task_that_cannot_say_for_whom_it_is_is_not_opened() -> None:
    who = ext(tag("zeebe:assignmentDefinition", assignee="=boss"))
    case = Case(process(start(), user("a", who), flows("s", "a")))
    assert not case.waiting
    assert case.write(boss="li").retry("a").waiting == ["a"]


def test_a_timer_that_cannot_be_read_is_an_incident_of_the_event_alone() -> None:
    parts = user("a"), boundary("b", "a", timer("Duration", "=until")), user("c")
    case = Case(process(start(), *parts, flows("s", "a"), flows("b", "c")), {"until": "soon"})
    assert case.waiting == ["a"]
    assert [incident.element for incident in case.fold.incidents.values()] == ["b"]
    case.write(until="PT1H").retry("b").pass_time(hours=1)
    assert case.waiting == ["c"]


def test_an_event_that_cannot_be_armed_can_be_left_out() -> None:
    parts = user("a"), boundary("b", "a", timer("Duration", "=until")), user("c")
    case = Case(process(start(), *parts, flows("s", "a"), flows("b", "c")), {"until": "soon"})
    assert case.skip("b").waiting == ["a"]
    answer = handler("H", start("hs", on("message", '=1 + "x"')), user("h"), flows("hs", "h"))
    case = Case(process(start(), user("a"), answer, flows("s", "a")))
    assert case.skip("H").waiting == ["a"]


def test_an_event_that_is_not_armed_goes_with_its_task() -> None:
    parts = user("a"), boundary("b", "a", timer("Duration", "=until")), user("c")
    case = Case(process(start(), *parts, flows("s", "a"), flows("b", "c")), {"until": "soon"})
    assert case.complete("a").over == "completed"


def test_a_condition_without_an_answer_is_an_incident_of_its_event() -> None:
    parts = catch("c", condition("x"), on("message", "m")), user("a")
    case = Case(process(start(), *parts, flows("s", "c", "a")), {"x": "yes"})
    assert [incident.element for incident in case.fold.incidents.values()] == ["c"]
    assert case.write(x=False).retry("c").standing == ["c"]
    assert case.write(x=True).waiting == ["a"]


def test_an_event_with_an_incident_still_hears_its_message() -> None:
    parts = catch("c", condition("x"), on("message", "m")), user("a")
    case = Case(process(start(), *parts, flows("s", "c", "a")), {"x": "yes"})
    assert case.message("m").waiting == ["a"]
    assert not case.fold.incidents


def test_an_error_that_nobody_takes_is_an_incident_where_it_is_thrown() -> None:
    case = Case(
        process(start(), user("a"), end("x", on("error", "E1")), user("b"), flows("s", "a", "x"), flows("s", "b"))
    )
    case.complete("a")
    assert [incident.element for incident in case.fold.incidents.values()] == ["x"]
    assert case.waiting == ["b"]
    assert case.skip("x").complete("b").over == "completed"


def test_an_error_of_a_child_that_nobody_takes_is_an_incident_of_the_call_and_trying_again_calls_anew() -> None:
    choice = start("qs"), user("u"), gateway("exclusive", "g"), end("x", on("error", "E1")), end("y")
    both = processes(
        scope("process", "p", start(), call("a", "q"), user("b"), flows("s", "a", "b")),
        scope("process", "q", *choice, flows("qs", "u", "g"), flow("g", "x", "bad"), flow("g", "y", "not(bad)")),
    )
    case = Case(both["p"], others=both)
    case.children[0].complete("u", bad=True)
    assert [incident.element for incident in case.fold.incidents.values()] == ["a"]
    case.retry("a")
    case.children[0].complete("u", bad=False)
    assert case.waiting == ["b"]


def test_a_fan_that_is_tried_again_lets_go_of_its_children_first() -> None:
    inner = start("is"), user("a"), end("x", on("error", "E1")), flows("is", "a", "x")
    case = Case(process(start(), sub("S", several("=[1, 2]", "i"), *inner), user("b"), flows("s", "S", "b")))
    case.children[0].complete("a")
    others = case.children[1]
    assert others.waiting == ["a"], "the other iteration goes on meanwhile"
    case.retry("S")
    assert others.over == "cancelled"
    assert [child.waiting for child in case.children] == [["a"], ["a"]]


def test_a_fan_with_an_incident_takes_note_of_what_its_other_iterations_do() -> None:
    inner = start("is"), user("a"), gateway("exclusive", "g", default="g-y"), end("x", on("error", "E1")), end("y")
    body = sub("S", several("=[1, 2, 3]", "i"), *inner, flows("is", "a", "g", "y"), flow("g", "x", "bad"))
    case = Case(process(start(), body, user("b"), flows("s", "S", "b")))
    case.children[0].complete("a", bad=True)
    case.children[1].complete("a", bad=True)
    assert len(case.fold.incidents) == 1
    token = min(case.fold.children)
    case._do(lambda context: finish(case.spec, case.marking, context, token, [None, None, None]))
    assert case.waiting == ["b"], "enough is enough, whatever some have come to"


def test_a_collection_that_is_no_list_is_an_incident() -> None:
    case = Case(process(start(), user("a", several("=x", "i", sequential=True)), flows("s", "a")), {"x": 5})
    assert [incident.element for incident in case.fold.incidents.values()] == ["a"]
    assert case.write(x=[1]).retry("a").waiting == ["a"]


@pytest.mark.parametrize("sequential", [True, False])
def test_more_items_than_an_activity_may_have_are_an_incident(sequential: bool) -> None:
    case = Case(
        process(start(), user("t", several("=items", "i", sequential=sequential)), flows("s", "t")),
        {"items": [0] * 100_001},
    )
    (incident,) = case.fold.incidents.values()
    assert incident.element == "t"
    assert (incident.params["count"], incident.params["most"]) == (100_001, 100_000)


@pytest.mark.parametrize("times", [-1, 1.5, True, "many", 10**9, None])
def test_a_cardinality_that_makes_no_sense_is_an_incident(times: object) -> None:
    case = Case(process(start(), user("a", several(times="=n")), flows("s", "a")), {"n": times}, childless=True)
    assert [incident.element for incident in case.fold.incidents.values()] == ["a"]


@pytest.mark.parametrize("priority", [-1, 1.5, True, "high"])
def test_a_priority_that_makes_no_sense_is_an_incident(priority: object) -> None:
    what = ext(tag("zeebe:priorityDefinition", priority="=n"))
    case = Case(process(start(), user("a", what), flows("s", "a")), {"n": priority})
    assert [incident.element for incident in case.fold.incidents.values()] == ["a"]


@pytest.mark.parametrize("key", [None, "", True, [1]])
def test_a_correlation_key_that_is_none_is_an_incident(key: object) -> None:
    diagram = process(start(), catch("c", on("message", "m")), flows("s", "c"), messages={"m": "=key"})
    case = Case(diagram, {"key": key})
    assert [incident.element for incident in case.fold.incidents.values()] == ["c"]


NOTHING = "The {attribute} of {element} came to nothing."
ODD = "The {attribute} of {element} must be a text or a number; it is a {kind}."
ASSIGNED = ext(tag("zeebe:assignmentDefinition", assignee="=x", candidateUsers="=x"))


@pytest.mark.parametrize(
    ("attribute", "what"),
    [
        ("messageRef", [catch("x", on("message", "=x"))]),
        ("signalRef", [catch("x", on("signal", "=x"))]),
        ("messageRef", [throw("x", on("message", "=x"))]),
        ("signalRef", [throw("x", on("signal", "=x"))]),
        ("processId", [call("x", "=x")]),
        ("type", [service("x", "=x")]),
        (
            "decisionId",
            [tag("businessRuleTask", ext(tag("zeebe:calledDecision", decisionId="=x", resultVariable="r")), id="x")],
        ),
    ],
)
@pytest.mark.parametrize(
    ("value", "message", "kind"),
    [(None, NOTHING, None), ("", NOTHING, None), ([1], ODD, "list"), (True, ODD, "boolean"), ({}, ODD, "context")],
)
def test_a_name_that_is_none_is_an_incident_with_a_plain_sentence(
    attribute: str, what: list[str], value: object, message: str, kind: str | None
) -> None:
    case = Case(process(start(), *what, flows("s", "x")), {"x": value})
    (incident,) = case.fold.incidents.values()
    assert incident.reason == message
    assert incident.params == {"attribute": attribute, "element": "x", **({"kind": kind} if kind else {})}


@pytest.mark.parametrize("value", [True, {"a": 1}, [{"a": 1}]])
def test_who_does_a_task_is_named_by_a_text(value: object) -> None:
    case = Case(process(start(), user("x", ASSIGNED), flows("s", "x")), {"x": value})
    (incident,) = case.fold.incidents.values()
    assert incident.reason == ODD


@pytest.mark.parametrize("value", [None, "", [1]])
def test_a_time_that_is_none_is_an_incident_without_a_word_of_the_program(value: object) -> None:
    case = Case(process(start(), catch("x", timer("Date", "=x")), flows("s", "x")), {"x": value})
    (incident,) = case.fold.incidents.values()
    said = incident.reason.format(**incident.params)
    assert not [word for word in ("None", "''", "null") if word in said], said


def test_an_iteration_that_fails_is_tried_again_where_it_stands() -> None:
    body = user("a", several("=[1, 2]", "i", "out", "=answer", sequential=True))
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")))
    case.complete("a", other=1)
    assert len(case.fold.incidents) == 1
    (inner,) = case.fold.incidents
    case.write(case.fold.visits[inner][1], answer="yes").retry("a")
    case.complete("a", answer="no")
    assert case.values["out"] == ["yes", "no"]


def test_a_completion_condition_without_answer_is_an_incident_of_the_sequence() -> None:
    body = user("a", several("=[1, 2]", "i", sequential=True, until="enough"))
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")))
    case.complete("a")
    assert [incident.element for incident in case.fold.incidents.values()] == ["a"]
    assert case.write(enough=True).retry("a").waiting == ["b"]


def test_steps_without_end_are_stopped_and_nothing_is_lost() -> None:
    ring = gateway("exclusive", "g"), script("x", "=n + 1", "n")
    case = Case(
        process(start(), *ring, user("beside"), flows("s", "g", "x", "g"), flows("s", "beside")), {"n": 0}, limit=50
    )
    assert case.waiting == ["beside"]
    (incident,) = case.fold.incidents.values()
    assert incident.element in ("g", "x")
    before = case.values["n"]
    case.retry(incident.element)
    assert case.values["n"] > before, "it goes on where it was"


def test_a_skip_in_a_compensation_reports_to_the_throw() -> None:
    parts = (
        service("a"),
        undone_by("c", "a", "una"),
        service("una", isForCompensation=True),
        throw("t", undo()),
        user("z"),
    )
    case = Case(process(start(), *parts, flows("s", "a", "t", "z")))
    case.finish("a").fail("una", "E1")
    assert case.skip("una").waiting == ["z"]


def test_a_job_that_failed_is_wanted_anew_when_tried_again() -> None:
    case = Case(process(start(), service("a"), user("b"), flows("s", "a", "b")))
    case.fail("a", "E1")
    assert not case.fold.jobs
    case.retry("a")
    assert len(case.fold.jobs) == 1
    assert case.finish("a").waiting == ["b"]


def test_an_incident_inside_a_sub_process_keeps_it_open_and_goes_with_it() -> None:
    inner = start("is"), script("x", "=nothing", "r"), flows("is", "x")
    border = boundary("b", "S", on("message", "stop")), user("c")
    case = Case(process(start(), sub("S", *inner), *border, flows("s", "S"), flows("b", "c")))
    assert case.standing == ["S", "b", "x"]
    assert case.message("stop").waiting == ["c"]
    assert not case.fold.incidents


def test_an_input_mapping_that_fails_opens_no_scope() -> None:
    case = Case(process(start(), user("a", ext(io({"x": "=n", "y": "=m"}))), flows("s", "a")), {"n": 1})
    assert set(case.fold.scopes) == {0}
    assert case.write(m=2).retry("a").waiting == ["a"]
    (task,) = case.fold.tasks.values()
    assert task.inputs == {"x": 1, "y": 2}


def test_what_an_event_brought_is_not_lost_when_its_handler_cannot_begin() -> None:
    begin = start("hs", ext(io(None, {"got": "=x"})), on("message", "m"))
    mapped = tag("subProcess", ext(io({"y": "=n"})), begin, user("h"), flows("hs", "h"), id="H", triggeredByEvent=True)
    case = Case(process(start(), user("a"), mapped, flows("s", "a")))
    case.message("m", x=5)
    assert [incident.element for incident in case.fold.incidents.values()] == ["H"]
    assert case.write(n=1).retry("H").waiting == ["h"]
    assert case.values == {"n": 1, "got": 5}


def test_what_started_an_instance_is_not_lost_when_its_event_cannot_take_it() -> None:
    receive = tag("receiveTask", ext(io({"y": "=n"})), id="r", messageRef=ref("message", "one"), instantiate=True)
    case = Case(process(receive, user("a"), flows("r", "a")), at="r", payload={"x": 1})
    assert case.write(n=1).retry("r").waiting == ["a"]
    assert case.values == {"n": 1, "x": 1}
    case = Case(process(receive, user("a"), flows("r", "a")), at="r").cancel()
    assert set(case.fold.scopes) == {0}
