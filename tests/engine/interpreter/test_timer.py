"""Reading times, durations and cycles (ISO 8601), and counting them on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.feel import Evaluator, Months
from engine.interpreter import timer

ZONE = "Asia/Shanghai"
NOON = datetime(2026, 1, 31, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("PT0S", NOON),
        ("PT1.5S", NOON + timedelta(seconds=1.5)),
        ("P1DT2H3M4S", NOON + timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("P2W", NOON + timedelta(weeks=2)),
        ("P1M", datetime(2026, 2, 28, 4, tzinfo=UTC)),
        ("P1Y1M", datetime(2027, 2, 28, 4, tzinfo=UTC)),
        (Months(13), datetime(2027, 2, 28, 4, tzinfo=UTC)),
        (timedelta(hours=1), NOON + timedelta(hours=1)),
    ],
)
def test_a_duration_counts_from_now(text: Any, due: datetime) -> None:
    assert timer.first("timeDuration", text, NOON, ZONE).due == due


@pytest.mark.parametrize(
    ("value", "due"),
    [
        ("2026-02-01T09:00:00", datetime(2026, 2, 1, 1, tzinfo=UTC)),
        ("2026-02-01T09:00:00+02:00", datetime(2026, 2, 1, 7, tzinfo=UTC)),
        ("2026-02-01", datetime(2026, 1, 31, 16, tzinfo=UTC)),
        (date(2026, 2, 1), datetime(2026, 1, 31, 16, tzinfo=UTC)),
        (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_in_the_zone_unless_it_says_another(value: Any, due: datetime) -> None:
    assert timer.first("timeDate", value, NOON, ZONE).due == due


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("timeDuration", "-PT1S"),
        ("timeDuration", "1 hour"),
        ("timeDuration", "P"),
        ("timeDuration", "PT"),
        ("timeDuration", None),
        ("timeDuration", 5),
        ("timeDuration", timedelta(-1)),
        ("timeDuration", Months(-1)),
        ("timeDuration", "P99999Y"),
        ("timeDuration", "P999999999999D"),
        ("timeDuration", "PT" + "9" * 30 + "S"),
        ("timeDate", "tomorrow"),
        ("timeDate", "2026-02-30"),
        ("timeDate", None),
        ("timeCycle", "R0/PT1H"),
        ("timeCycle", "R/PT0S"),
        ("timeCycle", "R3"),
        ("timeCycle", "PT1H"),
        ("timeCycle", "R3/PT1H/2026-04-01T00:00:00Z"),
        ("timeCycle", "0 0 * * *"),
        ("timeCycle", "R/PT0.000001S"),
        ("timeCycle", "R/PT0.999S"),
        ("timeCycle", "R/2026-04-01T09:00:00/PT0.5S"),
        ("timeCycle", "R" + "9" * 10 + "/PT1H"),
        ("timeCycle", "R" + "9" * 5000 + "/PT1H"),
        ("timeDate", "0001-01-01T00:00:00"),
        ("timeDate", "9999-12-31T23:00:00-05:00"),
    ],
)
def test_what_is_no_time_is_refused(form: str, value: Any) -> None:
    with pytest.raises(Invalid):
        timer.first(form, value, NOON, ZONE)


def test_a_cycle_counts_down_to_its_end() -> None:
    schedule: timer.Schedule | None = timer.first("timeCycle", "R3/PT1H", NOON, ZONE)
    dues = []
    while schedule is not None:
        dues.append(schedule.due - NOON)
        schedule = timer.following(schedule, schedule.due, ZONE)
    assert dues == [timedelta(hours=1), timedelta(hours=2), timedelta(hours=3)]


def test_what_fires_once_does_not_come_again() -> None:
    assert timer.following(timer.first("timeDuration", "PT1H", NOON, ZONE), NOON, ZONE) is None


def test_a_cycle_whose_times_have_all_been_missed_is_used_up() -> None:
    schedule = timer.first("timeCycle", "R3/PT1H", NOON, ZONE)
    assert timer.following(schedule, NOON + timedelta(hours=3), ZONE) is None
    months = timer.first("timeCycle", "R2/P1M", NOON, ZONE)
    assert timer.following(months, NOON + timedelta(days=70), ZONE) is None


BERLIN = "Europe/Berlin"  # a day of 23 hours on 29 March 2026, one of 25 on 25 October


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)  # type: ignore[arg-type]


def dues(text: str, now: datetime, zone: str, count: int) -> list[datetime]:
    """The first times of a cycle, each fired when it is due."""
    schedule: timer.Schedule | None = timer.first("timeCycle", text, now, zone)
    found = []
    while schedule is not None and len(found) < count:
        found.append(schedule.due)
        schedule = timer.following(schedule, schedule.due, zone)
    return found


@pytest.mark.parametrize(
    ("value", "due"),
    [
        ("P1D", local(2026, 3, 29, 13)),
        ("P1W", local(2026, 4, 4, 13)),
        (timedelta(days=1), local(2026, 3, 29, 13)),
        ("P1DT2H", local(2026, 3, 29, 15)),
        ("PT24H", local(2026, 3, 29, 14)),
        ("P1M", local(2026, 4, 28, 13)),
    ],
)
def test_a_day_is_a_day_of_the_calendar_and_an_hour_an_hour(value: Any, due: datetime) -> None:
    assert timer.first("timeDuration", value, local(2026, 3, 28, 13), BERLIN).due == due


def test_a_daily_cycle_keeps_its_local_hour_over_a_change_of_the_clocks() -> None:
    days = dues("R/2026-03-27T09:00:00/P1D", local(2026, 3, 26, 12), BERLIN, 5)
    assert days == [local(2026, 3, day, 9) for day in (27, 28, 29, 30, 31)]
    weeks = dues("R3/2026-10-20T09:00:00/P1W", local(2026, 10, 1), BERLIN, 9)
    assert weeks == [local(2026, 10, 20, 9), local(2026, 10, 27, 9), local(2026, 11, 3, 9)]


def test_an_hour_that_the_clocks_leave_out_is_later_that_day_only() -> None:
    days = dues("R/2026-03-28T02:30:00/P1D", local(2026, 3, 27), BERLIN, 3)
    assert days == [local(2026, 3, 28, 2, 30), local(2026, 3, 29, 3, 30), local(2026, 3, 30, 2, 30)]


def test_an_hour_that_comes_twice_is_the_first_of_them() -> None:
    days = dues("R/2026-10-24T02:30:00/P1D", local(2026, 10, 23), BERLIN, 3)
    assert days == [local(2026, 10, 24, 2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC), local(2026, 10, 26, 2, 30)]
    assert timer.instant("2026-10-25T02:30:00", BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


ZONES = ["Asia/Shanghai", BERLIN, "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu"]


@given(
    st.sampled_from(ZONES),
    st.datetimes(NOON.replace(tzinfo=None) - timedelta(days=9_000), NOON.replace(tzinfo=None) + timedelta(days=4_000)),
    st.integers(0, 400),
    st.integers(0, 86_399),
)
def test_days_and_seconds_after_a_moment_are_what_feel_makes_of_them(
    zone: str, start: datetime, days: int, seconds: int
) -> None:
    began = start.replace(microsecond=0, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    length = timedelta(days=days, seconds=seconds)
    counted = timer.span(length).after(began, zone)
    there = began.astimezone(ZoneInfo(zone))
    day = there.replace(tzinfo=None) + timedelta(days=days)
    assume(day.replace(tzinfo=ZoneInfo(zone)).utcoffset() == day.replace(tzinfo=ZoneInfo(zone), fold=1).utcoffset())
    (reckoned,) = Evaluator(NOON, zone, None).evaluate(["began + length"], {"began": began, "length": length})
    assert counted == reckoned
    if not seconds:
        assert counted.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == day


@given(st.sampled_from(ZONES), st.integers(0, 3_000), st.sampled_from(["P1D", "P1W", "P1M", "P1DT1H", "PT36H"]))
def test_a_cycle_that_has_missed_its_times_goes_on_at_the_next_that_lies_ahead(
    zone: str, days: int, every: str
) -> None:
    began = datetime(2026, 1, 31, 1, 30, tzinfo=UTC)
    now = began + timedelta(days=days, minutes=7)
    schedule = timer.first("timeCycle", f"R/2026-01-31T01:30:00Z/{every}", began, zone)
    once = timer.following(schedule, now, zone)
    step: timer.Schedule | None = schedule
    while step is not None and step.due <= now:
        step = timer.following(step, step.due, zone)
    assert once is not None and once == step


def test_a_cycle_ends_where_the_calendar_does() -> None:
    end = datetime(9999, 12, 31, 12, tzinfo=UTC)
    for every in ("P1D", "P1M", "PT13H"):
        schedule = timer.first("timeCycle", f"R/9999-12-31T12:00:00Z/{every}", NOON, "UTC")
        assert (schedule.due, timer.following(schedule, end, "UTC")) == (end, None)
