"""How far off a due date is, and its count from day to day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from engine import calendar, clock
from engine.calendar import Calendar, Rule
from engine.query import deadline
from engine.query.deadline import Reckoner
from tests.engine import clinic

BASE = datetime(2026, 4, 30, 2, 0, tzinfo=UTC)


def explained(**rule: Any) -> dict[str, Any]:
    made = Rule(**{"key": "D", "amount": 3, "kind": "W", "at": time(17), **rule})
    return calendar.due(made, BASE, Calendar("CN", {}, "1"), "Asia/Shanghai").explained()


def test_working_days_are_numbered_and_free_days_say_why_they_are_free() -> None:
    found = deadline.days(explained())

    assert [(each.day.day, each.number, each.reason) for each in found] == [
        (1, None, "holiday"),
        (2, None, "holiday"),
        (3, None, "weekend"),
        (4, None, "holiday"),
        (5, None, "holiday"),
        (6, 1, "weekday"),
        (7, 2, "weekday"),
        (8, 3, "weekday"),
    ]
    assert found[0].name


def test_calendar_days_all_count_and_days_that_only_moved_the_end_do_not() -> None:
    found = deadline.days(explained(kind="C", amount=2, roll="N"))

    assert [(each.day.day, each.number) for each in found] == [
        (1, 1),
        (2, 2),
        (3, None),
        (4, None),
        (5, None),
        (6, None),
    ]


def test_a_date_before_the_event_is_counted_backwards() -> None:
    found = deadline.days(explained(direction="before", amount=2))

    assert [(each.day, each.number) for each in found] == [(date(2026, 4, 29), 1), (date(2026, 4, 28), 2)]


def test_of_a_very_long_count_only_what_is_out_of_the_usual_is_shown() -> None:
    found = deadline.days(explained(amount=200))

    assert 0 < len(found) < 120
    assert all(each.reason != "weekday" for each in found)


@pytest.mark.parametrize(
    ("due", "left"),
    [
        (datetime(2026, 4, 1, 15, 59, tzinfo=UTC), 0),
        (datetime(2026, 4, 2, 1, 0, tzinfo=UTC), 1),
        (datetime(2026, 4, 7, 1, 0, tzinfo=UTC), 3),
        (datetime(2026, 4, 1, 1, 0, tzinfo=UTC), -1),
        (datetime(2026, 3, 30, 1, 0, tzinfo=UTC), -2),
        (None, None),
    ],
)
def test_days_left_are_working_days_and_what_is_past_its_hour_is_late(due: datetime | None, left: int | None) -> None:
    reckoner = Reckoner(clinic.desk(None))  # type: ignore[arg-type]

    assert reckoner.days_left(None if due is None else clock.micros(due)) == left
