"""``number.next``: business numbers for a diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from engine import number
from engine.connectors.work import BusinessError, Declaration, Declared, Values, Work
from engine.errors import Invalid, Problem
from engine.policy import Policy

_PLAIN = "{series}-{n}"
_WIDTHS = tuple("123456789")


def next_number(work: Work) -> Values:
    """Take the next number."""
    today = work.command.now.astimezone(ZoneInfo(work.command.runtime.zone))
    given = {"year": f"{today:%Y}", "month": f"{today:%m}", "day": f"{today:%d}", **work.inputs}
    return {"number": number.next(work.command, _pattern(work.headers), given)}


def _pattern(headers: Mapping[str, str]) -> str:
    """The pattern, its count written with the width of the header where it says none itself."""
    pattern, width = headers.get("pattern", "").strip() or _PLAIN, headers.get("width", "").strip()
    if width and width not in _WIDTHS:
        raise BusinessError("headers", "A number is written with 1 to 9 digits, not {width}.", width=width)
    return pattern.replace("{n}", f"{{n:0{width}}}") if width else pattern


def _judge(headers: Mapping[str, str], inputs: Sequence[str], _rules: Policy) -> list[Problem]:
    try:
        needed = number.check(_pattern(headers))
    except Invalid as error:
        return [Problem("header pattern", problem.message, problem.params) for problem in error.problems]
    except BusinessError as error:
        return [Problem("header width", error.message, error.params)]
    given = {"year", "month", "day", *inputs}
    return [Problem(f"input {name}", "The pattern needs this value.") for name in sorted(needed - given)]


NEXT = Declaration(
    "number.next",
    "Takes the next business number of a pattern, without gaps.",
    headers={
        "pattern": Declared("like XS-{year}-{round}-{n:03}; {series}-{n} unless said otherwise"),
        "width": Declared("how many digits the count has at least"),
    },
    outputs={"number": "the number"},
    free=True,
    judge=_judge,
)
