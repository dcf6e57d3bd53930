"""The rules of a field, once its value has the right type and all their expressions have answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from engine import feel
from engine.errors import Problem
from engine.feel import Value
from engine.form.model import Field


def broken(
    field: Field, value: Value, rules: Mapping[str, Any], choices: Sequence[Value] | None, now: datetime
) -> Iterator[Problem]:
    """Every rule that a value breaks, with an empty place.

    Args:
        field: the field or column.
        value: typed.
        rules: as in ``Field.rules``, with numbers in the place of expressions.
        choices: the values allowed; None where any is.
        now: in the zone of the installation.
    """
    if _missing(value):
        if rules.get("required"):
            yield Problem("", "This is required.")
        return
    yield from _size(value, rules)
    if choices is not None and not _among(value, choices):
        yield Problem("", "This is not one of the choices.")
    if field.not_past and isinstance(value, date):
        day = value.astimezone(now.tzinfo).date() if isinstance(value, datetime) else value
        if day < now.date():
            yield Problem("", "This must not be in the past.")


def _missing(value: Value) -> bool:
    return value is None or value is False or value == [] or (isinstance(value, str) and not value.strip())


def _size(value: Value, rules: Mapping[str, Any]) -> Iterator[Problem]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if "min" in rules and value < rules["min"]:
            yield Problem("", "This must be at least {limit}.", {"limit": rules["min"]})
        if "max" in rules and value > rules["max"]:
            yield Problem("", "This must be at most {limit}.", {"limit": rules["max"]})
    if isinstance(value, str):
        length = len(value.strip())
        if "minLength" in rules and length < rules["minLength"]:
            yield Problem("", "This needs at least {limit} characters.", {"limit": rules["minLength"]})
        if "maxLength" in rules and length > rules["maxLength"]:
            message = "This has {length} characters; at most {limit} are allowed."
            yield Problem("", message, {"length": length, "limit": rules["maxLength"]})


def _among(value: Value, choices: Sequence[Value]) -> bool:
    allowed = {feel.dump(each) for each in choices}
    return all(feel.dump(each) in allowed for each in (value if isinstance(value, list) else [value]))


def resolved(rules: Mapping[str, Any], answers: Mapping[str, Value]) -> dict[str, Any]:
    """Rules with what their expressions answered; a limit that answers null, or no number, limits nothing."""
    found = {}
    for name, rule in rules.items():
        value: Any = answers.get(feel.body(rule)) if isinstance(rule, str) and rule.startswith("=") else rule
        if name in ("min", "max", "minLength", "maxLength"):
            value = _limit(value)
        if value not in (None, False, ""):
            found[name] = value
    return found


def _limit(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return int(found) if found.is_integer() else found
