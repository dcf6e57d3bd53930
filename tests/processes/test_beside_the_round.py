"""What goes on beside the round of the demonstration: the Standing Committee's meetings, and reminders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from engine import schema
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


def test_whoever_was_reminded_signed_for_it_and_what_was_done_was_verified(there: Standing) -> None:
    reminders = list(there.of("c_remind", roundId="XC-2026-01"))
    assert len(reminders) > 80
    assert {(values["subject"], case.outcome) for case, values in reminders if case.outcome != "matter_done"} == set()
    verified = there.book("reminder", action="核实")
    assert len(verified) == len(reminders)
    assert all(entry["cause"] and entry["measure"] and entry["newDate"] for entry in verified)


def test_when_the_round_was_filed_nobody_had_a_reminder_of_it_left_to_deal_with(there: Standing) -> None:
    ((round_, _),) = there.of("xc_round", roundId="XC-2026-01")
    v = schema.visit.c
    filed = select(v.left_at).where(v.instance_id == round_.id, v.element == "inspection_closed")
    closed = there.view.connection.execute(filed).scalar_one()
    before = [(case, values) for case, values in there.of("c_remind") if case.started_at <= closed]
    assert len(before) > 80
    assert {values["subject"] for case, values in before if (case.ended_at or closed + 1) > closed} == set()
