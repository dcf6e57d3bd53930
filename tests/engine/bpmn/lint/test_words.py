"""No word of BPMN or zeebe is passed over in silence, and every expression can be read."""

from __future__ import annotations

import pytest

from engine.bpmn import lint
from engine.bpmn.dialect import BPMN, ZEEBE
from engine.bpmn.dialect.entry import Entry
from engine.errors import DiagramInvalid
from tests.engine.bpmn.drawing import extended, file, flow, process, straight
from tests.engine.bpmn.lint.case import Case, check, judged
from tests.engine.bpmn.lint.pieces import CATCH, FEE, OK, TASK, TIMER, WAIT, beside

SCRIPT = extended("scriptTask", 'id="x"', '<z:script expression="{}" resultVariable="r"/>')
SERVICE = '<z:taskDefinition type="count"/>'


def top(content: str) -> bytes:
    return file(content + '<process id="p">' + TASK + "</process>")


def condition(text: str) -> bytes:
    return process(TASK + '<task id="b"/>' + flow("a", "b", text))


def in_xpath(xml: bytes) -> bytes:
    """A file that names what the standard takes for granted, as many modelers do."""
    return xml.replace(b'id="file"', b'id="file" expressionLanguage="http://www.w3.org/1999/XPath"')


CASES = [
    Case("unknown-element", "p", process(TASK + "<gadget/>"), OK),
    Case("unknown-element", "c", process(TASK + '<choreographyTask id="c"/>'), OK),
    Case(
        "unknown-element",
        "c",
        top('<choreography id="c"/>'),
        top('<collaboration id="c"><conversation/></collaboration>'),
    ),
    Case(
        "unknown-element",
        "a",
        process('<task id="a"><potentialOwner/></task>'),
        process('<task id="a"><auditing/></task>'),
    ),
    Case(
        "unknown-element",
        "i",
        process(TASK + '<dataInput id="i"/>'),
        process('<task id="a"><ioSpecification><dataInput id="i"/></ioSpecification></task>'),
    ),
    Case(
        "unknown-element",
        "u",
        process('<laneSet id="l"><userTask id="u"/></laneSet>' + TASK),
        process('<laneSet id="l"/>' + TASK),
    ),
    Case("unknown-element", "a", process('<task id="a"><conditionExpression>x</conditionExpression></task>'), OK),
    Case("unknown-element", "e", top('<endEvent id="e"/>'), top('<message id="e" name="m"/>')),
    Case("unknown-element", "h", process(extended("task", 'id="a"', '<task id="h"/>')), OK),
    Case(
        "unknown-element",
        "a",
        process('<task id="a"><z:ioMapping/></task>'),
        process(extended("task", 'id="a"', "<z:ioMapping/>")),
    ),
    Case(
        "unknown-element",
        "x",
        straight(extended("userTask", 'id="x"', "<z:gadget/>")),
        straight(extended("userTask", 'id="x"', "<z:userTask/>")),
    ),
    Case(
        "unknown-element",
        "x",
        straight(extended("userTask", 'id="x"', SERVICE)),
        straight(extended("serviceTask", 'id="x"', SERVICE)),
    ),
    Case(
        "unknown-element",
        "x",
        straight(extended("userTask", 'id="x"', '<z:taskListeners><z:taskListener type="t"/></z:taskListeners>')),
        straight(extended("userTask", 'id="x"', '<z:priorityDefinition priority="1"/>')),
    ),
    Case(
        "unknown-attribute",
        "a",
        process('<task id="a" colour="red"/>'),
        process('<task id="a" camunda:asyncBefore="true"/>'),
    ),
    Case(
        "unknown-attribute",
        "a",
        process('<task id="a" z:retryCounter="3"/>'.replace("z:", "zeebe:")),
        process('<task id="a" zeebe:modelerTemplate="t"/>'),
    ),
    Case("unknown-attribute", "a", process('<task bpmn:id="a" id="a"/>'), OK),
    Case(
        "unknown-attribute",
        "x",
        straight('<userTask id="x" implementation="http://example.com/soap"/>'),
        straight('<userTask id="x" implementation="##unspecified"/>'),
    ),
    Case(
        "unknown-attribute",
        "x",
        straight(f'<transaction id="x" method="##Store">{TASK}</transaction>'),
        straight(f'<transaction id="x" method="##Compensate">{TASK}</transaction>'),
    ),
    Case(
        "unknown-attribute",
        "x",
        straight(extended("userTask", 'id="x"', '<z:formDefinition formKey="k"/>')),
        straight(extended("userTask", 'id="x"', '<z:formDefinition formId="k"/>')),
    ),
    Case("other-engine", "a", process('<task id="a" camunda:assignee="me"/>'), OK),
    Case("other-engine", "a", process(extended("task", 'id="a"', "<camunda:formData/>")), OK),
    Case(
        "must-understand",
        "file",
        top('<extension mustUnderstand="true" definition="x:y"/>'),
        top('<extension mustUnderstand="false"/>'),
    ),
    Case(
        "expression-language",
        "f_a_b",
        condition("x").replace(b"<bpmn:conditionExpression", b'<bpmn:conditionExpression language="python"'),
        condition("x").replace(b"<bpmn:conditionExpression", b'<bpmn:conditionExpression language="feel"'),
    ),
    Case("expression-language", "f_a_b", in_xpath(condition("x")), in_xpath(OK)),
    Case(
        "expression-language",
        "f_a_b",
        in_xpath(condition("x")),
        condition("x").replace(
            b'id="file"', b'id="file" expressionLanguage="https://www.omg.org/spec/DMN/20191111/FEEL/"'
        ),
    ),
    Case(
        "expression-language",
        "x",
        in_xpath(straight(f'<{CATCH} id="x">{TIMER.replace("P1D", "=due")}</{CATCH}>')),
        in_xpath(straight(f'<{CATCH} id="x">{TIMER}</{CATCH}>')),
    ),
    Case("expression-invalid", "a", condition("x &gt;"), condition("=x &gt; 1")),
    Case("expression-invalid", "x", straight(SCRIPT.format("=(1")), straight(SCRIPT.format("=(1)"))),
    Case(
        "expression-invalid",
        "x",
        straight(extended("userTask", 'id="x"', '<z:assignmentDefinition assignee="=a b c +"/>')),
        straight(extended("userTask", 'id="x"', '<z:assignmentDefinition assignee="a b c +"/>')),
    ),
    Case(
        "expression-invalid",
        "x",
        straight(f'<{CATCH} id="x">{TIMER.replace("P1D", "=P1D(")}</{CATCH}>'),
        straight(f'<{CATCH} id="x">{TIMER}</{CATCH}>'),
    ),
    Case("expression-invalid", "a", condition("x = " + "1" * 2_000), condition("x = " + "1" * 200)),
    Case("script-not-feel", "x", straight('<scriptTask id="x"/>'), straight(SCRIPT.format("=1"))),
    Case(
        "script-not-feel",
        "x",
        straight('<scriptTask id="x" scriptFormat="python"><script>import os</script></scriptTask>'),
        OK,
    ),
    Case(
        "script-not-feel",
        "x",
        straight(SCRIPT.format("=1").replace('id="x"', 'id="x" scriptFormat="groovy"')),
        straight(SCRIPT.format("=1").replace('id="x"', 'id="x" scriptFormat="FEEL"')),
    ),
    Case(
        "script-not-feel",
        "x",
        straight(extended("scriptTask", 'id="x"', '<z:script expression="=1"/>')),
        straight(SCRIPT.format("=1")),
    ),
    Case(
        "start-without-variables",
        "s2",
        beside(
            f'<startEvent id="s2">{WAIT}</startEvent>', flow("s2", "a"), top=FEE.replace('"fee"', "'=\"fee/\" + unit'")
        ),
        beside(
            f'<startEvent id="s2">{WAIT}</startEvent>', flow("s2", "a"), top=FEE.replace('"fee"', '\'="fee/" + "x"\'')
        ),
    ),
    Case("no-process", "", OK.replace(b'isExecutable="true"', b'isExecutable="false"'), OK),
]


