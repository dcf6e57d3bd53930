"""What feelin would answer wrongly without a word, and here refuses or answers rightly."""

from __future__ import annotations

from datetime import date

import pytest

from engine.feel import Value
from tests.engine.feeling import refusal, value

ROWS: list[dict[str, Value]] = [{"name": "道路", "score": 3, "done": True}, {"name": "低保", "score": 8, "done": False}]


@pytest.mark.parametrize(
    ("expression", "context", "reason"),
    [
        ("due < limit", {"due": date(2026, 4, 1), "limit": "2026-05-01"}, "A date and a string cannot be compared"),
        ("due > 5", {"due": date(2026, 4, 1)}, "A date and a number cannot be compared"),
        ("amount > 5", {"amount": "7"}, "A string and a number cannot be compared"),
        ("amount = 5", {"amount": "5"}, "A string and a number cannot be compared"),
        ("amount != 5", {"amount": "5"}, "A string and a number cannot be compared"),
        ('due in [@"2026-04-01"..@"2026-04-30"]', {"due": "2026-04-02"}, "A string and a date cannot be compared"),
        ("due between 1 and 3", {"due": "2"}, "A string and a number cannot be compared"),
        ("due = now()", {"due": date(2026, 4, 1)}, "A date and a date and time cannot be compared"),
        ("due < now()", {"due": date(2026, 4, 1)}, "A date and a date and time cannot be compared"),
        ("xs = 1", {"xs": [1, 2]}, "A list and a number cannot be compared"),
        ("due in days", {"due": "2026-04-01", "days": [date(2026, 4, 1)]}, "A string and a date cannot be compared"),
        ("due in (1, 2)", {"due": "2"}, "A string and a number cannot be compared"),
        ("due in limit", {"due": "2", "limit": 2}, "A string and a number cannot be compared"),
        ("list contains(days, due)", {"due": "2", "days": [2, 3]}, "A string and a number cannot be compared"),
        ("xs[item > 1]", {"xs": [1, "2"]}, "A string and a number cannot be compared"),
    ],
)
def test_values_of_two_types_do_not_compare(expression: str, context: dict[str, Value], reason: str) -> None:
    assert refusal(expression, **context).startswith(reason)


@pytest.mark.parametrize(
    ("expression", "context", "result"),
    [
        ("x = null", {"x": None}, True),
        ("x != null", {"x": 0}, True),
        ("x = 1", {"x": None}, False),
        ("x != 1", {"x": None}, True),
        ("xs = []", {"xs": []}, True),
        ("xs = []", {"xs": [1, 2]}, False),
        ("xs != []", {"xs": [1]}, True),
        ("xs = [1, 2]", {"xs": [1, 2]}, True),
        ("xs = 1", {"xs": [1]}, True),
        ("{a: 1, b: [2]} = {b: [2], a: 1}", {}, True),
        ("{a: 1} = {a: 1, b: 2}", {}, False),
        ("x in [1, 2]", {"x": 2}, True),
        ("x in (1, 2)", {"x": 3}, False),
        ("x in xs", {"x": 3, "xs": [1, "a", 3]}, True),
        ("x in xs", {"x": None, "xs": [1]}, False),
        ("x in xs", {"x": None, "xs": [1, None]}, True),
        ("x in []", {"x": 3}, False),
        ("x in ([1..2], 5)", {"x": 5}, True),
        ("x in ([1..2], 5)", {"x": 2}, True),
        ("x in [[1..2], [5..6]]", {"x": 6}, True),
        ("x in (> 3, null)", {"x": 4}, True),
        ("x in xs", {"x": [1], "xs": [[1], [2]]}, True),
        ('duration("P200D") in [duration("P201D")]', {}, False),
        ("(x in xs) = true", {"x": 1, "xs": [1]}, True),
        ("if x in xs then true else false", {"x": 1, "xs": [1]}, True),
        ("(some y in xs satisfies y in (x, 9)) and x > 0", {"x": 1, "xs": [1]}, True),
    ],
)
def test_equality_is_what_one_expects(expression: str, context: dict[str, Value], result: bool) -> None:
    assert value(expression, **context) is result


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("if 0 then 1 else 2", "What decides must be true or false; it is a number."),
        ('if "x" then 1 else 2', "What decides must be true or false; it is a string."),
        ("some x in [1] satisfies x", "What decides must be true or false; it is a number."),
        ("a.b", "There is no “b” in what stands before it."),
        ("a.b.c", "There is no “b” in what stands before it."),
        ("rows.score.x", "There is no “x” in what stands before it."),
        ("a + 1", "A null and a number cannot be computed with one another."),
        ('1 + "1"', "A number and a string cannot be computed with one another."),
        ("[1] + 1", "A list and a number cannot be computed with one another."),
        ("[" * 150 + "1" + "]" * 150, "The expression or its result is nested too deeply."),
        ("10 ** 400", "The result is not a finite number."),
        ("count", "The result is a function, which cannot be kept."),
        ("[1..3]", "The result is a range, which cannot be kept."),
        ("function(x) x", "The result is a function, which cannot be kept."),
        ("{f: function(x) x}", "The result is a function, which cannot be kept."),
        ("upper case(5)", "The function “upper case” cannot be used with (number)."),
        ("sum([1, null])", "The function “sum” cannot be used with (list)."),
        ('max(1, "2")', "A string and a number cannot be compared or computed with one another."),
        ('string join([1, 2], ",")', "The function “string join” cannot be used with (list, string)."),
        ('matches("a", "(")', "The function “matches” cannot be used with (string, string)."),
        ('number("")', "The text “” is not a number."),
        ('number("12元")', "The text “12元” is not a number."),
        ("sqrt(-1)", "The function “sqrt” cannot be used with (number)."),
        ('substring("abc", 0)', "The function “substring” has no position 0 in something of length 3."),
        ("remove([1, 2], 3)", "The function “remove” has no position 3 in something of length 2."),
        ("insert before([1, 2], -1, 9)", "The function “insert before” has no position -1 in something of length 2."),
        ("contains(wrong: 1)", "The function is called with parameters it does not have."),
        ("is working day(now())", "There is no calendar of working days here."),
    ],
)
def test_nothing_turns_into_null_in_silence(expression: str, reason: str) -> None:
    context: dict[str, Value] = {"a": None} if expression != "rows.score.x" else {"rows": {"score": 3}}
    if expression == "count":
        expression, context = "string", {}
        reason = "The result is a function, which cannot be kept."
    assert refusal(expression, **context) == reason


