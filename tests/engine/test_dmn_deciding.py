from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import dmn
from engine.errors import ExpressionFailed, Invalid, NotFound
from engine.feel import Months, Value
from tests.engine.deciding import answer, decision, literal, read, table
from tests.engine.feeling import evaluator

ROUTE = [("> 5", '"中"'), ("> 7", '"高"'), ("< 0", '"低"')]


@pytest.mark.parametrize(
    ("policy", "risk", "result"),
    [
        ("UNIQUE", 6, "中"),
        ("UNIQUE", 3, None),
        ("FIRST", 8, "中"),
        ("ANY", 6, "中"),
        ("PRIORITY", 8, "高"),
        ("PRIORITY", 6, "中"),
        ("OUTPUT ORDER", 8, ["高", "中"]),
        ("RULE ORDER", 8, ["中", "高"]),
        ("RULE ORDER", 3, []),
        ("COLLECT", 8, ["中", "高"]),
        ("COLLECT", 3, []),
        ("COLLECT COUNT", 8, 2),
        ("COLLECT COUNT", 3, 0),
    ],
)
def test_the_hit_policy_says_which_rules_count(policy: str, risk: int, result: Value) -> None:
    assert answer(table(["risk"], ["route"], ROUTE, policy, allowed=["", '"高","中","低"']), risk=risk) == result


@pytest.mark.parametrize(("aggregation", "result"), [("SUM", 6), ("MIN", 1.5), ("MAX", 4.5), ("COUNT", 2)])
def test_collected_outputs_become_one_number(aggregation: str, result: Value) -> None:
    rows = [("> 1", "1.5"), ("> 2", "4.5"), ("> 9", "100")]
    found = answer(table(["n"], ["points"], rows, f"COLLECT {aggregation}"), n=5)
    assert (found, type(found)) == (result, type(result))


def test_under_first_the_rules_below_the_one_that_fires_are_not_looked_at() -> None:
    rows = [("> 5", '"a"'), ('"text"', "missing")]
    assert answer(table(["n"], ["x"], rows, "FIRST"), n=6) == "a"
    with pytest.raises(ExpressionFailed):
        answer(table(["n"], ["x"], rows, "FIRST"), n=5)


def test_nothing_collected_has_no_sum() -> None:
    assert answer(table(["n"], ["points"], [("> 1", "1")], "COLLECT SUM"), n=0) is None


def test_what_is_no_number_has_no_sum() -> None:
    with pytest.raises(Invalid, match="In decision d an output is not a number, so there is no SUM"):
        answer(table(["n"], ["points"], [("> 1", '"a"')], "COLLECT SUM"), n=5)


def test_unique_rules_that_both_apply_are_named() -> None:
    with pytest.raises(Invalid, match="In decision d the rules 1 and 2 both apply, but only one may"):
        answer(table(["risk"], ["route"], ROUTE), risk=8)


def test_rules_that_differ_under_any_are_named() -> None:
    with pytest.raises(Invalid, match="In decision d the rules 1 and 2 both apply, with different results"):
        answer(table(["risk"], ["route"], ROUTE, "ANY"), risk=8)
    assert answer(table(["risk"], ["route"], [("> 1", "1"), ("> 2", "2 - 1")], "ANY"), risk=8) == 1


def test_several_outputs_are_a_context_and_an_empty_cell_is_null() -> None:
    rows = [('"a"', '"f1"', '"sentence"'), ("-", '"f2"', "")]
    logic = table(["kind"], ["field", "sentence"], rows, "COLLECT")
    assert answer(logic, kind="a") == [{"field": "f1", "sentence": "sentence"}, {"field": "f2", "sentence": None}]
    assert answer(logic, kind="b") == [{"field": "f2", "sentence": None}]