@pytest.mark.parametrize("case", [case for case in CASES if case.element], ids=str)
def test_a_word_that_is_not_run_is_named_with_its_place(case: Case) -> None:
    check(case)


def test_a_refused_word_comes_with_what_to_use_instead() -> None:
    xml = process('<task id="a"><potentialOwner/></task>')
    (found,) = [finding for finding in judged(xml) if finding.severity == "error"]
    assert found.advice == "Put the task into a lane, or name people in `zeebe:assignmentDefinition`."


def test_a_file_without_anything_to_run_says_so() -> None:
    (case,) = (case for case in CASES if not case.element)
    (found,) = [finding for finding in judged(case.wrong) if finding.severity == "error"]
    assert (found.rule, found.sentence) == ("no-process", "No process of the file is executable (found: p).")
    assert "no-process" not in {finding.rule for finding in judged(case.right)}


def test_a_process_that_is_not_executable_is_a_drawing_and_not_judged() -> None:
    xml = file(
        f'<process id="p">{TASK}</process><process id="q" isExecutable="false"><gadget/><scriptTask id="x"/></process>'
    )
    assert not [finding for finding in judged(xml) if finding.severity == "error"]
    (found,) = [finding for finding in judged(xml) if finding.rule == "not-executable"]
    assert (found.element, found.severity) == ("q", "warning")


