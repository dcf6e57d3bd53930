"""Standard loops and multi-instance, of tasks, sub-processes and calls (BPMN 10.3.8, 13.3.6, 13.3.7)."""

from __future__ import annotations

import pytest

from engine.interpreter import FanWanted
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
    timer,
    user,
)
from tests.engine.interpreter.playing import Case

# ---- standard loops


def test_a_loop_repeats_while_its_condition_holds() -> None:
    case = Case(process(start(), user("a", loop("n < 3")), user("b"), flows("s", "a", "b")), {"n": 0})
    for n in (1, 2, 3):
        assert case.waiting == ["a"]
        case.complete("a", n=n)
    assert case.waiting == ["b"]


def test_a_loop_that_tests_before_may_not_run_at_all() -> None:
    case = Case(process(start(), user("a", loop("n < 3", before=True)), user("b"), flows("s", "a", "b")), {"n": 3})
    assert case.waiting == ["b"]


def test_a_loop_stops_at_its_maximum() -> None:
    case = Case(
        process(start(), script("a", "=n + 1", "n", "", loop(maximum=5)), user("b"), flows("s", "a", "b")), {"n": 0}
    )
    assert case.values["n"] == 5


def test_a_pass_of_a_loop_knows_its_number() -> None:
    parts = script("a", "=append(seen, loopCounter)", "seen", "", loop("loopCounter < 3"))
    case = Case(process(start(), parts, user("b"), flows("s", "a", "b")), {"seen": []})
    assert case.values["seen"] == [1, 2, 3]


def test_a_loop_writes_to_the_variables_around_it() -> None:
    inner = start("is"), user("a"), flows("is", "a")
    case = Case(process(start(), sub("S", loop("not(done)"), *inner), user("b"), flows("s", "S", "b")), {"done": False})
    case.complete("a", x=1)
    assert case.values["x"] == 1
    assert case.complete("a", done=True).waiting == ["b"]


# ---- sequential


def test_a_sequence_runs_one_item_after_the_other_and_gathers_the_results() -> None:
    body = user("a", several("=people", "person", "answers", "=answer", sequential=True))
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")), {"people": ["li", "wang", None]})
    for person, answer in (("li", "yes"), ("wang", None), (None, "no")):
        (task,) = case.fold.tasks.values()
        (scope_number,) = [number for number, values in case.fold.values.items() if "loopCounter" in values]
        assert case.fold.values[scope_number]["person"] == person
        assert task.element == "a"
        case.complete("a", answer=answer)
    assert case.waiting == ["b"]
    assert case.values == {"people": ["li", "wang", None], "answers": ["yes", None, "no"]}


def test_an_iteration_keeps_what_it_writes_to_itself() -> None:
    body = user("a", several("=[1, 2]", "i", sequential=True))
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")))
    case.complete("a", x=1)
    assert "x" not in case.values
    assert not any("x" in values for values in case.fold.values.values())


def test_a_sequence_over_nothing_is_over_at_once() -> None:
    body = user("a", several("=[]", "i", "out", "=i", sequential=True))
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")))
    assert case.waiting == ["b"]
    assert case.values["out"] == []


def test_a_sequence_stops_when_it_has_enough() -> None:
    body = user(
        "a", several("=[1, 2, 3, 4]", "i", "votes", "=vote", sequential=True, until='count(votes[item = "no"]) > 0')
    )
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")))
    assert case.complete("a", vote="yes").waiting == ["a"]
    assert case.complete("a", vote="no").waiting == ["b"]
    assert case.values["votes"] == ["yes", "no"]


def test_one_no_ends_a_sequence_of_votes() -> None:
    body = user("a", several("=[1, 2, 3]", "i", "votes", "=agree", sequential=True, until="agree = false"))
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")))
    assert case.complete("a", agree=True).waiting == ["a"]
    assert case.complete("a", agree=False).waiting == ["b"]
    assert case.values == {"votes": [True, False]}
    assert set(case.fold.scopes) == {0}


