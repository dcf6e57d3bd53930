"""Gateways, implicit splits, merges and ends, conditional flows (BPMN 13.3.1, 13.4)."""

from __future__ import annotations

import pytest

from tests.engine.interpreter.building import (
    boundary,
    end,
    flow,
    flows,
    gateway,
    on,
    process,
    script,
    start,
    sub,
    timer,
    user,
)
from tests.engine.interpreter.playing import Case


def test_a_task_waits_for_its_person_and_the_end_ends_the_instance() -> None:
    case = Case(process(start(), user("a"), end(), flows("s", "a", "e")))
    assert case.waiting == ["a"]
    case.complete("a", note="seen")
    assert case.over == "completed"
    assert case.completed == ["s", "a", "e"]
    assert case.values == {"note": "seen"}


EXCLUSIVE = process(
    start(),
    gateway("exclusive", "g", default="g-c"),
    user("a"),
    user("b"),
    user("c"),
    flows("s", "g"),
    flow("g", "a", "=amount > 100"),
    flow("g", "b", "amount > 10"),
    flow("g", "c"),
)


@pytest.mark.parametrize(("amount", "taken"), [(500, "a"), (50, "b"), (5, "c")])
def test_an_exclusive_gateway_takes_the_first_flow_that_holds_else_its_default(amount: int, taken: str) -> None:
    assert Case(EXCLUSIVE, {"amount": amount}).waiting == [taken]


def test_all_conditions_of_a_gateway_are_asked_in_one_call() -> None:
    assert Case(EXCLUSIVE, {"amount": 5}).calls == 1


def test_an_exclusive_gateway_lets_each_token_pass_by_itself() -> None:
    case = Case(
        process(start(), gateway("exclusive", "g"), user("a"), flows("s", "g"), flows("s", "x", "g", "a"), user("x"))
    )
    assert case.waiting == ["a", "x"]
    case.complete("x")
    assert case.waiting == ["a", "a"]


PARALLEL = process(
    start(),
    gateway("parallel", "split"),
    user("a"),
    user("b"),
    gateway("parallel", "join"),
    user("c"),
    flows("s", "split", "a", "join", "c"),
    flows("split", "b", "join"),
)


def test_a_parallel_gateway_waits_for_a_token_of_each_flow() -> None:
    case = Case(PARALLEL)
    assert case.waiting == ["a", "b"]
    case.complete("b")
    assert case.standing == ["a", "join"]
    case.complete("a")
    assert case.waiting == ["c"]
    assert case.completed.count("join") == 1


def test_a_parallel_join_counts_flows_and_not_the_elements_they_come_from() -> None:
    twice = flow("a", "join", identity="one") + flow("a", "join", identity="two")
    case = Case(
        process(start(), user("a"), gateway("parallel", "join"), user("b"), flows("s", "a"), twice, flows("join", "b"))
    )
    assert case.complete("a").waiting == ["b"]


def test_a_parallel_join_leaves_the_second_token_of_a_flow_for_the_next_round() -> None:
    parts = start(), user("a"), user("b"), user("c"), gateway("parallel", "join"), user("d")
    case = Case(
        process(
            *parts,
            flows("s", "a", "m", "join", "d"),
            flows("s", "b", "m"),
            flows("s", "c", "join"),
            gateway("exclusive", "m"),
        )
    )
    case.complete("a").complete("b").complete("c")
    assert case.waiting == ["d"]
    assert case.standing == ["d", "join"]


INCLUSIVE = process(
    start(),
    gateway("inclusive", "split", default="split-c"),
    user("a"),
    user("b"),
    user("c"),
    gateway("inclusive", "join"),
    user("d"),
    flows("s", "split"),
    flow("split", "a", "x > 1"),
    flow("split", "b", "x > 2"),
    flow("split", "c"),
    flows("a", "join", "d"),
    flows("b", "join"),
    flows("c", "join"),
)