@pytest.mark.parametrize("tag", sorted(tag for tag, entry in BPMN.items() if entry.word == "refused"))
def test_every_refused_element_of_bpmn_is_named_wherever_it_stands(tag: str) -> None:
    inner = f'<{tag} id="x"/>'
    for xml in (process(TASK + inner), top(inner), process(f'<userTask id="a">{inner}</userTask>')):
        elsewhere = {"script": "script-not-feel", "complexBehaviorDefinition": "behaviour-other-than-all"}
        if tag not in elsewhere:
            assert ("unknown-element", "x") in {(finding.rule, finding.element) for finding in judged(xml)}


@pytest.mark.parametrize("tag", sorted(tag for tag, entry in ZEEBE.items() if entry.word == "refused"))
def test_every_refused_element_of_zeebe_is_named(tag: str) -> None:
    xml = straight(extended("userTask", 'id="x"', f"<z:{tag}/>"))
    assert ("unknown-element", "x") in {(finding.rule, finding.element) for finding in judged(xml)}


def attributes(table: dict[str, Entry]) -> list[tuple[str, str]]:
    """Attributes that are refused on elements that are not."""
    return sorted((tag, each) for tag, entry in table.items() if entry.word != "refused" for each in entry.refused)


@pytest.mark.parametrize(("tag", "attribute"), attributes(BPMN))
def test_every_refused_attribute_of_bpmn_is_named_with_what_to_do(tag: str, attribute: str) -> None:
    inner = f'<{tag} id="x" {attribute}="v"/>'
    several = tag == "multiInstanceLoopCharacteristics"
    found = judged_or_dangling(process(f'<task id="x">{inner.replace(" id=", " name=")}</task>' if several else inner))
    rule = "behaviour-other-than-all" if several else "unknown-attribute"
    named = [each for each in found if (each.rule, each.element) == (rule, "x")]
    assert named and all(each.line and each.advice for each in named)


@pytest.mark.parametrize(("tag", "attribute"), attributes(ZEEBE))
def test_every_refused_attribute_of_zeebe_is_named_with_what_to_do(tag: str, attribute: str) -> None:
    host = next(host for host in ("userTask", "businessRuleTask", "callActivity") if host in ZEEBE[tag].within)
    found = judged(straight(extended(host, 'id="x"', f'<z:{tag} {attribute}="v"/>')))
    named = [each for each in found if (each.rule, each.element) == ("unknown-attribute", "x")]
    assert named and all(each.line and each.advice for each in named)


@pytest.mark.parametrize("tag", sorted(tag for tag, entry in BPMN.items() if entry.word == "kept"))
def test_every_kept_element_is_left_in_peace(tag: str) -> None:
    names = " ".join(f'{name}="a"' for name in sorted(BPMN[tag].kept - {"mustUnderstand"}))
    found = {finding.rule for finding in judged_or_dangling(process(f'<task id="a"/><{tag} {names}/>'))}
    assert not found & {"unknown-element", "unknown-attribute"}


def judged_or_dangling(xml: bytes) -> tuple[lint.Finding, ...]:
    """Findings; none for a diagram whose references the test has set to nonsense."""
    try:
        return judged(xml)
    except DiagramInvalid:
        return ()
