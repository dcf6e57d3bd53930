"""After the inspection: feedback, rectification, evaluation, and being held to account, as the procedure has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from engine import access, feel, scenario, schema, variables, worker
from engine.bpmn.diagram import Element
from engine.runtime import Runtime
from tests.processes.procedure import drawn, fields, scenarios, toml, written
from tests.processes.test_decisions import decide, faults

APPROVE = {"decision", "opinion", "sign"}
ASKED = {
    ("xc_feedback", "draft_feedback"): "feedbackItems omitted requirements suggestions attachment toPublish",
    ("xc_feedback", "talk_to_secretary"): "talkOutcome secretaryPresent namedPersons talkSummary",
    ("xc_feedback", "sign_feedback"): "statement sign",
    ("xc_rectify", "claim_issues"): "meetingDate claimAll objections leadGroup promise",
    ("xc_rectify", "make_lists"): "measures tasks duties",
    ("xc_rectify", "review_plan"): "reviews",
    ("xc_rectify", "draft_report"): "report principalReport reportFiles",
    (
        "xc_rectify",
        "check_report",
    ): "everyItemAnswered evidenceSufficient figuresConsistent noEmptyWords principalSigned consulted reportNote",
    ("xc_rectify", "follow_organisation"): "talkWithSecretary organisationFacts",
    ("xc_rectify", "follow_personnel"): "democraticCentralism cadreSelection personalMatters",
    ("xc_rectify", "follow_departments"): "suggestionStatus",
    ("xc_rectify_item", "report_progress"): "percent done evidence difficulty",
    ("xc_rectify_item", "apply_transfer"): "transferReason transferNote toOrgName toPerson",
    ("xc_rectify_item", "hand_in"): "outcome handInEvidence recovered systems handled",
    ("xc_rectify_item", "verify_item"): "verifyMethods participants verifyResult verifyNote sign",
    ("xc_rectify_transfer", "accept_transfer"): "accepted acceptedBy acceptNote sign",
    ("xc_evaluate", "form_group"): "members schedule methods recusalChecked",
    ("xc_evaluate", "score_rectification"): "deductions failedItems scoreEvidence sign",
    ("xc_evaluate", "record_survey"): "surveyedOn surveyRows counters countSheet belowReason",
    ("xc_evaluate", "attribute_responsibility"): "principal attributions",
    ("xc_evaluate", "propose_measures"): "accountMeasures",
    ("xc_evaluate", "hold_talk"): "talkAt talkPlace talkRecorder talkFacts talkRequirement talkAttitude sign",
    ("xc_evaluate", "report_treatment"): "treatmentResult treatmentDocNo treatedOn",
}
APPROVALS = [
    ("xc_feedback", "approve_feedback_office"),
    ("xc_feedback", "approve_feedback_head"),
    ("xc_rectify", "sign_plan"),
    ("xc_rectify", "approve_plan"),
    ("xc_rectify_item", "sign_hand_in"),
    ("xc_rectify_item", "write_off"),
    ("xc_evaluate", "confirm_result"),
    ("xc_evaluate", "approve_measures_head"),
    ("xc_evaluate", "approve_measures_secretary"),
]


@pytest.mark.parametrize(("where", "keys"), ASKED.items(), ids=map("/".join, ASKED))
def test_a_form_asks_for_what_the_procedure_asks_for(where: tuple[str, str], keys: str) -> None:
    assert written(drawn()[where[0]].forms[where[1]]) == set(keys.split())


@pytest.mark.parametrize(("process", "form"), APPROVALS)
def test_what_must_be_agreed_to_is_asked_for_as_an_approval(process: str, form: str) -> None:
    assert written(drawn()[process].forms[form]) == APPROVE


# ---- who sees what


@pytest.mark.parametrize("process", ["xc_feedback", "xc_evaluate"])
def test_the_unit_is_no_reader_before_something_is_put_before_it(process: str) -> None:
    entry = toml("catalog.toml")[process]
    assert not {"US", "UL", "UP"} & {*entry["see"], *entry.get("story", entry["see"])}


def test_the_unit_reads_the_result_of_an_evaluation_and_nothing_else() -> None:
    shown = toml("catalog.toml")["xc_evaluate"]["fields"]
    assert shown.keys() == {
        *("unitId", "evalNo", "score", "grade", "satisfactionRate", "evaluationOutcome"),
        *("resultReceived", "resultSignature", "renewalSignature", "sign"),
    }


def test_the_unit_is_not_shown_how_it_is_followed_up_or_reviewed() -> None:
    shown = toml("catalog.toml")["xc_rectify"]["fields"].keys()
    forms = [form for name, form in drawn()["xc_rectify"].forms.items() if name.startswith("follow_")]
    assert len(forms) == 4
    assert not [form["id"] for form in forms if written(form) & shown]
    assert not {"planReviews", "mergedOpinion", "samples"} & shown


def put_before_the_unit() -> list[tuple[str, Element]]:
    """Tasks that a role of the inspected unit may take."""
    roles = toml("roles.toml")
    units = {roles[role]["title"] for role in ("US", "UL", "UP")}
    found = []
    for key in ("xc_rectify", "xc_rectify_item", "xc_feedback", "xc_evaluate"):
        for task in drawn()[key].user_tasks():
            groups = task.assignment.candidate_groups if task.assignment is not None else None
            if task.lane in units if groups is None else any(f'"{role}"' in groups for role in ("US", "UL", "UP")):
                found.append((key, task))
    return found


@pytest.mark.parametrize(("key", "task"), put_before_the_unit(), ids=lambda each: getattr(each, "id", each))
def test_the_unit_is_shown_what_it_fills_in_and_what_it_reads_there(key: str, task: Element) -> None:
    shown = toml("catalog.toml")[key]["fields"].keys()
    form = drawn()[key].form_of(task)
    read: set[str] = set()
    for _, component in fields(form):
        for inside in re.findall(r"\{\{(.*?)\}\}", component.get("text", ""), re.DOTALL):
            read |= feel.names(inside)
        hidden = component.get("conditional", {}).get("hide")
        read |= feel.names(feel.body(hidden)) if hidden else set()
    assert written(form) | read <= shown


def test_who_audited_an_item_is_not_in_the_group_that_evaluates() -> None:
    case: dict[str, Any] = {"verifiers": ["or1", "di_sup"], "recusalChecked": True}
    assert faults("check_group", **case, members=["ev1", "or1"]) == ["members"]
    assert faults("check_group", **case, members=["ev1", "ev2"]) == []


# ---- decisions

FIVE = dict.fromkeys(
    ("everyItemAnswered", "evidenceSufficient", "figuresConsistent", "noEmptyWords", "principalSigned"), True
)


def test_a_report_that_meets_all_five_conditions_is_let_go() -> None:
    assert decide("dmn_01_5", **FIVE) == []


@pytest.mark.parametrize("condition", FIVE)
def test_a_report_that_fails_one_condition_is_not_let_go(condition: str) -> None:
    assert len(decide("dmn_01_5", **{**FIVE, condition: False})) == 1


@pytest.mark.parametrize(
    ("score", "false", "overdue", "grade"),
    [
        (93, 0, 0.0, "好"),
        (90, 0, 0.2, "好"),
        (82, 0, 0.0, "较好"),
        (60, 0, 0.0, "一般"),
        (55, 0, 0.0, "差"),
        (93, 1, 0.0, "一般"),
        (93, 0, 0.21, "一般"),
        (55, 1, 0.5, "差"),
    ],
)
def test_the_grade_follows_the_score_and_a_false_hand_in_caps_it(
    score: int, false: int, overdue: float, grade: str
) -> None:
    assert decide("dmn_10", score=score, falseReports=false, overdueShare=overdue) == grade


@pytest.mark.parametrize(
    ("grade", "rate", "number", "actions"),
    [
        ("好", 0.94, 1, {"通过", "通报表扬"}),
        ("较好", 0.846, 1, {"通过"}),
        ("一般", 0.7, 1, {"约谈提醒", "再整改"}),
        ("差", 0.7, 1, {"问责主要负责人", "再整改"}),
        ("差", 0.46, 1, {"问责主要负责人", "再整改"}),
        ("好", 0.5, 1, {"问责主要负责人", "再整改"}),
        ("好", 0.5, 2, {"问责主要负责人", "纳入回头看"}),
        ("差", 0.46, 2, {"问责主要负责人", "报告书记和常委会", "处理建议", "纳入回头看", "一票否决"}),
        ("差", 0.7, 2, {"问责主要负责人", "报告书记和常委会", "处理建议", "纳入回头看", "一票否决"}),
        ("较好", 0.827, 2, {"通过"}),
    ],
)
def test_who_fails_or_leaves_the_masses_dissatisfied_is_held_to_account(
    grade: str, rate: float, number: int, actions: set[str]
) -> None:
    assert set(decide("dmn_11", grade=grade, satisfactionRate=rate, evalNo=number)) == actions


def test_responsible_are_whoever_is_in_charge_leads_and_erred() -> None:
    row = {"itemNo": "1", "firstResponsible": "书记", "leaderInCharge": "副总", "person": "财务"}
    found = {each["capacity"]: each["person"] for each in decide("dmn_12", row=row)}
    assert found == {"主管": "书记", "分管": "副总", "犯错": "财务"}


ITEMS = [{"itemNo": "1", "issueNo": "a"}, {"itemNo": "2", "issueNo": "b"}]
DUE = date(2026, 8, 28)
LISTS: dict[str, Any] = {
    "items": ITEMS,
    "reportDue": DUE,
    "measures": [{"itemNo": n, "kind": "限期整改", "due": DUE} for n in ("1", "2")],
    "tasks": [{"itemNo": n} for n in ("1", "2", "2")],
    "duties": [{"itemNo": n} for n in ("1", "2")],
}


@pytest.mark.parametrize("name", ["measures", "tasks", "duties"])
def test_every_issue_has_a_row_in_each_of_the_three_lists(name: str) -> None:
    assert faults("check_lists", **LISTS) == []
    assert faults("check_lists", **{**LISTS, name: LISTS[name][:1]}) == [name]


def test_no_measure_is_due_after_the_report_but_for_the_long_term() -> None:
    late = [{"itemNo": "1", "kind": "限期整改", "due": date(2026, 8, 29)}, LISTS["measures"][1]]
    assert faults("check_lists", **{**LISTS, "measures": late}) == ["measures"]
    assert faults("check_lists", **{**LISTS, "measures": [{**late[0], "kind": "长期坚持"}, late[1]]}) == []


def test_every_issue_is_fed_back_or_it_is_said_why_not() -> None:
    case: dict[str, Any] = {"issues": [{"no": "a"}, {"no": "b"}, {"no": "c"}], "feedbackItems": ITEMS}
    assert faults("check_feedback", **case, omitted=[]) == ["feedbackItems"]
    assert faults("check_feedback", **case, omitted=[{"issueNo": "c", "reason": "x"}]) == []


def test_the_secretary_is_told_in_person_and_persons_are_named() -> None:
    told: dict[str, Any] = {"talkOutcome": "已当面反馈", "secretaryPresent": True, "namedPersons": [{"person": "x"}]}
    assert faults("check_talk", **told) == []
    assert faults("check_talk", **{**told, "secretaryPresent": False}) == ["secretaryPresent"]
    assert faults("check_talk", **{**told, "namedPersons": []}) == ["namedPersons"]


def test_there_is_a_decision_on_the_principal_and_on_everyone_found_responsible() -> None:
    found = [{"person": "副总", "capacity": "分管"}, {"person": "无", "capacity": "犯错"}]
    principal, other = {"person": "书记", "capacity": "主要负责人"}, {"person": "副总", "capacity": "分管"}
    assert faults("check_measures", attributions=found, accountMeasures=[principal, other]) == []
    assert faults("check_measures", attributions=found, accountMeasures=[other]) == ["accountMeasures"]
    assert faults("check_measures", attributions=found, accountMeasures=[principal]) == ["accountMeasures"]


COUNT = {"issued": 60, "returned": 55, "satisfied": 40, "fairly": 4, "dissatisfied": 8, "unknown": 3}


def test_a_count_balances_and_too_few_votes_are_explained() -> None:
    case: dict[str, Any] = {"scheme": {"minAnswers": 30}}
    assert faults("check_survey", **case, surveyRows=[COUNT]) == []
    assert faults("check_survey", **case, surveyRows=[{**COUNT, "unknown": 4}]) == ["surveyRows"]
    assert faults("check_survey", **case, surveyRows=[{**COUNT, "returned": 61}]) == ["surveyRows"]
    few = {**COUNT, "satisfied": 5}
    assert faults("check_survey", **case, surveyRows=[few]) == ["belowReason"]
    assert faults("check_survey", **case, surveyRows=[few], belowReason="单位小") == []


def test_the_gates_of_feedback_and_rectification_name_what_is_missing() -> None:
    assert decide("dmn_18_g4", unnamedItems=[], secretaryPresent=True, signedFor=True) == []
    assert len(decide("dmn_18_g4", unnamedItems=["1"], secretaryPresent=False, signedFor=False)) == 3
    assert decide("dmn_18_g6", itemsOpen=0, satisfactionRate=0.8) == []
    assert len(decide("dmn_18_g6", itemsOpen=1, satisfactionRate=0.5)) == 2


# ---- the whole way


def steps(process: str, name: str) -> list[Mapping[str, Any]]:
    """What is done in a scenario, without what is refused in it."""
    told = scenarios()[f"{process}/scenarios/{name}.toml"]["step"]
    return [step for step in told if "task" in step and "refused" not in step]


def fitted(value: Any) -> Any:
    """Steps told of another unit and more items, as they are for unit u1 and its two."""
    if isinstance(value, str):
        return value.replace("u3", "u1")
    if isinstance(value, list):
        return [fitted(v) for v in value if not isinstance(v, dict) or v.get("itemNo", "-01").endswith(("-01", "-02"))]
    return {k: fitted(v) for k, v in value.items()} if isinstance(value, dict) else value


def carry_on(runtime: Runtime, process: str, told: Iterable[Mapping[str, Any]]) -> str:
    """Do these things in the newest running case of a process."""
    i = schema.instance.c
    query = select(i.id).where(i.process_key == process, i.parent_id.is_(None), i.state == "active")
    with runtime.read() as view:
        case = view.connection.execute(query.order_by(i.started_at.desc())).scalars().first()
    assert case is not None, process
    player = scenario.Player(runtime, "known", case)
    for step in told:
        player.take(step)
        worker.run_due(runtime)
    return case


def outcome(runtime: Runtime, case: str) -> str | None:
    with runtime.read() as view:
        query = select(schema.instance.c.outcome).where(schema.instance.c.id == case)
        return view.connection.execute(query).scalar_one()


def lines(runtime: Runtime, key: str) -> list[dict[str, Any]]:
    """The lines of a register in their order, whoever may read them."""
    e = schema.register_entry.c
    with runtime.read() as view:
        found = view.connection.execute(select(e.content).where(e.register == key).order_by(e.position)).scalars()
        return [dict(feel.load("context", content)) for content in found]


def test_what_fails_is_held_to_account_rectified_again_and_passes(office: Runtime) -> None:
    told = scenarios()["xc_feedback/scenarios/feedback_is_given.toml"]
    start, feedback = told["start"], [s for s in told["step"] if "refused" not in s]
    player = scenario.Player(office, "known")
    for _ in player.play(scenario.Scenario("", "xc_feedback", "engine", start["variables"], feedback)):
        pass
    whole = steps("xc_rectify", "rectified_and_evaluated")
    rectification = carry_on(office, "xc_rectify", whole)
    first = carry_on(office, "xc_evaluate", fitted(steps("xc_evaluate", "failed_held_to_account_and_renewed")))
    assert outcome(office, first) == "renewed"
    again = [s for s in whole if s["task"] in five_actions()]
    carry_on(office, "xc_rectify", again)
    second = carry_on(office, "xc_evaluate", fitted(steps("xc_evaluate", "passed_after_renewal")))

    assert outcome(office, second) == "passed_after_renewal"
    assert outcome(office, rectification) == "rectified"
    with office.read() as view:
        assert variables.everything(view.connection, rectification)["evalNo"] == 2
        kept = view.connection.execute(select(schema.message.c.name)).scalars().all()
        assert {"msg.unit.rectified", "msg.unit.evaluated"} <= set(kept), "the round is told"
    ledger = lines(office, "rectification")
    fed_back = {item["itemNo"] for item in start_items(feedback)}
    assert {row["no"] for row in ledger if row["action"] == "建账"} == fed_back, "I-4: every item has its account"
    for at, row in enumerate(ledger):
        if row["action"] == "销账":
            before = [
                r["result"]
                for r in ledger[:at]
                if (r["no"], r["cycle"], r["action"]) == (row["no"], row["cycle"], "查账")
            ]
            assert before[-1:] == ["属实"], "I-5: nothing is written off that was not audited as true"
    held = lines(office, "accountability")
    assert [row for row in held if row["capacity"] == "主要负责人"], "I-6: who fails answers for it"
    assert {row["evalNo"] for row in held} == {1}


def seen(runtime: Runtime, person: str) -> set[str]:
    """The processes of which somebody sees a case."""
    with runtime.read() as view:
        actor = access.actor(view.connection, person, view.now)
        query = select(schema.instance.c.process_key).where(access.visible(actor, "instance"))
        return set(view.connection.execute(query).scalars())


def test_the_unit_does_not_find_its_feedback_before_it_is_asked_to_sign(office: Runtime) -> None:
    told = scenarios()["xc_feedback/scenarios/feedback_is_given.toml"]
    way = [s for s in told["step"] if "expect" not in s and "refused" not in s]
    player = scenario.Player(office, "known")
    for _ in player.play(scenario.Scenario("", "xc_feedback", "engine", told["start"]["variables"], way[:-1])):
        assert seen(office, "u1_liaison") == seen(office, "u2_sec") == set()
        assert seen(office, "u1_sec") == set()
        assert offered(office, "u1_sec") == open_tasks(office, "sign_feedback")
    assert offered(office, "u1_sec"), "it is asked to sign"
    player.take(way[-1])
    worker.run_due(office)
    assert seen(office, "u1_sec") == seen(office, "u1_liaison") == {"xc_rectify"}, "there it reads what was fed back"
    assert seen(office, "u2_sec") == set()


def offered(runtime: Runtime, person: str) -> list[str]:
    with runtime.read() as view:
        actor = access.actor(view.connection, person, view.now)
        t = schema.task.c
        query = select(t.id).where(access.visible(actor, "task"), t.state == "open")
        return list(view.connection.execute(query).scalars())


def open_tasks(runtime: Runtime, element: str) -> list[str]:
    t = schema.task.c
    with runtime.read() as view:
        return list(view.connection.execute(select(t.id).where(t.element == element, t.state == "open")).scalars())


@pytest.mark.parametrize("name", ["xc_rectify/scenarios/failed_twice", "xc_evaluate/scenarios/passed"])
def test_what_follows_a_round_ends_with_it_when_it_is_cancelled(office: Runtime, name: str) -> None:
    told = scenarios()[f"{name}.toml"]
    start = told["start"]
    player = scenario.Player(office, "known")
    for _ in player.play(scenario.Scenario("", start["process"], "engine", start["variables"], told["step"][:2])):
        pass
    order = scenarios()["xc_round_cancel/scenarios/round_is_cancelled.toml"]
    cancelling = scenario.Scenario("", "xc_round_cancel", "ds", order["start"]["variables"], order["step"])
    for _ in scenario.Player(office, "known").play(cancelling):
        pass
    with office.read() as view:
        i, t, v = schema.instance.c, schema.task.c, schema.visit.c
        ended = select(i.state).where(i.id == player.case)
        passed = select(v.element).where(v.instance_id == player.case, v.element == "round_cancelled")
        assert view.connection.execute(ended).scalar_one() == "ended"
        assert view.connection.execute(passed).all()
        assert not view.connection.execute(select(t.id).where(t.state == "open")).all()


def start_items(feedback: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return next(step["submit"]["feedbackItems"] for step in feedback if step.get("task") == "draft_feedback")


def five_actions() -> set[str]:
    return {"report_progress", "review_report", "hand_in", "sign_hand_in", "verify_item", "write_off"}
