"""Decision tables decide as the procedure says."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from engine import dmn, feel
from tests.processes.procedure import decision_files, drawn

NINE, HALF_PAST_ELEVEN = datetime(2026, 5, 26, 1, tzinfo=UTC), datetime(2026, 5, 26, 3, 30, tzinfo=UTC)


@cache
def tables() -> dict[str, dmn.Decision]:
    return {key: each for path, body in decision_files().items() for key, each in dmn.read(body, path).items()}


def decide(asked: str, /, **values: Any) -> Any:
    names = dmn.names(asked, tables())
    assert set(values) <= set(names), "a value the table does not ask for proves nothing"
    evaluator = feel.Evaluator(NINE, "Asia/Shanghai")
    return dmn.evaluate(asked, tables(), {**dict.fromkeys(names), **values}, evaluator)


def faults(check: str, /, **values: Any) -> list[str]:
    return [row["field"] for row in decide(check, **values)]


DOSSIER: dict[str, Any] = {
    **{f"c{n}": True for n in range(1, 6)},
    **{f"s{n}": ["file"] for n in (1, 2, 4, 5)},
    **{f"s{n}Na": False for n in (1, 2, 4, 5)},
    "s3": [],
    "s3Na": True,
    "s3NaReason": "不涉及",
    "summary": "主要内容",
    "occurredAt": "2025年",
    "place": "某村",
    "subjectIdentified": True,
    "facts": [{"fact": "事实", "evidence": "第1页"}],
    "clauses": [{"clause": "条款"}],
    "suggestedDisposal": "移交",
    "suggestedDept": "di",
}


def test_a_complete_dossier_fails_no_criterion() -> None:
    assert decide("dmn_04", **DOSSIER) == []


def test_a_dossier_about_somebody_beyond_the_district_suggests_no_department() -> None:
    assert decide("dmn_04", **{**DOSSIER, "suggestedDept": None, "subjectBeyondDistrict": True}) == []


@pytest.mark.parametrize(
    ("change", "criterion"),
    [
        ({"place": ""}, "内容完整"),
        ({"subjectIdentified": False}, "内容完整"),
        ({"s3NaReason": None}, "资料齐全"),
        ({"s1": []}, "资料齐全"),
        ({"facts": [{"fact": "事实", "evidence": ""}]}, "事实清楚"),
        ({"facts": []}, "事实清楚"),
        ({"clauses": None}, "依据充分"),
        ({"suggestedDept": None}, "建议明确"),
        *(
            ({f"c{n}": False}, word)
            for n, word in enumerate(("内容完整", "资料齐全", "事实清楚", "依据充分", "建议明确"), 1)
        ),
    ],
)
def test_a_dossier_fails_the_criterion_that_it_does_not_meet(change: dict[str, Any], criterion: str) -> None:
    assert [row["criterion"] for row in decide("dmn_04", **{**DOSSIER, **change})] == [criterion]


CLUE: dict[str, Any] = {
    "scope": "巡察范围内",
    "dossierFailures": [],
    "subjectIdentified": True,
    "clauses": [{"clause": "条款"}],
    "generalFault": False,
}


@pytest.mark.parametrize(
    ("change", "recommended"),
    [
        ({}, "移交"),
        ({"scope": "超出巡察范围", "generalFault": True}, "超范围移交"),
        ({"dossierFailures": [{"criterion": "事实清楚", "reason": "x"}]}, "补充材料"),
        ({"subjectIdentified": False}, "补充材料"),
        ({"clauses": []}, "补充材料"),
        ({"generalFault": True}, "不移交"),
    ],
)
def test_the_recommended_decision_follows_scope_then_completeness_then_weight(
    change: dict[str, Any], recommended: str
) -> None:
    assert decide("dmn_03", **{**CLUE, **change}) == recommended


@pytest.mark.parametrize(
    ("category", "area", "refused", "department"),
    [
        ("廉洁纪律", None, [], "di"),
        ("职务违法犯罪", None, [], "di"),
        ("组织人事", None, [], "og"),
        ("组织人事", None, ["og"], "di"),
        ("业务监管", "财政资金", [], "cz"),
        ("业务监管", "国有资产", [], "gz"),
        ("业务监管", "其他", [], None),
        ("信访诉求", None, [], "xf"),
        ("涉法涉诉", None, [], "zf"),
        ("涉法涉诉", None, ["zf"], "xf"),
        ("廉洁纪律", None, ["di"], None),
    ],
)
def test_a_clue_goes_to_the_department_of_its_kind_but_not_to_one_that_has_refused(
    category: str, area: str | None, refused: list[str], department: str | None
) -> None:
    case: dict[str, Any] = {
        "category": category,
        "businessArea": area,
        "refusedDepts": refused,
        "subjectBeyondDistrict": False,
    }
    assert decide("dmn_16", **case)["department"] == department


def test_a_clue_beyond_the_districts_authority_goes_to_no_department() -> None:
    case: dict[str, Any] = {
        "category": "廉洁纪律",
        "businessArea": None,
        "refusedDepts": [],
        "subjectBeyondDistrict": True,
    }
    answer = decide("dmn_16", **case)
    assert answer["department"] is None
    assert "市委" in answer["note"]


CLUE_MEETING: dict[str, Any] = {
    "meetingType": "问题线索移交会",
    "decision": "同意",
    "actualStart": NINE,
    "actualEnd": HALF_PAST_ELEVEN,
    "attendance": [{"user": "lgh", "arriveAt": NINE, "leaveAt": HALF_PAST_ELEVEN}],
    "attendees": [{"org": "qw", "user": "lgh"}],
    "leader": "lgh",
}


def test_minutes_of_a_clue_meeting_pass_when_the_head_was_there_throughout() -> None:
    assert faults("check_minutes", **CLUE_MEETING) == []


@pytest.mark.parametrize(
    "attendance",
    [
        [],
        [{"user": "lgh", "arriveAt": NINE, "leaveAt": datetime(2026, 5, 26, 1, 50, tzinfo=UTC)}],
        [{"user": "lgh", "arriveAt": None, "leaveAt": None, "absentReason": "出差"}],
        [{"user": "od", "arriveAt": NINE, "leaveAt": HALF_PAST_ELEVEN}],
    ],
)
def test_minutes_of_a_clue_meeting_do_not_pass_when_the_head_was_not_there_throughout(attendance: list[Any]) -> None:
    assert faults("check_minutes", **{**CLUE_MEETING, "attendance": attendance}) == ["decision"]


def test_minutes_can_always_be_returned() -> None:
    assert (
        faults("check_minutes", **{**CLUE_MEETING, "attendance": [], "decision": "退回修改", "opinion": "补记录"}) == []
    )


def test_requirements_of_a_clue_meeting_stay_among_those_who_attended() -> None:
    case = {**CLUE_MEETING, "requirements": [{"content": "x", "owner": "u1_sec"}]}
    assert faults("check_minutes", **case) == ["decision"]


@pytest.mark.parametrize("missing", ["reports", "comments", "pushItems"])
def test_a_midterm_meeting_hears_comments_on_and_presses_every_team(missing: str) -> None:
    rows = {name: [{"team": "T1"}, {"team": "T2"}] for name in ("reports", "comments", "pushItems")}
    case: dict[str, Any] = {"meetingType": "中期推动会", "decision": "同意", "teamIds": ["T1", "T2"], **rows}
    assert faults("check_minutes", **case) == []
    assert faults("check_minutes", **{**case, missing: [{"team": "T1"}]}) == ["decision"]
    assert faults("check_minutes", **{**case, missing: None}) == ["decision"]


@pytest.mark.parametrize(
    ("kind", "problems"), [("情况汇报会", ["decision"]), ("问题线索移交会", ["decision"]), ("组办会商", [])]
)
def test_key_items_need_a_disposal_opinion_where_they_are_decided(kind: str, problems: list[str]) -> None:
    case = {**CLUE_MEETING, "meetingType": kind, "keyItems": [{"kind": "事", "no": 1, "description": "x"}]}
    assert faults("check_minutes", **case) == problems


def test_a_seminar_has_its_four_outputs() -> None:
    outputs = dict.fromkeys(("mainContradiction", "coreProblems", "breakthrough", "mainDirection"), "写明")
    case: dict[str, Any] = {"meetingType": "专题研讨会", "decision": "同意", **outputs}
    assert faults("check_minutes", **case) == []
    assert faults("check_minutes", **{**case, "breakthrough": ""}) == ["decision"]


def test_nobody_of_the_inspected_unit_attends_a_clue_meeting() -> None:
    case: dict[str, Any] = {"meetingType": "问题线索移交会", "unitIds": ["u1"], "leader": "lgh"}
    attendees = [{"org": "qw", "user": "lgh"}, {"org": "u1", "user": "u1_sec"}]
    assert faults("check_plan", **case, attendees=attendees) == ["attendees"]
    assert faults("check_plan", **case, attendees=attendees[:1]) == []


def test_a_denied_criterion_still_goes_to_the_meeting_but_as_a_supplement() -> None:
    passed = {f"r{n}": True for n in range(1, 6)}
    case: dict[str, Any] = {
        **passed,
        "proposed": "移交",
        "routing": {"department": "di", "note": ""},
        "toDept": "di",
        "unitId": "u1",
    }
    assert faults("check_review", **case) == []
    assert faults("check_review", **{**case, "r4": False}) == ["proposed"]
    assert faults("check_review", **{**case, "r4": False, "proposed": "补充材料"}) == []


def test_another_department_than_proposed_needs_a_reason_and_the_inspected_unit_is_none() -> None:
    case: dict[str, Any] = {f"r{n}": True for n in range(1, 6)}
    case |= {"proposed": "移交", "routing": {"department": "di", "note": ""}, "toDept": "og", "unitId": "u1"}
    assert faults("check_review", **case) == ["routeReason"]
    assert faults("check_review", **{**case, "routeReason": "干部管理权限"}) == []
    assert faults("check_review", **{**case, "toDept": "u1", "routeReason": "x"}) == ["toDept"]
    assert faults("check_review", **{**case, "toDept": "xcb", "routeReason": "x"}) == ["toDept"]


def test_a_department_for_another_category_is_compared_with_the_proposal_made_for_that_and_not_the_old_one() -> None:
    case: dict[str, Any] = {f"r{n}": True for n in range(1, 6)}
    case |= {"proposed": "移交", "routing": {"department": "di", "note": ""}, "toDept": "og", "unitId": "u1"}
    case |= {"category": "组织人事", "categoryBefore": "组织人事"}
    assert faults("check_review", **case) == ["routeReason"]
    assert faults("check_review", **{**case, "categoryBefore": "工作纪律"}) == []
    assert faults("check_review", **{**case, "businessArea": "审计", "areaBefore": "其他"}) == []


def test_an_important_clue_needs_an_opinion_and_requirements() -> None:
    case: dict[str, Any] = {"important": True, "decision": "移交", "priority": "优先", "due": NINE}
    assert faults("check_decide", **case) == ["disposalOpinion", "requirements"]
    assert faults("check_decide", **{**case, "important": False}) == []


def test_a_handover_needs_a_date_and_a_supplement_says_of_what() -> None:
    assert faults("check_decide", important=False, decision="移交") == ["priority", "due"]
    assert faults("check_decide", important=False, decision="补充材料") == ["requirements"]
    assert faults("check_decide", important=False, decision="超范围移交", priority="优先") == []


def test_a_department_that_refused_for_want_of_jurisdiction_is_not_asked_again() -> None:
    assert faults("check_form", refusedDepts=["og"], toDept="og", unitId="u2") == ["toDept"]
    assert faults("check_form", refusedDepts=["og"], toDept="di", unitId="u2") == []
    assert faults("check_form", refusedDepts=[], toDept="xcb", unitId="u2") == ["toDept"], "three organisations sign"


def test_an_opinion_is_required_unless_it_is_agreed() -> None:
    assert faults("check_approval", decision="同意") == []
    assert faults("check_approval", decision="退回修改", opinion="") == ["opinion"]
    assert faults("check_approval", decision="不同意") == ["opinion"]
    assert faults("check_approval", decision="不同意", opinion="理由") == []


def test_a_meeting_ends_after_it_began_and_everyone_is_accounted_for() -> None:
    there = [{"user": "lgh", "arriveAt": NINE, "leaveAt": HALF_PAST_ELEVEN}]
    assert faults("check_record", actualStart=NINE, actualEnd=HALF_PAST_ELEVEN, attendance=there) == []
    assert faults("check_record", actualStart=HALF_PAST_ELEVEN, actualEnd=NINE, attendance=there) == ["actualEnd"]
    assert faults("check_record", actualStart=NINE, actualEnd=HALF_PAST_ELEVEN, attendance=[{"user": "od"}]) == [
        "attendance"
    ]


def test_each_kind_of_material_is_there_or_explained() -> None:
    slots = {key: value for key, value in DOSSIER.items() if key[0] == "s" and key[1].isdigit()}
    assert faults("check_dossier_slots", **slots) == []
    assert faults("check_dossier_slots", **{**slots, "s2": []}) == ["s2"]


def test_every_decision_that_a_diagram_asks_for_exists_and_every_one_that_exists_is_asked_for() -> None:
    elements = [element for each in drawn().values() for element in each.elements.values()]
    asked = {e.decision.id for e in elements if e.decision} | {
        e.properties["check"] for e in elements if "check" in e.properties
    }
    assert asked == set(tables())
