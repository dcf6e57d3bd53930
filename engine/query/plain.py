"""Values as a form's script reads them: plain JSON, with the types of what JSON has none for beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any


def of(value: Any) -> Any:
    """A value as JSON has it: dates as ISO text, the rest as it is."""
    if isinstance(value, dict):
        return {key: of(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [of(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else _text(value)


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def types(values: Mapping[str, Any]) -> dict[str, Any]:
    """FEEL types of dates and times in values, as a tree of the same shape; lists count as one of their elements."""
    found = {name: _type(value) for name, value in values.items()}
    return {name: kind for name, kind in found.items() if kind}


def _type(value: Any) -> Any:
    match value:
        case datetime():
            return "dateTime"
        case date():
            return "date"
        case time():
            return "time"
        case dict():
            return types(value)
        case [first, *_]:
            return _type(first)
    return None
