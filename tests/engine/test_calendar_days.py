from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import Calendar
from engine.errors import Invalid

CALENDAR = Calendar()
DAYS = st.dates(date(2005, 1, 1), date(2035, 12, 31))
OVERRIDES = st.dictionaries(
    st.dates(date(2025, 12, 1), date(2027, 2, 1)), st.sampled_from(["working", "free"]), max_size=8
)

# As published for 2026: every day of the week that is free, every weekend day that is worked.
FREE_IN_THE_WEEK = {
    1: (1, 2),
    2: (16, 17, 18, 19, 20, 23),
    4: (6,),
    5: (1, 4, 5),
    6: (19,),
    9: (25,),
    10: (1, 2, 5, 6, 7),
}
WORKED_AT_THE_WEEKEND = {1: (4,), 2: (14, 28), 5: (9,), 9: (20,), 10: (10,)}


def days_of(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]


def test_every_day_of_2026_is_worked_or_free_as_published() -> None:
    for day in days_of(2026):
        table = FREE_IN_THE_WEEK if day.weekday() < 5 else WORKED_AT_THE_WEEKEND
        differs = day.day in table.get(day.month, ())
        assert CALENDAR.is_working(day) is (differs != (day.weekday() < 5)), day
    assert sum(CALENDAR.is_working(day) for day in days_of(2026)) == 248


@pytest.mark.parametrize(
    ("day", "reason", "name"),
    [
        (date(2026, 4, 1), "weekday", ""),
        (date(2026, 4, 4), "weekend", ""),
        (date(2026, 4, 5), "holiday", "清明节"),
        (date(2026, 4, 6), "holiday", "清明节（补假）"),
        (date(2026, 5, 9), "make-up", ""),
        (date(2026, 7, 1), "set free", ""),
        (date(2026, 7, 4), "set working", ""),
    ],
)
def test_a_day_says_why_it_is_worked_or_free(day: date, reason: str, name: str) -> None:
    calendar = Calendar(overrides={date(2026, 7, 1): "free", date(2026, 7, 4): "working"})
    found = calendar.day(day)
    assert (found.reason, found.name, found.working) == (reason, name, calendar.is_working(day))


def test_a_year_without_made_up_days_is_not_published_until_the_office_enters_them() -> None:
    assert [year for year in range(2020, 2030) if CALENDAR.published(year)] == list(range(2020, 2027))
    assert Calendar(overrides={date(2027, 2, 14): "working"}).published(2027)
    assert not Calendar(overrides={date(2027, 2, 15): "free", date(2027, 2, 16): "working"}).published(2027)


@given(DAYS, st.integers(-300, 300), OVERRIDES)
def test_counting_forward_and_back_agree(
    day: date, count: int, overrides: dict[date, Literal["working", "free"]]
) -> None:
    calendar = Calendar(overrides=overrides)
    end = calendar.add_working_days(day, count)
    assert calendar.working_days_between(day, end) == count
    if count:
        assert calendar.is_working(end)
    if calendar.is_working(day):
        assert calendar.add_working_days(end, -count) == day


@given(DAYS, st.integers(0, 200), OVERRIDES)
def test_counting_is_counting_each_day(
    day: date, distance: int, overrides: dict[date, Literal["working", "free"]]
) -> None:
    calendar = Calendar(overrides=overrides)
    after = [day + timedelta(n) for n in range(1, distance + 1)]
    before = [day - timedelta(n) for n in range(1, distance + 1)]
    assert calendar.working_days_between(day, day + timedelta(distance)) == sum(map(calendar.is_working, after))
    assert calendar.working_days_between(day, day - timedelta(distance)) == -sum(map(calendar.is_working, before))


def test_the_day_itself_does_not_count() -> None:
    assert CALENDAR.add_working_days(date(2026, 4, 1), 1) == date(2026, 4, 2)
    assert CALENDAR.add_working_days(date(2026, 4, 4), 1) == date(2026, 4, 7)
    assert CALENDAR.add_working_days(date(2026, 4, 4), 0) == date(2026, 4, 4)
    assert CALENDAR.add_working_days(date(2026, 5, 8), 1) == date(2026, 5, 9)


@pytest.mark.parametrize(("roll", "day"), [("N", date(2026, 5, 6)), ("P", date(2026, 4, 30)), ("K", date(2026, 5, 2))])
def test_a_free_day_rolls_as_the_rule_says(roll: Literal["N", "P", "K"], day: date) -> None:
    assert CALENDAR.roll(date(2026, 5, 2), roll) == day
    assert CALENDAR.roll(date(2026, 5, 9), roll) == date(2026, 5, 9)


@given(OVERRIDES)
def test_the_exceptions_are_all_that_differs_from_the_week(overrides: dict[date, Literal["working", "free"]]) -> None:
    calendar = Calendar(overrides=overrides)
    exceptions = calendar.exceptions(2026, 2026)
    for day in days_of(2026):
        assert exceptions.get(day, day.weekday() < 5) is calendar.is_working(day)
    assert all(worked is not (day.weekday() < 5) for day, worked in exceptions.items())


def test_the_calendar_ends_somewhere_and_says_so() -> None:
    with pytest.raises(Invalid, match="The calendar reaches from 1950 to 2100, not to 2101"):
        CALENDAR.add_working_days(date(2100, 12, 30), 10)
    with pytest.raises(Invalid, match="The calendar reaches from 1950 to 2100, not to 1949"):
        CALENDAR.working_days_between(date(1949, 12, 31), date(2026, 1, 1))
    with pytest.raises(Invalid, match="At most 10000 working days"):
        CALENDAR.add_working_days(date(2026, 1, 1), 10_001)


def test_a_holiday_is_called_what_the_language_calls_it() -> None:
    spring = date(2026, 2, 17)
    assert Calendar().day(spring).name == "春节"
    assert Calendar().holiday(spring, "en_US") == "Chinese New Year (Spring Festival)"
    assert Calendar().holiday(date(2026, 3, 4), "en_US") == ""
