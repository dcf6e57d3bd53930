"""Whatever is handed in as a diagram, reading it ends soon, opens nothing else, and refuses with a sentence."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from engine.bpmn import diagram
from engine.bpmn.finding import Finding
from engine.bpmn.reading import xml
from engine.errors import DiagramInvalid
from tests.engine.bpmn import drawing

ROOT = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
LAUGHS = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


def refused(content: bytes) -> list[Finding]:
    with pytest.raises(DiagramInvalid) as caught:
        diagram.read(content)
    found = [problem for problem in caught.value.problems if isinstance(problem, Finding)]
    assert found and len(found) == len(caught.value.problems)
    assert all(str(finding) and finding.severity == "error" for finding in found)
    return found


@pytest.mark.parametrize(
    ("content", "rule", "line"),
    [
        (b"", "not-xml", 1),
        (b"PK\x03\x04", "not-xml", 1),
        (b"\x00\x01\x02\xff\xfe", "not-xml", 1),
        ("不是图".encode("gb18030"), "not-xml", 1),
        (b'{"bpmn": true}', "not-xml", 1),
        (f"{ROOT}>\n<process>".encode(), "not-xml", 2),
        (f"{ROOT}>\n&undefined;</definitions>".encode(), "not-xml", 2),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "not-xml", 1),
        (b'<?xml version="1.0" encoding="cp037"?><a/>', "not-xml", 1),
        (b"<html><body/></html>", "not-bpmn", 1),
        (b'<definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd"/>', "not-bpmn", 1),
        (f"\n<!DOCTYPE html>{ROOT}/>".encode(), "doctype", 2),
        (
            f"<?xml version='1.0'?>\n<!-- <a> -->\n<?pi <!DOCTYPE?>\n{LAUGHS}{ROOT}>&c;</definitions>".encode(),
            "doctype",
            4,
        ),
        (f'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">{ROOT}/>'.encode(), "doctype", 1),
        (f"\ufeff<?xml version='1.0' encoding='utf-16'?>{LAUGHS}{ROOT}/>".encode("utf-16-le"), "doctype", 1),
        (f"{ROOT}/>".encode(), "no-process", 1),
        (drawing.process("<task/>"), "id-missing", 5),
        (drawing.file("<process/>"), "id-missing", 3),
        (drawing.process('<task id="a&quot; onload=&quot;x"/>'), "id-invalid", 5),
        (drawing.process('<task id="{id}"/>'), "id-invalid", 5),
        (drawing.process('<task id="' + "a" * 201 + '"/>'), "id-invalid", 5),
        (drawing.process('<task id="a"/>\n<task id="a"/>'), "duplicate-id", 6),
        (drawing.process('<task id="a" startQuantity="many"/>'), "attribute-value", 5),
        (drawing.process('<task id="a" startQuantity="9999999999999"/>'), "attribute-value", 5),
        (drawing.process('<task id="a" isForCompensation="perhaps"/>'), "attribute-value", 5),
        (drawing.process('<adHocSubProcess id="a" ordering="Random"/>'), "attribute-value", 5),
    ],
)
def test_what_is_no_readable_diagram_is_refused_by_name_and_line(content: bytes, rule: str, line: int) -> None:
    assert [(finding.rule, finding.line) for finding in refused(content)] == [(rule, line)]


@pytest.mark.parametrize(
    "content",
    [
        '<sequenceFlow id="x" sourceRef="a" targetRef="gone"/>',
        '<sequenceFlow id="x" sourceRef="a"/>',
        '<sequenceFlow id="x" sourceRef="a" targetRef="x"/>',
        '<exclusiveGateway id="x" default="gone"/>',
        '<boundaryEvent id="x" attachedToRef="gone"/>',
        '<boundaryEvent id="x"/>',
        '<boundaryEvent id="x" attachedToRef="g"/><parallelGateway id="g"/>',
        '<receiveTask id="x" messageRef="gone"/>',
        '<endEvent id="x"><messageEventDefinition messageRef="gone"/></endEvent>',
        '<endEvent id="x"><signalEventDefinition signalRef="a"/></endEvent>',
        '<endEvent id="x"><errorEventDefinition errorRef="gone"/></endEvent>',
        '<endEvent id="x"><escalationEventDefinition escalationRef="gone"/></endEvent>',
        '<endEvent id="x"><compensateEventDefinition activityRef="gone"/></endEvent>',
        '<endEvent id="x"><eventDefinitionRef>gone</eventDefinitionRef></endEvent>',
        '<dataObjectReference id="x" dataObjectRef="gone"/>',
        '<dataObjectReference id="x" dataObjectRef="y"/><dataObjectReference id="y" dataObjectRef="x"/>',
        '<dataObjectReference id="x"/>',
        '<task id="x"><dataInputAssociation><sourceRef>gone</sourceRef></dataInputAssociation></task>',
        (
            '<task id="x"><multiInstanceLoopCharacteristics><loopDataInputRef>gone</loopDataInputRef>'
            "</multiInstanceLoopCharacteristics></task>"
        ),
        '<laneSet><lane id="x"><flowNodeRef>gone</flowNodeRef></lane></laneSet>',
        '<association id="x" sourceRef="a" targetRef="gone"/>',
    ],
)
def test_a_reference_that_leads_nowhere_is_named_with_the_element_that_has_it(content: str) -> None:
    found = refused(drawing.process('<task id="a"/>\n' + content))
    assert {finding.rule for finding in found} == {"dangling-reference"}
    assert "x" in {finding.element for finding in found}
    assert {finding.line for finding in found} == {6}


def test_what_a_dangling_reference_leads_to_is_named() -> None:
    xml = drawing.process('<task id="a"/><sequenceFlow id="x" sourceRef="a" targetRef="gone"/>')
    (found,) = refused(xml)
    assert str(found) == (
        "x, line 5: The targetRef of sequenceFlow leads to gone, which is not in the diagram. "
        "Connect it anew, or delete it. [dangling-reference]"
    )


def test_a_data_object_that_refers_to_itself_inside_a_sub_process_does_not_hang() -> None:
    content = (
        '<subProcess id="s"><dataObjectReference id="d" dataObjectRef="d"/><dataObjectReference id="e"/></subProcess>'
    )
    assert [finding.element for finding in refused(drawing.process(content))] == ["d", "e"]


@pytest.mark.parametrize(
    ("content", "rule", "element"),
    [
        (
            '<task id="a"/><subProcess id="s"><task id="b"/></subProcess>' + drawing.flow("a", "b"),
            "flow-crosses-border",
            "f_a_b",
        ),
        (
            '<subProcess id="s"><boundaryEvent id="b" attachedToRef="a"/></subProcess><task id="a"/>',
            "boundary-of-nothing",
            "b",
        ),
        (
            (
                '<subProcess id="s"><dataObject id="d"/></subProcess>'
                '<task id="a"><dataOutputAssociation><targetRef>d</targetRef></dataOutputAssociation></task>'
            ),
            "data-out-of-reach",
            "a",
        ),
    ],
)
def test_what_crosses_the_border_of_a_scope_is_refused(content: str, rule: str, element: str) -> None:
    assert [(finding.rule, finding.element) for finding in refused(drawing.process(content))] == [(rule, element)]


def test_all_faults_are_told_at_once() -> None:
    content = '<task id="a"/><task id="a" startQuantity="x"/><exclusiveGateway id="g" default="no"/><task/>'
    assert {finding.rule for finding in refused(drawing.process(content))} == {
        "duplicate-id",
        "attribute-value",
        "dangling-reference",
        "id-missing",
    }


def test_a_file_is_read_in_the_encoding_it_names() -> None:
    text = drawing.process('<task id="批准" name="批准"/>').decode()
    for encoding, written in (("gb18030", "GB18030"), ("utf-16", "UTF-16"), ("utf-8-sig", "UTF-8"), ("big5", "Big5")):
        found = diagram.read(text.replace("UTF-8", written).replace("批准", "高中").encode(encoding))
        assert found.processes["p"].scope.elements["高中"].name == "高中"


def test_sizes_are_limited() -> None:
    assert refused(b" " * (xml.MAX_BYTES + 1))[0].rule == "too-large"
    assert refused(drawing.process("<incoming/>" * xml.MAX_ELEMENTS))[0].rule == "too-large"
    assert refused(drawing.file("<a>" * 97 + "</a>" * 97))[0].rule == "no-process"
    assert refused(drawing.file("<a>" * 101 + "</a>" * 101))[0].rule == "too-large"
    assert refused(drawing.process("<a " + " ".join(f'a{n}="x"' for n in range(101)) + "/>"))[0].rule == "too-large"


@pytest.mark.parametrize(
    "content",
    [
        f"{ROOT}>{'<a>' * 250_000}",
        f"{ROOT}>{'<a/>' * 250_000}</definitions>",
        f"{ROOT}>{'<!--x-->' * 200_000}</definitions>",
        "<!--" + "-" * 1_900_000,
        "<?x" + "?" * 1_900_000,
        "<!--x-->" * 200_000 + f"{ROOT}/>",
        f"{ROOT} " + " ".join(f'a{n}="{n}"' for n in range(100_000)) + "/>",
        f"{ROOT} " + " ".join(f'xmlns:a{n}="{n}"' for n in range(60_000)) + "/>",
        f"{ROOT}><process id='p'><documentation>{'<![CDATA[<]]>' * 120_000}</documentation></process></definitions>",
        f"{ROOT}><process id='p'>{'&amp;' * 390_000}</process></definitions>",
        f"{ROOT}><process id='p'>" + "".join(f"<a{n}/>" for n in range(19_000)) + "</process></definitions>",
    ],
    ids=[
        "deep",
        "wide",
        "comments",
        "open comment",
        "open instruction",
        "prolog",
        "attributes",
        "namespaces",
        "cdata",
        "text",
        "tags",
    ],
)
def test_a_flood_is_stopped_within_seconds(content: str) -> None:
    began = time.perf_counter()
    with contextlib.suppress(DiagramInvalid):
        diagram.read(content.encode())
    assert time.perf_counter() - began < 3


def test_no_file_and_no_address_is_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("geheim", encoding="utf-8")
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="{secret.as_uri()}"/>'
    found = diagram.read(drawing.process(f'<task id="a"><documentation>{include}</documentation></task>'))
    assert found.processes["p"].scope.elements["a"].documentation is None
    entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>{ROOT}><process id="p">&x;</process></definitions>'
    assert refused(entity.encode())[0].rule == "doctype"
