"""What people say from the plan to the day on which the teams leave, and in meetings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bench.round.desk import Answers, Desk, Later, Said, not_before
from bench.round.district import LEAVING, MIDTERM, ONSITE

ANSWERS = Answers()
_CATEGORIES = ("工作纪律", "群众纪律", "廉洁纪律", "组织人事", "信访诉求", "职务违法犯罪")


# ---- plan and preparation


@ANSWERS.of("propose_units")
def _(desk: Desk) -> Said:
    return {"candidates": [{"unit": unit, "reason": "多年未巡察（虚构）"} for unit in desk.district.unit_keys]}


@ANSWERS.of("draft_plan")
def _(desk: Desk) -> Said:
    return {
        "prepStart": "2026-03-02",
        "onsiteStart": ONSITE.isoformat(),
        "onsiteEnd": LEAVING.isoformat(),
        "midtermDate": MIDTERM.isoformat(),
        "assign": [{"team": desk.district.team_of(unit), "unit": unit} for unit in desk.district.unit_keys],
        "deadlineRuleset": "本地规则集",
    }


@ANSWERS.of("approve_plan_secretary")
def _(desk: Desk) -> Said:
    return {"determinedUnits": desk.district.unit_keys}


@ANSWERS.of("form_teams")
def _(desk: Desk) -> Said:
    persons = desk.district.team(desk.look("team"))
    posts = ("组长", "副组长", "联络员", "组员", "组员")
    members = [{"person": each, "post": post} for each, post in zip(persons, posts, strict=True)]
    return {"members": members, "lettersDue": 15, "lettersSigned": 15}


@ANSWERS.of("prepare_round")
def _(desk: Desk) -> Said:
    ready = dict.fromkeys(("seminarDone", "routeApproved", "negativeFirstPass", "infoReady"), True)
    rows = [{"unit": u, **ready, "materialsRequired": 41, "materialsReceived": 41} for u in desk.district.unit_keys]
    return {"trainingDue": 50, "trainingAttended": 50, "noticeSentOn": "2026-03-13", "preparation": rows}


# ---- meetings


@ANSWERS.of("plan_meeting")
def _(desk: Desk) -> Said:
    kind = desk.look("meetingType")
    if kind == "进驻见面会":
        not_before(desk, ONSITE)
    chair = _chair(desk, kind)
    persons = [chair, *(p for p in ("oc", "od", *_leaders(desk)) if p != chair)]
    own = desk.district.organisation_of
    chaired = {"leader": "lgh", "chair": None} if kind == "问题线索移交会" else {"chair": chair, "leader": None}
    return {
        **chaired,
        "topics": ["其他"],
        "title": kind,
        "attendees": [{"org": own(each), "user": each, "must": True} for each in dict.fromkeys(persons)],
        "secrecy": "领导小组",
    }


def _chair(desk: Desk, kind: str) -> str:
    if kind in ("进驻见面会", "组务会"):
        return _leaders(desk)[0]
    return "ds" if kind in ("书记专题会", "常委会") else "lgh"


def _leaders(desk: Desk) -> list[str]:
    return [f"{team.lower()}_leader" for team in desk.look("teamIds") or [desk.look("teamId")]]


@ANSWERS.of("hold_meeting")
def _(desk: Desk) -> Said:
    begin = desk.now - timedelta(hours=2)
    came, start, end, left = (begin + timedelta(minutes=m) for m in (-5, 0, 90, 95))
    here = {"arriveAt": came.isoformat(timespec="seconds"), "leaveAt": left.isoformat(timespec="seconds")}
    held: dict[str, Any] = {
        "actualStart": start.isoformat(timespec="seconds"),
        "actualEnd": end.isoformat(timespec="seconds"),
        "attendance": [{"user": row["user"], **here} for row in desk.look("attendees")],
    }
    if desk.look("meetingType") == "中期推动会":
        teams = desk.look("teamIds")
        held["reports"] = [{"team": team, "summary": "进展（虚构）"} for team in teams]
        held["comments"] = [{"team": team, "strength": "重点明确", "problem": "底稿偏慢"} for team in teams]
        held["pushItems"] = [{"team": team, "content": "收口（虚构）"} for team in teams]
    return held


# ---- on site


@ANSWERS.of("triage_information")
def _(desk: Desk) -> Said:
    return {"outcome": "转问题"}


@ANSWERS.of("plan_activity")
def _(desk: Desk) -> Said:
    members = desk.district.team(desk.look("teamId"))[3:5]
    return {"kind": "个别谈话", "inspectors": members}


@ANSWERS.of("record_activity")
def _(desk: Desk) -> Said:
    end = desk.now + timedelta(hours=1)
    return {"startAt": desk.now.isoformat(timespec="seconds"), "endAt": end.isoformat(timespec="seconds")}


@ANSWERS.of("write_paper")
def _(desk: Desk) -> Said:
    levels = ("党的领导弱化", "党的建设缺失", "全面从严治党不力")
    number = str(desk.look("paperNo"))
    return {
        "title": f"{number} 所列问题（虚构）",
        "level1": levels[int(number[-3:]) % 3],
        "responsible": [{"name": "某甲（虚构）", "post": "负责人", "duty": "直接"}],
    }


@ANSWERS.of("conduct_inquiry")
def _(desk: Desk) -> Said:
    unit, known = desk.look("unitId"), desk.district
    there = (len(desk.look("papers")), desk.look("infoTotal"), desk.look("infoDisposed"))
    if there != (len(known.findings(unit)), known.information(unit), known.information(unit)):
        raise Later
    return {"inquiryNext": "收口研究"}


@ANSWERS.of("decide_papers")
def _(desk: Desk) -> Said:
    found = desk.district.findings(desk.look("unitId"))
    papers = sorted(paper["paperNo"] for paper in desk.look("papers"))
    return {"paperDecisions": [{"paperNo": n, "result": r} for n, r in zip(papers, found, strict=True)]}


@ANSWERS.of("register_clue")
def _(desk: Desk) -> Said:
    number = int(str(desk.look("clueNo"))[-3:])
    category = _CATEGORIES[number % len(_CATEGORIES)]
    return {"sourceType": "查账", "subjectIdentified": True, "category": category, "scope": "巡察范围内"}


@ANSWERS.of("xc_onsite_fix.issue_notice")
def _(desk: Desk) -> Said:
    return {"due": (desk.now + timedelta(days=5)).date().isoformat()}


@ANSWERS.of("conclude_negative_list")
def _(desk: Desk) -> Said:
    return {"negApplicable": 287, "negConcluded": 287, "suspectedOpen": 0, "pointStrikesOpen": 0}


@ANSWERS.of("supervise_daily")
def _(desk: Desk) -> Said:
    rows = [{"team": t, "due": 28, "submitted": 28, "late": 0, "missing": 0} for t in desk.district.team_keys]
    return {"dailyReports": rows, "weeklySummaries": 6, "supervisionVisits": 4, "slowReminders": 1}
