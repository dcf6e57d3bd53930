"""Reports of units: what is asked for, when they pass, and what of them reaches the round."""

from __future__ import annotations

from typing import Any

import pytest

from tests.processes.procedure import drawn, toml, written
from tests.processes.test_decisions import decide

ASKED = {
    ("xc_report_unit", "draft_report"): [
        "overview",
        "portrait",
        "problems",
        "unreported",
        "causes",
        "suggestions",
        "cluesSorted",
        "cluesAnnex",
        "specialTopics",
        "reportFile",
    ],
    ("xc_report_unit", "joint_review"): ["review"],
    ("xc_report_unit", "approve_explanation"): ["decision", "opinion", "sign"],
    ("xc_report", "decide_unit"): [
        "reportDecision",
        "furtherReason",
        "furtherScope",
        "newForce",
        "startOn",
        "days",
        "sign",
    ],
    ("xc_report", "record_common_issues"): ["approvedAt", "commonIssues", "needSC", "secretaryFiles"],
}


@pytest.mark.parametrize(("where", "keys"), ASKED.items(), ids=lambda value: "/".join(value[:2]))
def test_a_form_of_the_report_asks_for_what_the_procedure_asks_for(where: tuple[str, str], keys: list[str]) -> None:
    assert written(drawn()[where[0]].forms[where[1]]) == set(keys)


def problem(number: int, **change: Any) -> dict[str, Any]:
    return {
        "no": f"WT-{number}",
        "paperNo": f"DG-{number}",
        "facts": "事实",
        "basis": "依据",
        "responsible": "某岗",
        **change,
    }


FINDINGS: dict[str, Any] = {
    "reported": [problem(number) for number in range(5)],
    "explanationApproved": False,
    "infoTotal": 24,
    "infoDisposed": 24,
    "cluesSorted": True,
}


@pytest.mark.parametrize(
    ("change", "criteria"),
    [
        ({}, []),
        ({"reported": FINDINGS["reported"][:4]}, ["③ 问题不突出不明显"]),
        ({"reported": FINDINGS["reported"][:4], "explanationApproved": True}, []),
        ({"reported": [*FINDINGS["reported"][:4], problem(5, responsible="")]}, ["③ 问题不突出不明显"]),
        ({"infoDisposed": 23}, ["④ 线索梳理不清"]),
        ({"cluesSorted": False}, ["④ 线索梳理不清"]),
    ],
)
def test_nothing_is_let_go_while_problems_or_clues_are_unclear(change: dict[str, Any], criteria: list[str]) -> None:
    assert [row["criterion"] for row in decide("dmn_01_34", **{**FINDINGS, **change})] == criteria


def test_a_gate_names_who_mends_what() -> None:
    noticed = [
        {"criterion": "程序", "owner": "OC", "reason": "日报有缺"},
        {"criterion": "④ 线索梳理不清", "owner": "TL", "reason": "有信息未处置"},
    ]
    assert decide("dmn_18_g3", papersTotal=5, papersDecided=5, noLetGo=[]) == []
    unmet = decide("dmn_18_g3", papersTotal=5, papersDecided=4, noLetGo=noticed)
    assert [(row["owner"], row["reason"]) for row in unmet] == [
        ("TL", "有底稿未定结论"),
        ("OC", "日报有缺"),
        ("TL", "有信息未处置"),
    ]


@pytest.mark.parametrize(
    ("problems", "unreported", "fields"),
    [
        ([1, 2], [], []),
        ([1], [], ["problems"]),
        ([1], [{"paperNo": "DG-2", "reason": "另案处理"}], []),
        ([1, 2, 2], None, ["problems"]),
    ],
)
def test_every_paper_is_in_the_report_or_explained(problems: list[int], unreported: Any, fields: list[str]) -> None:
    found = decide(
        "check_report",
        issues=[problem(1), problem(2)],
        problems=[problem(number) for number in problems],
        unreported=unreported,
    )
    assert [row["field"] for row in found] == fields


def test_only_counts_and_results_go_back_to_the_round() -> None:
    called = drawn()["xc_report"].elements["report_on_units"]
    assert {m.target for m in called.outputs} == {"reportResult"}
    ready = drawn()["xc_report_unit"].elements["report_ready"].outputs
    result = next(m.source for m in ready if m.target == "reportResult")
    assert not [name for name in ("issues", "reported:", "portrait", "clue") if name in result]


def test_the_annex_on_clues_is_sealed() -> None:
    assert toml("catalog.toml")["xc_report_unit"]["fields"]["cluesAnnex"]["class"] == "sealed"


def test_a_report_is_not_reviewed_twice_by_one_person() -> None:
    review = drawn()["xc_report_unit"].elements["review_by_supervision"]
    assert review.properties["notBy"] == "review_by_office"