@pytest.mark.parametrize("function", ["count", "upper case", "string", "sum", "date", "number", "not", "string length"])
def test_null_in_is_null_out(function: str) -> None:
    assert value(f"{function}(nothing)", nothing=None) is None


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("median([10, 9, 1])", 9),
        ("median([])", None),
        ("min([])", None),
        ('max(@"2026-01-01", @"2026-02-01")', date(2026, 2, 1)),
        ('min(["b", "a"])', "a"),
        ('list contains([@"2026-01-01"], @"2026-01-01")', True),
        ("index of([1, 2, 2], 2)", [2, 3]),
        ('distinct values([1, 1, "1"])', [1, "1"]),
        ("union([1, 2], [2, 3])", [1, 2, 3]),
        ('includes([@"2026-01-01"..@"2026-02-01"], @"2026-01-01")', True),
        ('meets([@"2026-01-01"..@"2026-02-01"], [@"2026-02-01"..@"2026-03-01"])', True),
        ("before(1, 2)", True),
        ('is(1, "1")', False),
        ('number("1 234,5", " ", ",")', 1234.5),
        ('get value({a: 1}, "b")', None),
        ('matches("AB-12", "^[A-Z]+-\\d+$")', True),
    ],
)
def test_functions_answer_rightly_where_feelin_does_not(expression: str, result: Value) -> None:
    assert value(expression) == result


def test_a_filter_asks_every_item_also_when_a_function_decides() -> None:
    assert value('rows[contains(name, "路")].score', rows=ROWS, name="nothing of the kind") == [3]
    assert value("rows[not(done)].score", rows=ROWS, done=True) == [8]
    assert value("rows[score > limit].name", rows=ROWS, limit=5) == ["低保"]
    assert value("rows[2].name", rows=ROWS) == "低保"


def test_numbers_are_doubles_so_fractions_are_compared_rounded() -> None:
    assert value("0.1 + 0.2 = 0.3") is False
    assert value("decimal(0.1 + 0.2, 2) = 0.3") is True
    assert refusal("amount + 1", amount=2**53 + 1) == "The variable “amount” holds something FEEL cannot compute with."


def test_a_number_too_large_to_be_exact_stays_a_fraction() -> None:
    found = value("x * 10", x=2**53)
    assert (found, type(found)) == (2**53 * 10.0, float)


def test_a_text_with_every_kind_of_character_stays_what_it_is() -> None:
    text = "「引号」\"'\\ \n\t  \0 </script> 𠮷 ${x} {{y}} %s"
    assert value('text + "!"', text=text) == text + "!"
    assert value("string length(text)", text="𠮷野") == 2
