"""Dates and times as the installation means them; V8 alone would take them for Greenwich's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import Calendar
from engine.feel import Evaluator, Months, Value
from tests.engine.feeling import NOW, ZONE, refusal, value

HERE = ZoneInfo(ZONE)


def test_now_and_today_are_those_of_the_command_in_the_zone_of_the_installation() -> None:
    assert value("now()") == NOW
    assert value("today()") == date(2026, 4, 1)
    assert value("today() = date(now())") is True
    assert value("now() - now()") == timedelta()


def test_another_zone_has_another_today() -> None:
    assert Evaluator(NOW, "America/New_York").evaluate(["today()", "time(now())"], {}) == [
        date(2026, 3, 31),
        time(19, 30),
    ]
    assert value("today()") == date(2026, 4, 1)


def test_a_date_keeps_its_day_west_of_greenwich() -> None:
    asked = Evaluator(NOW, "America/New_York")
    found = asked.evaluate(
        ['date and time(day, time("09:00:00"))', "date(moment)"], {"day": date(2026, 4, 1), "moment": NOW}
    )
    assert found == [datetime(2026, 4, 1, 9, tzinfo=ZoneInfo("America/New_York")), date(2026, 3, 31)]


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ('date and time("2026-04-01T09:00:00")', datetime(2026, 4, 1, 9, tzinfo=HERE)),
        ('@"2026-04-01T09:00:00"', datetime(2026, 4, 1, 9, tzinfo=HERE)),
        ('date and time("2026-04-01T09:00:00Z")', datetime(2026, 4, 1, 9, tzinfo=UTC)),
        ('date and time("2026-04-01T09:00:00+09:00")', datetime(2026, 4, 1, 8, tzinfo=HERE)),
        ('date and time("2026-04-01T09:00:00@Europe/Paris")', datetime(2026, 4, 1, 15, tzinfo=HERE)),
        ('date and time(day, time("09:00:00"))', datetime(2026, 4, 1, 9, tzinfo=HERE)),
        ("date(2026, 4, 1)", date(2026, 4, 1)),
        ("date(moment)", date(2026, 4, 1)),
        ("time(moment)", time(0, 30)),
        ("moment.hour + day.day + day.weekday", 4),
        ("day of week(day)", "Wednesday"),
        ("string(moment)", "2026-04-01T00:30:00"),
        ("string(day)", "2026-04-01"),
        ('day + duration("P1M")', date(2026, 5, 1)),
        ('@"2026-01-31" + duration("P1M")', date(2026, 2, 28)),
        ('day - duration("P2D")', date(2026, 3, 30)),
        ('moment + duration("PT24H")', datetime(2026, 4, 2, 0, 30, tzinfo=HERE)),
        ('(day - @"2026-03-25").days', 7),
        ('day - @"2026-04-02"', timedelta(days=-1)),
        ('duration("PT48H").days', 2),
        ('duration("P200D") = duration("P201D")', False),
        ('duration("PT0.4S") = duration("PT0.5S")', False),
        ('duration("P1Y") = duration("P12M")', True),
        ('duration("P1D") < duration("PT25H")', True),
        ('duration("P1D") + duration("PT1H")', timedelta(hours=25)),
        ('string(duration("P40D"))', "P40D"),
        ('years and months duration(@"2026-01-15", @"2027-04-10")', Months(14)),
        ('@"2026-04-01T09:00:00+09:00" = date and time("2026-04-01T08:00:00")', True),
        ('time("09:00:00") < time("10:00:00")', True),
        ('time("09:00:00") + duration("PT90M")', time(10, 30)),
        ('time("09:00:00+08:00") = time("09:00:00")', True),
        ('time("09:00:00+08:00") = time("09:00:00")', True),
        ("day = null", False),
        ('day in [@"2026-04-01", @"2026-04-02"]', True),
    ],
)
def test_dates_are_read_reckoned_and_printed_where_the_office_is(expression: str, result: Value) -> None:
    assert value(expression, day=date(2026, 4, 1), moment=datetime(2026, 3, 31, 16, 30, tzinfo=UTC)) == result


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('date("2026-13-01")', "There is no such date, time or duration."),
        ('date("2026-02-30")', "There is no such date, time or duration."),
        ("true > false", "Only numbers, texts, dates, times and durations are greater or less than one another."),
        ('date("1.4.2026")', "There is no such date, time or duration."),
        ('duration("P1M2D")', "The duration P1M2D mixes months with days"),
        ('duration("P0.5M")', "The duration P0.5M mixes months with days, or is no whole number of months."),
        ('duration("3 days")', "There is no such date, time or duration."),
        ('@"2026-04-01" + duration("PT5H")', "The duration PT5H has hours; it cannot be added to a date."),
        ('duration("P1D") + duration("P1M")', "A days and time duration and a years and months duration"),
        ('duration("P1D") < duration("P1M")', "A days and time duration and a years and months duration"),
        ('now() - @"2026-04-01"', "A date and time and a date cannot be compared or computed"),
        ('time("09:00:00+02:00")', "A time of day with a zone cannot be kept."),
        ('@"9999-12-31" + duration("P1D")', "The date lies too far away."),
        ('date and time("0001-01-01T00:00:00") - duration("P1D")', "The date and time lies too far away."),
        ('duration("P1000000D")', "The days and time duration lies too far away."),
        ('@"1900-01-01"', "The date 1900-01-01 cannot be used in FEEL."),
    ],
)
def test_a_date_that_is_none_is_told(expression: str, reason: str) -> None:
    assert refusal(expression).startswith(reason)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(timezone.utc)))  # noqa: DTZ001, UP017
def test_a_moment_has_the_clock_of_its_zone(moment: datetime) -> None:
    there = ZoneInfo("America/New_York")
    asked = Evaluator(NOW, "America/New_York")
    local = moment.astimezone(there)
    day, hour, minute = asked.evaluate(["date(moment)", "moment.hour", "moment.minute"], {"moment": moment})
    assert (day, hour, minute) == (local.date(), local.hour, local.minute)


@given(st.dates(date(2017, 1, 1), date(2035, 1, 1)), st.integers(-60, 60))
def test_working_days_are_counted_as_the_calendar_counts_them(day: date, count: int) -> None:
    calendar = Calendar(overrides={date(2026, 4, 2): "free", date(2026, 4, 4): "working"}, version="7")
    asked = ["add working days(day, n)", "working days between(day, other)", "is working day(day)"]
    other = day + timedelta(days=3 * count)
    found = Evaluator(NOW, ZONE, calendar).evaluate(asked, {"day": day, "n": count, "other": other})
    wanted = [
        calendar.add_working_days(day, count),
        calendar.working_days_between(day, other),
        calendar.is_working(day),
    ]
    assert found == wanted


def test_an_override_of_the_calendar_counts_at_once() -> None:
    plain, changed = Calendar(), Calendar(overrides={date(2026, 4, 2): "free"})
    assert value("add working days(today(), 1)", plain) == date(2026, 4, 2)
    assert value("add working days(today(), 1)", changed) == date(2026, 4, 3)
    assert value("add working days(now(), 1)", plain) == date(2026, 4, 2)


def test_the_calendar_of_feel_ends_somewhere_and_says_so() -> None:
    reason = "The calendar of working days does not reach the year 2037."
    assert refusal('is working day(@"2037-01-01")', Calendar()) == reason
