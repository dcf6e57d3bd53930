"""What can be said of a decision before it is ever run."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine import feel
from engine.bpmn.finding import Finding, Severity
from engine.dmn.model import Decision
from engine.feel import Reading


def check(decision: Decision, known: Collection[str] | None = None) -> list[Finding]:
    """What is wrong with a decision, beyond what keeps it from being read.

    Args:
        decision: as read.
        known: names that will be there when it is evaluated; None if that is not known.

    Returns:
        Errors: expressions that cannot be read, a table without rules. Warnings: names that are not known, rules that
            can never
        apply because an earlier one says the same.
    """
    return [*_expressions(decision), *_names(decision, known), *_rules(decision)]


def _finding(
    decision: Decision,
    rule: str,
    severity: Severity,
    message: str,
    advice: str,
    row: int | None = None,
    **params: object,
) -> Finding:
    line = decision.line if row is None else decision.lines[row]
    return Finding(
        decision.id, message, params, rule=rule, source=decision.source, line=line, severity=severity, help=advice
    )


def _texts(decision: Decision) -> Iterator[tuple[str, str, bool, int | None]]:
    """Every expression: text, column, whether it is a cell of tests, and its rule."""
    table = decision.table
    for title, column in zip(decision.inputs, table.inputs, strict=True):
        yield column.text, title, False, None
        yield column.allowed, title, True, None
    for name, column in zip(decision.outputs, table.outputs, strict=True):
        yield column.allowed, name, True, None
        yield decision.defaults.get(name, ""), name, False, None
    for row, rule in enumerate(table.rules):
        for title, text in zip(decision.inputs, rule.when, strict=True):
            yield ("" if text == "-" else text), title, True, row
        for name, text in zip(decision.outputs, rule.then, strict=True):
            yield text, name, False, row


def _read(decision: Decision) -> Iterator[tuple[str, str, Reading, int | None]]:
    texts = [each for each in _texts(decision) if each[0]]
    tests = feel.read_all((text for text, _, unary, _ in texts if unary), unary=True)
    plain = feel.read_all(text for text, _, unary, _ in texts if not unary)
    readings = {True: iter(tests), False: iter(plain)}
    for text, column, unary, row in texts:
        yield text, column, next(readings[unary]), row


def _expressions(decision: Decision) -> Iterator[Finding]:
    for text, column, reading, row in _read(decision):
        for problem in reading.problems:
            message = "Column {column}, “{expression}”, {place}: {reason}"
            params = {"reason": problem.message.format(**problem.params), "place": problem.where}
            advice = "Correct the expression."
            yield _finding(
                decision,
                "dmn-expression",
                "error",
                message,
                advice,
                row,
                column=column,
                expression=text[:200],
                **params,
            )


def _names(decision: Decision, known: Collection[str] | None) -> Iterator[Finding]:
    if known is None:
        return
    there = {*known, *decision.requires.values()}
    told: set[str] = set()
    for text, column, reading, row in _read(decision):
        for name in sorted(reading.names - reading.loose - there - told):
            told.add(name)
            message = "Column {column}, “{expression}”: nothing is known of “{name}”."
            advice = "Correct the name, or give the value before the decision is made."
            yield _finding(
                decision, "dmn-name", "warning", message, advice, row, column=column, expression=text[:200], name=name
            )


def _rules(decision: Decision) -> Iterator[Finding]:
    if not decision.table.rules:
        yield _finding(decision, "dmn-table", "error", "The table has no rules.", "Add a rule.")
    yield from _after_all(decision)
    seen: dict[tuple[str, ...], int] = {}
    repeats = decision.policy in ("RULE ORDER", "OUTPUT ORDER", "COLLECT")
    for row, rule in enumerate(decision.table.rules):
        when = tuple("" if text == "-" else text for text in rule.when)
        first = seen.setdefault(when, row)
        same = decision.table.rules[first].then == rule.then
        if first == row or (repeats and not same):
            continue
        message = "Rule {second} has the same conditions as rule {first}."
        severity: Severity = "error" if decision.policy == "UNIQUE" else "warning"
        advice = "Delete one of them, or tell them apart."
        yield _finding(decision, "dmn-rule", severity, message, advice, row, first=first + 1, second=row + 1)


def _after_all(decision: Decision) -> Iterator[Finding]:
    """Under FIRST, rules that stand below one which applies to everything."""
    rows = range(len(decision.table.rules) - 1)
    if decision.policy != "FIRST":
        return
    for row in rows:
        if all(text in ("", "-") for text in decision.table.rules[row].when):
            message = "Rule {first} applies to everything, so the rules below it never do."
            yield _finding(decision, "dmn-rule", "warning", message, "Move it to the end.", row + 1, first=row + 1)
            return
