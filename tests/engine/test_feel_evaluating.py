from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given

from engine import feel
from engine.errors import ExpressionFailed
from engine.feel import Column, Fired, Rule, Table, Value
from tests.engine.feeling import evaluator, holds, refusal, value
from tests.engine.test_feel_values import VALUES


def test_expressions_are_evaluated_in_one_call() -> None:
    asked = evaluator()
    assert asked.evaluate(["amount > 1000", "amount * 2", "= amount + 1"], {"amount": 1500}) == [True, 3000, 1501]
    assert asked.calls == 1


@pytest.mark.parametrize(
    ("text", "result"),
    [("true", True), ("=false", False), ("null", None), ("12", 12), ("-1.50", -1.5), ('"组长"', "组长")],
)
def test_literals_need_no_call(text: str, result: Value) -> None:
    asked = evaluator()
    assert asked.evaluate([text], {}) == [result]
    assert asked.calls == 0


def test_whole_results_are_integers_and_lists_of_dates_are_dates() -> None:
    assert [type(each) for each in value("[10 / 4, 10 / 5]")] == [float, int]
    assert value('[start, {d: start + duration("P1D")}]', start=date(2026, 4, 1)) == [
        date(2026, 4, 1),
        {"d": date(2026, 4, 2)},
    ]


def test_what_is_known_is_not_asked_again() -> None:
    asked = evaluator()
    asked.evaluate(["a + b"], {"a": 1, "b": 2, "c": 3})
    assert asked.evaluate(["a + b"], {"a": 1, "b": 2, "c": 4}) == [3]
    assert asked.calls == 1
    assert asked.evaluate(["a + b"], {"a": 1, "b": 3}) == [4]
    assert asked.calls == 2


def test_what_was_fetched_before_is_there_and_its_errors_come_up_only_when_asked_for() -> None:
    asked = evaluator()
    asked.prefetch(["a > 1", "missing > 1", "1 +"], {"a": 2})
    assert asked.decide(["a > 1"], {"a": 2}) == [True]
    with pytest.raises(ExpressionFailed):
        asked.evaluate(["missing > 1"], {"a": 2})
    with pytest.raises(ExpressionFailed):
        asked.evaluate(["1 +"], {})
    assert asked.calls == 1


def test_a_missing_name_is_an_error_and_a_null_one_is_not() -> None:
    assert refusal("missing = null") == "There is no variable “missing” here."
    assert value("known = null", known=None) is True


def test_a_name_that_is_not_reached_may_be_missing() -> None:
    assert value("if known then 1 else missing", known=True) == 1


def test_the_error_names_expression_and_name() -> None:
    with pytest.raises(ExpressionFailed) as failed:
        evaluator().evaluate(["= 金额 > 上限"], {"金额": 3})
    assert str(failed.value) == "“金额 > 上限” has no answer. There is no variable “上限” here."
    assert failed.value.params["name"] == "上限"


@pytest.mark.parametrize(
    ("condition", "shown"), [("flag", "null"), ("1", "1"), ('"true"', "true"), ("a.b", "[]"), ("a = 1 or c", "null")]
)
def test_a_condition_that_is_not_exactly_true_or_false_is_an_error(condition: str, shown: str) -> None:
    with pytest.raises(ExpressionFailed) as failed:
        evaluator().decide(
            [condition], {"flag": None, "a": {"b": []}, "c": None} | ({"a": 2} if "=" in condition else {})
        )
    assert failed.value.params["value"] == shown


def test_an_expression_that_failed_may_be_answered_with_other_values() -> None:
    assert refusal("a.b + 1", a=None)
    assert value("a.b + 1", a={"b": 1}) == 2
    assert refusal("a.b + 1", a={})
    assert value("a.b + 1", a={"b": 2}) == 3


def test_one_expression_that_fails_does_not_harm_the_others() -> None:
    asked = evaluator()
    asked.prefetch(["a", "a.b.c", "frobnicate(a)"], {"a": 1})
    assert asked.evaluate(["a"], {"a": 1}) == [1]


@pytest.mark.parametrize("name", ["number", "count", "date", "time", "duration", "string", "min", "is", "index"])
def test_a_variable_may_be_called_like_a_function(name: str) -> None:
    assert value(f"{name} + 1", **{name: 2}) == 3
    assert value(f"count([{name}, {name}]) + index of([2, 5], {name})[1] + {name}", **{name: 5}) == 9


def test_an_item_may_have_an_entry_called_like_a_function() -> None:
    rows: list[dict[str, Value]] = [{"count": 9, "parts": [1, 2]}, {"count": 1, "parts": []}]
    assert value("rows[count(item.parts) > 1].count", rows=rows) == [9]


