"""Working days with public holidays and made-up days, and due dates that can say why they are that date.

Counting follows the Civil Code of the PRC: the day of the trigger does not count, the next one counts first (art. 201);
a month ends on the
day of the same number, or on the month's last day if it has none (art. 202); what to do when the last day is free is
said by the rule.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import holidays

from engine.errors import Invalid

Kind = Literal["W", "C", "M", "H"]
Roll = Literal["N", "P", "K"]
Reason = Literal["weekday", "make-up", "set working", "weekend", "holiday", "set free"]

FIRST_YEAR, LAST_YEAR = 1950, 2100
"""The years for which days can be counted."""

LONGEST = 10_000
"""Most working days that can be added at once."""

UNPUBLISHED = "The working days of {year} are not published yet; this date may change."
"""What a page says beside a date that touches such a year."""

END_OF_DAY = time(23, 59, 59)
_LANGUAGE = {"CN": "zh_CN"}
_WORKING: frozenset[Reason] = frozenset({"weekday", "make-up", "set working"})
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """A day and why it is worked or free.

    Attributes:
        reason: ``weekday``, ``make-up`` (a weekend worked for a holiday), ``weekend``, ``holiday``; ``set working`` or
            ``set free`` where
            the office's own table decides.
        name: of the holiday, in the language of the country.
    """

    date: date
    reason: Reason
    name: str = ""

    @property
    def working(self) -> bool:
        """Whether the day counts."""
        return self.reason in _WORKING


@dataclass(frozen=True)
class Calendar:
    """The working days of one country as published, with an office's own exceptions.

    Attributes:
        country: ISO code, as the package `holidays` knows it.
        overrides: days that differ from what is published.
        version: of the overrides; kept with every due date.
    """

    country: str = "CN"
    overrides: Mapping[date, Literal["working", "free"]] = field(default_factory=dict)
    version: str = "0"
    _sums: dict[int, tuple[int, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _counts: dict[Any, _Count] = field(default_factory=dict, init=False, repr=False, compare=False)

    def day(self, day: date) -> Day:
        """The day, with why it is worked or free.

        Raises:
            Invalid: beyond the years 1950 to 2100.
        """
        free, made_up = _published(self.country, day.year)
        own = self.overrides.get(day)
        if own is not None:
            return Day(day, "set working" if own == "working" else "set free", free.get(day, ""))
        if day in free:
            return Day(day, "holiday", free[day])
        if day.weekday() < 5:
            return Day(day, "weekday")
        return Day(day, "make-up" if day in made_up else "weekend")

    def holiday(self, day: date, language: str) -> str:
        """What the holiday of a day is called in a language (``en_US``); empty where the package has no word for it."""
        return _names(self.country, day.year, language).get(day, "")

    def is_working(self, day: date) -> bool:
        """Whether the day counts as a working day."""
        return self.day(day).working

    def published(self, year: int) -> bool:
        """Whether the days made up for holidays are known: from the published calendar or from the overrides."""
        known = {day for day, word in self.overrides.items() if word == "working" and day.weekday() >= 5}
        return any(day.year == year for day in known | _published(self.country, year)[1])

    def exceptions(self, first: int, last: int) -> dict[date, bool]:
        """The days of some years that are free in the week or worked at a weekend: ``{day: worked}``."""
        found = {}
        for year in range(max(first, FIRST_YEAR), min(last, LAST_YEAR) + 1):
            free, made_up = _published(self.country, year)
            own = {day for day in self.overrides if day.year == year}
            for day in {*free, *made_up, *own}:
                if self.is_working(day) != (day.weekday() < 5):
                    found[day] = self.is_working(day)
        return found

    def add_working_days(self, day: date, count: int) -> date:
        """The day `count` working days after `day` (before it if negative); `day` itself does not count.

        Raises:
            Invalid: more than 10,000 working days, or beyond the years 1950 to 2100.
        """
        if abs(count) > LONGEST:
            raise Invalid("At most {limit} working days can be counted.", limit=LONGEST)
        step, left = (_DAY if count > 0 else -_DAY), abs(count)
        while left:
            day += step
            left -= self.is_working(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days `end` lies after `start`, which does not count itself; negative if before.

        It answers ``add_working_days``: ``working_days_between(d, add_working_days(d, n)) == n``.
        """
        return -self._count(end - _DAY, start - _DAY) if end < start else self._count(start, end)

    def roll(self, day: date, roll: Roll) -> date:
        """A free day moved to the next (N) or previous (P) working day, or kept (K); a working day stays."""
        step = {"N": _DAY, "P": -_DAY, "K": timedelta()}[roll]
        while step and not self.is_working(day):
            day += step
        return day

    def _count(self, after: date, last: date) -> int:
        """Working days after one day up to and with another."""
        whole = sum(self._sum(year)[-1] for year in range(after.year, last.year))
        return whole - self._until(after) + self._until(last)

    def _until(self, day: date) -> int:
        """Working days of the year up to and with `day`."""
        return self._sum(day.year)[day.timetuple().tm_yday - 1]

    def _sum(self, year: int) -> tuple[int, ...]:
        if year not in self._sums:
            # `is_working` refuses a year that the calendar does not reach.
            first = date(year, 1, 1)
            length = 365 + months.isleap(year)
            self._sums[year] = tuple(accumulate(self.is_working(first + n * _DAY) for n in range(length)))
        return self._sums[year]


