"""What people say of reports, feedback, clues, rectification and evaluation."""

from __future__ import annotations

from datetime import date, timedelta

from bench.round.desk import Answers, Desk, Later, Said, after, not_before
from bench.round.district import CLUE, EVALUATORS
from bench.round.filling import FILE

DUE = date(2026, 8, 20)
ANSWERS = Answers()


# ---- report and feedback


@ANSWERS.of("xc_report_unit.draft_report")
def _(desk: Desk) -> Said:
    return {"suggestions": [{"to": "被巡察党组织", "content": "完善管理（虚构）"}]}


@ANSWERS.of("complete_contents")
def _(desk: Desk) -> Said:
    counts = ("negConcluded", "materialsReceived", "papersDecided", "infoDisposed")
    return {**{name: desk.look(name) for name in counts}, "explanation": "逐项核查，问题确少（虚构）"}


@ANSWERS.of("record_common_issues")
def _(desk: Desk) -> Said:
    return {"commonIssues": [{"issue": "工程变更管理（虚构）", "order": "通报"}]}


@ANSWERS.of("draft_feedback")
def _(desk: Desk) -> Said:
    # One unit in three has a suggestion for a department; nobody wants it published but every fifth.
    place = int(desk.look("unitId")[1:])
    suggested = [{"toDept": "cz", "content": "完善有关制度（虚构）"}] if place % 3 == 0 else None
    return {"suggestions": suggested, "toPublish": place % 5 == 0, "omitted": None}


@ANSWERS.of("talk_to_secretary")
def _(desk: Desk) -> Said:
    item = desk.look("feedbackItems")[0]["itemNo"]
    return {"talkOutcome": "已当面反馈", "namedPersons": [{"person": "分管负责人（虚构）", "itemNo": item}]}


# ---- clues


@ANSWERS.of("pack_dossier")
def _(desk: Desk) -> Said:
    slots = {f"s{n}": [FILE] for n in range(1, 6)} | {f"s{n}Na": False for n in range(1, 6)}
    return {
        **slots,
        "subjects": None,
        "facts": [{"fact": "实测六点（虚构）", "evidence": "记录第1—2页"}],
        "clauses": [{"clause": "有关规定（虚构）"}],
        "occurredAt": "2025年下半年",
        "place": "某村（虚构）",
    }


@ANSWERS.of("confirm_dossier")
def _(desk: Desk) -> Said:
    return {"suggestedDept": "di"}


@ANSWERS.of("review_clue")
def _(desk: Desk) -> Said:
    return {"important": int(str(desk.look("clueNo"))[-3:]) % 4 == 0, "proposed": "移交"}


@ANSWERS.of("decide_clue")
def _(desk: Desk) -> Said:
    leader = f"{desk.look('teamId').lower()}_leader"
    opened = {"presentedBy": leader, "coPresenter": "od", "attendeesDept": desk.look("toDept")}
    again = desk.look("formType") == "补充后移交"
    # One clue in ten needs more material, once.
    short = not again and int(str(desk.look("clueNo"))[-3:]) % 10 == 3
    return {
        **(dict.fromkeys(opened) if again else opened),
        "decision": "补充材料" if short else "移交",
        "disposalOpinion": "按程序办理（虚构）",
        "requirements": "按期反馈（虚构）",
        "priority": "优先",
        "due": "2026-09-10",
    }


@ANSWERS.of("fill_form")
def _(desk: Desk) -> Said:
    return {"pages": 36, "copies": 3, "dossierIndex": "1. 信访举报：1 份"}


@ANSWERS.of("hand_in_account")
def _(desk: Desk) -> Said:
    team, district = desk.look("teamId"), desk.district
    units = [unit for unit in district.unit_keys if district.team_of(unit) == team]
    total = sum(district.findings(unit).count(CLUE) for unit in units)
    if desk.waits("xc_handover_clue", teamId=team):
        raise Later  # every clue of the team first
    letters = sum(district.information(unit) for unit in units)
    nothing = dict.fromkeys(("supplementing", "outOfScope", "notHanded"), 0)
    return {"total": total, "handed": total, **nothing, "infoTotal": letters, "infoDisposed": letters}


