"""Times as a diagram writes them: the forms of ISO 8601 that are read, for lint and for whoever counts them."""

from __future__ import annotations

import re
from datetime import date, datetime

DURATION = re.compile(r"P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?|P\d+W", re.IGNORECASE)
CYCLE = re.compile(r"R(?P<times>\d{0,9})/(?P<first>[^/=]+)(?:/(?P<every>[^/=]+))?", re.IGNORECASE)
SHORTEST = 1
"""Seconds that lie between two times of a cycle at least."""

_SECONDS = re.compile(r"[\d.]+(?=S)", re.IGNORECASE)
_LONGER = re.compile(r"[1-9]\d*[YMWDH]", re.IGNORECASE)


def is_date(text: str) -> bool:
    """A date, or a date and time."""
    try:
        moment(text)
    except ValueError:
        return False
    return True


def moment(text: str) -> date:
    """The date, or date and time, that a text says.

    Raises:
        ValueError: it says neither.
    """
    return datetime.fromisoformat(text.strip()) if "T" in text.upper() else date.fromisoformat(text.strip())


def is_duration(text: str) -> bool:
    """A duration in whole units; seconds may have a fraction."""
    return DURATION.fullmatch(text.strip()) is not None


def is_cycle(text: str) -> bool:
    """``R3/PT1H``, ``R/2026-04-01T09:00:00/P1D``."""
    found = CYCLE.fullmatch(text.strip())
    if found is None:
        return False
    if found["every"] is None:
        return is_duration(found["first"])
    return is_date(found["first"]) and is_duration(found["every"])


def comes(cycle: str) -> bool:
    """Whether a cycle that can be read comes at all, and with a pause between two times."""
    found = CYCLE.fullmatch(cycle.strip())
    return found is not None and (found["times"] == "" or int(found["times"]) > 0) and _pauses(found)


def _pauses(found: re.Match[str]) -> bool:
    every = found["every"] or found["first"]
    seconds = _SECONDS.search(every)
    return bool(_LONGER.search(every)) or (seconds is not None and float(seconds[0]) >= SHORTEST)
