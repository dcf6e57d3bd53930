"""How findings come: in the order of the file, with its name, in words that hold no hole."""

from __future__ import annotations

from engine.bpmn import diagram, lint
from engine.errors import DiagramInvalid, Problem
from tests.engine.bpmn.drawing import process
from tests.engine.bpmn.lint.pieces import TASK


def test_findings_come_in_the_order_of_the_file_and_name_it() -> None:
    xml = process(TASK + '\n<scriptTask id="b"/>\n<serviceTask id="c"/>\n<gadget/>')
    found = lint.check(diagram.read(xml, "case.bpmn"))
    assert [finding.line for finding in found] == sorted(finding.line for finding in found)
    assert {finding.source for finding in found} == {"case.bpmn"}
    assert {finding.element for finding in found} >= {"a", "b", "c", "p"}


def test_a_finding_is_a_problem_and_reads_as_a_sentence_with_its_place_and_rule() -> None:
    (finding,) = [
        each for each in lint.check(diagram.read(process('<scriptTask id="b"/>'))) if each.severity == "error"
    ]
    assert isinstance(finding, Problem)
    assert str(finding).startswith("b, line 5: The script task b has no FEEL expression to run. Write zeebe:script ")
    assert str(finding).endswith("[script-not-feel]")
    assert "[script-not-feel]" in str(DiagramInvalid("No.", [finding]))


def test_the_place_of_a_finding_is_file_line_and_element() -> None:
    (found,) = (
        each
        for each in lint.check(diagram.read(process('<scriptTask id="b"/>'), "case.bpmn"))
        if each.rule == "script-not-feel"
    )
    assert found.place == "case.bpmn:5, b"


def test_the_same_diagram_is_judged_the_same_twice() -> None:
    read = diagram.read(process(TASK + '<task id="b"/><exclusiveGateway id="g"/>'))
    assert lint.check(read) == lint.check(read)
