"""FEEL values in Python and as text.

==============================  =====================================================================================
FEEL                            Python
==============================  =====================================================================================
null, boolean, string           ``None``, ``bool``, ``str``
number                          ``int`` where it is whole, else ``float``; beyond ±2⁵³ whole numbers are refused
date, time                      ``date``, ``time`` (without zone, milliseconds)
date and time                   ``datetime`` with a zone: an instant; the zone itself is not kept
days and time duration          ``timedelta``
years and months duration       ``Months``
list, context                   ``list``, ``dict`` with text keys
==============================  =====================================================================================

FEEL computes to the millisecond. Stored values keep microseconds.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias, cast
from zoneinfo import ZoneInfo

from engine import canonical
from engine.errors import Invalid

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
WHOLE = 2**53
"""Whole numbers up to here are exact; V8 computes with doubles."""

DEPTH = 100
"""How deep lists and contexts may stand in one another."""

TAG = "@"

_DURATION = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,6}))?S)?)?")
_KEY = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True, order=True, slots=True)
class Months:
    """A years and months duration, as its number of months; may be negative."""

    count: int


Value: TypeAlias = (
    "bool | int | float | str | date | time | timedelta | Months | Sequence[Value] | Mapping[str, Value] | None"
)
"""What FEEL computes with; ``datetime`` is among the dates."""


def is_text(text: str) -> bool:
    """Whether every character is one: neither NUL nor half of one, which PostgreSQL keeps in no text."""
    return _NO_TEXT.search(text) is None


def cleaned(text: str) -> str:
    """A text without what is no character."""
    return _NO_TEXT.sub("", text)


def dump(value: Value) -> tuple[str, str]:
    """A value as its FEEL type and canonical JSON text.

    Equal values give equal text: keys are sorted, whole floats written as integers, instants in UTC. Dates and
    durations inside lists
    and contexts are written as ``{"@": [type, text]}``.

    Raises:
        Invalid: not a FEEL value (a naive datetime, a number that is not finite or not exact, a key that is not text,
            …).
    """
    wired = to_wire(value)
    if isinstance(wired, dict) and TAG in wired and wired[TAG][0] != "context":
        return wired[TAG][0], canonical.text(wired[TAG][1])
    return kind(value), canonical.text(wired)


def load(type: str, text: str) -> Value:
    """The value that ``dump`` wrote."""
    plain: Value = json.loads(text)
    if type in _READ and type != "context":
        return _READ[type](plain)
    # What was dumped holds no other number than comes back from JSON by itself; only tags need a walk.
    return from_wire(plain) if f'"{TAG}"' in text else plain


def kind(value: Value) -> str:
    """The FEEL type of a value, by FEEL's own name for it."""
    for type_, name in _KINDS:
        if isinstance(value, type_):
            return name
    raise Invalid("A value of type {type} cannot be kept.", type=type(value).__name__)


_KINDS: tuple[tuple[Any, str], ...] = (
    (type(None), "null"),
    (bool, "boolean"),
    ((int, float), "number"),
    (str, "string"),
    (datetime, "date and time"),
    (date, "date"),
    (time, "time"),
    (timedelta, "days and time duration"),
    (Months, "years and months duration"),
    (Mapping, "context"),
    (Sequence, "list"),
)


def to_wire(value: Value, depth: int = 0) -> Any:
    """A value as plain JSON data, with tags for what JSON cannot say.

    Raises:
        Invalid: not a FEEL value.
    """
    if value is None or value is True or value is False:
        return value
    write = _WRITE.get(value.__class__)
    if write is None:
        write = next((each for type_, each in _WRITE.items() if isinstance(value, type_)), None)
        if write is None:
            raise Invalid("A value of type {type} cannot be kept.", type=type(value).__name__)
    if depth > DEPTH:
        raise Invalid("Lists and contexts stand more than {limit} deep in one another.", limit=DEPTH)
    return write(value, depth + 1)


def from_wire(plain: Any) -> Value:
    """The value of plain JSON data with tags."""
    if isinstance(plain, dict):
        if TAG in plain:
            return _READ[plain[TAG][0]](plain[TAG][1])
        return {key: from_wire(each) for key, each in plain.items()}
    if isinstance(plain, list):
        return [from_wire(each) for each in plain]
    if isinstance(plain, int | float) and not isinstance(plain, bool):
        return _exact(plain)
    return cast(Value, plain)


def _exact(number: float) -> float:
    """Whole numbers as integers, as far as they are exact."""
    if abs(number) > WHOLE:
        return float(number)
    return int(number) if number == int(number) else number


def _number(value: float, depth: int) -> float:
    if isinstance(value, int):
        if abs(value) > WHOLE:
            raise Invalid("The number {number} is too large to compute with exactly.", number=str(value)[:60])
        return int(value)
    if not math.isfinite(value):
        raise Invalid("A number must be finite.")
    return _exact(value)


