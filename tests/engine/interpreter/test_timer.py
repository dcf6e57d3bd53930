"""Reading times, durations and cycles (ISO 8601), and counting them on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from engine.errors import Invalid
from engine.feel import Months
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
