"""Rules on where a process begins, how it flows and how it ends."""

from __future__ import annotations

import pytest

from tests.engine.bpmn import drawing
from tests.engine.bpmn.drawing import flow, process, straight
from tests.engine.bpmn.lint.case import Case, check
from tests.engine.bpmn.lint.pieces import (
    CATCH,
    CONDITION,
    ENDS,
    FEE,
    IN,
    OK,
    OUT,
    TASK,
    THROW,
    TIMER,
    WAIT,
    beside,
    link,
    sub,
)

FORK = '<{} id="g"/>' + ENDS + flow("s", "g") + flow("g", "a", identity="one") + flow("g", "b", "{}", "two")
FORK += '<task id="a"/><task id="b"/>' + flow("a", "e") + flow("b", "e")
DEFAULT = FORK.replace('id="g"', 'id="g" default="one"')

SHAPES = [
    Case("no-start", "p", process(TASK + flow("a", "a")), OK),
    Case("no-start", "p", process(""), process(TASK)),
    Case("no-start", "x", straight(sub("")), straight(sub(TASK))),
    Case("unreachable-element", "b", beside('<task id="b"/>', flow("b", "e")), OK),
    Case("unreachable-element", "b", beside('<task id="b"/>', flow("b", "b")), OK),
    Case("dead-end", "s", process('<startEvent id="s"/>'), process('<startEvent id="s"/>' + TASK + flow("s", "a"))),
    Case(
        "dead-end",
        "b",
        beside(f'<boundaryEvent id="b" attachedToRef="a">{TIMER}</boundaryEvent>'),
        beside(f'<boundaryEvent id="b" attachedToRef="a">{TIMER}</boundaryEvent>', flow("b", "e")),
    ),
    Case(
        "dead-end",
        "b",
        beside('<task id="b"/>', flow("a", "b")),
        beside('<task id="b"/>', flow("a", "b"), flow("b", "e")),
    ),
    Case(
        "never-ends",
        "b",
        beside('<task id="b"/><task id="c"/>', flow("a", "b"), flow("b", "c"), flow("c", "b")),
        beside('<task id="b"/><task id="c"/>', flow("a", "b"), flow("b", "c"), flow("c", "b"), flow("c", "e")),
    ),
    Case(
        "never-ends",
        "b",
        straight(sub(IN + '<task id="b"/>' + flow("in", "b") + flow("b", "b"))),
        straight(sub(IN + '<task id="b"/>' + flow("in", "b") + flow("b", "b")) + "").replace(
            b'<bpmn:endEvent id="finish"/>',
            drawing.bare(
                f'<endEvent id="finish"/><boundaryEvent id="y" attachedToRef="x">{TIMER}</boundaryEvent>'
                + flow("y", "finish")
            ),
        ),
    ),
    Case("flow-not-allowed-here", "s", beside(flow("a", "s")), OK),
    Case("flow-not-allowed-here", "e", beside('<endEvent id="f"/>', flow("e", "f")), OK),
    Case(
        "flow-not-allowed-here",
        "b",
        beside(f'<boundaryEvent id="b" attachedToRef="a">{TIMER}</boundaryEvent>', flow("b", "e"), flow("a", "b")),
        OK,
    ),
    Case(
        "link-without-target",
        "t",
        beside(link(THROW, "t", "on"), flow("a", "t")),
        beside(link(THROW, "t", "on"), flow("a", "t"), link(CATCH, "c", "on"), flow("c", "e")),
    ),
    Case("link-without-target", "c", beside(link(CATCH, "c", "on"), flow("c", "e")), OK),
    Case(
        "link-without-target",
        "t",
        beside(
            link(THROW, "t", "on"), flow("a", "t"), *(link(CATCH, key, "on") + flow(key, "e") for key in ("c", "d"))
        ),
        OK,
    ),
    Case(
        "flow-not-allowed-here",
        "c",
        beside(link(THROW, "t", "on"), flow("a", "t"), link(CATCH, "c", "on"), flow("c", "e"), flow("a", "c")),
        OK,
    ),
    Case(
        "flow-not-allowed-here",
        "t",
        beside(link(THROW, "t", "on"), flow("a", "t"), link(CATCH, "c", "on"), flow("c", "e"), flow("t", "e")),
        OK,
    ),
    Case(
        "default-with-condition",
        "g",
        process(
            DEFAULT.format("exclusiveGateway", "x")
            .replace('id="two"', 'id="two"')
            .replace('id="g" default="one"', 'id="g" default="two"')
            .replace('targetRef="a">', 'targetRef="a"><conditionExpression>y</conditionExpression>', 1)
        ),
        process(DEFAULT.format("exclusiveGateway", "x")),
    ),
    Case(
        "default-elsewhere",
        "a",
        process(FORK.format("parallelGateway", "").replace('<task id="a"/>', '<task id="a" default="one"/>')),
        process(FORK.format("parallelGateway", "")),
    ),
    Case(
        "condition-missing",
        "one",
        process(FORK.format("exclusiveGateway", "x")),
        process(DEFAULT.format("exclusiveGateway", "x")),
    ),
    Case(
        "condition-missing",
        "two",
        process(DEFAULT.format("inclusiveGateway", "")),
        process(DEFAULT.format("inclusiveGateway", "x")),
    ),
    Case(
        "condition-on-parallel",
        "two",
        process(FORK.format("parallelGateway", "x")),
        process(FORK.format("parallelGateway", "")),
    ),
    Case(
        "condition-on-parallel",
        "out_of_s",
        process(ENDS + flow("s", "e", "x", "out_of_s")),
        process(ENDS + TASK + flow("s", "a") + flow("a", "e", "x")),
    ),
    Case(
        "gateway-direction",
        "g",
        process(FORK.format("parallelGateway", "").replace('id="g"', 'id="g" gatewayDirection="Converging"')),
        process(FORK.format("parallelGateway", "").replace('id="g"', 'id="g" gatewayDirection="Diverging"')),
    ),
    Case(
        "gateway-direction",
        "g",
        process(FORK.format("parallelGateway", "").replace('id="g"', 'id="g" gatewayDirection="Mixed"')),
        process(FORK.format("parallelGateway", "").replace('id="g"', 'id="g" gatewayDirection="Unspecified"')),
    ),
    Case(
        "complex-activation",
        "j",
        beside('<complexGateway id="j"/>', flow("a", "j"), flow("a", "j", identity="again"), flow("j", "e")),
        beside(
            '<complexGateway id="j"><activationCondition>activationCount = 2</activationCondition></complexGateway>',
            flow("a", "j"),
            flow("a", "j", identity="again"),
            flow("j", "e"),
        ),
    ),
]

