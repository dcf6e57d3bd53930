"""Global tasks (BPMN 10.3.2): each is a process of its own, called by name, and who is named twice is one candidate."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine import release, schema
from engine.bpmn.finding import Finding
from engine.errors import DiagramInvalid
from tests.engine.bpmn.drawing import extended, file, flow, straight
from tests.engine.desk import BO, IDA, Desk

TABLE = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
    '<decision id="fee" name="fee"><decisionTable id="t" hitPolicy="UNIQUE">'
    '<input id="i"><inputExpression id="ie"><text>days</text></inputExpression></input>'
    '<output id="o" name="fee" typeRef="number"/>'
    '<rule id="r"><inputEntry id="e1"><text>&gt; 3</text></inputEntry>'
    '<outputEntry id="e2"><text>7</text></outputEntry></rule>'
    "</decisionTable></decision></definitions>"
)
CALL = extended(
    "callActivity",
    'id="ask" calledElement="g"',
    '<z:ioMapping><z:input source="=days" target="days"/><z:output source="=found" target="found"/></z:ioMapping>',
)
PEOPLE = '<z:assignmentDefinition candidateUsers="bo"/>'


def calling(task: str) -> bytes:
    """A process that calls a global task ``g`` and then waits for a person."""
    parts = ['<startEvent id="s"/>', CALL, '<userTask id="u"/>', flow("s", "ask"), flow("ask", "u")]
    return file(task + '<process id="p" isExecutable="true">' + "".join(parts) + "</process>")


@pytest.mark.parametrize(
    "task",
    [
        extended("globalScriptTask", 'id="g"', '<z:script expression="=days + 3" resultVariable="found"/>'),
        extended("globalBusinessRuleTask", 'id="g"', '<z:calledDecision decisionId="fee" resultVariable="found"/>'),
    ],
)
def test_a_global_task_that_computes_runs_when_it_is_called(desk: Desk, task: str) -> None:
    with desk.runtime.write(IDA) as command:
        release.release(command, {"p/p.bpmn": calling(task), "p/fee.dmn": TABLE.encode()}, plain=True)
    case = desk.start(days=4)

    assert list(desk.tasks(case)) == ["u"]
    assert desk.values(case)["found"] == 7


@pytest.mark.parametrize(
    "task",
    [extended("globalUserTask", 'id="g"', PEOPLE), '<globalManualTask id="g"/>', '<globalTask id="g"/>'],
)
def test_a_global_task_of_people_waits_for_them_when_it_is_called(desk: Desk, task: str) -> None:
    desk.release(calling(task))
    case = desk.start(days=4)
    assert list(desk.tasks(case)) == ["g"]

    desk.complete(case, "g", BO if "Definition" in task else IDA, found=1)

    assert list(desk.tasks(case)) == ["u"]
    assert desk.values(case)["found"] == 1


@pytest.mark.parametrize("tag", ["globalScriptTask", "globalBusinessRuleTask"])
def test_a_global_task_that_does_not_say_what_it_does_is_refused(desk: Desk, tag: str) -> None:
    with pytest.raises(DiagramInvalid) as refused:
        desk.release(calling(f'<{tag} id="g"/>'))
    rules = {each.rule for each in refused.value.problems if isinstance(each, Finding) and each.where == "g"}
    assert rules == {"script-not-feel" if "Script" in tag else "decision-missing"}


@pytest.mark.parametrize(
    ("named", "candidates"),
    [
        ('candidateUsers="ida, ida"', ["person:ida"]),
        ('assignee="ida" candidateUsers="ida,bo"', ["person:bo", "person:ida"]),
        ('candidateUsers="=[&#34;ida&#34;, null, &#34; ida&#34;]"', ["person:ida"]),
        ('candidateGroups="N, N" candidateUsers="ida"', ["N@*", "person:ida"]),
    ],
)
def test_whoever_is_named_twice_is_one_candidate(desk: Desk, named: str, candidates: list[str]) -> None:
    desk.release(straight(extended("userTask", 'id="u"', f"<z:assignmentDefinition {named}/>")))
    case = desk.start()

    with desk.runtime.read() as view:
        query = select(schema.candidate.c.audience).where(schema.candidate.c.task_id == desk.task_of(case))
        assert sorted(view.connection.execute(query).scalars()) == candidates
