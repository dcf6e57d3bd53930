"""Rules on what happens a number of times, and on what is undone."""

from __future__ import annotations

import pytest

from tests.engine.bpmn import drawing
from tests.engine.bpmn.drawing import flow, straight
from tests.engine.bpmn.lint.case import Case, check
from tests.engine.bpmn.lint.pieces import IN, OK, OUT, TIMER, beside, sub

REPEATED = "<multiInstanceLoopCharacteristics{}><extensionElements><z:loopCharacteristics {}/></extensionElements>{}"
REPEATED += "</multiInstanceLoopCharacteristics>"


def several(attributes: str = 'inputCollection="=xs"', inner: str = "", own: str = "") -> bytes:
    return straight(f'<task id="a">{REPEATED.format(own, attributes, inner)}</task>')


def loop(attributes: str = "", inner: str = "") -> bytes:
    return straight(
        f'<task id="a"><standardLoopCharacteristics{attributes}>{inner}</standardLoopCharacteristics></task>'
    )


def prioritised(priority: str) -> bytes:
    extensions = f'<extensionElements><z:priorityDefinition priority="{priority}"/></extensionElements>'
    return straight(f'<userTask id="a">{extensions}</userTask>')


REPEATS = [
    Case("loop-bound", "a", loop(), loop(' loopMaximum="3"')),
    Case("loop-bound", "a", loop(' loopMaximum="0"'), loop("", "<loopCondition>x &gt; 1</loopCondition>")),
    Case(
        "loop-bound",
        "x",
        beside(
            sub(
                f'<standardLoopCharacteristics loopMaximum="2"/><startEvent id="in">{TIMER}</startEvent>{OUT}'
                + flow("in", "out"),
                'id="x" triggeredByEvent="true"',
            )
        ),
        OK,
    ),
    Case("multi-instance-source", "a", several('inputElement="x" outputCollection="r" outputElement="=x"'), several()),
    Case("multi-instance-source", "a", several(inner="<loopCardinality>3</loopCardinality>"), several()),
    *(
        Case(
            "number-out-of-range",
            "a",
            several("", f"<loopCardinality>{wrong}</loopCardinality>"),
            several("", "<loopCardinality>100000</loopCardinality>"),
        )
        for wrong in ("= -3", "100001", "1.5", "= true", "null", '"2"')
    ),
    Case("number-out-of-range", "a", prioritised("-1"), prioritised("0")),
    Case("number-out-of-range", "a", prioritised("abc"), prioritised("=abc")),
    Case("number-out-of-range", "a", prioritised("=2147483648"), prioritised("2147483647")),
    Case("multi-instance-source", "a", several('inputCollection="=xs" outputCollection="r"'), several()),
    Case("behaviour-other-than-all", "a", several(own=' behavior="One"'), several(own=' behavior="All"')),
    Case("behaviour-other-than-all", "a", several(inner="<complexBehaviorDefinition/>"), several()),
    Case(
        "quantity-below-one",
        "a",
        straight('<task id="a" startQuantity="0"/>'),
        straight('<task id="a" startQuantity="2"/>'),
    ),
    Case("quantity-below-one", "a", straight('<task id="a" completionQuantity="-1"/>'), OK),
    *(
        Case("quantity-too-large", "a", *(straight(f'<task id="a" {each}="{number}"/>') for number in (101, 100)))
        for each in ("startQuantity", "completionQuantity")
    ),
    Case(
        "ad-hoc", "x", straight(sub("", tag="adHocSubProcess")), straight(sub('<task id="t"/>', tag="adHocSubProcess"))
    ),
    Case("ad-hoc", "in", straight(sub(IN + '<task id="t"/>' + flow("in", "t"), tag="adHocSubProcess")), OK),
]

UNDO = '<task id="undo" isForCompensation="true"/>'
BORDER = '<boundaryEvent id="b" attachedToRef="a"><compensateEventDefinition/></boundaryEvent>'
LEADS = '<association sourceRef="b" targetRef="undo"/>'
ASK = '<endEvent id="ask"><compensateEventDefinition activityRef="a"/></endEvent>' + flow("a", "ask")
TRANSACTION = sub(IN + '<endEvent id="out"><cancelEventDefinition/></endEvent>' + flow("in", "out"), tag="transaction")


def caught(inside: str) -> bytes:
    """With a cancel event on the border of ``x``."""
    event = '<boundaryEvent id="b" attachedToRef="x"><cancelEventDefinition/></boundaryEvent>' + flow("b", "finish")
    return straight(inside).replace(b'<bpmn:endEvent id="finish"/>', drawing.bare('<endEvent id="finish"/>' + event))


