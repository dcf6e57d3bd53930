"""What is wrong with the expressions and patterns of a form, before anybody fills it in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from engine import feel
from engine.errors import ExpressionFailed, Problem
from engine.form.model import Field, Form


def judge(form: Form) -> Iterator[Problem]:
    """Every fault of a form's FEEL and patterns; ``where`` is the field's key."""
    feel.read_all((*form.expressions, *form.shown))
    owners = [(field.key, each) for field in form.fields for each in field.expressions]
    for key, expression in (*owners, *(("", each) for each in form.shown)):
        yield from _expression(key, expression)
    yield from _circles(form)
    yield from _patterns(form)


def _expression(key: str, expression: str) -> Iterator[Problem]:
    reading = feel.read(expression)
    for problem in reading.problems:
        params = {"place": problem.where, "reason": problem.message.format(**problem.params)}
        yield Problem(key, "“{expression}”, {place}: {reason}", {"expression": expression[:200], **params})
    if reading.clock:
        message = (
            "“{expression}” calls {names}, which the browser would answer otherwise. "
            "Compute it in an input mapping of the task and use that name here."
        )
        yield Problem(key, message, {"expression": expression[:200], "names": ", ".join(sorted(reading.clock))})


def _circles(form: Form) -> Iterator[Problem]:
    formulas = {each.key: feel.names(each.formula) for each in form.fields if each.formula}
    settled: set[str] = set()
    while ready := {key for key, names in formulas.items() if not (names & formulas.keys()) - settled} - settled:
        settled |= ready
    for key in formulas.keys() - settled:
        yield Problem(key, "Its expression needs itself, or others that need each other.")


def _patterns(form: Form) -> Iterator[Problem]:
    fields: list[Field] = [each for field in form.fields for each in (field, *field.columns)]
    evaluator = feel.Evaluator(datetime(2000, 1, 1, tzinfo=UTC), "UTC")
    for field in fields:
        pattern = field.rules.get("pattern")
        if pattern is None or (isinstance(pattern, str) and pattern.startswith("=")):
            continue
        try:
            evaluator.evaluate(["matches(value, pattern)"], {"value": "", "pattern": str(pattern)})
        except ExpressionFailed:
            yield Problem(field.key, "The pattern {pattern} is no regular expression.", {"pattern": str(pattern)[:200]})
