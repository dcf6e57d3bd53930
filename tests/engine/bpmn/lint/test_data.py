"""Data that could not be read back, and what is said twice where once counts."""

from __future__ import annotations

import pytest

from tests.engine.bpmn.drawing import extended, flow, process, properties, straight
from tests.engine.bpmn.lint.case import Case, check, judged
from tests.engine.bpmn.lint.pieces import CATCH, OK, TASK, THROW

HEADERS = '<z:taskHeaders><z:header key="{}" value="1"/><z:header key="b" value="2"/></z:taskHeaders>'
STORE = '<dataStore id="d"/>'
REFERENCE = '<dataStoreReference id="store" dataStoreRef="d"/><dataObject id="one"/><dataObject id="two"/>'
SIDE = '<ioSpecification><dataInput id="given"/></ioSpecification>'


def out(target: str) -> bytes:
    return straight(
        extended("userTask", 'id="x"', f'<z:ioMapping><z:output source="=1" target="{target}"/></z:ioMapping>')
    )


def result(name: str) -> bytes:
    return straight(extended("scriptTask", 'id="x"', f'<z:script expression="=1" resultVariable="{name}"/>'))


def taking(*sources: str, more: str = "") -> bytes:
    found = "".join(f"<sourceRef>{source}</sourceRef>" for source in sources)
    association = f"<dataInputAssociation>{found}<targetRef>given</targetRef>{more}</dataInputAssociation>"
    return process(f'{REFERENCE}<task id="x">{SIDE}{association}</task>', STORE)


def timed(*forms: str) -> bytes:
    inner = "".join(f"<{form}>=t</{form}>" for form in forms)
    return straight(f'<{CATCH} id="x"><timerEventDefinition>{inner}</timerEventDefinition></{CATCH}>')


CASES = [
    Case("name-invalid", "x", out("a.b"), out("a_b")),
    Case("name-invalid", "x", out(""), out("意见")),
    Case("name-invalid", "x", result("if"), result("iff")),
    Case("name-invalid", "x", result("1st"), result("first1")),
    Case("name-invalid", "x", result("two words"), result("words")),
    Case(
        "name-invalid",
        "x",
        straight(extended(THROW, 'id="x"', '<z:ioMapping><z:input source="=1" target="a-b"/></z:ioMapping>')),
        straight(extended(THROW, 'id="x"', '<z:ioMapping><z:input source="=1" target="b"/></z:ioMapping>')),
    ),
    Case("data-store", "x", taking("store"), taking("one")),
    Case(
        "data-association",
        "x",
        taking("one", "two"),
        taking("one", "two", more="<transformation>one + two</transformation>"),
    ),
    Case(
        "input-set",
        "x",
        process('<task id="x"><ioSpecification><inputSet/><inputSet/></ioSpecification></task>'),
        process('<task id="x"><ioSpecification><inputSet/><outputSet/></ioSpecification></task>'),
    ),
    Case(
        "data-name-twice",
        "two",
        process(TASK + '<dataObject id="one" name="report"/><dataObject id="two" name="report"/>'),
        process(
            TASK + '<dataObject id="one" name="report"/><dataObjectReference id="r1" name="draft" dataObjectRef="one"/>'
            '<dataObjectReference id="r2" name="final" dataObjectRef="one"/>'
        ),
    ),
    Case("given-twice", "x", timed("timeDate", "timeCycle"), timed("timeDate")),
    Case("given-twice", "x", straight(extended("userTask", 'id="x"', "<z:ioMapping/>", "<z:ioMapping/>")), OK),
    Case(
        "given-twice",
        "x",
        straight(
            extended(
                "userTask", 'id="x"', properties(basis="a").replace("</z", '<z:property name="basis" value="b"/></z')
            )
        ),
        straight(extended("userTask", 'id="x"', properties(basis="a", seedRef="b"))),
    ),
    Case(
        "given-twice",
        "x",
        straight(extended("serviceTask", 'id="x"', '<z:taskDefinition type="t"/>', HEADERS.format("b"))),
        straight(extended("serviceTask", 'id="x"', '<z:taskDefinition type="t"/>', HEADERS.format("a"))),
    ),
    Case(
        "given-twice",
        "x",
        straight(
            '<task id="x"><standardLoopCharacteristics loopMaximum="2"/><multiInstanceLoopCharacteristics>'
            "<loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics></task>"
        ),
        straight('<task id="x"><standardLoopCharacteristics loopMaximum="2"/></task>'),
    ),
    Case(
        "given-twice",
        "f_a_b",
        process(TASK + '<task id="b"/>' + flow("a", "b", "x</conditionExpression><conditionExpression>y")),
        process(TASK + '<task id="b"/>' + flow("a", "b", "x")),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_data_is_told_once_and_under_a_name_that_can_be_read(case: Case) -> None:
    check(case)


def test_documentation_may_be_given_as_often_as_one_likes() -> None:
    xml = process('<task id="a"><documentation>一</documentation><documentation>二</documentation></task>')
    assert not [finding for finding in judged(xml) if finding.severity == "error"]
