"""A clue in the hands of a department: what it knows and is asked for, and how the books agree."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from engine import scenario, schema, variables, worker
from engine.runtime import Runtime
from tests.processes.procedure import ROOT, drawn, fields, toml, written
from tests.processes.test_decisions import decide

ASKED = {
    "accept_clue": ["receivedAt", "deptNo", "handler"],
    "decide_course": ["disposal", "plan", "expected"],
    "report_progress": ["stage", "progress", "difficulty", "secretWithheld"],
    "report_result": [
        "resultKind",
        "verified",
        "measures",
        "recovered",
        "systemBuilt",
        "newDue",
        "extensionReason",
        "resultFile",
    ],
    "approve_result": ["decision", "opinion", "sign"],
    "review_result": ["complete", "extensionGranted", "reviewOpinion"],
    "write_off_by_head": ["decision", "opinion", "sign"],
    "write_off_by_director": ["decision", "opinion", "sign"],
}
INSIDE = ("clueNo", "teamId", "important", "unitId")


@pytest.mark.parametrize(("form", "keys"), ASKED.items(), ids=ASKED)
def test_a_form_of_the_handling_asks_for_what_the_procedure_asks_for(form: str, keys: list[str]) -> None:
    assert written(drawn()["xc_clue_handle"].forms[form]) == set(keys)


def test_the_department_knows_the_form_and_not_the_clue() -> None:
    shown = toml("catalog.toml")["xc_clue_handle"]["fields"]
    assert not [name for name in INSIDE if name in shown]
    texts = [str(each) for form in drawn()["xc_clue_handle"].forms.values() for _, each in fields(form)]
    assert not [name for name in INSIDE for text in texts if f"{{{{{name}}}}}" in text]


def test_a_reminder_says_nothing_of_the_clue() -> None:
    for element in drawn()["xc_clue_handle"].elements.values():
        given = {m.target: m.source for m in element.inputs}
        if "remindId" in given:
            assert not [
                name for name in ("clueNo", "formSummary", "teamId") for source in given.values() if name in source
            ]


RESULT: dict[str, Any] = {
    "resultKind": "最终结果",
    "verified": "属实",
    "newDue": None,
    "extensionReason": None,
    "due": None,
}


@pytest.mark.parametrize(
    ("change", "fields_"),
    [
        ({}, []),
        ({"verified": None}, ["verified"]),
        ({"resultKind": "阶段结果并申请延期"}, ["newDue", "extensionReason"]),
    ],
)
def test_a_final_result_is_clear_and_an_extension_is_explained(change: dict[str, Any], fields_: list[str]) -> None:
    assert [row["field"] for row in decide("check_result", **{**RESULT, **change})] == fields_


AGREES = {
    "teamCount": 1,
    "officeCount": 1,
    "departmentCount": 1,
    "assignedCount": 1,
    "receivedCount": 1,
    "overdue": False,
}


@pytest.mark.parametrize(
    ("change", "kind", "owner"),
    [
        ({}, "一致", "OR"),
        ({"departmentCount": 0}, "漏登", "RI"),
        ({"teamCount": 0}, "漏登", "OR"),
        ({"officeCount": 0}, "漏登", "OR"),
        ({"assignedCount": 0, "receivedCount": 0}, "漏登", "RI"),
        ({"receivedCount": 0}, "状态不一致", "OR"),
        ({"overdue": True}, "超期未报", "RI"),
    ],
)
def test_a_difference_has_a_kind_and_an_owner(change: dict[str, Any], kind: str, owner: str) -> None:
    assert decide("judge_difference", **{**AGREES, **change}) == {"diffType": kind, "owner": owner}


def told(path: str) -> scenario.Scenario:
    return scenario.read((ROOT / path).read_bytes(), path)


def test_a_signed_form_goes_to_the_department_and_into_its_next_reconciliation(office: Runtime) -> None:
    player = scenario.Player(office, "known")
    for _ in player.play(told("xc_handover_clue/scenarios/handed_over.toml")):
        pass

    handling = scenario.Player(office, "known", case=opened(office, "xc_clue_handle"))
    for step in told("xc_clue_handle/scenarios/written_off_by_the_director.toml").steps[1:3]:
        handling.take(step)
        worker.run_due(office)
    for wait in ("P40D", "P1D"):
        handling.take({"clock": wait})
        worker.run_due(office)

    sheet = opened(office, "xc_reconcile")
    with office.read() as view:
        stored = variables.everything(view.connection, sheet)
        assert stored["rows"] == [
            {"formNo": "JJ-2026-01-di-001", "team": 1, "office": 1, "department": 1, "diffType": "一致", "owner": "OR"}
        ]


def test_a_department_stops_when_the_round_is_cancelled(office: Runtime) -> None:
    player = scenario.Player(office, "known")
    way = player.play(told("xc_clue_handle/scenarios/written_off_by_the_director.toml"))
    for _ in range(3):
        next(way)
    handled = player.case

    for _ in scenario.Player(office, "known").play(told("xc_round_cancel/scenarios/round_is_cancelled.toml")):
        pass

    with office.read() as view:
        i = schema.instance.c
        assert view.connection.execute(select(i.state).where(i.id == handled)).scalar_one() == "ended"
        assert variables.everything(view.connection, handled)["clueStatus"] == "中止"


def opened(runtime: Runtime, process: str) -> str:
    i = schema.instance.c
    with runtime.read() as view:
        query = select(i.id).where(i.process_key == process, i.state == "active", i.root_id == i.id)
        return str(view.connection.execute(query).scalar_one())