def test_the_end_of_a_sequence_may_hang_on_its_item_and_its_count() -> None:
    for until in ("i.last", "loopCounter = 2", "numberOfCompletedInstances = 2 and agree"):
        several_of = several("=rows", "i", sequential=True, until=until)
        case = Case(
            process(start(), user("a", several_of), user("b"), flows("s", "a", "b")),
            {"rows": [{"last": False}, {"last": True}, {"last": False}]},
        )
        assert case.complete("a", agree=True).waiting == ["a"], until
        assert case.complete("a", agree=True).waiting == ["b"], until


def test_a_sequence_ended_from_outside_keeps_nothing_of_its_last_pass() -> None:
    body = (
        user("a", several("=[1, 2]", "i", sequential=True, until="agree and sure")),
        boundary("t", "a", timer("Duration", "PT1H")),
    )
    case = Case(process(start(), *body, user("b"), flows("s", "a"), flows("t", "b")))
    case.complete("a", agree=True)
    assert [incident.element for incident in case.fold.incidents.values()] == ["a"]
    assert case.pass_time(hours=2).waiting == ["b"]
    assert set(case.fold.scopes) == {0}


def test_one_no_ends_parallel_votes() -> None:
    body = user("a", several("=[1, 2, 3]", "i", "votes", "=agree", until="agree = false"))
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")))
    case.children[2].complete("a", agree=True)
    assert not case.waiting
    case.children[0].complete("a", agree=False)
    assert case.waiting == ["b"]
    assert case.values == {"votes": [False, True]}
    assert case.children[1].over == "cancelled"


def test_a_sequence_counts_what_is_done() -> None:
    body = user(
        "a", several("=[1, 2, 3, 4]", "i", sequential=True, until="numberOfCompletedInstances >= numberOfInstances / 2")
    )
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")))
    assert case.complete("a").complete("a").waiting == ["b"]


def test_a_sequence_runs_as_often_as_its_cardinality_says() -> None:
    body = script("a", "=loopCounter * 10", "x", "", several(times="=n", output="out", result="=x", sequential=True))
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")), {"n": 3})
    assert case.values == {"n": 3, "out": [10, 20, 30]}


def test_the_items_are_those_of_the_beginning() -> None:
    body = user("a", several("=items", "i", "out", "=i", sequential=True))
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")), {"items": [1, 2]})
    case.write(items=[])
    case.complete("a").complete("a")
    assert case.values["out"] == [1, 2]


def test_mappings_belong_to_each_iteration() -> None:
    mapped = user(
        "a",
        ext(io({"asked": '="for " + i'}, {"kept": "=answer"})),
        several('=["x", "y"]', "i", "out", "=kept", sequential=True),
    )
    case = Case(process(start(), mapped, flows("s", "a", "b"), user("b")))
    for item in ("x", "y"):
        (task,) = case.fold.tasks.values()
        assert task.inputs == {"asked": f"for {item}"}
        case.complete("a", answer=f"{item}!")
    assert case.values == {"out": ["x!", "y!"]}


def test_an_event_on_the_border_of_a_sequence_ends_all_of_it() -> None:
    body = user("a", several("=[1, 2]", "i", sequential=True)), boundary("b", "a", timer("Duration", "PT1H"))
    case = Case(process(start(), *body, user("c"), flows("s", "a"), flows("b", "c")))
    case.complete("a").pass_time(hours=1)
    assert case.waiting == ["c"]
    assert set(case.fold.scopes) == {0}


def test_a_sequence_of_sub_processes_of_sequences() -> None:
    inner = script("x", "=string(i) + string(j)", "r", "", several("=[1, 2]", "j", "row", "=r", sequential=True))
    outer = sub("S", several("=[1, 2]", "i", "rows", "=row", sequential=True), start("is"), inner, flows("is", "x"))
    case = Case(process(start(), outer, user("b"), flows("s", "S", "b")))
    assert case.values["rows"] == [["11", "12"], ["21", "22"]]