def undone(sequential: str) -> bytes:
    """A sub-process done several times, with something to undo in it, and an end that asks for it."""
    several = f'<multiInstanceLoopCharacteristics isSequential="{sequential}"><loopCardinality>2</loopCardinality>'
    inner = several + "</multiInstanceLoopCharacteristics>" + IN + '<task id="t"/>' + flow("in", "t")
    inner += BORDER.replace('Ref="a"', 'Ref="t"') + UNDO + LEADS
    ask = '<intermediateThrowEvent id="ask"><compensateEventDefinition/></intermediateThrowEvent>'
    return straight(sub(inner), ask)


def twice(inside: str, sequential: str) -> str:
    """The same sub-process, done twice."""
    several = f'<multiInstanceLoopCharacteristics isSequential="{sequential}"><loopCardinality>2</loopCardinality>'
    return inside.replace('id="x">', f'id="x">{several}</multiInstanceLoopCharacteristics>', 1)


def asked_outside(sequential: str) -> bytes:
    """A sub-process done several times asks to undo what was done before it."""
    ask = '<endEvent id="ask"><compensateEventDefinition activityRef="a"/></endEvent>' + flow("in", "ask")
    return beside(BORDER, UNDO, LEADS, twice(sub(IN + ask), sequential), flow("a", "x"), flow("x", "e"))


def asked_of_itself(activity: str) -> bytes:
    """A sub-process asks to undo itself, or what it holds."""
    inner = IN + '<task id="t"/>' + BORDER.replace('Ref="a"', 'Ref="t"') + UNDO + LEADS
    inner += flow("in", "t") + flow("t", "ask")
    ask = f'<endEvent id="ask"><compensateEventDefinition activityRef="{activity}"/></endEvent>'
    return straight(sub(inner + ask))


def serving(event: str) -> bytes:
    """A sub-process with an event sub-process that is marked as compensation handler."""
    begun = f'<startEvent id="hs">{event}</startEvent><task id="ht"/>' + flow("hs", "ht")
    answer = sub(begun, 'id="h" triggeredByEvent="true" isForCompensation="true"')
    return straight(sub(IN + '<task id="t"/>' + flow("in", "t") + answer))


UNDOING = [
    Case(
        "compensation-handler",
        "h",
        serving("<errorEventDefinition/>"),
        serving("<compensateEventDefinition/>"),
    ),
    Case("compensation-handler", "b", beside(BORDER), beside(BORDER, UNDO, LEADS)),
    Case("compensation-handler", "undo", beside(UNDO), beside(BORDER, UNDO, LEADS)),
    Case(
        "compensation-handler",
        "b",
        beside(BORDER, '<task id="undo"/>', LEADS, flow("a", "undo"), flow("undo", "e")),
        OK,
    ),
    Case(
        "compensation-handler",
        "c",
        beside(BORDER, UNDO, LEADS, BORDER.replace('"b"', '"c"'), LEADS.replace('"b"', '"c"')),
        beside(BORDER, UNDO, LEADS),
    ),
    Case("compensation-handler", "ask", beside(ASK), beside(ASK, BORDER, UNDO, LEADS)),
    Case(
        "compensation-handler",
        "ask",
        beside(
            sub(IN + '<task id="t"/>' + flow("in", "t")) + flow("a", "x") + flow("x", "e"),
            ASK.replace('Ref="a"/', 'Ref="t"/'),
        ),
        OK,
    ),
    Case("flow-not-allowed-here", "undo", beside(BORDER, UNDO, LEADS, flow("a", "undo")), OK),
    Case("flow-not-allowed-here", "b", beside(BORDER, UNDO, LEADS, flow("b", "e")), OK),
    Case(
        "cancel-outside-transaction",
        "out",
        straight(TRANSACTION.replace("transaction", "subProcess")),
        caught(TRANSACTION),
    ),
    Case("cancel-uncaught", "x", straight(TRANSACTION), caught(TRANSACTION)),
    Case("cancel-uncaught", "x", caught(twice(TRANSACTION, "false")), caught(twice(TRANSACTION, "true"))),
    Case("compensation-inside-fan", "ask", asked_outside("false"), asked_outside("true")),
    Case("compensation-handler", "ask", asked_of_itself("x"), asked_of_itself("t")),
    Case("compensation-inside-fan", "x", undone("false"), undone("true")),
    Case(
        "cancel-outside-transaction",
        "b",
        beside('<boundaryEvent id="b" attachedToRef="a"><cancelEventDefinition/></boundaryEvent>', flow("b", "e")),
        caught(TRANSACTION),
    ),
]


@pytest.mark.parametrize("case", REPEATS + UNDOING, ids=str)
def test_repeating_and_undoing_are_held_to_what_can_be_done(case: Case) -> None:
    check(case)