@ANSWERS.of("accept_clue")
def _(desk: Desk) -> Said:
    return {"handler": f"{desk.look('orgId')}_handler", "deptNo": f"收{desk.look('formNo')}（虚构）"}


@ANSWERS.of("decide_course")
def _(desk: Desk) -> Said:
    return {"disposal": "初步核实"}


@ANSWERS.of("xc_clue_handle.report_result")
def _(desk: Desk) -> Said:
    after(desk, 45)
    return {"resultKind": "最终结果", "verified": "部分属实", "newDue": None, "recovered": 100}


# ---- rectification and evaluation


@ANSWERS.of("claim_issues")
def _(desk: Desk) -> Said:
    return {"claimAll": True, "objections": None, "leadGroup": [{"name": "书记（虚构）", "post": "组长"}]}


@ANSWERS.of("make_lists")
def _(desk: Desk) -> Said:
    due = min(DUE, desk.look("reportDue")).isoformat()
    numbers = [item["itemNo"] for item in desk.look("items")]
    who = dict.fromkeys(("firstResponsible", "leaderInCharge", "dept", "person"), "负责人（虚构）")
    planned = {"measure": "清缴入账（虚构）", "target": "全部到位（虚构）", "kind": "限期整改", "due": due}
    stages = {"task": "逐笔核对（虚构）", "milestone": "核对完成（虚构）", "due": due}
    return {
        "measures": [{"itemNo": n, **planned} for n in numbers],
        "tasks": [{"itemNo": n, **stages} for n in numbers],
        "duties": [{"itemNo": n, **who} for n in numbers],
    }


@ANSWERS.of("review_plan")
def _(desk: Desk) -> Said:
    good = dict.fromkeys(("responded", "targeted", "dutyClear", "dueReasonable"), True)
    return {"reviews": [{"itemNo": item["itemNo"], **good} for item in desk.look("items")]}


def _is_slow(desk: Desk) -> bool:
    """One item in ten is not done before it is due."""
    return int(str(desk.look("itemNo"))[-2:]) % 10 == 7


@ANSWERS.of("xc_rectify_item.report_progress")
def _(desk: Desk) -> Said:
    after(desk, 20 if desk.look("percent") else 5)
    return {"percent": 100 if desk.look("percent") else 50}


@ANSWERS.of("review_report")
def _(desk: Desk) -> Said:
    return {"nextStep": "交账" if desk.look("percent") == 100 else "继续整改"}


@ANSWERS.of("hand_in")
def _(desk: Desk) -> Said:
    if _is_slow(desk):
        not_before(desk, desk.look("due") + timedelta(days=3))
    return {"recovered": 0, "handled": 0, "systems": None}


@ANSWERS.of("sample_on_site")
def _(desk: Desk) -> Said:
    item = desk.look("items")[0]["itemNo"]
    return {"samples": [{"itemNo": item, "finding": "实地核对（虚构）"}], "samplers": ["or2"]}


@ANSWERS.of("xc_evaluate.form_group")
def _(desk: Desk) -> Said:
    return {"members": list(EVALUATORS)}


@ANSWERS.of("record_survey")
def _(desk: Desk) -> Said:
    row = {"issued": 50, "returned": 50, "satisfied": 47, "fairly": 0, "dissatisfied": 3, "unknown": 0}
    return {"surveyRows": [{"respondents": "干部职工", **row}], "belowReason": None}


@ANSWERS.of("score_rectification")
def _(desk: Desk) -> Said:
    return {"deductions": [{"dimension": "组织领导", "deduct": 2, "fact": "扣分事实（虚构）"}], "failedItems": None}


@ANSWERS.of("appraise_members")
def _(desk: Desk) -> Said:
    today = desk.now.date().isoformat()
    good = {"conclusion": "称职", "signedHead": today, "signedDeputy": today}
    return {"rows": [{"person": each, **good} for each in desk.district.team(desk.look("team"))]}
