"""Released without roles, a task is for whoever started the case: what starts by itself has to name somebody."""

from __future__ import annotations

import pytest

from engine.bpmn.finding import Finding
from engine.errors import DiagramInvalid
from tests.engine.bpmn.drawing import extended, file, flow
from tests.engine.desk import Desk

TOP = (
    extended("message", 'id="m" name="order"', '<z:subscription correlationKey="=no"/>')
    + '<signal id="g" name="rain"/>'
)
TIMER = "<timerEventDefinition><timeDate>{}</timeDate></timerEventDefinition>"
BEGUN = {
    "message": '<startEvent id="came"><messageEventDefinition messageRef="m"/></startEvent>',
    "signal": '<startEvent id="came"><signalEventDefinition signalRef="g"/></startEvent>',
    "timer": f'<startEvent id="came">{TIMER.format("2099-01-01")}</startEvent>',
    "receive": '<receiveTask id="came" messageRef="m" instantiate="true"/>',
}
IDA = '<z:assignmentDefinition candidateUsers="ida"/>'


def begun(by: str, *steps: str) -> bytes:
    """A process that begins by itself, then these steps side by side, beside one that a person starts."""
    flows = "".join(flow("came", step.split('id="')[1].split('"')[0]) for step in steps)
    other = '<process id="q"><startEvent id="s"/><userTask id="by_hand"/>' + flow("s", "by_hand") + "</process>"
    return file(TOP + f'<process id="p">{BEGUN[by]}{"".join(steps)}{flows}</process>{other}')


def refused(desk: Desk, *diagrams: bytes) -> list[tuple[str, str]]:
    with pytest.raises(DiagramInvalid) as caught:
        desk.release(*diagrams)
    return [(each.rule, each.where) for each in caught.value.problems if isinstance(each, Finding)]


@pytest.mark.parametrize("by", BEGUN)
@pytest.mark.parametrize("tag", ["userTask", "manualTask", "task"])
def test_a_task_that_would_be_nobodys_is_refused(desk: Desk, by: str, tag: str) -> None:
    assert refused(desk, begun(by, f'<{tag} id="u"/>')) == [("task-for-nobody", "u")]


def test_a_task_of_a_process_that_is_called_without_a_person_is_refused(desk: Desk) -> None:
    assert refused(desk, begun("message", '<callActivity id="c" calledElement="q"/>')) == [
        ("task-for-nobody", "by_hand")
    ]


@pytest.mark.parametrize("by", ["message", "signal", "timer"])
def test_a_task_that_names_somebody_is_theirs_whatever_began_the_case(desk: Desk, by: str) -> None:
    desk.release(begun(by, extended("userTask", 'id="u"', IDA)))
