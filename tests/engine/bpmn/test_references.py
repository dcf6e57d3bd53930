"""A reference means what XML says it means: its prefix is a namespace, blanks round it are nothing."""

from __future__ import annotations

import pytest

from engine.bpmn import diagram, lint
from engine.bpmn.finding import Finding
from engine.errors import DiagramInvalid
from tests.engine.bpmn import drawing

OTHER = 'xmlns:o="urn:other" xmlns:t="urn:test" '
TOP = (
    '<message id="m" name="fee"/><signal id="g" name="rain"/><error id="r" errorCode="R"/>'
    '<escalation id="c" escalationCode="C"/>'
)
# Where each stands: what a token needs to find.
USES = [
    '<receiveTask id="x" messageRef="{}m"/>',
    '<endEvent id="x"><messageEventDefinition messageRef="{}m"/></endEvent>',
    '<endEvent id="x"><signalEventDefinition signalRef="{}g"/></endEvent>',
    '<endEvent id="x"><errorEventDefinition errorRef="{}r"/></endEvent>',
    '<endEvent id="x"><escalationEventDefinition escalationRef="{}c"/></endEvent>',
    '<endEvent id="x"><compensateEventDefinition activityRef="{}a"/></endEvent>',
    '<endEvent id="x"><eventDefinitionRef>{}ed</eventDefinitionRef></endEvent>',
    '<sequenceFlow id="x" sourceRef="a" targetRef="{}b"/>',
    '<exclusiveGateway id="x" default="{}f"/>',
    '<boundaryEvent id="x" attachedToRef="{}a"/>',
    '<dataObjectReference id="x" dataObjectRef="{}d"/>',
    '<callActivity id="x" calledElement="{}p"/>',
    '<task id="x"><dataInputAssociation><sourceRef>{}d</sourceRef></dataInputAssociation></task>',
    '<laneSet><lane id="x"><flowNodeRef>{}a</flowNodeRef></lane></laneSet>',
]
BESIDE = '<task id="a"/><task id="b"/><dataObject id="d"/><sequenceFlow id="f" sourceRef="a" targetRef="b"/>\n'
TIMED = '<timerEventDefinition id="ed"><timeDuration>P1D</timeDuration></timerEventDefinition>'


def file(use: str) -> bytes:
    xml = drawing.process(BESIDE + use, TOP + TIMED)
    return xml.replace(b"xmlns:zeebe", OTHER.encode() + b"xmlns:zeebe", 1)


def refused(xml: bytes) -> list[Finding]:
    with pytest.raises(DiagramInvalid) as caught:
        diagram.read(xml)
    return [problem for problem in caught.value.problems if isinstance(problem, Finding)]


@pytest.mark.parametrize("use", USES)
def test_a_reference_into_another_namespace_is_refused_and_the_namespace_named(use: str) -> None:
    (found,) = refused(file(use.format("o:")))
    assert (found.rule, found.element) == ("dangling-reference", "x")
    assert "urn:other" in found.sentence and found.advice and found.line


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("prefix", ["t:", "bpmn:", "", " ", " &#9;"])
def test_a_reference_into_the_file_itself_is_found_with_any_prefix_that_means_it(use: str, prefix: str) -> None:
    assert diagram.read(file(use.format(prefix))).processes["p"] == diagram.read(file(use.format(""))).processes["p"]


def test_a_prefix_that_is_declared_nowhere_is_refused() -> None:
    (found,) = refused(file('<receiveTask id="x" messageRef="nowhere:m"/>'))
    assert (found.rule, found.element) == ("dangling-reference", "x")
    assert "nowhere:m" in found.sentence


def test_blanks_round_an_id_and_its_references_are_nothing() -> None:
    blank = drawing.process(
        '<task id=" a "/><task id="b&#10;"/><sequenceFlow id=" f" sourceRef="a " targetRef="&#9;b"/>',
        attributes='id=" p " isExecutable=" true "',
    )
    plain = drawing.process('<task id="a"/><task id="b"/><sequenceFlow id="f" sourceRef="a" targetRef="b"/>')
    found = diagram.read(blank)
    assert found.processes == diagram.read(plain).processes
    assert not [finding for finding in lint.check(found) if finding.severity == "error"]


