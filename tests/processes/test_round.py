"""One round: what its forms ask for, how its gates decide, what it carries and what it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import access, clock, dmn, feel, instance, scenario, schema, variables, worker
from engine.actor import ENGINE, Actor
from engine.runtime import Runtime
from tests.processes.procedure import ROOT, decision_files, drawn, written

APPROVE = {"decision", "opinion", "sign"}
PAPER = {"doneOn", "doneBy", "paper"}
PLAN = {
    "objectives",
    "focus",
    "prepStart",
    "onsiteStart",
    "onsiteEnd",
    "midtermDate",
    "assign",
    "deadlineRuleset",
    "evaluationScheme",
    "negativeListVersion",
    "planFile",
}
CLUE = {
    "sourceType",
    "foundAt",
    "summary",
    "subjectIdentified",
    "category",
    "scope",
    "subjectBeyondDistrict",
    "businessArea",
    "generalFault",
}
WORKING_PAPER = {
    "title",
    "source",
    "facts",
    "discovery",
    "clauses",
    "level1",
    "level2",
    "negativeItems",
    "responsible",
    "amount",
    "evidence",
    "suggestion",
    "writerSignature",
}
ASKED: dict[tuple[str, str], set[str]] = {
    ("xc_round", "round_proposed"): {"roundId", "roundName", "year", "seq", "roundType", "theme", "sourceIssue"},
    ("xc_plan", "propose_units"): {"candidates"},
    ("xc_plan", "draft_plan"): PLAN,
    ("xc_plan", "approve_plan_deputy"): APPROVE,
    ("xc_plan", "approve_plan_head"): APPROVE,
    ("xc_plan", "approve_plan_secretary"): {*APPROVE, "determinedUnits", "byDelegation", "needSC"},
    ("xc_round", "form_teams"): {*PAPER, "members", "compositionOk", "recusalClear", "lettersDue", "lettersSigned"},
    ("xc_round", "prepare_round"): {
        *PAPER,
        "trainingDue",
        "trainingAttended",
        "noticeSentOn",
        "publicityPassed",
        "preparation",
    },
    ("xc_round", "override_gate"): {"decision", "overrideReason", "sign"},
    ("xc_round", "supervise_daily"): {*PAPER, "dailyReports", "weeklySummaries", "supervisionVisits", "slowReminders"},
    ("xc_round", "appraise_members"): {*PAPER, "rows"},
    ("xc_round", "write_summary"): {"summary", "goodPractice", "gaps", "reportToCity"},
    ("xc_round", "file_round"): {"catalog"},
    ("xc_onsite", "decide_papers"): {"paperDecisions"},
    ("xc_onsite", "register_clue"): CLUE,
    ("xc_onsite", "triage_information"): {*PAPER, "outcome", "triageNote"},
    ("xc_onsite", "draw_portrait"): {"truth", "accuracy", "specific", "portrait"},
    ("xc_onsite", "leave_unit"): {"originalsReturned", "channelsClosed", "deviceClean"},
    ("xc_onsite", "judge_revisit"): {"revisitOutcome", "revisitNote"},
    ("xc_onsite_fix", "issue_notice"): {"problem", "requirement", "due"},
    ("xc_onsite_fix", "report_fix"): {"result", "evidence"},
    ("xc_paper", "write_paper"): WORKING_PAPER,
    ("c_remind", "acknowledge_reminder"): {"acknowledged", "cause", "measure", "newDate"},
}
SEVEN = ["动员部署", "中期推动", "情况汇报", "反馈", "线索移交", "整改", "评估"]


@pytest.mark.parametrize(("where", "keys"), ASKED.items(), ids=map("/".join, ASKED))
def test_a_form_of_the_round_asks_for_what_the_procedure_asks_for(where: Any, keys: set[str]) -> None:
    assert written(drawn()[where[0]].forms[where[1]]) == keys


def test_the_seven_stages_stand_by_name_on_the_first_page_from_left_to_right() -> None:
    names = [element.name for element in drawn()["xc_round"].process.scope.elements.values()]
    assert [name for name in names if name in SEVEN] == SEVEN


@pytest.mark.parametrize(
    ("days", "before", "level", "colour", "letter"),
    [
        (21, 0, 1, "绿", "督查督办通知书"),
        (11, 0, 1, "绿", "督查督办通知书"),
        (10, 0, 2, "黄", "阶段督查指导书"),
        (1, 0, 2, "黄", "阶段督查指导书"),
        (0, 0, 3, "红", "情况提醒书"),
        (-5, 0, 3, "红", "情况提醒书"),
        (-6, 0, 4, "红", "情况告诫书"),
        (-15, 0, 4, "红", "情况告诫书"),
        (-16, 0, 5, "红", "问责建议"),
        (21, 1, 2, "黄", "阶段督查指导书"),
        (21, 4, 5, "红", "问责建议"),
    ],
)
def test_a_reminder_follows_the_days_left_and_goes_up_when_nothing_is_done(
    days: int, before: int, level: int, colour: str, letter: str
) -> None:
    assert decide("dmn_08", daysToDue=days, level=before) == {"level": level, "colour": colour, "letter": letter}


ONSITE: dict[str, Any] = {
    "openMandatoryTasks": 0,
    "meetingsHeld": ["动员部署会", "任务布置会", "中期推动会"],
    "dailyReportsMissing": 0,
    "channelsClosed": True,
    "negApplicable": 268,
    "negConcluded": 268,
    "materialsRequired": 41,
    "materialsReceived": 39,
    "portrait": "画像",
}


def test_procedure_and_content_are_let_go_when_nothing_is_missing() -> None:
    assert decide("dmn_01_12", **ONSITE) == []


@pytest.mark.parametrize(
    ("change", "criterion"),
    [
        ({"openMandatoryTasks": 1}, "程序"),
        ({"meetingsHeld": ["动员部署会", "任务布置会"]}, "程序"),
        ({"dailyReportsMissing": 1}, "程序"),
        ({"channelsClosed": False}, "程序"),
        ({"negConcluded": 267}, "内容"),
        ({"materialsReceived": 38}, "内容"),
        ({"portrait": ""}, "内容"),
    ],
)
def test_procedure_and_content_are_not_let_go_while_something_is_missing(
    change: dict[str, Any], criterion: str
) -> None:
    assert [row["criterion"] for row in decide("dmn_01_12", **{**ONSITE, **change})] == [criterion]


TEAM = {"lettersDue": 21, "lettersSigned": 21, "recusalClear": True, "compositionOk": True}
UNIT = {
    "seminarDone": True,
    "routeApproved": True,
    "materialsRequired": 41,
    "materialsReceived": 41,
    "negativeFirstPass": True,
    "infoReady": True,
}


@pytest.mark.parametrize(
    ("team", "unit", "attended", "criteria"),
    [
        ({}, {}, 14, []),
        ({"lettersSigned": 20}, {}, 14, ["三承诺"]),
        ({"recusalClear": False}, {}, 14, ["回避"]),
        ({"compositionOk": False}, {}, 14, ["组队结构"]),
        ({}, {}, 13, ["集中培训"]),
        ({}, {"seminarDone": False}, 14, ["研判“风向标”"]),
        ({}, {"routeApproved": False}, 14, ["工作方案“路线图”"]),
        ({}, {"materialsReceived": 40}, 14, ["调阅材料"]),
        ({}, {"negativeFirstPass": False}, 14, ["负面清单初查"]),
        ({}, {"infoReady": False}, 14, ["问题信息"]),
    ],
)
def test_the_preparation_gate_names_what_is_missing_in_any_team_or_unit(
    team: dict[str, Any], unit: dict[str, Any], attended: int, criteria: list[str]
) -> None:
    failures = decide(
        "dmn_18_g1",
        teamFacts=[TEAM, TEAM | team],
        preparation=[UNIT, UNIT | unit],
        trainingDue=14,
        trainingAttended=attended,
    )
    assert [row["criterion"] for row in failures] == criteria


@pytest.mark.parametrize(
    ("change", "held", "criteria"),
    [
        ({}, True, []),
        ({"suspectedOpen": 1}, True, ["疑似和待查项"]),
        ({"pointStrikesOpen": 1}, True, ["点穴事项"]),
        ({"infoDisposed": 23}, True, ["信息处置"]),
        ({}, False, ["中期推动"]),
    ],
)
def test_the_onsite_gate_names_what_is_open(change: dict[str, Any], held: bool, criteria: list[str]) -> None:
    done = {"suspectedOpen": 0, "pointStrikesOpen": 0, "infoTotal": 24, "infoDisposed": 24}
    assert [
        row["criterion"] for row in decide("dmn_18_g2", onsiteResults=[done, done | change], midtermHeld=held)
    ] == criteria


def decide(asked: str, /, **values: Any) -> Any:
    tables = {key: each for path, body in decision_files().items() for key, each in dmn.read(body, path).items()}
    evaluator = feel.Evaluator(datetime(2026, 5, 26, 1, tzinfo=UTC), "Asia/Shanghai")
    return dmn.evaluate(asked, tables, {**dict.fromkeys(dmn.names(asked, tables)), **values}, evaluator)


# ---- played


def play(office: Runtime, path: str, steps: int | None = None) -> Iterator[str]:
    told = scenario.read((ROOT / path).read_bytes(), path)
    for number, case in enumerate(scenario.Player(office, "known").play(told)):
        yield case
        if number == steps:
            return


def test_the_round_and_what_it_called_end_when_the_secretary_cancels_it(office: Runtime) -> None:
    (case,) = {*play(office, "xc_round/scenarios/round_runs_to_its_end.toml", steps=20)}
    assert {row.state for row in family(office, case)} >= {"active"}

    list(play(office, "xc_round_cancel/scenarios/round_is_cancelled.toml"))

    assert "active" not in {row.state for row in family(office, case)}
    with office.read() as view:
        assert variables.everything(view.connection, case)["status"] == "中止"


def test_the_round_is_closed_when_nothing_that_it_began_is_open(office: Runtime) -> None:
    case, *_ = play(office, "xc_round/scenarios/round_runs_to_its_end.toml")
    i = schema.instance.c
    with office.read() as view:
        begun = select(i.id).where(i.process_key == "xc_rectify", i.state == "active")
        (rectification,) = view.connection.execute(begun).scalars()

    wait(office)
    assert state(office, case) == ("active", None), "the unit is still rectifying"
    with office.write(director(office)) as command:
        instance.cancel(command, rectification, "虚构")
    wait(office)

    assert state(office, case) == ("ended", "fully_closed")


def director(office: Runtime) -> Actor:
    with office.read() as view:
        return access.actor(view.connection, "od", view.now)


def wait(office: Runtime) -> None:
    """Until the next look at what is open."""
    with office.write(ENGINE) as command:
        clock.advance(command.connection, timedelta(days=40))
    worker.run_due(office)


def state(office: Runtime, case: str) -> tuple[str, str | None]:
    i = schema.instance.c
    with office.read() as view:
        row = view.connection.execute(select(i.state, i.outcome).where(i.id == case)).one()
    return row.state, row.outcome


def test_whoever_sees_the_round_learns_nothing_of_findings_or_clues_by_it(office: Runtime) -> None:
    (case,) = {*play(office, "xc_round/scenarios/head_lets_the_onsite_gate_pass.toml")}
    shared = [row.id for row in family(office, case) if row.process_key in ("xc_round", "xc_plan", "xc_report")]
    with office.read() as view:
        told = json.dumps(
            [feel.text(value) for each in shared for value in variables.everything(view.connection, each).values()],
            ensure_ascii=False,
        )
        there = json.dumps(
            [row.value for row in view.connection.execute(select(schema.variable.c.value))], ensure_ascii=False
        )
    secret = ("XS-2026-01", "WT-2026-01", "DG-2026-01", "道路厚度", "台账缺失")
    assert not [word for word in secret if word in told]
    assert [word for word in secret if word in there] == list(secret), "or there was nothing to be told"


def test_every_item_of_information_that_came_has_one_outcome_when_the_team_leaves(office: Runtime) -> None:
    (case,) = {*play(office, "xc_onsite/scenarios/issues_a_clue_and_a_fix.toml")}
    entry = schema.register_entry.c
    with office.read() as view:
        rows = view.connection.execute(
            select(entry.number, entry.content).where(entry.register == "info", entry.instance_id == case)
        ).all()
    actions = [(number, json.loads(content)["action"] == "处置") for number, content in rows]
    assert sorted(number for number, done in actions if done) == sorted(number for number, done in actions if not done)
    assert len({number for number, _ in actions}) == 2


def family(office: Runtime, case: str) -> list[Any]:
    i = schema.instance.c
    with office.read() as view:
        return list(view.connection.execute(select(i.id, i.process_key, i.state).where(i.root_id == case)))


def test_a_step_on_paper_says_who_did_it_when_and_keeps_the_papers() -> None:
    found = {
        (key, element.id): written(each.form_of(element))
        for key, each in drawn().items()
        for element in each.user_tasks()
        if element.properties.get("realisedBy") == "paper"
    }
    assert found
    assert not [where for where, fields in found.items() if not fields >= PAPER]
