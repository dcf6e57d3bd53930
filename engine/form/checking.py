"""Checking what a participant hands in: nothing but what the page lets them enter, and every fault at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from engine import feel
from engine.errors import ExpressionFailed, FormInvalid, Problem
from engine.feel import Evaluator, Value
from engine.form import fitting
from engine.form.fitting import Unfit, is_blank
from engine.form.model import Field, Form
from engine.form.rules import broken, resolved

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 5
_MOST_PROBLEMS = 100
_PATTERNS = "for each in checks return matches(each.value, each.pattern)"

Exists = Callable[[str, str], bool]


def check(
    form: Form,
    submission: Mapping[str, Any],
    outer: Mapping[str, Value],
    evaluator: Evaluator,
    *,
    exists: Exists = lambda source, key: True,
    also: Iterable[str] = (),
) -> dict[str, Value]:
    """A submission as typed values, once nothing is wrong with it.

    All FEEL of the form takes one call to V8 (more only where computed fields build on one another, or a text has a
    pattern).

    Args:
        form: as read.
        submission: plain JSON data by field key, as the page sends it.
        outer: values of ``form.names``; those that are missing are null.
        evaluator: the command's; its zone is that of dates and times without one.
        exists: whether a key is in a directory, register or list; ``("attachment", id)`` for files.
        also: expressions of the caller to be evaluated in the same call; they see ``outer`` and the typed values.

    Returns:
        Every field that applies, also those left empty (null, an empty list, or False); computed fields as computed
        here. Fields that
        are hidden or only shown are absent. A signature is a `Signing`, which the caller replaces.

    Raises:
        FormInvalid: with a problem for each fault, ``where`` being ``field``, ``grid.row.column`` (rows from 0) or
            empty.
        ExpressionFailed: an expression of the form has no answer though nothing it needs is empty, so nobody can hand
            it in: its owner has to act.
    """
    problems = list(_foreign(form, submission))
    if problems:
        raise _refused(problems)
    return _Check(form, submission, outer, evaluator, exists).run(also)


def typed(form: Form, submission: Mapping[str, Any], zone: str) -> dict[str, Value]:
    """The values that ``check`` will use, before anything is checked: what does not fit is as if left empty.

    For callers that want to evaluate with the same values as the check. Computed and fixed fields are absent.
    """
    taken = (_take(each, submission.get(each.key), zone) for each in _entered(form))
    return {each.key: value for each, (value, _) in zip(_entered(form), taken, strict=True)}


def _entered(form: Form) -> list[Field]:
    return [each for each in form.fields if not each.formula and each.fixed is not True]


def _refused(problems: Sequence[Problem]) -> FormInvalid:
    return FormInvalid("The form cannot be handed in yet.", problems[:_MOST_PROBLEMS])


def _foreign(form: Form, submission: Any) -> Iterator[Problem]:
    """What no page would send: no object, too large, too deep, unknown fields."""
    if not isinstance(submission, Mapping):
        yield Problem("", "What was sent is not a form.")
        return
    for key in submission:
        if key not in form.by_key:
            yield Problem(str(key)[:100], "The form has no field {key}.", {"key": str(key)[:100]})
    left = MAX_CHARACTERS
    for key, value in submission.items():
        try:
            left = _weighed(value, left, MAX_DEPTH)
        except Unfit as unfit:
            yield Problem(str(key)[:100], unfit.problem.message, unfit.problem.params)
            return


def _weighed(value: Any, left: int, depth: int) -> int:
    """How many characters are left after this value."""
    if depth == 0:
        raise Unfit("This is nested too deeply.")
    left -= len(value) if isinstance(value, str) else 8
    if left < 0:
        raise Unfit("All fields together hold more than {limit} characters.", limit=MAX_CHARACTERS)
    if isinstance(value, Mapping):
        for key, each in value.items():
            left = _weighed(each, left - len(str(key)), depth - 1)
    elif isinstance(value, list):
        for each in value:
            left = _weighed(each, left, depth - 1)
    return left


def _take(field: Field, raw: Any, zone: str) -> tuple[Value, list[Problem]]:
    """The typed value of a field and what does not fit; a grid's cells by row and column."""
    try:
        if field.type != "grid":
            return fitting.fit(field, raw, zone), []
        taken = [_take_row(field, place, row, zone) for place, row in fitting.rows(field, raw)]
    except Unfit as unfit:
        return fitting.empty(field), [unfit.problem]
    return [row for row, _ in taken], [problem for _, problems in taken for problem in problems]


def _take_row(field: Field, place: int, row: Mapping[str, Any], zone: str) -> tuple[dict[str, Value], list[Problem]]:
    columns = {column.key: column for column in field.columns}
    message = "There is no column {key}."
    problems = [
        Problem(str(place), message, {"key": str(key)[:100]})
        for key in row
        if key not in columns and not is_blank(row[key])
    ]
    found: dict[str, Value] = {}
    for key, column in columns.items():
        found[key], wrong = _take(column, row.get(key), zone)
        problems += [Problem(f"{place}.{key}", each.message, each.params) for each in wrong]
    return found, problems


def _is_lacking(value: Value) -> bool:
    """Whether something is empty, or a table with an empty cell."""
    if isinstance(value, list):
        return any(_is_lacking(each) for each in value)
    if isinstance(value, dict):
        return any(_is_lacking(each) for each in value.values())
    return value is None


