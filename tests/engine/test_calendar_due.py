from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import Calendar, Due, Kind, Roll, Rule, due, plus_months
from engine.errors import Invalid

ZONE = "Asia/Shanghai"
HERE = ZoneInfo(ZONE)
CALENDAR = Calendar(version="3")
END = time(23, 59, 59)


def at(month: int, day: int, hour: int = 10, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=HERE)


def reckoned(
    amount: int,
    kind: Kind,
    base: datetime,
    roll: Roll = "N",
    direction: Literal["after", "before"] = "after",
    clock: time | None = None,
    calendar: Calendar = CALENDAR,
) -> Due:
    return due(Rule("D", amount, kind, roll, direction, clock, "basis", "title"), base, calendar, ZONE)


@pytest.mark.parametrize(
    ("amount", "kind", "roll", "direction", "base", "day"),
    [
        # ten working days over Labour Day, with the Saturday worked for it
        (10, "W", "N", "after", at(4, 28), date(2026, 5, 14)),
        (1, "W", "P", "before", at(4, 7), date(2026, 4, 3)),
        (0, "W", "N", "after", at(5, 2), date(2026, 5, 6)),
        (10, "C", "P", "before", at(5, 13), date(2026, 4, 30)),
        (40, "C", "N", "after", at(3, 23), date(2026, 5, 6)),
        (40, "C", "K", "after", at(3, 23), date(2026, 5, 2)),
        (0, "C", "K", "after", at(5, 2), date(2026, 5, 2)),
        (1, "M", "N", "after", at(1, 31), date(2026, 2, 28)),
        (1, "M", "K", "after", at(3, 31), date(2026, 4, 30)),
        (3, "M", "N", "after", at(2, 1), date(2026, 5, 6)),
        (1, "M", "P", "before", at(3, 31), date(2026, 2, 28)),
        (12, "M", "K", "after", at(2, 29, year=2024), date(2025, 2, 28)),
    ],
)
def test_a_deadline_falls_on_its_day(
    amount: int, kind: Kind, roll: Roll, direction: Literal["after", "before"], base: datetime, day: date
) -> None:
    assert reckoned(amount, kind, base, roll, direction).at == datetime.combine(day, END, HERE)


def test_hours_are_exact() -> None:
    assert reckoned(2, "H", at(4, 1, 23), "K").at == at(4, 2, 1)
    assert reckoned(12, "H", at(4, 3, 23), "K", "before").at == at(4, 3, 11)
    assert reckoned(24, "H", at(4, 3, 9), "N").at == at(4, 7, 9)


def test_hours_are_exact_when_the_clocks_change() -> None:
    rule = Rule("D", 2, "H", "K")
    # The hour from two to three comes twice that night; this is the second.
    base = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    found = due(rule, base, Calendar("DE"), "Europe/Berlin").at
    assert found.astimezone(UTC) == base + timedelta(hours=2)


def test_a_rule_may_name_the_time_of_day() -> None:
    assert reckoned(0, "C", at(4, 1), "K", clock=time(20)).at == at(4, 1, 20)
    assert reckoned(1, "W", at(4, 3), clock=time(12)).at == at(4, 7, 12)


def test_days_are_those_of_the_zone() -> None:
    evening_in_greenwich = datetime(2026, 4, 1, 22, tzinfo=UTC)
    assert reckoned(1, "C", evening_in_greenwich).at.date() == date(2026, 4, 3)
    rule = Rule("D", 1, "C", "K")
    assert due(rule, evening_in_greenwich, CALENDAR, "UTC").at.date() == date(2026, 4, 2)


def test_a_date_says_which_days_it_passed_over_and_which_weekends_counted() -> None:
    found = reckoned(10, "W", at(4, 28))
    assert [(str(day.date), day.reason, day.name) for day in found.why] == [
        ("2026-05-01", "holiday", "劳动节"),
        ("2026-05-02", "holiday", "劳动节"),
        ("2026-05-03", "weekend", ""),
        ("2026-05-04", "holiday", "劳动节（补假）"),
        ("2026-05-05", "holiday", "休息日（由 2026-05-09 调休）"),
        ("2026-05-09", "make-up", ""),
        ("2026-05-10", "weekend", ""),
    ]


def test_rolling_says_which_days_it_passed_over() -> None:
    assert [str(day.date) for day in reckoned(2, "C", at(4, 2)).why] == ["2026-04-04", "2026-04-05", "2026-04-06"]
    assert [str(day.date) for day in reckoned(3, "C", at(4, 2), "P").why] == ["2026-04-05", "2026-04-04"]
    assert reckoned(2, "C", at(4, 2), "K").why == ()


def test_a_date_in_a_year_without_published_days_warns() -> None:
    found = reckoned(10, "W", at(12, 25))
    assert found.unpublished == (2027,)
    assert found.warnings == ("The working days of 2027 are not published yet; this date may change.",)
    assert reckoned(10, "C", at(12, 25), "K").warnings == ()
    assert reckoned(10, "C", at(12, 25), "N").unpublished == (2027,)
    assert reckoned(3, "W", at(12, 25)).warnings == ()
    entered = Calendar(overrides={date(2027, 2, 14): "working"})
    assert reckoned(10, "W", at(12, 25), calendar=entered).warnings == ()


def test_a_date_keeps_what_it_was_counted_from_as_plain_data() -> None:
    found = reckoned(1, "W", at(4, 3), clock=time(12)).explained()
    assert (
        json.loads(json.dumps(found))
        == found
        == {
            "at": "2026-04-07T12:00:00+08:00",
            "base": "2026-04-03T10:00:00+08:00",
            "rule": "D",
            "title": "title",
            "amount": 1,
            "kind": "W",
            "roll": "N",
            "direction": "after",
            "time": "12:00:00",
            "basis": "basis",
            "calendar": "3",
            "unpublished": [],
            "why": [
                {"day": "2026-04-04", "reason": "weekend", "name": ""},
                {"day": "2026-04-05", "reason": "holiday", "name": "清明节"},
                {"day": "2026-04-06", "reason": "holiday", "name": "清明节（补假）"},
            ],
        }
    )


BASES = st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(HERE))  # noqa: DTZ001


@given(BASES, st.integers(0, 120), st.sampled_from(["N", "P"]))
def test_the_working_days_to_a_deadline_are_the_days_of_its_rule(base: datetime, amount: int, roll: Roll) -> None:
    found = reckoned(amount, "W", base, roll)
    counted = CALENDAR.working_days_between(base.date(), found.at.date())
    assert counted == (amount or CALENDAR.working_days_between(base.date(), CALENDAR.roll(base.date(), roll)))
    assert CALENDAR.is_working(found.at.date())
    passed = [day.date for day in found.why if not day.working]
    between = (found.at.date() - base.date()).days
    assert len(passed) == between - amount or amount == 0


@given(BASES, st.integers(0, 40), st.sampled_from(["W", "C", "M", "H"]), st.sampled_from(["N", "P", "K"]))
def test_a_longer_rule_is_never_due_earlier(base: datetime, amount: int, kind: Kind, roll: Roll) -> None:
    assert reckoned(amount, kind, base, roll).at <= reckoned(amount + 1, kind, base, roll).at


@given(st.dates(date(1960, 1, 1), date(2090, 1, 1)), st.integers(-100, 100))
def test_months_are_added_by_their_numbers(day: date, count: int) -> None:
    found = plus_months(day, count)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == count
    assert found.day == day.day or (found + timedelta(1)).day == 1


def test_months_end_where_the_calendar_ends() -> None:
    with pytest.raises(Invalid, match="not to 2101"):
        plus_months(date(2100, 12, 31), 1)