def test_an_id_with_a_blank_inside_is_none() -> None:
    assert [finding.rule for finding in refused(drawing.process('<task id="a b"/>'))] == ["id-invalid"]


def test_an_import_is_said_to_be_passed_over() -> None:
    imported = '<import namespace="urn:other" location="other.xsd" importType="http://www.w3.org/2001/XMLSchema"/>'
    (found,) = (
        each
        for each in lint.check(diagram.read(drawing.straight('<task id="a"/>', top=imported)))
        if each.rule == "import-unread"
    )
    assert (found.severity, found.line) == ("warning", 3)
    assert "other.xsd" in found.sentence


@pytest.mark.parametrize(
    ("content", "top"),
    [
        ('<task id="x"><incoming>gone</incoming></task>', ""),
        ('<task id="x"><outgoing>mf</outgoing></task>', ""),
        (
            '<task id="x"/>',
            '<collaboration id="k"><messageFlow id="mf" sourceRef="a" targetRef="gone"/></collaboration>',
        ),
        ('<task id="x"/>', '<collaboration id="k"><participant id="pool" processRef="gone"/></collaboration>'),
        ('<dataStoreReference id="x" dataStoreRef="gone"/>', ""),
        (
            (
                '<intermediateThrowEvent id="x"><linkEventDefinition name="l"><target>x</target></linkEventDefinition>'
                '</intermediateThrowEvent><intermediateCatchEvent id="y"><linkEventDefinition name="l"/>'
                "</intermediateCatchEvent>"
            ),
            "",
        ),
    ],
)
def test_a_wrong_reference_that_has_no_bearing_is_a_warning(content: str, top: str) -> None:
    found = lint.check(diagram.read(drawing.process('<task id="a"/>\n' + content, top)))
    assert ("dangling-reference", "warning") in {(finding.rule, finding.severity) for finding in found}
    assert not [str(finding) for finding in found if finding.severity == "error"]


def assigned(source: str, target: str) -> diagram.Element:
    ends = f"<assignment><from>{source}</from><to>{target}</to></assignment>"
    io = '<ioSpecification><dataInput id="x_in" name="Amount"/></ioSpecification>'
    return (
        diagram.read(
            drawing.process(
                '<dataObject id="d1" name="Total"/>'
                f'<task id="x">{io}<dataInputAssociation><targetRef>x_in</targetRef>{ends}</dataInputAssociation>'
                "</task>"
            )
        )
        .processes["p"]
        .scope.elements["x"]
    )


def test_an_assignment_that_names_a_data_element_by_its_id_means_its_variable() -> None:
    for source, target in (("d1", "x_in"), ("Total", "Amount"), (" =d1", "=x_in ")):
        (found,) = assigned(source, target).inputs
        assert (found.source, found.target) == ("=Total", "Amount")
    (found,) = assigned("5 + 1", "elsewhere").inputs
    assert (found.source, found.target) == ("=5 + 1", "elsewhere")


def test_inputs_and_outputs_of_a_process_name_its_variables() -> None:
    io = (
        '<ioSpecification id="io"><dataInput id="di" name="amount"/><inputSet id="is"><dataInputRefs>di</dataInputRefs>'
        '</inputSet><outputSet id="os"/></ioSpecification>'
    )
    task = (
        '<task id="x"><ioSpecification><dataInput id="x_in" name="sum"/><inputSet><dataInputRefs>x_in</dataInputRefs>'
        "</inputSet><outputSet/></ioSpecification><dataInputAssociation><sourceRef>di</sourceRef>"
        "<targetRef>x_in</targetRef></dataInputAssociation></task>"
    )
    read = diagram.read(drawing.process(io + task))
    assert not [str(finding) for finding in lint.check(read) if finding.severity == "error"]
    (found,) = read.processes["p"].scope.elements["x"].inputs
    assert (found.source, found.target) == ("=amount", "sum")
