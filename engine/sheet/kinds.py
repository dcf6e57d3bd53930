"""What a cell holds, as the value that a page holds in a column of some type: plain JSON, dates as ISO text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from engine.errors import Problem
from engine.form.model import Field

YES = frozenset({"是", "有", "√", "✓", "y", "yes", "true", "1"})
NO = frozenset({"否", "无", "×", "n", "no", "false", "0"})
_DAY = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2}))?秒?分?)?"
)
_TIME = re.compile(r"(\d{1,2})[:时](\d{1,2})(?:[:分]\d{1,2})?秒?分?")
_EXACT = 10**15


class Misfit(Exception):
    """A cell does not fit its column."""

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.problem = Problem("", message, params)


def converted(column: Field, value: Any) -> Any:
    """The value in the column's type.

    Raises:
        Misfit: it cannot be read as one.
    """
    kind: Callable[[Field, Any], Any] = _KINDS.get(column.type, _text)
    return kind(column, value)


def _text(column: Field, value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        if abs(value) >= _EXACT:
            raise Misfit("This long number has lost its last digits. Format the column as text and type it anew.")
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    text = str(value).replace("\r\n", "\n").strip()
    return text if column.type == "textarea" else " ".join(text.split())


def _number(column: Field, value: Any) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    plain = _plain(value).replace(",", "")
    try:
        found = float(plain) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", plain) else None
    except ValueError:
        found = None
    if found is None:
        raise Misfit("This must be a number.")
    return int(found) if found == int(found) else found


def _flag(column: Field, value: Any) -> bool:
    word = _plain(value).lower()
    if isinstance(value, bool) or word in YES or word in NO:
        return value if isinstance(value, bool) else word in YES
    raise Misfit("This must be yes or no.")


def _choice(column: Field, value: Any) -> Any:
    wanted = _text(column, value)
    for option in column.options or ():
        if wanted in (str(option.value), option.label):
            return option.value
    if column.options is None:
        return wanted
    choices = [option.label for option in column.options]
    raise Misfit("This is not one of the choices: {choices}.", choices=choices[:20])


def _choices(column: Field, value: Any) -> list[Any]:
    return [_choice(column, part) for part in re.split(r"[,，、;；\n]", _text(column, value)) if part.strip()]


def _moment(column: Field, value: Any) -> str:
    found = value if isinstance(value, date | time) else _written(column, _plain(value))
    if column.subtype == "time":
        if isinstance(found, time):
            return found.isoformat("minutes")
        raise Misfit("This is no time of day. It is written like 09:30.")
    if isinstance(found, date) and not isinstance(found, datetime):
        found = datetime.combine(found, time())
    if not isinstance(found, datetime):
        raise Misfit(_WRITTEN[column.subtype])
    if column.subtype == "datetime":
        return found.isoformat(timespec="minutes")
    if found.time() != time():
        raise Misfit("This has a time of day, and only the date is asked for.")
    return found.date().isoformat()


_WRITTEN = {
    "date": "This is no date. It is written like 2026-04-01.",
    "datetime": "This is no date and time. It is written like 2026-04-01T09:30.",
}


def _written(column: Field, text: str) -> datetime | time | None:
    try:
        if column.subtype == "time":
            found = _TIME.fullmatch(text)
            return time(int(found[1]), int(found[2])) if found else None
        parts = _DAY.fullmatch(text)
        year, month, day, hour, minute, second = (int(part or 0) for part in parts.groups()) if parts else [0] * 6
        return datetime.combine(date(year, month, day), time(hour, minute, second))
    except ValueError:
        return None


def _plain(value: Any) -> str:
    return unicodedata.normalize("NFKC", str(value)).strip()


_KINDS: dict[str, Callable[[Field, Any], Any]] = {
    "number": _number,
    "checkbox": _flag,
    "select": _choice,
    "radio": _choice,
    "checklist": _choices,
    "taglist": _choices,
    "datetime": _moment,
}
