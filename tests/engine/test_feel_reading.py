from __future__ import annotations

import pytest

from engine import feel


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("amount > 1000 and approved", {"amount", "approved"}),
        ("组长.姓名 = 巡查人", {"组长", "巡查人"}),
        ("第1项 + a_b", {"第1项", "a_b"}),
        ("a.b.c + d.e", {"a", "d"}),
        ("team leader > 3", {"team leader"}),
        ("`first name` = 1", {"first name"}),
        ("for i in rows, j in i.cells return i.n + j + k", {"rows", "k"}),
        ("some x in xs satisfies x > limit", {"xs", "limit"}),
        ("every x in xs, y in x satisfies y = z", {"xs", "z"}),
        ("function(a, b) a + b + c", {"c"}),
        ("{a: b, c: a + d}", {"b", "d"}),
        ("for i in 1..3 return partial", set()),
        ("count(list) + day of week(start).x", {"list", "start"}),
        ("date and time(d, time(t))", {"d", "t"}),
        ("years and months duration(a, b)", {"a", "b"}),
        ("a between working days between(b, c) and working", {"a", "b", "c", "working"}),
        ("number(from: text, grouping separator: g)", {"text", "g"}),
        ('"name" + @"2026-04-01"', set()),
        ("a /* b */ + c // d", {"a", "c"}),
        ("number", {"number"}),
        ("count(count) + date", {"count", "date"}),
        ("if a then b else c", {"a", "b", "c"}),
        ("x between low and high", {"x", "low", "high"}),
    ],
)
def test_an_expression_needs_the_names_it_does_not_make_itself(expression: str, names: set[str]) -> None:
    assert feel.names(expression) == names
    assert feel.check(expression) == []


def test_names_inside_a_filter_may_be_entries_of_its_items() -> None:
    reading = feel.read("rows[score > limit and item.ok].name + limit.of")
    assert reading.names == {"rows", "score", "limit"}
    assert reading.loose == {"score"}


def test_functions_that_answer_by_clock_or_calendar_are_told_apart() -> None:
    reading = feel.read("if is working day(today()) then now() else date(d)")
    assert reading.calls == {"is working day", "today", "now", "date"}
    assert reading.clock == {"is working day", "today", "now"}


@pytest.mark.parametrize(("text", "body"), [("=a", "a"), (" = a ", "a"), ("a = b", "a = b"), ("", ""), ("=", "")])
def test_the_mark_of_an_expression_is_dropped(text: str, body: str) -> None:
    assert feel.body(text) == body


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("1 +", "character 4: The expression ends too early."),
        ("", "character 1: The expression ends too early."),
        ("(a", "character 3: The expression ends too early."),
        ("a)", "character 2: “)” cannot stand here."),
        ("a && b", "character 3: “&& b” cannot stand here."),
        ('"金额', 'character 1: “"金额” cannot stand here.'),
        ("a，b", "character 1: “，” is a full-width character; FEEL needs the half-width one."),
        ("金额 > 5；", "character 7: “；” is a full-width character; FEEL needs the half-width one."),
        ("𠮷 > 5；", "character 6: “；” is a full-width character; FEEL needs the half-width one."),
        ("a == b", "character 4: “=” has nothing on its left; equality is written with a single =."),
        ("a in (= 5)", "character 7: “=” has nothing on its left"),
        ("frobnicate(a)", "character 1: There is no function “frobnicate”."),
        ("overlaps after(a, b)", "character 1: There is no function “overlaps after”."),
        ("a instance of string", "character 1: “instance of” is not supported."),
        ("function(a) external {java: {}}", "character 13: A function cannot be external."),
        ("? > 3", "character 1: “?” has a meaning only in a cell of a decision table."),
        ('d < "2026-04-01"', 'character 5: "2026-04-01" is a text; a date is written @"2026-04-01".'),
        ("__same(1)", "character 1: There is no function “__same”."),
        ("__truth + 1", "character 1: The name “__truth” is reserved."),
        ('{"__proto__": 1}', "character 2: The name “__proto__” is reserved."),
        (
            "x in xs and y",
            (
                "character 6: “xs and y” is taken as one thing here. "
                "Put the comparison before “and” or “or” in parentheses."
            ),
        ),
        ("1" * 2001, "character 1: The expression is 2001 characters long; 2000 are allowed."),
    ],
)
def test_what_is_wrong_with_an_expression_is_said_with_its_place(expression: str, sentence: str) -> None:
    assert feel.check(expression)[0].startswith(sentence)


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ('"甲"，"乙"', "character 4: “，” is a full-width character; FEEL needs the half-width one."),
        ("> 3 and < 5", "character 3: “3 and < 5” is taken as one thing here."),
        ("not(", "character 5: The expression ends too early."),
        ("[1..", "character 5: The expression ends too early."),
    ],
)
def test_what_is_wrong_with_a_cell_is_said_with_its_place(cell: str, sentence: str) -> None:
    assert str(feel.problems(cell, unary=True)[0]).startswith(sentence)


def test_every_fault_is_told_and_each_place_once() -> None:
    places = [problem.where for problem in feel.problems("frobnicate(a) + nonsense(b)")]
    assert places == ["character 1", "character 17"]


def test_many_expressions_are_read_at_once_and_remembered() -> None:
    first = feel.read_all(["a + b", "=c", "a + b"])
    assert [sorted(each.names) for each in first] == [["a", "b"], ["c"], ["a", "b"]]
    assert feel.read("c") is first[1]
