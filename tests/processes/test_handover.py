"""Clues of a round: taken over as they were found, one meeting for all of them, accounts that balance, nothing lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from engine import feel, message, register, scenario, schema, variables
from engine.actor import ENGINE
from engine.runtime import Runtime
from tests.processes import invariants
from tests.processes.procedure import drawn, scenarios
from tests.processes.test_decisions import NINE, decide

ROUND = "XC-2026-01"
MEETING = ("plan_meeting", "hold_meeting", "confirm_minutes")


def told(name: str) -> list[Mapping[str, Any]]:
    """The things done in a scenario of one clue."""
    steps = scenarios()[f"xc_handover_clue/scenarios/{name}.toml"]["step"]
    return [step for step in steps if "task" in step]


def clue(name: str) -> dict[str, Any]:
    variables_ = dict(scenarios()[f"xc_handover_clue/scenarios/{name}.toml"]["start"]["variables"])
    for inner in ("roundId", "subjects"):
        variables_.pop(inner, None)
    return {"businessArea": None, **variables_}


def found(runtime: Runtime, one: Mapping[str, Any]) -> None:
    """As the on-site stage leaves a clue: an entry in the book, and the clue on its way."""
    with runtime.write(ENGINE) as command:
        entry = {"no": one["clueNo"], "round": ROUND, "unit": one["unitId"], "source": one["sourceType"]}
        register.append(command, "clue_found", entry, remit=f"team:{one['teamId']}", job_id=one["clueNo"])
        message.publish(command, "msg.clue.registered", ROUND, one)


def play(runtime: Runtime, steps: list[Mapping[str, Any]], teams: list[str]) -> scenario.Player:
    start = {"roundId": ROUND, "roundName": ROUND, "teams": teams, "unitRounds": [], "approvedAt": "2026-05-20"}
    player = scenario.Player(runtime, "known")
    for _ in player.play(scenario.Scenario("", "xc_handover", ENGINE.person, start, steps)):
        pass
    return player


def account(total: int, **of: int) -> dict[str, Any]:
    counts = {"handed": 0, "supplementing": 0, "outOfScope": 0, "notHanded": 0, "infoTotal": 0, "infoDisposed": 0}
    submit = {**counts, **of, "total": total, "originalsReturned": True}
    return {"task": "hand_in_account", "by": "t1_leader", "submit": submit}


ACCEPT = {"task": "accept_account", "by": "or1", "submit": {"accepted": True, "sign": {"password": True}}}


def test_one_meeting_studies_every_clue_and_every_grain_comes_into_the_barn(office: Runtime) -> None:
    handed, declined = "handed_over", "not_handed_over"
    one, other = clue(handed), {**clue(declined), "clueId": "XS-2026-01-002", "clueNo": "XS-2026-01-002"}
    for each in (one, other):
        found(office, each)
    first, second = told(handed), told(declined)
    steps = [step for pair in zip(first[:3], second[:3], strict=True) for step in pair]
    steps += [step for step in first if step["task"] in MEETING]
    rest, alone = ([s for s in way[3:] if s["task"] not in MEETING] for way in (first, second))
    steps += [rest[0], alone[0], *rest[1:], *alone[1:]]
    subjects = [{"name": "某甲（虚构）", "post": "村委会主任"}]
    steps = [
        {**step, "submit": {**step["submit"], "subjects": subjects}} if step["task"] == "pack_dossier" else step
        for step in steps
    ]

    player = play(office, [*steps, account(3, handed=3), account(2, handed=1, notHanded=1), ACCEPT], ["T1"])

    with office.read() as view:
        stored = variables.everything(view.connection, player.case)
        ended = view.connection.execute(select(schema.instance).where(schema.instance.c.id == player.case)).one()
        meetings = select(schema.instance.c.id).where(schema.instance.c.process_key == "c_meeting")
        assert ended.outcome == "nothing_lost"
        assert {row["decision"] for row in stored["clueResults"]} == {"移交", "不移交"}
        assert len(view.connection.execute(meetings).all()) == 1, "the round meets once"
        spoken = view.connection.execute(select(schema.event.c.data)).scalars().all()
        assert not [line for line in spoken if "某甲" in line], "who a clue is about stays sealed"


def test_what_is_reported_to_the_city_counts_as_handed_over_and_no_department_has_it(office: Runtime) -> None:
    way = "subject_is_beyond_the_district"
    found(office, clue(way))
    subjects = [{"name": "某甲（虚构）", "post": "区级领导（虚构）"}]
    steps = [
        {**step, "submit": {**step["submit"], "subjects": subjects}} if step["task"] == "pack_dossier" else step
        for step in told(way)
    ]

    player = play(office, [*steps, account(1, handed=1), ACCEPT], ["T1"])

    with office.read() as view:
        ended = view.connection.execute(select(schema.instance).where(schema.instance.c.id == player.case)).one()
        assert ended.outcome == "nothing_lost"
        there = invariants.Standing(view)
        ((_, form),) = there.of("xc_handover_form")
        assert (form["toDept"], form["formType"], form["reportTo"]) == (None, "报市委", "市委（虚构）")
        assert [len(there.book(book)) for book in ("clue_team", "clue_office", "clue_department")] == [1, 1, 0]
        assert not list(there.of("xc_clue_handle"))
        invariants.hold(view)


def test_the_agenda_is_the_numbers_of_the_clues_and_what_was_handed_over_directly_stands_under_a_term() -> None:
    (source,) = [m.source for m in drawn()["xc_handover"].elements["hold_joint_meeting"].inputs if m.target == "agenda"]
    evaluator = feel.Evaluator(NINE, "Asia/Shanghai")

    def agenda(*express: str) -> list[str]:
        sorted_ = {"express": [[{"clueNo": number} for number in express]]}
        given = {"readyClues": ["XS-1", "XS-2"], "sortedClues": sorted_}
        (rows,) = evaluator.evaluate([feel.body(source)], given)
        assert isinstance(rows, list)
        return [row["subject"] for row in rows]

    assert agenda() == ["XS-1", "XS-2"]
    assert agenda("XS-3") == ["XS-1", "XS-2", "直报先行移交备案", "XS-3"]


GRAINS: dict[str, Any] = {
    "foundNow": 2,
    "clues": [{"clueNo": "1"}, {"clueNo": "2"}],
    "clueResults": [{"decision": "移交"}, {"decision": "不移交"}],
    "teamLedger": 1,
    "officeLedger": 1,
    "cityReports": 0,
    "departmentLedger": 1,
    "teams": ["T1"],
    "accountCount": 1,
}


@pytest.mark.parametrize(
    ("change", "criteria"),
    [
        ({}, []),
        ({"foundNow": 3}, ["线索"]),
        ({"clueResults": [{"decision": "移交"}]}, ["线索"]),
        ({"teamLedger": 2}, ["三本台账"]),
        ({"departmentLedger": 0}, ["三本台账"]),
        ({"departmentLedger": 0, "cityReports": 1}, []),
        ({"cityReports": 1}, ["三本台账"]),
        ({"teamLedger": 0, "officeLedger": 0, "departmentLedger": 0}, ["三本台账"]),
        ({"teams": ["T1", "T2"]}, ["交账"]),
    ],
)
def test_the_gate_of_the_handover_opens_when_nothing_is_lost(change: dict[str, Any], criteria: list[str]) -> None:
    assert [row["criterion"] for row in decide("dmn_18_g5", **{**GRAINS, **change})] == criteria


BALANCED: dict[str, Any] = {
    "total": 4,
    "handed": 2,
    "supplementing": 1,
    "outOfScope": 1,
    "notHanded": 0,
    "infoTotal": 24,
    "infoDisposed": 24,
    "originalsReturned": True,
}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, []),
        ({"total": 5}, ["total"]),
        ({"infoDisposed": 23}, ["infoDisposed"]),
        ({"infoDisposed": 25}, ["infoDisposed"]),
        ({"originalsReturned": False}, ["originalsReturned"]),
    ],
)
def test_an_account_adds_up(change: dict[str, Any], field: list[str]) -> None:
    assert [row["field"] for row in decide("check_account", **{**BALANCED, **change})] == field


def test_a_handed_over_clue_is_known_by_its_form() -> None:
    thrown = drawn()["xc_handover_clue"].elements["handed_over"]
    assert thrown.properties["correlationKey"] == "=formNo"
    assert "clueId" not in {m.target for m in thrown.inputs}
