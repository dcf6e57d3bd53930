"""Files as other modelers write them have no fault: what they say besides is kept, and named where it means nothing."""

from __future__ import annotations

import pytest

from engine.bpmn import diagram, lint

FLOW = (
    '<startEvent id="s"/><userTask id="fill_in" name="Fill in"/><endEvent id="e"/>'
    '<sequenceFlow id="f1" sourceRef="s" targetRef="fill_in"/><sequenceFlow id="f2" sourceRef="fill_in" targetRef="e"/>'
)
MODEL = 'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
LANGUAGES = 'typeLanguage="http://www.w3.org/2001/XMLSchema" expressionLanguage="http://www.w3.org/1999/XPath"'

FILES = {
    "Flowable": f"""<definitions {MODEL} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
        xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:flowable="http://flowable.org/bpmn" {LANGUAGES}
        targetNamespace="http://www.flowable.org/processdef" exporter="Flowable Open Source Modeler">
        <message id="newOrder" name="newOrder"/>
        <process id="leave" name="Leave" isExecutable="true"><documentation>Asks for leave.</documentation>
        {FLOW.replace('id="fill_in"', 'id="fill_in" flowable:assignee="$INITIATOR"')}
        </process></definitions>""",
    "Activiti": f"""<definitions {MODEL} xmlns:activiti="http://activiti.org/bpmn" {LANGUAGES}
        targetNamespace="http://www.activiti.org/test"><process id="leave" isExecutable="true" isClosed="false"
        processType="None">{FLOW.replace('id="s"/>', 'id="s" activiti:initiator="who"/>')}</process></definitions>""",
    "Signavio": f"""<definitions {MODEL} xmlns:signavio="http://www.signavio.com" {
        LANGUAGES
    } exporter="Signavio Process Editor"
        targetNamespace="http://www.signavio.com"><process id="leave" isExecutable="true" isClosed="false">
        <laneSet id="ls"><lane id="l1" name="Clerk"><flowNodeRef>s</flowNodeRef><flowNodeRef>fill_in</flowNodeRef>
        <flowNodeRef>e</flowNodeRef></lane></laneSet>
        {
        FLOW.replace(
            '<userTask id="fill_in" name="Fill in"/>',
            '''<userTask completionQuantity="1" id="fill_in"
        implementation="##unspecified" isForCompensation="false" name="Fill in" startQuantity="1"><extensionElements>
        <signavio:signavioMetaData metaKey="bgcolor" metaValue="#ffffcc"/></extensionElements>
        <incoming>f1</incoming><outgoing>f2</outgoing></userTask>''',
        )
    }</process></definitions>""",
    "ADONIS": f"""<bpmn:definitions {MODEL.replace("xmlns=", "xmlns:bpmn=")} xmlns:adonis="http://www.boc-eu.com/adonis"
        id="defs" targetNamespace="http://www.boc-eu.com" {LANGUAGES}>
        <bpmn:import importType="http://www.w3.org/2001/XMLSchema" location="a.xsd" namespace="urn:a"/>
        <bpmn:collaboration id="co"><bpmn:participant id="pa" processRef="leave"/><bpmn:participant id="pb"/>
        <bpmn:messageFlow id="mf" sourceRef="pb" targetRef="fill_in"/></bpmn:collaboration>
        <bpmn:process id="leave" isExecutable="true">{FLOW.replace("<", "<bpmn:")}</bpmn:process></bpmn:definitions>""",
    "ARIS": f"""<definitions {MODEL} xmlns:tns="urn:aris" targetNamespace="urn:aris" {LANGUAGES}>
        <itemDefinition id="it" structureRef="xsd:string" xmlns:xsd="http://www.w3.org/2001/XMLSchema"/>
        <message id="m" name="told" itemRef="tns:it"/>
        <process id="leave" isExecutable="true"><ioSpecification><inputSet/><outputSet/></ioSpecification>{FLOW}
        <boundaryEvent id="b" attachedToRef="tns:fill_in"><messageEventDefinition messageRef="tns:m"/></boundaryEvent>
        <endEvent id="e2"/><sequenceFlow id="f3" sourceRef="b" targetRef="e2"/></process></definitions>""",
    "Camunda": f"""<bpmn:definitions {MODEL.replace("xmlns=", "xmlns:bpmn=")} xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
        xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="Definitions_1" targetNamespace="http://bpmn.io/schema/bpmn"
        modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.6.0">
        <bpmn:process id="leave" isExecutable="true"><bpmn:extensionElements><zeebe:versionTag value="1"/>
        </bpmn:extensionElements>{FLOW.replace("<", "<bpmn:")}</bpmn:process></bpmn:definitions>""",
}


@pytest.mark.parametrize("modeler", FILES)
def test_a_file_of_another_modeler_has_no_fault(modeler: str) -> None:
    xml = FILES[modeler].encode()
    read = diagram.read(xml, f"{modeler}.bpmn")
    found = lint.check(read)
    assert not [str(each) for each in found if each.severity == "error"]
    assert not lint.must(read.processes["leave"])
    assert [each.id for _, each in read.processes["leave"].walk()][:3] == ["s", "fill_in", "e"]


@pytest.mark.parametrize("modeler", ["Flowable", "Activiti"])
def test_words_of_another_engine_are_said_to_mean_nothing(modeler: str) -> None:
    found = lint.check(diagram.read(FILES[modeler].encode()))
    assert ("other-engine", "warning") in {(each.rule, each.severity) for each in found}


def test_an_expression_of_another_engine_is_refused_where_it_stands() -> None:
    condition = (
        '<sequenceFlow id="f2" sourceRef="fill_in" targetRef="e"><conditionExpression>${approved}</conditionExpression>'
    )
    xml = FILES["Flowable"].replace(
        '<sequenceFlow id="f2" sourceRef="fill_in" targetRef="e"/>', condition + "</sequenceFlow>"
    )
    found = [each for each in lint.check(diagram.read(xml.encode())) if each.severity == "error"]
    assert {"expression-language"} <= {each.rule for each in found} and {each.where for each in found} <= {
        "f2",
        "fill_in",
    }
