"""Files held against the schema of BPMN 2.0: what modelers write fits, what stands in the wrong place is told."""

from __future__ import annotations

import pytest

from engine import release
from engine.bpmn import diagram
from engine.interpreter import validating
from engine.runtime import Command
from tests.engine.bpmn.drawing import straight
from tests.engine.desk import IDA, Desk

MODELER = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:modeler="http://camunda.org/schema/modeler/1.0"
  xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0" xmlns:color="http://www.omg.org/spec/BPMN/non-normative/color/1.0"
  id="Definitions_1" targetNamespace="http://bpmn.io/schema/bpmn" exporter="Camunda Modeler" exporterVersion="5.31.0"
  modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.7.0">
  <bpmn:collaboration id="Collaboration_1">
    <bpmn:participant id="Participant_1" name="\xe9\x99\xa2\xe5\x8a\x9e" processRef="Process_1" />
    <bpmn:group id="Group_1" categoryValueRef="CategoryValue_1" />
    <bpmn:textAnnotation id="TextAnnotation_1"><bpmn:text>note</bpmn:text></bpmn:textAnnotation>
    <bpmn:association id="Association_1" associationDirection="None" sourceRef="Participant_1"
      targetRef="TextAnnotation_1" />
  </bpmn:collaboration>
  <bpmn:category id="Category_1"><bpmn:categoryValue id="CategoryValue_1" value="Group" /></bpmn:category>
  <bpmn:process id="Process_1" name="Leave" isExecutable="true">
    <bpmn:extensionElements><zeebe:properties><zeebe:property name="a" value="b" /></zeebe:properties>
    </bpmn:extensionElements>
    <bpmn:laneSet id="LaneSet_1"><bpmn:lane id="Lane_1" name="Clerk"><bpmn:flowNodeRef>StartEvent_1</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>Activity_1</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
    <bpmn:startEvent id="StartEvent_1"><bpmn:outgoing>Flow_1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="Activity_1" name="\xe5\xae\xa1\xe6\x89\xb9" zeebe:modelerTemplate="io.example"
      zeebe:modelerTemplateVersion="1">
      <bpmn:documentation>why</bpmn:documentation>
      <bpmn:extensionElements><zeebe:userTask /><zeebe:formDefinition formId="f" />
        <zeebe:ioMapping><zeebe:input source="=a" target="b" /></zeebe:ioMapping></bpmn:extensionElements>
      <bpmn:incoming>Flow_1</bpmn:incoming><bpmn:outgoing>Flow_2</bpmn:outgoing>
      <bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
        <zeebe:loopCharacteristics inputCollection="=items" inputElement="item" /></bpmn:extensionElements>
        <bpmn:completionCondition xsi:type="bpmn:tFormalExpression">=true</bpmn:completionCondition>
      </bpmn:multiInstanceLoopCharacteristics>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="Event_1" cancelActivity="false" attachedToRef="Activity_1">
      <bpmn:timerEventDefinition id="TimerEventDefinition_1">
        <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">P1D</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:endEvent id="Event_2"><bpmn:incoming>Flow_2</bpmn:incoming><bpmn:terminateEventDefinition id="T_1" />
    </bpmn:endEvent>
    <bpmn:sequenceFlow id="Flow_1" sourceRef="StartEvent_1" targetRef="Activity_1" />
    <bpmn:sequenceFlow id="Flow_2" sourceRef="Activity_1" targetRef="Event_2" />
  </bpmn:process>
  <bpmn:message id="Message_1" name="paid"><bpmn:extensionElements><zeebe:subscription correlationKey="=no" />
  </bpmn:extensionElements></bpmn:message>
  <bpmndi:BPMNDiagram id="BPMNDiagram_1"><bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement="Collaboration_1">
    <bpmndi:BPMNShape id="Activity_1_di" bpmnElement="Activity_1" bioc:stroke="#205022" bioc:fill="#c8e6c9"
      color:background-color="#c8e6c9" color:border-color="#205022">
      <dc:Bounds x="270" y="80" width="100" height="80" /><bpmndi:BPMNLabel /></bpmndi:BPMNShape>
    <bpmndi:BPMNEdge id="Flow_1_di" bpmnElement="Flow_1"><di:waypoint x="215" y="120" /><di:waypoint x="270" y="120" />
    </bpmndi:BPMNEdge>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>
"""
LATE = straight('<userTask id="a">\n<extensionElements/>\n<documentation>why</documentation>\n</userTask>')


def test_what_modelers_of_today_write_fits_the_schema() -> None:
    assert validating.check(diagram.read(MODELER)) == ()


def test_a_part_that_stands_in_the_wrong_place_is_named_with_line_and_element() -> None:
    (finding,) = validating.check(diagram.read(LATE))

    line = LATE.decode().splitlines().index("<bpmn:documentation>why</bpmn:documentation>") + 1
    assert (finding.rule, finding.severity, finding.element, finding.line) == ("schema-broken", "warning", "a", line)
    assert "Element 'documentation'" in finding.sentence and "http" not in finding.sentence


def test_a_file_that_departs_everywhere_is_told_about_twenty_times_at_most() -> None:
    tasks = [
        f'<userTask id="t{n}">\n<extensionElements/>\n<documentation>w</documentation></userTask>' for n in range(40)
    ]

    assert len(validating.check(diagram.read(straight(*tasks)))) == 20


def test_the_faults_of_one_file_are_not_told_of_the_next() -> None:
    validating.check(diagram.read(LATE))

    assert validating.check(diagram.read(MODELER)) == ()


@pytest.mark.parametrize("fault", [False, True])
def test_a_release_warns_and_goes_through(desk: Desk, fault: bool) -> None:
    xml = LATE if fault else straight('<userTask id="a"/>')

    def released(command: Command) -> list[tuple[str, str]]:
        (done,) = release.release(command, {"p.bpmn": xml}, plain=True)
        return [(finding.rule, finding.source) for finding in done.warnings if finding.rule == "schema-broken"]

    with desk.runtime.write(IDA) as command:
        assert released(command) == ([("schema-broken", "p.bpmn")] if fault else [])
