"""The types that the policy gives columns: whether a value is of one, and how it is filtered and sorted by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine import clock, directory, feel

if TYPE_CHECKING:
    from engine.runtime import View

LINE = 255
TEXT = 20_000
Fault = tuple[str, dict[str, Any]]

_SENTENCES = {
    "str": "This must be text of at most {most} characters.",
    "text": "This must be text of at most {most} characters.",
    "int": "This must be a whole number.",
    "num": "This must be a number.",
    "percent": "This must be a number: 0.5 is shown as 50%.",
    "money": "This must be an amount of money in 元, with two decimals at most.",
    "bool": "This must be true or false.",
    "date": "This must be a date.",
    "datetime": "This must be a date and time.",
}


def problem(view: View, type_: str, value: feel.Value) -> Fault | None:
    """What is wrong with a value of a column, as sentence and parameters; None when it is of the type.

    Args:
        type_: one of ``policy.TYPES``, or the key of a reference list.
    """
    if type_ in _SENTENCES:
        most = TEXT if type_ == "text" else LINE
        return None if _is(type_, value, most) else (_SENTENCES[type_], {"most": most})
    if isinstance(value, str) and directory.known(view, type_, [value]):
        return None
    return "This must be a key of {list}.", {"list": type_}


def _is(type_: str, value: feel.Value, most: int) -> bool:
    truth = isinstance(value, bool)
    match type_:
        case "str" | "text":
            return isinstance(value, str) and len(value) <= most
        case "int":
            return isinstance(value, int) and not truth
        case "money":
            return isinstance(value, (int, float)) and not truth and _is_money(value)
        case "num" | "percent":
            return isinstance(value, (int, float)) and not truth
        case "bool":
            return truth
        case "datetime":
            return isinstance(value, datetime)
    return isinstance(value, date) and not isinstance(value, datetime)


def _is_money(value: float) -> bool:
    """As people write it: what a sum of doubles leaves behind the second decimal has to be rounded away before."""
    exact = Decimal(str(value))
    return exact.is_finite() and abs(exact) < 10**12 and exact == round(exact, 2)


def fact(type_: str, value: feel.Value) -> Mapping[str, Any]:
    """What stands in a row for a value, so that it can be filtered, counted and sorted by: text or number."""
    if isinstance(value, (bool, int, float)):
        return {"text": None, "number": float(value)}
    if isinstance(value, datetime):
        return {"text": None, "number": float(clock.micros(value))}
    return {"text": feel.cleaned(str(value))[:LINE], "number": None}