@pytest.mark.parametrize(
    ("cell", "input", "result"),
    [
        ("> 5", 6, True),
        ("> 5", 5, False),
        ("> 5", None, False),
        ("[1..5]", 5, True),
        ("[1..5)", 5, False),
        ('"甲","乙"', "乙", True),
        ('not("甲","乙")', "丙", True),
        ("-", "anything", True),
        ("", None, True),
        ("null", None, True),
        ("null", 3, False),
        ("true", True, True),
        ("true", None, False),
        ("? > 5 and ? < 9", 7, True),
        ('contains(?, "内")', "街道内", True),
        ("limit", 3, True),
        ("allowed", 4, True),
        ("not(allowed)", 4, False),
        ("< limit, > 10", 11, True),
        ("!= 5", 5, False),
        ('@"2026-04-01"', date(2026, 4, 1), True),
        ('[@"2026-04-01"..@"2026-04-30"]', date(2026, 4, 30), True),
        ("days", date(2026, 4, 2), True),
    ],
)
def test_a_cell_holds_for_an_input(cell: str, input: Value, result: bool) -> None:
    assert holds(cell, input, limit=3, allowed=[3, 4], days=[date(2026, 4, 1), date(2026, 4, 2)]) is result


@pytest.mark.parametrize(("cell", "input"), [("> 5", "7"), ('"甲"', 3), ("5", "5"), ('> @"2026-04-01"', "2026-05-01")])
def test_a_cell_of_another_type_than_its_input_is_an_error(cell: str, input: Value) -> None:
    with pytest.raises(ExpressionFailed, match="cannot be compared"):
        holds(cell, input)


def test_a_table_takes_one_call_and_says_which_rules_fire() -> None:
    table = Table(
        (Column("amount", "number"), Column("kind", "string", '"a","b"')),
        (Column("", "string"), Column("", "date")),
        (
            Rule(("> 10", "-"), ('"large"', '"2026-04-01"')),
            Rule(("-", '"b"'), ('"other"', 'start + duration("P1D")')),
            Rule(("< 0", ""), ("", "")),
        ),
    )
    asked = evaluator()
    context: dict[str, Value] = {"amount": 20, "kind": "b", "start": date(2026, 4, 1)}
    wanted = [Fired(0, ("large", date(2026, 4, 1))), Fired(1, ("other", date(2026, 4, 2)))]
    assert asked.table(table, context) == wanted
    assert asked.table(table, context | {"unrelated": 1}) == wanted
    assert asked.calls == 1
    assert table.names == {"amount", "kind", "start"}


@pytest.mark.parametrize(
    ("context", "where", "reason"),
    [
        ({"amount": "20", "kind": "b"}, {"input": 0}, "The table expects number; the value is a string."),
        ({"amount": 20, "kind": "c"}, {"input": 1}, 'c is not among the allowed values "a","b".'),
        ({"amount": 20, "kind": "b"}, {"rule": 0, "output": 0}, "There is no variable “start” here."),
        ({"amount": 20}, {"input": 1}, "There is no variable “kind” here."),
    ],
)
def test_a_table_that_fails_says_where(context: dict[str, Value], where: dict[str, int], reason: str) -> None:
    table = Table(
        (Column("amount", "number"), Column("kind", "", '"a","b"')),
        (Column("", "date"),),
        (Rule(("> 10", "-"), ("start",)),),
    )
    with pytest.raises(ExpressionFailed) as failed:
        evaluator().table(table, context)
    assert failed.value.params["where"] == where
    assert failed.value.params["reason"] == reason


MILLISECOND = timedelta(milliseconds=1)


def as_feel_sees(given: Any) -> Any:
    """The same value to the millisecond."""
    if isinstance(given, dict):
        return {key: as_feel_sees(each) for key, each in given.items()}
    if isinstance(given, list):
        return [as_feel_sees(each) for each in given]
    if hasattr(given, "microsecond"):
        return given.replace(microsecond=given.microsecond // 1000 * 1000)
    if isinstance(given, timedelta):
        whole = abs(given) // MILLISECOND * MILLISECOND
        return whole if given > timedelta() else -whole
    return given


def first_of_1900(given: Any) -> bool:
    if isinstance(given, dict | list):
        return any(first_of_1900(each) for each in (given.values() if isinstance(given, dict) else given))
    return isinstance(given, date) and (given.year <= 1901 or given.year >= 9998)


@given(VALUES.filter(lambda each: not first_of_1900(each)))
def test_a_value_goes_through_feel_unchanged(given: Any) -> None:
    (found,) = evaluator().evaluate(["given"], {"given": given})
    assert found == as_feel_sees(given)
    (shown,) = evaluator().evaluate(["string(given)"], {"given": given})
    assert shown == (None if given is None else feel.text(as_feel_sees(given), "Asia/Shanghai"))