@lru_cache(maxsize=1024)
def _published(country: str, year: int) -> tuple[Mapping[date, str], frozenset[date]]:
    """Free days with their names and made-up days of a year, as published."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise _beyond(year)
    found = holidays.country_holidays(country, years=year, language=_LANGUAGE.get(country))
    made_up = {day for day in getattr(found, "weekend_workdays", ()) if day.year == year}
    return {day: name for day, name in found.items() if day.year == year}, frozenset(made_up)


@lru_cache(maxsize=256)
def _names(country: str, year: int, language: str) -> Mapping[date, str]:
    """What the holidays of a year are called in a language."""
    found = holidays.country_holidays(country, years=year, language=language)
    return dict(found.items())


def _beyond(year: int) -> Invalid:
    return Invalid(
        "The calendar reaches from {first} to {last}, not to {year}.", first=FIRST_YEAR, last=LAST_YEAR, year=year
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """By when something is due.

    Attributes:
        key: its name in the table of deadlines.
        amount: how many; 0 is the day (or hour) of the event itself.
        kind: W working days, C calendar days, M months, H hours.
        roll: a due date on a free day moves to the next (N) or previous (P) working day, or is kept (K).
        direction: after the event or before it.
        at: time of day; the end of the day if None. Means nothing for hours.
        basis: on what the rule rests.
        title: what is due.
    """

    key: str
    amount: int
    kind: Kind
    roll: Roll = "N"
    direction: Literal["after", "before"] = "after"
    at: time | None = None
    basis: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A due date with what it was counted from.

    Attributes:
        at: the last moment, in the installation's zone.
        base: the event it was counted from.
        unpublished: years that the count touched whose made-up days are not known yet.
        why: the days that made a difference, in the order in which the count met them: free days that were passed over
            and weekends that
            counted.
    """

    at: datetime
    rule: Rule
    base: datetime
    calendar_version: str
    unpublished: tuple[int, ...] = ()
    why: tuple[Day, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a page must say beside the date, in English."""
        return tuple(UNPUBLISHED.format(year=year) for year in self.unpublished)

    def explained(self) -> dict[str, Any]:
        """All of it as plain JSON data, to be kept with the date."""
        return {
            "at": self.at.isoformat(),
            "base": self.base.isoformat(),
            "rule": self.rule.key,
            "title": self.rule.title,
            "amount": self.rule.amount,
            "kind": self.rule.kind,
            "roll": self.rule.roll,
            "direction": self.rule.direction,
            "time": self.rule.at.isoformat() if self.rule.at else None,
            "basis": self.rule.basis,
            "calendar": self.calendar_version,
            "unpublished": list(self.unpublished),
            "why": [{"day": day.date.isoformat(), "reason": day.reason, "name": day.name} for day in self.why],
        }


def due(rule: Rule, base: datetime, calendar: Calendar, zone: str) -> Due:
    """When `rule` makes something due that was triggered at `base`.

    Args:
        rule: how to count.
        base: the trigger, with a zone.
        calendar: the working days.
        zone: IANA name of the zone whose days are counted.

    Raises:
        Invalid: the count leaves the years 1950 to 2100.
    """
    here = ZoneInfo(zone)
    local = base.astimezone(here)
    signed = rule.amount if rule.direction == "after" else -rule.amount
    clock = rule.at or END_OF_DAY
    if rule.kind == "H":
        moment = (base.astimezone(UTC) + timedelta(hours=signed)).astimezone(here)
        count, clock = _count(rule, local.date(), moment.date(), calendar), moment.time()
    else:
        count = _count(rule, local.date(), signed, calendar)
    # In the hour that a change of clocks repeats, `clock` remembers which of the two it is.
    at = datetime.combine(count.last, clock, here)
    return Due(at, rule, local, calendar.version, count.unpublished, count.met)


class _Count(NamedTuple):
    """Where a count ends, the days it met that are not plain weekdays, the years that are not published."""

    last: date
    met: tuple[Day, ...]
    unpublished: tuple[int, ...]


def _count(rule: Rule, day: date, to: int | date, calendar: Calendar) -> _Count:
    """Count and roll; a rule counts from one day the same way each time, so each count is made once.

    Args:
        to: how many days, or the day itself where hours have led there.
    """
    asked = (rule.kind, rule.roll, day, to)
    known = calendar._counts.get(asked)
    if known is None:
        met: list[Day] = []
        counted = to if isinstance(to, date) else _counted(rule.kind, day, to, calendar, met)
        last = calendar.roll(counted, rule.roll)
        _meet(calendar, counted, last, met.append)
        touched = _touched(rule, day, counted, last)
        unpublished = tuple(year for year in touched if not calendar.published(year))
        known = calendar._counts[asked] = _Count(last, tuple(met), unpublished)
    return known


def _counted(kind: Kind, day: date, signed: int, calendar: Calendar, met: list[Day]) -> date:
    """The day before it is rolled."""
    if kind == "M":
        return plus_months(day, signed)
    if kind == "C":
        return day + timedelta(days=signed)
    end = calendar.add_working_days(day, signed)
    step = _DAY if signed > 0 else -_DAY
    while day != end:
        day += step
        found = calendar.day(day)
        if found.reason != "weekday":
            met.append(found)
    return end


def _meet(calendar: Calendar, start: date, end: date, add: Callable[[Day], None]) -> None:
    """The free days that rolling from `start` to `end` passed over."""
    step = _DAY if end > start else -_DAY
    while start != end:
        add(calendar.day(start))
        start += step


def _touched(rule: Rule, base: date, counted: date, last: date) -> list[int]:
    """Years whose working days decided; none if only calendar days were counted and nothing can roll."""
    if rule.kind != "W" and rule.roll == "K":
        return []
    days = (base, counted, last) if rule.kind == "W" else (counted, last)
    return list(range(min(days).year, max(days).year + 1))


def plus_months(day: date, count: int) -> date:
    """The day of the same number `count` months later (earlier if negative), or that month's last day.

    Raises:
        Invalid: beyond the years 1950 to 2100.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise _beyond(year)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))
