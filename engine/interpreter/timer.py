"""ISO 8601 times, durations and cycles, counted from the clock a command was given.

A due time is computed once, when a timer is armed. What a FEEL expression gives may be typed already (a date and
time, a duration); text is read as ISO 8601, its durations by SpiffWorkflow's reader behind a check of their shape (it
takes ``-PT1S`` for a second from now).
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from engine.errors import Invalid
from engine.feel import Months

_DURATION = re.compile(r"P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?|P\d+W", re.IGNORECASE)
_CYCLE = re.compile(r"R(\d*)/([^/]+)(?:/([^/]+))?", re.IGNORECASE)
_FOREVER = -1


@dataclass(frozen=True, slots=True)
class Span:
    """A duration: months by the calendar, the rest exact."""

    months: int
    rest: timedelta

    def __bool__(self) -> bool:
        return bool(self.months or self.rest)

    def times(self, count: int) -> Span:
        """As often as this, one after the other."""
        return Span(self.months * count, self.rest * count)

    def after(self, start: datetime, zone: str) -> datetime:
        """``start`` plus this; a day that its month does not have becomes the month's last.

        Raises:
            Invalid: there is no such date.
        """
        try:
            return self._shift(start, zone) + self.rest
        except (ValueError, OverflowError):
            raise Invalid("{text} after {start} is no date.", text=str(self), start=start.isoformat()) from None

    def _shift(self, start: datetime, zone: str) -> datetime:
        if not self.months:
            return start
        local = start.astimezone(ZoneInfo(zone))
        years, month = divmod(local.month - 1 + self.months, 12)
        year, month = local.year + years, month + 1
        day = min(local.day, monthrange(year, month)[1])
        return local.replace(year=year, month=month, day=day).astimezone(UTC)

    def __str__(self) -> str:
        return f"P{self.months}M + {self.rest}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a timer is due, and for a cycle how it goes on.

    Attributes:
        due: aware, UTC.
        every: ISO 8601 duration between two times of a cycle; None: it fires once.
        left: how often it fires, this time included; -1 without end.
        text: what the diagram's expression came to.
        start, passed: of a cycle by months: its first time, and how many have been since, so that a short month
            shortens no later one.
    """

    due: datetime
    text: str
    every: str | None = None
    left: int = 1
    start: datetime | None = None
    passed: int = 0


def first(form: str, value: Any, now: datetime, zone: str) -> Schedule:
    """The schedule of a timer that is armed now.

    Args:
        form: ``timeDate``, ``timeDuration`` or ``timeCycle``.
        value: ISO 8601 text, or a typed value that fits the form.
        now: aware.
        zone: in which times without offset are read.

    Raises:
        Invalid: the value is none of these.
    """
    text = written(value)
    if form == "timeDate":
        return Schedule(instant(value, zone), text)
    if form == "timeDuration":
        return Schedule(span(value).after(now, zone), text)
    found = _CYCLE.fullmatch(text.strip())
    every = found and (found[3] or found[2])
    if not found or not every or found[1] == "0" or not span(every):
        raise _unreadable(text, "R3/PT1H")
    left = int(found[1]) if found[1] else _FOREVER
    start = span(every).after(now, zone) if found[3] is None else instant(found[2], zone)
    return Schedule(start, text, every, left)


def following(schedule: Schedule, now: datetime, zone: str) -> Schedule | None:
    """The schedule after a firing at ``now``, or None when it is used up. Times missed meanwhile are counted, not
    made up for.
    """
    if schedule.every is None:
        return None
    step, fired = span(schedule.every), 1
    if not step.months:
        fired += max(0, (now - schedule.due) // step.rest)
        following = replace(schedule, due=schedule.due + fired * step.rest)
    else:
        start = schedule.start or schedule.due
        while (due := step.times(schedule.passed + fired).after(start, zone)) <= now:
            fired += 1
        following = replace(schedule, due=due, start=start, passed=schedule.passed + fired)
    if schedule.left == _FOREVER:
        return following
    return replace(following, left=schedule.left - fired) if schedule.left > fired else None


def instant(value: Any, zone: str, *, end_of_day: bool = False) -> datetime:
    """A point in time, UTC.

    Args:
        value: date and time, date, or ISO 8601 text of either.
        zone: in which what has no offset is read.
        end_of_day: whether a date alone means its last second instead of its first.

    Raises:
        Invalid: it is none of these.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip()) if "T" in value.upper() else date.fromisoformat(value.strip())
        except ValueError:
            raise _unreadable(value, "2026-04-01T09:00:00+08:00") from None
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime.combine(value, time(23, 59, 59) if end_of_day else time())
    else:
        raise _unreadable(value, "2026-04-01T09:00:00+08:00")
    return (moment.replace(tzinfo=ZoneInfo(zone)) if moment.tzinfo is None else moment).astimezone(UTC)


def span(value: Any) -> Span:
    """A duration, typed or as ISO 8601 text.

    Raises:
        Invalid: it is neither, or it is negative.
    """
    if isinstance(value, timedelta) and value >= timedelta(0):
        return Span(0, value)
    if isinstance(value, Months) and value.count >= 0:
        return Span(value.count, timedelta(0))
    if not isinstance(value, str):
        raise _unreadable(value, "PT1H")
    parts = dict(TimerEventDefinition.parse_iso_duration(_checked(value)))
    try:
        return Span(int(parts.pop("years", 0)) * 12 + int(parts.pop("months", 0)), timedelta(**parts))
    except OverflowError:
        raise _unreadable(value, "PT1H") from None


def written(value: Any) -> str:
    """A timer's value as a person reads it."""
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _checked(text: str) -> str:
    if not _DURATION.fullmatch(text.strip()):
        raise _unreadable(text, "PT1H")
    return text.strip()


def _unreadable(value: Any, example: str) -> Invalid:
    return Invalid(
        "{value} is not a time that a timer can use; write it as {example}.", value=str(value)[:200], example=example
    )
