"""One value of a submission, as the type that its field says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import Problem
from engine.feel import Value
from engine.form.model import ITEMS_LIMIT, ROWS_LIMIT, TEXT_LIMIT, Field, Signing

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_KEY_LENGTH = 200
_EXACT = 2**53
FIRST_DAY, LAST_DAY = date(1901, 1, 1), date.max
"""Days that a field takes: FEEL cannot tell a day of 1900 from a time of day, and what has no end is the last one."""
_RANGE = "A date lies between {first} and {last}. What has no end is written 9999-12-31."


class Unfit(Exception):
    """A value does not fit its field."""

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.problem = Problem("", message, params)


def empty(field: Field) -> Value:
    """What a field holds that was left empty."""
    return [] if field.many else False if field.type == "checkbox" else None


def fit(field: Field, value: Any, zone: str) -> Value:
    """The typed value of what was handed in for a field other than a grid.

    Raises:
        Unfit: it is no such value.
    """
    if value is None or value == "":
        return empty(field)
    return _FIT[field.type](field, value, zone)


def rows(field: Field, value: Any) -> list[tuple[int, Mapping[str, Any]]]:
    """The rows of a grid that hold anything, each with its place as handed in.

    Raises:
        Unfit: it is no list of rows, or too long.
    """
    if value is None or value == "":
        return []
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise Unfit("This must be a list of rows.")
    if len(value) > ROWS_LIMIT:
        raise Unfit("These are {count} rows; at most {limit} are allowed.", count=len(value), limit=ROWS_LIMIT)
    return [(place, row) for place, row in enumerate(value) if not all(is_blank(cell) for cell in row.values())]


def is_blank(value: Any) -> bool:
    """Whether something handed in says nothing."""
    return value is None or value is False or (isinstance(value, str | list | dict) and len(value) == 0)


def _text(field: Field, value: Any, zone: str) -> Value:
    if not isinstance(value, str):
        raise Unfit("This must be text.")
    own = field.rules.get("maxLength")
    limit = own if isinstance(own, int) and own > TEXT_LIMIT else TEXT_LIMIT
    if len(value) > limit:
        raise Unfit("This has {length} characters; at most {limit} are allowed.", length=len(value), limit=limit)
    if _CONTROL.search(value):
        raise Unfit("This holds a character that cannot be kept. Delete it, or type the text anew.")
    if field.rules.get("email") and not _EMAIL.fullmatch(value.strip()):
        raise Unfit("This is no e-mail address.")
    return value


def _number(field: Field, value: Any, zone: str) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit("This must be a number.")
    if not abs(value) <= _EXACT:
        raise Unfit("This number is too large.")
    exact = Decimal(str(value))
    exponent = exact.normalize().as_tuple().exponent
    if field.digits is not None and isinstance(exponent, int) and -exponent > field.digits:
        raise Unfit(
            "This must be a whole number." if field.digits == 0 else "At most {digits} decimal digits are allowed.",
            digits=field.digits,
        )
    if field.step and exact % Decimal(str(field.step)):
        raise Unfit("This must be a multiple of {step}.", step=field.step)
    return int(value) if exact == exact.to_integral_value() else float(value)


def _flag(field: Field, value: Any, zone: str) -> Value:
    if not isinstance(value, bool):
        raise Unfit("This must be yes or no.")
    return value


def _moment(field: Field, value: Any, zone: str) -> Value:
    if not isinstance(value, str) or len(value) > 40:
        raise Unfit("This must be a date or time.")
    try:
        return _MOMENT[field.subtype](value, zone)
    except (ValueError, OverflowError):
        raise Unfit(_WRITTEN[field.subtype]) from None


def _day(value: str, zone: str) -> date:
    if len(value) != 10:
        raise ValueError(value)
    return _in_use(date.fromisoformat(value))


def _hour(value: str, zone: str) -> time:
    found = time.fromisoformat(value)
    if found.tzinfo is not None or ":" not in value:
        raise ValueError(value)
    return found


def _instant(value: str, zone: str) -> datetime:
    if "T" not in value or "-" not in value[:8]:
        raise ValueError(value)
    found = datetime.fromisoformat(value)
    _in_use(found.date())
    here = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
    try:
        _in_use(here.astimezone(UTC).date())
    except OverflowError:
        raise Unfit(_RANGE, first=FIRST_DAY, last=LAST_DAY) from None
    return here


def _in_use(day: date) -> date:
    if day < FIRST_DAY:
        raise Unfit(_RANGE, first=FIRST_DAY, last=LAST_DAY)
    return day


_MOMENT: dict[str, Callable[[str, str], Value]] = {"date": _day, "time": _hour, "datetime": _instant}
_WRITTEN = {
    "date": "This is no date. It is written like 2026-04-01.",
    "time": "This is no time of day. It is written like 09:30.",
    "datetime": "This is no date and time. It is written like 2026-04-01T09:30.",
}


def _choice(field: Field, value: Any, zone: str) -> Value:
    if not isinstance(value, str | int | float):
        raise Unfit("This is not one of the choices.")
    if isinstance(value, str) and len(value) > TEXT_LIMIT:
        raise Unfit("This is not one of the choices.")
    return value


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Unfit("This must be a list.")
    if len(value) > ITEMS_LIMIT:
        raise Unfit("These are {count}; at most {limit} are allowed.", count=len(value), limit=ITEMS_LIMIT)
    for place, each in enumerate(value):
        if each in value[:place]:
            raise Unfit("The same is chosen twice.")
    return value


def _choices(field: Field, value: Any, zone: str) -> Value:
    return [_choice(field, each, zone) for each in _items(value)]


def _key(value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > _KEY_LENGTH or _CONTROL.search(value):
        raise Unfit("This is no key.")
    return value


def _entry(field: Field, value: Any, zone: str) -> Value:
    return [_key(each) for each in _items(value)] if field.multiple else _key(value)


def _files(field: Field, value: Any, zone: str) -> Value:
    found = [_key(each) for each in _items(value)]
    if len(found) > 1 and not field.multiple:
        raise Unfit("Only one file is allowed.")
    return list[Value](found)


def _signature(field: Field, value: Any, zone: str) -> Value:
    password = value.get("password") if isinstance(value, Mapping) and value.keys() == {"password"} else None
    if not isinstance(password, str) or not 0 < len(password) <= 1000:
        raise Unfit("Sign with your password.")
    return Signing(password, field.statement)


_FIT: dict[str, Callable[[Field, Any, str], Value]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "checkbox": _flag,
    "select": _choice,
    "radio": _choice,
    "checklist": _choices,
    "taglist": _choices,
    "datetime": _moment,
    "entry": _entry,
    "files": _files,
    "signature": _signature,
}