# ---- parallel


def test_parallel_iterations_are_instances_of_their_own_and_their_results_come_in_order() -> None:
    body = user("a", several("=people", "person", "answers", "=answer + person"))
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")), {"people": ["x", "y", "z"], "huge": "..."})
    assert case.standing == ["a"], "one token, however many iterations"
    (wanted,) = [fact for fact in case.facts if isinstance(fact, FanWanted)]
    assert wanted.snapshot == {}
    for index in (2, 0, 1):
        case.children[index].complete("a", answer=str(index))
    assert case.waiting == ["b"]
    assert case.values["answers"] == ["0x", "1y", "2z"]


def test_an_iteration_is_given_what_it_names_and_no_more() -> None:
    inner = (
        start("is"),
        gateway("exclusive", "g", default="g-y"),
        script("x", "=factor * i", "r"),
        user("y"),
        flows("is", "g"),
    )
    body = sub("S", several("=[1, 2]", "i", "out", "=r"), *inner, flow("g", "x", "wanted"), flow("g", "y"))
    case = Case(
        process(start(), body, flows("s", "S")), {"factor": 3, "wanted": True, "other": 1}, names={"y": ["shown"]}
    )
    (fact,) = [fact for fact in case.facts if isinstance(fact, FanWanted)]
    assert fact.snapshot == {"factor": 3, "wanted": True}
    assert case.values["out"] == [3, 6]
    case = Case(
        process(start(), body, flows("s", "S")), {"factor": 3, "wanted": False, "shown": 9}, names={"y": ["shown"]}
    )
    assert case.children[0].values["shown"] == 9


def test_an_iteration_is_given_what_its_own_mappings_name() -> None:
    mapped = user("a", ext(io({"x": "=base + i"}, {"y": "=x + extra"})), several("=[1]", "i", "out", "=y + last"))
    case = Case(process(start(), mapped, flows("s", "a")), {"base": 1, "extra": 2, "last": 3, "other": 4})
    (fact,) = [fact for fact in case.facts if isinstance(fact, FanWanted)]
    assert {"base", "extra", "last"} <= fact.snapshot.keys()
    assert "other" not in fact.snapshot
    case.children[0].complete("a")
    assert case.values["out"] == [7]


def test_parallel_iterations_end_early_when_there_are_enough() -> None:
    body = user("a", several("=[1, 2, 3]", "i", "votes", "=vote", until='some v in votes satisfies v = "no"'))
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")))
    case.children[0].complete("a", vote="yes")
    assert not case.waiting
    case.children[2].complete("a", vote="no")
    assert case.waiting == ["b"]
    assert case.values["votes"] == ["yes", "no"]
    assert case.children[1].over == "cancelled"


def test_parallel_iterations_over_nothing_are_over_at_once() -> None:
    case = Case(process(start(), user("a", several("=[]", "i", "out", "=i")), user("b"), flows("s", "a", "b")))
    assert case.waiting == ["b"]
    assert case.values["out"] == []


def test_parallel_iterations_may_need_nobody() -> None:
    body = script("a", "=i * i", "r", "", several("=[1, 2, 3]", "i", "squares", "=r"))
    case = Case(process(start(), body, user("b"), flows("s", "a", "b")))
    assert case.values == {"squares": [1, 4, 9]}
    silent = script("a", "=i * i", "r", "", several("=[1, 2, 3]", "i"))
    assert Case(process(start(), silent, user("b"), flows("s", "a", "b"))).values == {}


def test_an_event_on_the_border_of_parallel_iterations_ends_them() -> None:
    body = user("a", several("=[1, 2]", "i")), boundary("b", "a", on("message", "stop"))
    case = Case(process(start(), *body, user("c"), flows("s", "a"), flows("b", "c")))
    case.children[0].complete("a")
    case.message("stop")
    assert case.waiting == ["c"]
    assert case.children[1].over == "cancelled"


