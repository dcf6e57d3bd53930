"""Readable diagrams: doubts, never faults."""

from __future__ import annotations

import pytest

from tests.engine.bpmn.drawing import bare, file, flow, process, straight
from tests.engine.bpmn.lint.case import Case, check, judged
from tests.engine.bpmn.lint.pieces import ENDS, TASK, beside

SPLIT = (
    ENDS
    + '<task id="do_b" name="乙"/><exclusiveGateway id="g" default="no" {}/>'
    + flow("s", "g")
    + flow("g", "e", identity="no").replace("<sequenceFlow", "<sequenceFlow {}")
    + flow("g", "do_b", "x = 1", "yes").replace("<sequenceFlow", '<sequenceFlow name="是"')
    + flow("do_b", "e")
)
PICTURE = bare(
    '<di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI"><di:BPMNPlane bpmnElement="p">'
    '<di:BPMNShape bpmnElement="a"/></di:BPMNPlane></di:BPMNDiagram></bpmn:definitions>'
)

CASES = [
    Case(
        "id-style",
        "Activity_0x1y2",
        straight('<task id="Activity_0x1y2"/>'),
        straight('<task id="review_report"/>').replace(b'"begin"', b'"begun"'),
    ),
    Case("id-style", "report", straight('<task id="report"/>'), straight('<task id="review_report2"/>')),
    Case("id-style", "审核", straight('<task id="审核"/>'), straight('<task id="review_report"/>')),
    Case("label-missing", "a", straight(TASK), straight('<task id="a" name="核"/>')),
    Case(
        "label-missing",
        "f",
        beside('<endEvent id="f"/>', flow("a", "f")).replace(b'id="a"', b'id="a" name="x"'),
        straight('<task id="a" name="x"/>'),
    ),
    Case(
        "gateway-question",
        "g",
        process(SPLIT.format('name="是否"', 'name="否"')),
        process(SPLIT.format('name="是否？"', 'name="否"')),
    ),
    Case(
        "gateway-question",
        "g",
        process(SPLIT.format('name="ok?"', "")),
        process(SPLIT.format('name="ok?"', 'name="否"')),
    ),
    Case(
        "too-many-elements",
        "p",
        straight(*(f'<task id="do_{n}"/>' for n in range(19))),
        straight(*(f'<task id="do_{n}"/>' for n in range(18))),
    ),
    Case("diagram-missing", "p", process(TASK), process(TASK).replace(b"</bpmn:definitions>", PICTURE)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_hard_to_read_is_a_doubt(case: Case) -> None:
    check(case)
    assert {each.severity for each in judged(case.wrong) if each.rule == case.rule} == {"warning"}


def test_a_global_task_needs_no_drawing() -> None:
    xml = file('<globalUserTask id="sign_report" name="签字"/>')
    assert judged(xml) == ()
