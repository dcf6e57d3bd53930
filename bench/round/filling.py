"""Filling in whatever form is asked, as a person does who has nothing to object to.

What stands there stays; the rest is ticked, chosen, written and signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bench.round.district import PASSWORD
from engine import form as forms
from engine.feel import Evaluator
from engine.form import Field, Form

TEXT = "按程序办理（虚构）"
FILE = "材料（虚构）.pdf"
_AGREED = ("同意", "最终结果", "属实", "通过", "按期收口", "无")
# Boxes that say that something is amiss or is to be done beyond the ordinary.
_UNTICKED = {"refuse", "byDelegation", "needSC", "subjectBeyondDistrict", "generalFault", "extensionGranted"}
_UNTICKED |= {"seriousSuspect", "secretWithheld", "lookBack", "veto", "important"}
Values = dict[str, Any]


def filled(
    form: Form, shown: Mapping[str, Any], now: datetime, said: Mapping[str, Any], evaluator: Evaluator
) -> Values:
    """A submission.

    Args:
        shown: what the page shows in its fields.
        said: what this person says in particular, by key; ``None`` leaves a field empty.
        evaluator: knows which fields the page hides.
    """
    found: Values = {}
    for field in form.fields:
        if field.formula or field.fixed is True:
            continue
        value = said[field.key] if field.key in said else _value(field, shown.get(field.key), now)
        if value is not None:
            found[field.key] = value
    hidden = _hidden(form, shown, found, evaluator)
    return {key: value for key, value in found.items() if key not in hidden}


def _hidden(form: Form, shown: Mapping[str, Any], found: Values, evaluator: Evaluator) -> set[str]:
    """Fields that the page does not show beside these values."""
    hiding = {field.key: field.hide for field in form.fields if field.hide}
    typed = forms.typed(form, found, evaluator.zone)
    context = {**dict.fromkeys(form.names), **shown, **typed}
    asked = sorted({each for hide in hiding.values() for each in hide})
    hides = {each for each, answer in zip(asked, evaluator.evaluate(asked, context), strict=True) if answer is True}
    return {key for key, hide in hiding.items() if hides & set(hide)}


def _value(field: Field, there: Any, now: datetime) -> Any:
    if field.type == "grid":
        return _rows(field, there, now)
    if field.type == "signature":
        return {"password": PASSWORD}
    if there not in (None, "", []) and field.type not in ("checkbox", "signature", "files", "radio"):
        return there
    if field.type == "checkbox":
        return field.key not in _UNTICKED
    if field.type == "radio" or (field.options is not None and not field.many and field.rules.get("required")):
        return _choice(field)
    return _needed(field, now) if field.rules.get("required") else None


def _rows(grid: Field, there: Any, now: datetime) -> list[Values] | None:
    rows = there or ([{}] if grid.rules.get("required") else None)
    if rows is None:
        return None
    return [
        {
            column.key: value
            for column in grid.columns
            if not column.formula and (value := _value(column, row.get(column.key), now)) is not None
        }
        for row in rows
    ]


def _choice(field: Field) -> Any:
    values = [option.value for option in field.options or ()]
    return next((value for value in _AGREED if value in values), values[0] if values else None)


def _needed(field: Field, now: datetime) -> Any:
    match field.type:
        case "number":
            return max(0, int(field.rules.get("min") or 0))
        case "checklist" | "taglist":
            return [_choice(field)]
        case "files":
            return [FILE]
        case "datetime":
            return now.date().isoformat() if field.subtype == "date" else now.isoformat(timespec="seconds")
        case "textfield" | "textarea":
            return TEXT
    return None