def test_an_error_in_a_parallel_iteration_goes_to_the_border_and_ends_the_others() -> None:
    inner = start("is"), user("a"), end("x", on("error", "E1")), flows("is", "a", "x")
    border = boundary("b", "S", on("error", "E1"))
    case = Case(
        process(start(), sub("S", several("=[1, 2]", "i"), *inner), border, user("c"), flows("s", "S"), flows("b", "c"))
    )
    case.children[0].complete("a")
    assert case.waiting == ["c"]
    assert case.children[1].over == "cancelled"


def test_an_escalation_in_a_parallel_iteration_goes_to_the_border_and_all_go_on() -> None:
    inner = start("is"), user("a"), end("x", on("escalation", "N1")), flows("is", "a", "x")
    border = boundary("b", "S", on("escalation", "N1"), interrupting=False)
    case = Case(
        process(start(), sub("S", several("=[1, 2]", "i"), *inner), border, user("c"), flows("s", "S"), flows("b", "c"))
    )
    case.children[0].complete("a")
    assert case.waiting == ["c"]
    assert case.children[1].waiting == ["a"]


def test_parallel_iterations_lie_in_each_other() -> None:
    inner = sub("I", several("=[1, 2]", "j", "row", "=r"), start("iis"), script("x", "=i * j", "r"), flows("iis", "x"))
    outer = sub("O", several("=[1, 2, 3]", "i", "table", "=row"), start("os"), inner, flows("os", "I"))
    case = Case(process(start(), outer, user("b"), flows("s", "O", "b")))
    assert case.values["table"] == [[1, 2], [2, 4], [3, 6]]


@pytest.mark.parametrize("sequential", [False, True])
def test_a_call_can_run_once_for_each_item(sequential: bool) -> None:
    both = processes(
        scope(
            "process",
            "p",
            start(),
            call(
                "a",
                "q",
                io({"x": "=i"}, {"y": "=doubled"}),
                several("=[1, 2, 3]", "i", "out", "=y", sequential=sequential),
            ),
            user("b"),
            flows("s", "a", "b"),
        ),
        scope("process", "q", start("qs"), script("d", "=x * 2", "doubled"), flows("qs", "d")),
    )
    case = Case(both["p"], others=both)
    assert case.waiting == ["b"]
    assert case.values["out"] == [2, 4, 6]


def test_iterations_can_wait_for_events_of_their_own() -> None:
    inner = start("is"), catch("c", on("message", "m")), flows("is", "c")
    body = sub("S", several('=["x", "y"]', "key"), *inner)
    case = Case(process(start(), body, user("b"), flows("s", "S", "b"), messages={"m": "=key"}))
    case.children[1].message("m", "y")
    assert not case.waiting
    case.children[0].message("m", "x")
    assert case.waiting == ["b"]


def test_a_condition_inside_an_iteration_sees_what_the_iteration_writes() -> None:
    inner = start("is"), user("a"), catch("c", condition("ok")), flows("is", "a"), flows("is", "c")
    body = sub("S", several("=[1]", "i", sequential=True), *inner)
    case = Case(process(start(), body, user("b"), flows("s", "S", "b")), {"ok": False})
    case.complete("a", own=1)
    assert case.standing == ["S", "S", "c"]
    assert case.write(ok=True).waiting == ["b"]


def test_each_iteration_of_a_service_task_has_its_own_job() -> None:
    job = service("a", "count", io({"x": "=i"}, {"n": "=found"}), several("=[5, 6]", "i", "out", "=n"))
    case = Case(process(start(), job, user("b"), flows("s", "a", "b")))
    assert [dict(job.inputs) for child in case.children for job in child.fold.jobs.values()] == [{"x": 5}, {"x": 6}]
    case.children[1].finish("a", found=60)
    case.children[0].finish("a", found=50)
    assert case.values["out"] == [50, 60]
