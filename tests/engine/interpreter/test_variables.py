"""Where variables live, what a step sees, what leaves it (BPMN 10.4, design of scopes)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from tests.engine.interpreter.building import (
    boundary,
    end,
    ext,
    flow,
    flows,
    gateway,
    io,
    on,
    process,
    script,
    service,
    several,
    start,
    sub,
    tag,
    timer,
    user,
)
from tests.engine.interpreter.playing import Case


def test_branches_see_each_others_values_at_once() -> None:
    case = Case(
        process(start(), user("a"), user("b"), script("x", "=n + 1", "m"), flows("s", "a"), flows("s", "b", "x")),
        {"n": 0},
    )
    case.complete("a", n=5).complete("b")
    assert case.values == {"n": 5, "m": 6}


def test_lists_and_dates_keep_their_type() -> None:
    parts = script("x", "=append(seen, day)", "seen"), script("y", '=day + duration("P1D")', "next")
    case = Case(
        process(start(), *parts, user("a"), flows("s", "x", "y", "a")), {"seen": [1, 1], "day": date(2026, 4, 1)}
    )
    assert case.values["seen"] == [1, 1, date(2026, 4, 1)]
    assert case.values["next"] == date(2026, 4, 2)


def test_input_mappings_make_values_that_only_the_activity_sees() -> None:
    case = Case(
        process(
            start(), user("a", ext(io({"x": "=n * 2", "n": "=1"}))), script("y", "=n", "after"), flows("s", "a", "y")
        ),
        {"n": 4},
    )
    (number,) = case.fold.scopes.keys() - {0}
    assert case.fold.values[number] == {"x": 8, "n": 1}
    case.complete("a")
    assert case.values == {"n": 4, "after": 4}


def test_a_result_goes_to_the_innermost_scope_that_has_its_name() -> None:
    case = Case(process(start(), user("a", ext(io({"x": "=1"}))), user("b"), flows("s", "a", "b")))
    case.complete("a", x=2, y=3)
    assert case.values == {"y": 3}, "x was the activity's own"


def test_with_output_mappings_only_their_names_leave() -> None:
    case = Case(
        process(start(), user("a", ext(io(None, {"sum": "=x + y"}))), user("b"), flows("s", "a", "b")), {"y": 1}
    )
    case.complete("a", x=2, z=3)
    assert case.values == {"y": 1, "sum": 3}


def test_a_value_written_in_a_sub_process_goes_to_the_instance() -> None:
    inner = start("is"), user("a"), flows("is", "a")
    case = Case(process(start(), sub("S", *inner), user("b"), flows("s", "S", "b")))
    assert case.complete("a", x=1).values == {"x": 1}


def test_a_name_that_a_sub_process_has_stays_in_it() -> None:
    inner = ext(io({"x": "=1"}, {"y": "=x"})), start("is"), user("a"), flows("is", "a")
    case = Case(process(start(), sub("S", *inner), user("b"), flows("s", "S", "b")), {"x": 0})
    assert case.complete("a", x=9).values == {"x": 0, "y": 9}


def test_data_objects_live_in_their_scope_from_its_beginning() -> None:
    data = (
        tag("dataObject", id="d1", name="total"),
        tag("dataObjectReference", id="r1", dataObjectRef="d1", name="total"),
    )
    inner = start("is"), script("x", "=if total = null then 1 else 2", "r"), user("a"), flows("is", "x", "a")
    case = Case(process(start(), sub("S", *data, *inner), user("b"), flows("s", "S", "b")))
    assert case.values == {"r": 1}
    (number,) = case.fold.scopes.keys() - {0}
    assert case.fold.values[number] == {"total": None}
    case.complete("a", total=5)
    assert case.values == {"r": 1}


def test_data_associations_carry_values_in_and_out() -> None:
    data = (
        tag("dataObject", id="order"),
        tag("dataObject", id="bill"),
        tag("dataObjectReference", id="orderRef", dataObjectRef="order"),
        tag("dataObjectReference", id="billRef", dataObjectRef="bill"),
    )
    into = tag("dataInputAssociation", "<sourceRef>orderRef</sourceRef><targetRef>in1</targetRef>")
    out = tag("dataOutputAssociation", "<sourceRef>out1</sourceRef><targetRef>billRef</targetRef>")
    io_spec = tag(
        "ioSpecification",
        tag("dataInput", id="in1", name="goods"),
        tag("dataOutput", id="out1", name="price"),
        "<inputSet/><outputSet/>",
    )
    case = Case(
        process(*data, start(), user("a", io_spec, into, out), user("b"), flows("s", "a", "b")), {"order": "tea"}
    )
    (task,) = case.fold.tasks.values()
    assert task.inputs == {"goods": "tea"}
    assert case.complete("a", price=9).values == {"order": "tea", "bill": 9}


def test_a_missing_name_is_an_incident_and_not_null() -> None:
    case = Case(process(start(), script("x", "=missing", "r"), flows("s", "x")))
    (incident,) = case.fold.incidents.values()
    assert incident.element == "x"
    assert incident.expression == "missing"


def test_a_payload_is_seen_where_the_event_stands() -> None:
    inner = ext(io({"x": "=1"})), start("is"), user("a"), flows("is", "a")
    border = boundary("b", "S", on("message", "m"), interrupting=False), script("y", "=x", "got")
    case = Case(process(start(), sub("S", *inner), *border, flows("s", "S"), flows("b", "y")))
    case.message("m", x=5)
    assert case.values == {"x": 5, "got": 5}, "the border lies outside its activity"


def test_an_iteration_reads_what_is_around_it() -> None:
    body = script("x", "=base + i", "r", "", several("=[1, 2]", "i", "out", "=r", sequential=True))
    case = Case(process(start(), body, user("b"), flows("s", "x", "b")), {"base": 10})
    assert case.values["out"] == [11, 12]


def test_a_command_reads_the_scopes_on_its_path_once() -> None:
    parts = user("a"), gateway("exclusive", "g", default="g-c"), user("b"), user("c")
    case = Case(
        process(start(), *parts, flows("s", "a", "g"), flow("g", "b", "x > y"), flow("g", "c")), {"x": 1, "y": 2}
    )
    case.complete("a", z=1)
    assert case.waiting == ["c"]
    assert case.reads == 1


def test_what_the_ordinary_completion_asks_of_feel_is_one_call() -> None:
    who = ext(tag("zeebe:assignmentDefinition", assignee="=boss"), tag("zeebe:taskSchedule", dueDate="=today() + days"))
    parts = user("a"), gateway("exclusive", "g", default="g-c"), user("b", who), user("c")
    timed = boundary(
        "t", "b", '<timerEventDefinition><timeDuration>="PT" + hours + "H"</timeDuration></timerEventDefinition>'
    )
    diagram = process(start(), *parts, timed, flows("s", "a", "g"), flow("g", "b", "x > y"), flow("g", "c"))
    case = Case(diagram, {"y": 2, "boss": "li", "hours": "4", "days": __import__("datetime").timedelta(days=2)})
    case.complete("a", x=3)
    assert case.waiting == ["b"]
    assert case.calls == 1


def test_a_completion_without_feel_asks_nothing() -> None:
    case = Case(
        process(
            start(), user("a"), user("b", ext(tag("zeebe:assignmentDefinition", assignee="li"))), flows("s", "a", "b")
        )
    )
    case.complete("a")
    assert case.calls == 0


def test_a_sub_process_of_tasks_is_one_call_too() -> None:
    inner = start("is"), gateway("exclusive", "g", default="g-v"), user("u"), user("v"), flows("is", "g")
    body = sub("S", *inner, flow("g", "u", "x = 1"), flow("g", "v"))
    case = Case(
        process(
            start(),
            user("a"),
            body,
            gateway("exclusive", "h", default="h-c"),
            user("b"),
            user("c"),
            flows("s", "a", "S", "h"),
            flow("h", "b", "x + n = 2"),
            flow("h", "c"),
        ),
        {"n": 1},
    )
    assert case.complete("a", x=1).waiting == ["u"]
    assert case.calls == 1
    assert case.complete("u").waiting == ["b"]
    assert case.calls == 1


def test_a_service_result_is_looked_at_in_one_call() -> None:
    parts = service("a"), gateway("exclusive", "g", default="g-c"), user("b"), user("c")
    case = Case(process(start(), *parts, flows("s", "a", "g"), flow("g", "b", "ok or no"), flow("g", "c")))
    assert case.finish("a", ok=True, no=False).waiting == ["b"]
    assert case.calls == 1


def test_mappings_assignment_and_timers_of_the_next_task_are_one_call() -> None:
    who = tag("zeebe:assignmentDefinition", assignee="=boss")
    timed = boundary("t", "b", timer("Duration", '="PT" + hours + "H"'))
    case = Case(
        process(start(), user("a"), user("b", ext(who, io({"x": "=n + 1"}))), timed, flows("s", "a", "b")),
        {"boss": "li", "hours": "4", "n": 1},
    )
    case.complete("a")
    assert case.waiting == ["b"]
    assert case.calls == 1


def test_a_name_alone_needs_no_feel_and_may_be_of_any_size() -> None:
    who = ext(tag("zeebe:assignmentDefinition", assignee="=boss"))
    parts = user("a"), gateway("exclusive", "g", default="g-c"), user("b", who), user("c")
    body = script("x", "=i", "r", "", several("=rows", "i", "out", "=r", sequential=True))
    case = Case(
        process(start(), *parts, body, flows("s", "a", "g"), flow("g", "b", "ok"), flow("g", "c"), flows("b", "x")),
        {"boss": "li", "rows": [["x" * 300_000]]},
    )
    assert case.complete("a", ok=True).waiting == ["b"]
    assert case.calls == 0
    case.complete("b")
    assert case.values["out"] == [["x" * 300_000]]


def test_a_name_alone_that_is_no_answer_is_an_incident_all_the_same() -> None:
    parts = user("a"), gateway("exclusive", "g"), user("b")
    case = Case(process(start(), *parts, flows("s", "a", "g"), flow("g", "b", "ok"), end(), flow("g", "e", "not(ok)")))
    case.complete("a", ok="yes")
    assert [incident.element for incident in case.fold.incidents.values()] == ["g"]


def test_an_element_has_names_of_its_own_beside_variables() -> None:
    asked = []

    def own(element: str, names: Collection[str]) -> Mapping[str, Any]:
        asked.append(element)
        return {"deadline": f"PT{len(element)}H"} if "deadline" in names else {}

    parts = (
        user("abc", ext(tag("zeebe:assignmentDefinition", assignee="=deadline"))),
        boundary("b", "abc", timer("Duration", "=deadline")),
    )
    case = Case(process(start(), *parts, flows("s", "abc")), {"deadline": "variable"}, own=own)
    (task,), (timed,) = case.fold.tasks.values(), case.fold.timers.values()
    assert task.assignee == "PT3H"
    assert timed.text == "PT1H", "the event's own, not its activity's"