class _Check:
    """One submission."""

    def __init__(
        self,
        form: Form,
        submission: Mapping[str, Any],
        outer: Mapping[str, Value],
        evaluator: Evaluator,
        exists: Exists,
    ) -> None:
        self.form = form
        self.submission = submission
        self.outer = outer
        self.evaluator = evaluator
        self.exists = exists
        self.now = evaluator.now.astimezone(ZoneInfo(evaluator.zone))
        taken = {each.key: _take(each, submission.get(each.key), evaluator.zone) for each in _entered(form)}
        self.values = {key: value for key, (value, _) in taken.items()}
        self.unfit = {key: problems for key, (_, problems) in taken.items()}
        self.answers: dict[str, Value] = {}
        self.problems: list[Problem] = []
        self.patterns: list[tuple[str, str, Mapping[str, Any]]] = []

    def run(self, also: Iterable[str]) -> dict[str, Value]:
        """The typed values, or every problem."""
        self._evaluate(also)
        result: dict[str, Value] = {}
        for field in self.form.fields:
            if self._hidden(field):
                self._must_be_absent(field)
            elif field.formula:
                result[field.key] = self.answers[field.formula]
            elif self._fixed(field):
                self._must_be_unchanged(field)
            else:
                result[field.key] = self.values[field.key]
                self._judge(field)
        self._match()
        if self.problems:
            raise _refused(self.problems)
        return result

    def _evaluate(self, also: Iterable[str]) -> None:
        """All expressions; those that need a computed field in a later call than the one that computes it."""
        context: dict[str, Value] = {**dict.fromkeys(self.form.names), **self.outer, **self.values}
        formulas = {field.key: field.formula for field in self.form.fields if field.formula}
        waiting = list(self.form.expressions)
        extra = list(also)
        while waiting or extra:
            ready = [each for each in waiting if not feel.names(each) & formulas.keys()]
            self.evaluator.prefetch([*ready, *extra], context)
            self.answers |= {each: self._answer(each, context) for each in ready}
            settled = [key for key, formula in formulas.items() if formula in self.answers]
            context |= {key: self.answers[formulas.pop(key)] for key in settled}
            waiting = [each for each in waiting if each not in self.answers]
            extra = []

    def _answer(self, expression: str, context: Mapping[str, Value]) -> Value:
        """Its value, already asked for. As in the browser it is null where it has none, as long as something that it
        needs is empty: what cannot be computed yet hides nothing, limits nothing and is no fault of who fills in."""
        try:
            return self.evaluator.evaluate([expression], context)[0]
        except ExpressionFailed:
            if any(_is_lacking(context[name]) for name in feel.names(expression) if name in context):
                return None
            raise

    def _hidden(self, field: Field) -> bool:
        return any(self._true(each) for each in field.hide)

    def _fixed(self, field: Field) -> bool:
        return self._true(field.fixed) if isinstance(field.fixed, str) else field.fixed

    def _true(self, condition: str) -> bool:
        """As in the browser, a condition that is null does not hold."""
        answer = self.answers[condition]
        if answer is not None and not isinstance(answer, bool):
            message = "“{expression}” has no answer. What decides must be true or false; it is {value}."
            raise ExpressionFailed(message, condition, value=feel.text(answer)[:80])
        return answer is True

    def _problem(self, where: str, problem: Problem) -> None:
        self.problems.append(Problem(f"{where}.{problem.where}".rstrip("."), problem.message, problem.params))

    def _must_be_absent(self, field: Field) -> None:
        if not is_blank(self.submission.get(field.key)):
            self._problem(field.key, Problem("", "This does not apply here. Leave it empty."))

    def _must_be_unchanged(self, field: Field) -> None:
        raw = self.submission.get(field.key)
        if is_blank(raw):
            return
        value, _ = _take(field, raw, self.evaluator.zone)
        known = self.outer.get(field.key)
        if known is None or feel.dump(value) != feel.dump(known):
            self._problem(field.key, Problem("", "This cannot be changed here."))

    def _judge(self, field: Field) -> None:
        for problem in self.unfit[field.key]:
            self._problem(field.key, problem)
        if self.unfit[field.key]:
            return
        self._field(field, self.values[field.key], field.key)
        if field.type == "grid":
            for place, row in fitting.rows(field, self.submission.get(field.key)):
                for column in field.columns:
                    cell, _ = _take(column, row.get(column.key), self.evaluator.zone)
                    self._field(column, cell, f"{field.key}.{place}.{column.key}")

    def _field(self, field: Field, value: Value, where: str) -> None:
        rules = resolved(field.rules, self.answers)
        for problem in broken(field, value, rules, self._choices(field), self.now):
            self._problem(where, problem)
        if isinstance(value, str) and value and "pattern" in rules:
            self.patterns.append((where, value, rules))
        sources = {"entry": field.source, "files": "attachment"}
        if field.type in sources:
            for key in value if isinstance(value, list) else [value] if value else []:
                if not self.exists(sources[field.type], str(key)):
                    self._problem(
                        where, Problem("", "{key} is not there, or not open to you.", {"key": str(key)[:100]})
                    )

    def _choices(self, field: Field) -> list[Value] | None:
        if field.options is not None:
            return [each.value for each in field.options]
        if not field.choices:
            return None
        given = self.answers[field.choices]
        listed = given if isinstance(given, list) else []
        return [each.get("value") if isinstance(each, Mapping) else each for each in listed]

    def _match(self) -> None:
        """Patterns are matched where they cannot hang: in V8, as in the browser."""
        if not self.patterns:
            return
        checks: list[Value] = [{"value": value, "pattern": str(rules["pattern"])} for _, value, rules in self.patterns]
        (found,) = self.evaluator.evaluate([_PATTERNS], {"checks": checks})
        assert isinstance(found, list)
        for (where, _, rules), fits in zip(self.patterns, found, strict=True):
            if fits is not True:
                message = str(rules.get("patternErrorMessage") or "This is not written as it must be.")
                self._problem(where, Problem("", "{sentence}", {"sentence": message}))
