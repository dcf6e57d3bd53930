"""What a diagram names outside itself must be there; where nobody says what is there, nothing is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from engine.bpmn.lint import Surroundings
from engine.errors import Problem
from tests.engine.bpmn.drawing import bare, extended, file, flow, process, properties, straight
from tests.engine.bpmn.lint.case import Case, check, judged
from tests.engine.bpmn.lint.pieces import TASK, sub

ROLES = {"组长": "team", "办公室": None}
AROUND = Surroundings(
    roles=ROLES,
    groups={"TL", "OC"},
    forms={"known": ("opinion",), "x": (), "y": ()},
    decisions={"rate"},
    processes={"child": ()},
    deadlines={"D14"},
    connectors={"count"},
    remits={"p": {"teamId": "team"}},
)
LANE = '<laneSet><lane id="l" name="{}"><flowNodeRef>x</flowNodeRef></lane></laneSet>'


def in_lane(name: str) -> bytes:
    return bare(LANE.format(name)) if name else b""


def user(*parts: str, lane: str = "组长", more: str = "") -> bytes:
    """One user task in a lane."""
    task = extended("userTask", 'id="x"', *parts, inner=more)
    return straight(task).replace(b'<bpmn:startEvent id="begin"/>', in_lane(lane) + b'<bpmn:startEvent id="begin"/>')


def started(*parts: str) -> bytes:
    """A process whose start event has these extensions."""
    return process(extended("startEvent", 'id="begin"', *parts) + TASK + flow("begin", "a"))


def work(*parts: str, tag: str = "serviceTask") -> bytes:
    return straight(extended(tag, 'id="x"', *parts))


def served(**named: str) -> bytes:
    """A service task with these properties."""
    return work('<z:taskDefinition type="count"/>', properties(**named))


def decide(attributes: str) -> bytes:
    return work(f"<z:calledDecision {attributes}/>", tag="businessRuleTask")


def call(attributes: str) -> bytes:
    return work(f"<z:calledElement {attributes}/>", tag="callActivity")


SEVERAL = (
    '<multiInstanceLoopCharacteristics><extensionElements><z:loopCharacteristics inputCollection="=units"/>'
    "</extensionElements></multiInstanceLoopCharacteristics>"
)
FORMS = Surroundings(forms={"known": ("opinion",)})
NARROW = Surroundings(roles=ROLES, remits={"p": {"unitId": "unit"}})
CALLS_BACK = Surroundings(processes={"child": ("other",), "other": ("p",)})
BY = '<z:assignmentDefinition candidateGroups="{}"/>'

CASES = [
    Case("lane-unknown", "l", user(lane="科长"), user(), AROUND),
    Case("lane-unknown", "x", user(BY.format("TL, XX")), user(BY.format("TL, OC")), AROUND),
    Case("task-without-lane", "x", user(lane=""), user(BY.format("=groups"), lane=""), AROUND),
    Case(
        "form-missing",
        "x",
        user('<z:formDefinition formId="gone"/>'),
        user('<z:formDefinition formId="known"/>'),
        AROUND,
    ),
    Case(
        "binding-type",
        "x",
        user('<z:formDefinition formId="known" bindingType="latest"/>'),
        user('<z:formDefinition formId="known" bindingType="deployment"/>'),
        AROUND,
    ),
    Case(
        "form-missing",
        "begin",
        started('<z:formDefinition formId="gone"/>'),
        started('<z:formDefinition formId="known"/>'),
        FORMS,
    ),
    Case(
        "form-missing",
        "in",
        straight(sub(extended("startEvent", 'id="in"', '<z:formDefinition formId="known"/>') + TASK + flow("in", "a"))),
        straight(sub('<startEvent id="in"/>' + TASK + flow("in", "a"))),
        FORMS,
    ),
    Case("deadline-unknown", "x", user(properties(deadline="D15")), user(properties(deadline="D14")), AROUND),
    Case("basis-missing", "x", user(), user(properties(basis="第三条")), AROUND),
    Case("not-by-unknown", "x", user(properties(notBy="y")), user(properties(notBy="x")), AROUND),
    Case("property-elsewhere", "x", served(realisedBy="paper"), served(basis="x"), AROUND),
    Case("property-elsewhere", "x", served(check="rate"), user(properties(check="rate")), AROUND),
    Case("property-elsewhere", "x", served(timeToLive="P1D"), served(colour="red"), AROUND),
    Case("property-misspelt", "x", user(properties(realisedBy="hand")), user(properties(realisedBy="paper")), AROUND),
    Case("property-misspelt", "x", user(properties(deadlin="D14")), user(properties(colour="red")), AROUND),
    Case("decision-missing", "x", user(properties(check="gone")), user(properties(check="rate")), AROUND),
    Case("audience-in-multi-instance", "x", user(more=SEVERAL), user(more=SEVERAL, lane="办公室"), NARROW),
    Case(
        "connector-unknown",
        "x",
        work('<z:taskDefinition type="fax"/>'),
        work('<z:taskDefinition type="count"/>'),
        AROUND,
    ),
    Case("connector-unknown", "x", work(), work('<z:taskDefinition type="count" retries="3"/>'), AROUND),
    Case(
        "connector-unknown",
        "x",
        work('<z:taskDefinition retries="3"/>'),
        work('<z:taskDefinition type="count" retries="=n"/>'),
        AROUND,
    ),
    Case(
        "connector-unknown",
        "x",
        work('<z:taskDefinition type="count" retries="often"/>'),
        work('<z:taskDefinition type="count" retries="0"/>'),
        AROUND,
    ),
    Case(
        "decision-missing",
        "x",
        decide('decisionId="gone" resultVariable="r"'),
        decide('decisionId="rate" resultVariable="r"'),
        AROUND,
    ),
    Case(
        "decision-missing",
        "x",
        decide('decisionId="=id" resultVariable="r"'),
        decide('decisionId="rate" resultVariable="r"'),
        AROUND,
    ),
    Case("decision-missing", "x", decide('decisionId="rate"'), decide('decisionId="rate" resultVariable="r"'), AROUND),
    Case(
        "decision-missing",
        "x",
        work(tag="businessRuleTask"),
        work('<z:taskDefinition type="count"/>', tag="businessRuleTask"),
        AROUND,
    ),
    Case(
        "binding-type",
        "x",
        decide('decisionId="rate" resultVariable="r" bindingType="latest"'),
        decide('decisionId="rate" resultVariable="r" bindingType="deployment"'),
        AROUND,
    ),
    Case("called-missing", "x", call('processId="gone"'), call('processId="child"'), AROUND),
    Case("called-missing", "x", call(""), call('processId="=which"'), AROUND),
    Case(
        "called-missing",
        "x",
        straight('<callActivity id="x"/>'),
        straight('<callActivity id="x" calledElement="child"/>'),
        AROUND,
    ),
    Case(
        "binding-type",
        "x",
        call('processId="child" bindingType="versionTag"'),
        call('processId="child" bindingType="latest"'),
        AROUND,
    ),
    Case(
        "propagate-all",
        "x",
        call('processId="child" propagateAllChildVariables="true"'),
        call('processId="child" propagateAllChildVariables="false" propagateAllParentVariables="false"'),
        AROUND,
    ),
    Case(
        "called-missing",
        "c",
        file(
            '<process id="p"><callActivity id="c" calledElement="q"/></process><process id="q" isExecutable="false"/>'
        ),
        file('<process id="p"><callActivity id="c" calledElement="q"/></process><globalManualTask id="q"/>'),
    ),
    Case("call-cycle", "x", call('processId="p"'), call('processId="child"')),
    Case("call-cycle", "x", call('processId="child"'), straight(TASK), CALLS_BACK),
    Case(
        "call-cycle",
        "c",
        file(
            '<process id="p"><callActivity id="c" calledElement="q"/></process>'
            '<process id="q"><callActivity id="d" calledElement="p"/></process>'
        ),
        file('<process id="p"><callActivity id="c" calledElement="q"/></process><globalUserTask id="q"/>'),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_named_must_be_there(case: Case) -> None:
    check(case)


def test_a_user_task_without_a_form_is_a_doubt_only() -> None:
    (found,) = [each for each in judged(user(), Surroundings(forms=())) if each.rule == "form-missing"]
    assert (found.severity, found.element) == ("warning", "x")
    assert not [each for each in judged(user(), AROUND) if each.rule == "form-missing"]


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in CASES
        if case.rule
        in (
            "lane-unknown",
            "task-without-lane",
            "deadline-unknown",
            "audience-in-multi-instance",
            "basis-missing",
        )
    ],
    ids=str,
)
def test_a_plain_diagram_from_anywhere_is_not_judged_by_what_nobody_told(case: Case) -> None:
    assert case.rule not in {finding.rule for finding in judged(case.wrong)}


def test_an_unknown_lane_lists_the_known_roles() -> None:
    (found,) = [each for each in judged(user(lane="科长"), AROUND) if each.rule == "lane-unknown"]
    assert "办公室, 组长" in found.advice


def test_a_circle_of_calls_is_shown_the_way_round() -> None:
    around = Surroundings(processes={"a": ("b", "c", "x"), "b": ("c",), "c": ("a", "p"), "x": ()})
    (found,) = [each for each in judged(call('processId="a"'), around) if each.rule == "call-cycle"]
    assert "p → a → c → p" in found.sentence


def test_a_service_task_is_shown_to_whoever_knows_its_connector() -> None:
    asked: list[tuple[str, dict[str, str], list[str]]] = []

    def judge(kind: str, headers: Mapping[str, str], inputs: Sequence[str]) -> list[Problem]:
        asked.append((kind, dict(headers), list(inputs)))
        return [Problem("header list", "There is no list {list}.", {"list": "units"})]

    headers = '<z:taskHeaders><z:header key="list" value="units"/></z:taskHeaders>'
    mapping = '<z:ioMapping><z:input source="=1" target="key"/></z:ioMapping>'
    xml = work('<z:taskDefinition type="count"/>', headers, mapping)
    (found,) = [each for each in judged(xml, Surroundings(work=judge)) if each.severity == "error"]
    assert asked == [("count", {"list": "units"}, ["key"])]
    assert (found.rule, found.element) == ("connector-misused", "x")
    assert (found.sentence, found.advice) == ("There is no list units.", "Correct the header list of x.")


def test_outer_lanes_that_only_group_others_need_no_role() -> None:
    lanes = (
        '<laneSet><lane id="o" name="巡察"><childLaneSet><lane id="l" name="组长"><flowNodeRef>x</flowNodeRef></lane>'
        "</childLaneSet></lane></laneSet>"
    )
    xml = process(lanes + '<userTask id="x"/>' + "<startEvent id='s'/>" + flow("s", "x"))
    assert not [finding for finding in judged(xml, AROUND) if finding.severity == "error"]