@pytest.mark.parametrize(("x", "taken"), [(0, ["c"]), (2, ["a"]), (3, ["a", "b"])])
def test_an_inclusive_gateway_takes_every_flow_that_holds_and_joins_what_was_taken(x: int, taken: list[str]) -> None:
    case = Case(INCLUSIVE, {"x": x})
    assert case.waiting == taken
    for element in taken:
        assert "d" not in case.waiting
        case.complete(element)
    assert case.waiting == ["d"]


def test_an_inclusive_join_waits_for_what_can_still_come_by_an_event_on_a_border() -> None:
    parts = start(), user("a"), user("b"), boundary("late", "b", timer("Duration", "PT1H"), interrupting=False)
    joined = gateway("inclusive", "join"), user("c"), user("d")
    case = Case(process(*parts, *joined, flows("s", "a", "join", "c"), flows("s", "b", "d"), flows("late", "join")))
    case.complete("a")
    assert "join" in case.standing
    case.complete("b")
    assert case.waiting == ["c", "d"]


def test_an_inclusive_join_waits_for_what_can_still_come_to_an_activity_with_such_an_event() -> None:
    parts = start(), user("a"), user("x"), user("b"), boundary("late", "b", timer("Duration", "PT1H"))
    joined = gateway("inclusive", "join"), user("c"), user("d")
    case = Case(
        process(*parts, *joined, flows("s", "a", "join", "c"), flows("s", "x", "b", "d"), flows("late", "join"))
    )
    case.complete("a")
    assert case.standing == ["join", "x"]
    assert case.complete("x").complete("b").waiting == ["c", "d"]


def test_an_inclusive_join_does_not_wait_for_a_token_that_has_a_filled_flow_before_it() -> None:
    parts = start(), user("a"), gateway("exclusive", "m"), gateway("inclusive", "join"), user("b"), user("c")
    case = Case(
        process(
            *parts,
            flows("s", "a", "m", "join", "b"),
            flows("s", "c", "m"),
            flow("b", "join", "again = true"),
            flow("b", "x"),
            end("x"),
        )
    )
    case.complete("a")
    assert case.waiting == ["b", "c"]


def test_an_inclusive_join_is_judged_again_when_another_one_has_moved() -> None:
    parts = start(), gateway("exclusive", "x", default="x-u"), user("u"), user("v"), user("w"), end()
    joins = gateway("inclusive", "A"), gateway("inclusive", "B"), gateway("exclusive", "g", default="g-e")
    ways = flows("s", "x", "u", "A", "w") + flow("x", "v", "more") + flows("v", "B") + flows("u", "B", "g", "e")
    case = Case(process(*parts, *joins, ways, flow("g", "A", "more")), {"more": False})
    assert case.complete("u").waiting == ["w"]


COMPLEX = process(
    start(),
    user("a"),
    user("b"),
    user("c"),
    gateway("complex", "g", "<activationCondition>activationCount &gt;= 2</activationCondition>"),
    user("d"),
    flows("s", "a", "g", "d"),
    flows("s", "b", "g"),
    flows("s", "c", "g"),
)


def test_a_complex_gateway_goes_on_when_enough_have_come_and_takes_in_the_rest() -> None:
    case = Case(COMPLEX)
    case.complete("a")
    assert case.waiting == ["b", "c"]
    case.complete("b")
    assert case.waiting == ["c", "d"]
    case.complete("c")
    assert case.waiting == ["d"]
    assert case.complete("d").over == "completed"


def test_a_complex_gateway_is_fresh_again_after_its_round() -> None:
    parts = gateway("exclusive", "again"), gateway("parallel", "split"), user("a"), user("b"), user("c")
    first = gateway("complex", "g", "<activationCondition>activationCount &gt;= 1</activationCondition>")
    back = flow("c", "again", "more = true") + flow("c", "e")
    case = Case(
        process(
            start(), *parts, first, end(), flows("s", "again", "split", "a", "g", "c"), flows("split", "b", "g"), back
        )
    )
    case.complete("a").complete("b").complete("c", more=True)
    assert case.waiting == ["a", "b"]
    case.complete("b")
    assert case.waiting == ["a", "c"]