def test_priority_looks_at_the_outputs_from_left_to_right() -> None:
    rows = [("-", '"低"', '"乙"'), ("-", '"高"', '"乙"'), ("-", '"高"', '"甲"')]
    logic = table(["n"], ["urgency", "who"], rows, "OUTPUT ORDER", allowed=["", '"高","低"', '"甲","乙"'])
    assert [(each["urgency"], each["who"]) for each in answer(logic, n=1)] == [("高", "甲"), ("高", "乙"), ("低", "乙")]


def test_where_no_rule_fires_the_defaults_hold() -> None:
    logic = table(["n"], ["a", "b"], [("> 5", "1", "2")], defaults=["", "n + 1"])
    assert answer(logic, n=3) == {"a": 4, "b": None}
    assert answer(logic, n=6) == {"a": 1, "b": 2}
    assert answer(table(["n"], ["a"], [("> 5", "1")], "COLLECT", defaults=["", "0"]), n=3) == [0]


@pytest.mark.parametrize(
    ("kind", "given", "cell", "result"),
    [
        ("date", "2026-04-01", '@"2026-04-01"', True),
        ("date", date(2026, 4, 1), '< @"2026-05-01"', True),
        ("date", None, '< @"2026-05-01"', False),
        ("dateTime", "2026-04-01T09:00:00", '> @"2026-04-01T08:59:00"', True),
        ("time", "09:00:00", '< time("10:00:00")', True),
        ("number", 5, "[1..5]", True),
        ("boolean", True, "true", True),
        ("string", "甲", '"甲"', True),
        ("dayTimeDuration", "P3D", '> duration("P2D")', True),
        ("yearMonthDuration", Months(3), '= duration("P3M")', True),
        ("", "5", '"5"', True),
        ("Any", 5, "5", True),
    ],
)
def test_an_input_has_the_type_of_its_column(kind: str, given: Value, cell: str, result: bool) -> None:
    assert (
        answer(table(["x"], ["y"], [(cell, "true"), (f"not({cell})", "false")], "FIRST", types=[kind]), x=given)
        is result
    )


@pytest.mark.parametrize(
    ("kind", "cell", "result"),
    [
        ("date", '"2026-04-01"', date(2026, 4, 1)),
        ("date", '@"2026-04-01"', date(2026, 4, 1)),
        ("time", '"09:30:00"', time(9, 30)),
        ("yearMonthDuration", '"P14M"', Months(14)),
        ("number", "1 + 1", 2),
        ("string", "", None),
    ],
)
def test_an_output_has_the_type_of_its_column(kind: str, cell: str, result: Value) -> None:
    assert answer(table(["x"], ["y"], [("-", cell)], types=["", kind]), x=1) == result


@pytest.mark.parametrize(
    ("logic", "sentence"),
    [
        (
            table(["x"], ["y"], [("-", "1")], types=["number"]),
            "In decision d, column x: “x” has no answer. The table expects number; the value is a string.",
        ),
        (
            table(["x"], ["y"], [("-", "1"), ("-", "2")], types=["", "string"]),
            "In decision d, rule 1, column y: “1” has no answer. The table expects string; the value is a number.",
        ),
        (
            table(["x"], ["y"], [('"a"', "1"), ("> 5", "2")]),
            (
                "In decision d, rule 2, column x: “> 5” has no answer. "
                "A string and a number cannot be compared or computed with one another."
            ),
        ),
        (
            table(["x"], ["y"], [("-", "1")], allowed=['"a","b"']),
            'In decision d, column x: “x” has no answer. text is not among the allowed values "a","b".',
        ),
        (
            table(["x"], ["y"], [("-", "3")], allowed=["", "1,2"]),
            "In decision d, rule 1, column y: “3” has no answer. 3 is not among the allowed values 1,2.",
        ),
        (
            table(["absent"], ["y"], [("-", "3")]),
            "In decision d, column absent: “absent” has no answer. There is no variable “absent” here.",
        ),
        (literal("x.y"), "In decision d, column d: “x.y” has no answer. There is no “y” in what stands before it."),
    ],
)
def test_a_decision_that_fails_names_decision_rule_and_column(logic: str, sentence: str) -> None:
    with pytest.raises(ExpressionFailed) as failed:
        answer(logic, x="text")
    assert str(failed.value) == sentence