def _text(value: str, depth: int) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Invalid("A text holds half of a character.") from None
    return value


def _list(value: Sequence[Value], depth: int) -> list[Any]:
    if isinstance(value, bytes | bytearray):
        raise Invalid("A value of type {type} cannot be kept.", type=type(value).__name__)
    return [to_wire(each, depth) for each in value]


def _context(value: Mapping[str, Value], depth: int) -> dict[str, Any]:
    entries = {}
    for key, each in value.items():
        if not isinstance(key, str) or key == "__proto__":
            raise Invalid("{key} cannot be the name of an entry.", key=str(key)[:60])
        if not key.isascii():
            _text(key, depth)
        # Written out for speed: long lists of rows are mostly this.
        if each.__class__ is str and each.isascii():
            entries[key] = each
        else:
            entries[key] = to_wire(each, depth)
    return {TAG: ["context", entries]} if TAG in entries else entries


def _date(value: date, depth: int) -> dict[str, Any]:
    return {TAG: ["date", value.isoformat()]}


def _time(value: time, depth: int) -> dict[str, Any]:
    if value.tzinfo is not None:
        raise Invalid("A time of day has no zone.")
    return {TAG: ["time", value.isoformat()]}


def _moment(value: datetime, depth: int) -> dict[str, Any]:
    if value.utcoffset() is None:
        raise Invalid("A date and time needs a zone.")
    try:
        instant = value.astimezone(UTC).replace(tzinfo=None).isoformat()
    except OverflowError:
        raise Invalid("A date and time lies beyond the years 1 to 9999.") from None
    return {TAG: ["date and time", instant + "Z"]}


def _duration(value: timedelta, depth: int) -> dict[str, Any]:
    return {TAG: ["days and time duration", _iso(value)]}


def _months(value: Months, depth: int) -> dict[str, Any]:
    return {TAG: ["years and months duration", value.count]}


_WRITE: dict[type, Any] = {
    int: _number,
    float: _number,
    str: _text,
    datetime: _moment,
    date: _date,
    time: _time,
    timedelta: _duration,
    Months: _months,
    list: _list,
    tuple: _list,
    dict: _context,
    Mapping: _context,
    Sequence: _list,
}


def _iso(value: timedelta) -> str:
    sign, size = ("-", -value) if value < timedelta() else ("", value)
    minutes, seconds = divmod(size.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{size.microseconds:06d}".rstrip("0") if size.microseconds else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{fraction}S" if seconds or fraction else ""
    days = f"{size.days}D" if size.days else ""
    return f"{sign}P{days}T{clock}" if clock else f"{sign}P{days}" if days else "PT0S"


def _read_duration(plain: Any) -> timedelta:
    if not isinstance(plain, str):
        return timedelta(milliseconds=plain)
    found = _DURATION.fullmatch(plain)
    if found is None:
        raise ValueError(plain)
    sign, days, hours, minutes, seconds, fraction = found.groups()
    size = timedelta(
        days=int(days or 0),
        hours=int(hours or 0),
        minutes=int(minutes or 0),
        seconds=int(seconds or 0),
        microseconds=int((fraction or "").ljust(6, "0")),
    )
    return -size if sign else size


_READ: dict[str, Callable[[Any], Value]] = {
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "date and time": datetime.fromisoformat,
    "days and time duration": _read_duration,
    "years and months duration": Months,
    "context": lambda entries: {key: from_wire(each) for key, each in entries.items()},
}


def text(value: Value, zone: str = "UTC") -> str:
    """A value as FEEL's own ``string()`` prints it.

    Args:
        value: any value; null prints as ``null``.
        zone: IANA name of the zone in which instants are shown, without an offset.
    """
    return value if isinstance(value, str) else _shown(value, ZoneInfo(zone))


def _shown(value: Value, zone: ZoneInfo) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, datetime):
        return _without_zeros(value.astimezone(zone).replace(tzinfo=None))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return _without_zeros(value)
    if isinstance(value, timedelta):
        return _iso(value)
    if isinstance(value, Months):
        return _years(value.count)
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        entries = (f"{_key(name)}: {_shown(value[name], zone)}" for name in names)
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_shown(each, zone) for each in value) + "]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else _digits(value)


def _without_zeros(moment: datetime | time) -> str:
    return moment.isoformat(timespec="milliseconds" if moment.microsecond >= 1000 else "seconds")


def _years(count: int) -> str:
    years, months = divmod(abs(count), 12)
    sign = "-" if count < 0 else ""
    return f"{sign}P" + (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")


def _key(name: str) -> str:
    return name if _KEY.fullmatch(name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _digits(value: float) -> str:
    """A number as JavaScript prints it: plain digits between 10⁻⁶ and 10²¹."""
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        return f"{Decimal(repr(value or 0)):f}".removesuffix(".0")
    digits, exponent = repr(value).split("e")
    return f"{digits}e{int(exponent):+d}"