def test_a_complex_gateway_ends_its_round_when_nothing_more_can_come() -> None:
    split = gateway("exclusive", "choice", default="choice-b")
    parts = start(), split, user("a"), user("b"), gateway("complex", "g"), user("c"), end()
    ways = flow("choice", "a", "left = true") + flow("choice", "b") + flows("a", "g", "c") + flows("b", "g")
    case = Case(
        process(*parts, flows("s", "choice"), ways, flow("c", "choice", "more = true"), flow("c", "e")), {"left": True}
    )
    case.complete("a").complete("c", more=True)
    assert case.complete("a").waiting == ["c"]


def test_a_complex_gateway_can_send_a_token_when_the_rest_has_come() -> None:
    parts = start(), user("a"), user("b"), gateway("complex", "g"), user("first"), user("rest")
    ways = flow("g", "first", "waitingForStart") + flow("g", "rest", "not(waitingForStart)")
    case = Case(process(*parts, flows("s", "a", "g"), flows("s", "b", "g"), ways))
    case.complete("a")
    assert case.waiting == ["b", "first"]
    case.complete("b")
    assert case.waiting == ["first", "rest"]


def test_flows_out_of_a_task_are_taken_by_their_conditions_and_the_default_if_none_holds() -> None:
    parts = start(), user("a", default="a-d"), user("b"), user("c"), user("d")
    diagram = process(*parts, flows("s", "a", "b"), flow("a", "c", "x = 1"), flow("a", "d"))
    assert Case(diagram).complete("a", x=1).waiting == ["b", "c"]
    assert Case(diagram).complete("a", x=2).waiting == ["b", "d"]


def test_tokens_that_meet_at_a_task_run_it_once_each() -> None:
    case = Case(process(start(), user("a"), user("b"), user("c"), flows("s", "a", "c"), flows("s", "b", "c")))
    case.complete("a").complete("b")
    assert case.waiting == ["c", "c"]


def test_a_path_without_end_event_ends_and_the_instance_ends_with_its_last_token() -> None:
    case = Case(process(user("a"), user("b"), flows("a", "b"), user("c")))
    assert case.waiting == ["a", "c"]
    case.complete("a").complete("b")
    assert case.over is None
    assert case.complete("c").over == "completed"


def test_quantities_make_and_need_several_tokens() -> None:
    case = Case(process(start(), user("a", completionQuantity=3), user("b", startQuantity=2), flows("s", "a", "b")))
    case.complete("a")
    assert case.waiting == ["b"]
    assert case.standing == ["b", "b"]
    assert case.complete("b").standing == ["b"]


def test_a_link_leads_to_its_namesake() -> None:
    source, target = on("link", "over"), on("link", "over")
    parts = start(), user("a"), f'<intermediateThrowEvent id="t">{source}</intermediateThrowEvent>', user("b")
    case = Case(
        process(
            *parts,
            f'<intermediateCatchEvent id="c">{target}</intermediateCatchEvent>',
            flows("s", "a", "t"),
            flows("c", "b"),
        )
    )
    assert case.waiting == ["a"]
    assert case.complete("a").waiting == ["b"]


def test_the_instance_names_the_start_event_where_it_began() -> None:
    diagram = process(start("one"), start("two"), user("a"), user("b"), flows("one", "a"), flows("two", "b"))
    assert Case(diagram, at="two").waiting == ["b"]
    with pytest.raises(Exception, match="several start events"):
        Case(diagram)


def test_ids_that_the_library_uses_itself_are_ids_like_others() -> None:
    case = Case(process(start("Start"), user("Root"), end("End"), flows("Start", "Root", "End")))
    assert case.complete("Root").completed == ["Start", "Root", "End"]


def test_a_gateway_inside_a_sub_process_decides_for_it_alone() -> None:
    inner = start("is"), gateway("exclusive", "ig"), script("x", "=1", "r"), end("ie"), flows("is", "ig", "x", "ie")
    case = Case(process(start(), sub("S", *inner), user("a"), flows("s", "S", "a")))
    assert case.waiting == ["a"]
    assert case.values == {"r": 1}
