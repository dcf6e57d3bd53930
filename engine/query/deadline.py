"""How far off a due date is in working days, and how it was counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine import clock
from engine.access.granted import policy_of

if TYPE_CHECKING:
    from engine.runtime import View


class Reckoner:
    """Counts for one look at the database: today, the calendar in force and the zone are the same for all of it."""

    def __init__(self, view: View) -> None:
        self._zone = ZoneInfo(view.runtime.zone)
        self._now = clock.micros(view.now)
        self._today = view.now.astimezone(self._zone).date()
        self._between = lru_cache(maxsize=512)(policy_of(view.actor).calendar.working_days_between)

    def days_left(self, due_at: int | None) -> int | None:
        """Working days from today until a due time (microseconds): 0 today, negative when past, None without one."""
        if due_at is None:
            return None
        day = clock.instant(due_at).astimezone(self._zone).date()
        if due_at < self._now:
            # Past its hour is late, be it the same day or over a holiday.
            return -max(1, self._between(day, self._today))
        return self._between(self._today, day)


@dataclass(frozen=True, slots=True)
class Counted:
    """One day on the way to a due date.

    Attributes:
        number: the how-manieth day it was; None for a day that does not count.
        reason: why it does or does not: ``weekday``, ``make-up``, ``weekend``, ``holiday``, ``set working``, ``set
            free``.
        name: of the holiday.
    """

    day: date
    number: int | None
    reason: str
    name: str


LONGEST = 92
_WORKING = frozenset({"weekday", "make-up", "set working"})


def days(why: Mapping[str, Any], called: Callable[[date], str] | None = None) -> tuple[Counted, ...]:
    """Each day from the event to the due date, as it was counted then; of a very long way, only what is out of the
    usual.

    Args:
        why: what ``calendar.Due.explained`` wrote down when the task opened; it names holidays as their country does.
        called: what a holiday is called in another language; empty where there is no word for it.
    """
    start, end = (datetime.fromisoformat(why[name]).date() for name in ("base", "at"))
    special = {date.fromisoformat(each["day"]): each for each in why.get("why", ())}
    step = timedelta(days=1 if end >= start else -1)
    counts_all = why.get("kind") != "W"
    found, number, day = [], 0, start
    while day != end:
        day += step
        known = special.get(day, {"reason": "weekday", "name": ""})
        counted = number < why["amount"] and (counts_all or known["reason"] in _WORKING)
        number += counted
        name = (known["name"] and called and called(day)) or known["name"]
        found.append(Counted(day, number if counted else None, known["reason"], name))
    if len(found) > LONGEST or why.get("kind") in ("M", "H"):
        return tuple(each for each in found if each.day in special)
    return tuple(found)