def test_a_literal_expression_is_a_decision() -> None:
    assert answer(literal("amount * 2"), amount=21) == 42
    assert answer(literal('"2026-04-01"', "date")) == date(2026, 4, 1)


def test_a_decision_sees_the_results_of_those_it_requires() -> None:
    decisions = read(
        decision("route", table(["risk", "kind"], ["way"], [("> 5", '"a"', '"now"')]), requires=["score"]),
        decision("score", literal("base + amount"), requires=["base"], variable="risk"),
        decision("base", literal("if important then 5 else 0")),
    )
    assert dmn.names("route", decisions) == {"kind", "amount", "important"}
    assert decisions["route"].names == {"kind"}
    context: dict[str, Value] = {"kind": "a", "amount": 1, "important": True}
    assert dmn.evaluate("route", decisions, context, evaluator()) == "now"
    assert dmn.evaluate("route", decisions, context | {"important": False}, evaluator()) is None


def test_a_decision_required_twice_is_made_once_and_each_table_takes_one_call() -> None:
    decisions = read(
        decision("top", literal("left + right"), requires=["left", "right"]),
        decision("left", literal("base + 1"), requires=["base"]),
        decision("right", literal("base + 2"), requires=["base"]),
        decision("base", table(["n"], ["x"], [("> 1", "10"), ("<= 1", "20")])),
    )
    asked = evaluator()
    assert dmn.evaluate("top", decisions, {"n": 5}, asked) == 23
    assert asked.calls == 4
    assert dmn.evaluate("top", decisions, {"n": 5}, asked) == 23
    assert asked.calls == 4


def test_an_unknown_decision_is_not_found() -> None:
    with pytest.raises(NotFound, match="There is no decision other"):
        dmn.evaluate("other", {}, {}, evaluator())


NUMBERS = st.integers(0, 4)
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=6)


def expected(policy: str, fired: list[tuple[int, int]]) -> Any:
    """The result by the words of the standard; an exception where it wants one."""
    outputs = [output for _, output in fired]
    if policy == "UNIQUE":
        return Invalid if len(fired) > 1 else next(iter(outputs), None)
    if policy == "ANY":
        return Invalid if len(set(outputs)) > 1 else next(iter(outputs), None)
    highest = max(outputs, default=None)
    plain: dict[str, Any] = {
        "FIRST": next(iter(outputs), None),
        "PRIORITY": highest,
        "OUTPUT ORDER": sorted(outputs, reverse=True),
        "RULE ORDER": outputs,
        "COLLECT": outputs,
        "COLLECT SUM": sum(outputs) if outputs else None,
        "COLLECT MIN": min(outputs, default=None),
        "COLLECT MAX": highest,
        "COLLECT COUNT": len(outputs),
    }
    return plain[policy]


POLICIES = [
    "UNIQUE",
    "ANY",
    "FIRST",
    "PRIORITY",
    "OUTPUT ORDER",
    "RULE ORDER",
    "COLLECT",
    "COLLECT SUM",
    "COLLECT MIN",
    "COLLECT MAX",
    "COLLECT COUNT",
]


@given(ROWS, NUMBERS, st.sampled_from(POLICIES))
def test_every_hit_policy_does_what_the_standard_says(rows: list[tuple[int, int, int]], n: int, policy: str) -> None:
    cells = [(f"[{low}..{high}]", str(output)) for low, high, output in rows if low <= high]
    fired = [
        (place, output) for place, (low, high, output) in enumerate(r for r in rows if r[0] <= r[1]) if low <= n <= high
    ]
    wanted = expected(policy, fired)
    logic = table(["n"], ["x"], cells, policy, allowed=["", "4,3,2,1,0"])
    if wanted is Invalid:
        with pytest.raises(Invalid, match="both apply"):
            answer(logic, n=n)
    else:
        assert answer(logic, n=n) == wanted