STARTS = [
    Case(
        "sub-process-start",
        "in",
        straight(sub(f'<startEvent id="in">{WAIT}</startEvent>{OUT}' + flow("in", "out")), top=FEE),
        straight(sub(IN + OUT + flow("in", "out"))),
    ),
    Case(
        "event-sub-process-start",
        "x",
        beside(sub(IN + OUT + flow("in", "out"), 'id="x" triggeredByEvent="true"')),
        beside(
            sub(f'<startEvent id="in">{TIMER}</startEvent>{OUT}' + flow("in", "out"), 'id="x" triggeredByEvent="true"')
        ),
    ),
    Case("event-sub-process-start", "x", beside(sub(TASK.replace('"a"', '"t"'), 'id="x" triggeredByEvent="true"')), OK),
    Case(
        "event-sub-process-start",
        "in",
        beside(
            sub(
                '<startEvent id="in"><compensateEventDefinition/></startEvent>' + OUT + flow("in", "out"),
                'id="x" triggeredByEvent="true"',
            )
        ),
        straight(
            sub(
                TASK.replace('"a"', '"t"')
                + sub(
                    '<startEvent id="in"><compensateEventDefinition/></startEvent>' + OUT + flow("in", "out"),
                    'id="y" triggeredByEvent="true"',
                )
            )
        ),
    ),
    Case("duplicate-start", "s2", beside('<startEvent id="s2"/>', flow("s2", "a")), OK),
    Case(
        "duplicate-start",
        "i2",
        straight(sub(IN + '<startEvent id="i2"/>' + OUT + flow("in", "out") + flow("i2", "out"))),
        OK,
    ),
    Case(
        "duplicate-start",
        "s3",
        beside(*(f'<startEvent id="{key}">{WAIT}</startEvent>' + flow(key, "a") for key in ("s2", "s3")), top=FEE),
        beside(f'<startEvent id="s2">{WAIT}</startEvent>' + flow("s2", "a"), top=FEE),
    ),
    Case(
        "instantiate",
        "r",
        beside('<receiveTask id="r" instantiate="true" messageRef="m"/>', flow("a", "r"), flow("r", "e"), top=FEE),
        beside('<receiveTask id="r" instantiate="true" messageRef="m"/>', flow("r", "e"), top=FEE),
    ),
    Case(
        "instantiate",
        "r",
        straight(sub('<receiveTask id="r" instantiate="true" messageRef="m"/>'), top=FEE),
        straight(sub('<receiveTask id="r" messageRef="m"/>'), top=FEE),
    ),
    Case(
        "instantiate",
        "c",
        beside(
            '<eventBasedGateway id="g" instantiate="true"/>',
            f'<{CATCH} id="c">{CONDITION}</{CATCH}>',
            flow("g", "c"),
            flow("c", "e"),
        ),
        beside(
            '<eventBasedGateway id="g" instantiate="true"/>',
            f'<{CATCH} id="c">{WAIT}</{CATCH}>',
            flow("g", "c"),
            flow("c", "e"),
            top=FEE,
        ),
    ),
]


@pytest.mark.parametrize("case", SHAPES + STARTS, ids=str)
def test_a_diagram_that_breaks_a_rule_is_told_where_and_its_corrected_form_is_not(case: Case) -> None:
    check(case)


def test_a_process_may_begin_without_a_start_event_and_end_without_an_end_event() -> None:
    check(Case("no-start", "p", process(""), process(TASK + '<task id="b"/>' + flow("a", "b"))))


def test_every_kind_of_start_may_stand_beside_a_plain_one() -> None:
    top = FEE + '<signal id="g" name="now"/>'
    cycle = "<timerEventDefinition><timeCycle>R/P1D</timeCycle></timerEventDefinition>"
    starts = (WAIT, '<signalEventDefinition signalRef="g"/>', cycle)
    content = "".join(
        f'<startEvent id="s{n}">{kind}</startEvent>' + flow(f"s{n}", "a") for n, kind in enumerate(starts)
    )
    check(Case("duplicate-start", "s2", beside('<startEvent id="s2"/>', flow("s2", "a")), beside(content, top=top)))
