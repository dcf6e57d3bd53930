"""What goes on beside the round of the demonstration: the Standing Committee's meetings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from engine.clock import instant
from engine.runtime import Runtime
from tests.processes.invariants import Standing

HERE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def there(after_the_round: Runtime) -> Iterator[Standing]:
    with after_the_round.read() as view:
        yield Standing(view)


def test_the_standing_committee_studied_what_to_inspect_and_what_became_of_it(there: Standing) -> None:
    held = [
        (instant(case.started_at).astimezone(HERE).date(), *values["topics"], case.outcome)
        for case, values in there.of("c_meeting", meetingType="常委会", roundId="XC-2026-01")
    ]
    assert held == [
        (date(2026, 2, 24), "巡察重点", "minutes_confirmed"),
        (date(2026, 11, 17), "成果运用", "minutes_confirmed"),
    ]
