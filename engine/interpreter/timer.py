"""ISO 8601 times, durations and cycles, counted from the clock a command was given.

A due time is computed once, when a timer is armed. What a FEEL expression gives may be typed already (a date and
time, a duration); text is read as ISO 8601, its durations by SpiffWorkflow's reader behind a check of their shape (it
takes ``-PT1S`` for a second from now).

Months, weeks and days are counted by the calendar of the installation's zone, hours and less exactly, as FEEL does. A
local time that the clocks leave out is as much later; of one that comes twice it is the first.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from engine import feel
from engine.bpmn import times
from engine.errors import Invalid
from engine.feel import Months

_FOREVER = -1


@dataclass(frozen=True, slots=True)
class Span:
    """A duration: months and days by the calendar, the rest exact."""

    months: int
    days: int
    rest: timedelta

    @property
    def is_exact(self) -> bool:
        """Whether it is as long wherever it begins."""
        return not (self.months or self.days)

    def after(self, start: datetime, zone: str, count: int = 1) -> datetime:
        """``start`` plus this, ``count`` times; a day that its month does not have becomes the month's last.

        Raises:
            Invalid: there is no such date.
        """
        try:
            return self._shift(start, zone, count) + count * self.rest
        except (ValueError, OverflowError):
            raise Invalid("{text} after {start} is no date.", text=str(self), start=start.isoformat()) from None

    def _shift(self, start: datetime, zone: str, count: int) -> datetime:
        if self.is_exact:
            return start
        local = start.astimezone(ZoneInfo(zone))
        years, month = divmod(local.month - 1 + count * self.months, 12)
        year, month = local.year + years, month + 1
        day = min(local.day, monthrange(year, month)[1])
        there = local.replace(year=year, month=month, day=day, fold=0) + timedelta(days=count * self.days)
        return there.astimezone(UTC)

    def __str__(self) -> str:
        days = f"P{self.days}D" if self.days else ""
        parts = (feel.text(Months(self.months)) if self.months else "", days, feel.text(self.rest) if self.rest else "")
        return " + ".join(filter(None, parts)) or "PT0S"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a timer is due, and for a cycle how it goes on.

    Attributes:
        due: aware, UTC.
        every: ISO 8601 duration between two times of a cycle; None: it fires once.
        left: how often it fires, this time included; -1 without end.
        text: what the diagram's expression came to.
        start, passed: of a cycle by the calendar: its first time, and how many have been since, so that a short month
            shortens no later one, and an hour that a day did not have moves none.
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
    found = times.CYCLE.fullmatch(text.strip())
    if found is None or not times.is_cycle(text) or not times.comes(text):
        raise _unreadable(text, "R3/PT1H")
    every = found["every"] or found["first"]
    left = int(found["times"]) if found["times"] else _FOREVER
    start = span(every).after(now, zone) if found["every"] is None else instant(found["first"], zone)
    return Schedule(start, text, every, left)


def following(schedule: Schedule, now: datetime, zone: str) -> Schedule | None:
    """The schedule after a firing at ``now``, or None when it is used up, as it is where the calendar ends. Times
    missed meanwhile are counted, not made up for.
    """
    if schedule.every is None:
        return None
    step, start = span(schedule.every), schedule.start or schedule.due
    fired = _fired(step, start, schedule.passed, now, zone)
    try:
        due = step.after(start, zone, schedule.passed + fired)
    except Invalid:
        return None
    following = replace(schedule, due=due)
    if not step.is_exact:
        following = replace(following, start=start, passed=schedule.passed + fired)
    if schedule.left == _FOREVER:
        return following
    return replace(following, left=schedule.left - fired) if schedule.left > fired else None


def _fired(step: Span, start: datetime, passed: int, now: datetime, zone: str) -> int:
    """How many times of a cycle are no longer ahead, the one that fires now included."""
    if step.is_exact:
        return 1 + max(0, (now - start) // step.rest)

    def is_ahead(count: int) -> bool:
        try:
            return step.after(start, zone, passed + count) > now
        except Invalid:
            return True

    least, most = 0, 1
    while not is_ahead(most):
        least, most = most, 2 * most
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if is_ahead(middle) else (middle, most)
    return most


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
            value = times.moment(value)
        except ValueError:
            raise _unreadable(value, "2026-04-01T09:00:00+08:00") from None
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime.combine(value, time(23, 59, 59) if end_of_day else time())
    else:
        raise _unreadable(value, "2026-04-01T09:00:00+08:00")
    try:
        return (moment.replace(tzinfo=ZoneInfo(zone)) if moment.tzinfo is None else moment).astimezone(UTC)
    except OverflowError:
        raise _unreadable(written(moment), "2026-04-01T09:00:00+08:00") from None


def span(value: Any) -> Span:
    """A duration, typed or as ISO 8601 text.

    Raises:
        Invalid: it is neither, or it is negative.
    """
    if isinstance(value, timedelta) and value >= timedelta(0):
        # As FEEL counts it, which has forgotten whether a day was written as one or as 24 hours.
        return Span(0, value.days, value - timedelta(days=value.days))
    if isinstance(value, Months) and value.count >= 0:
        return Span(value.count, 0, timedelta(0))
    if not isinstance(value, str):
        raise _unreadable(value, "PT1H")
    parts = dict(TimerEventDefinition.parse_iso_duration(_checked(value)))
    try:
        months = int(parts.pop("years", 0)) * 12 + int(parts.pop("months", 0))
        days = int(parts.pop("weeks", 0)) * 7 + int(parts.pop("days", 0))
        return Span(months, days, timedelta(**parts))
    except OverflowError:
        raise _unreadable(value, "PT1H") from None


def written(value: Any) -> str:
    """A timer's value as a person reads it."""
    return value.isoformat() if isinstance(value, date | datetime) else feel.text(value)


def _checked(text: str) -> str:
    if not times.is_duration(text):
        raise _unreadable(text, "PT1H")
    return text.strip()


def _unreadable(value: Any, example: str) -> Invalid:
    if value is None or value == "":
        return Invalid("A time came to nothing; write it as {example}.", example=example)
    return Invalid(
        "{value} is not a time that a timer can use; write it as {example}.",
        value=written(value)[:200],
        example=example,
    )
