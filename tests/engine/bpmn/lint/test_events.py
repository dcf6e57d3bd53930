"""Which event may stand where, what it must say, and which times can be read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.bpmn.diagram import EVENT_KINDS
from tests.engine.bpmn.drawing import extended, flow, properties, straight
from tests.engine.bpmn.lint.case import Case, check, judged
from tests.engine.bpmn.lint.pieces import CATCH, CONDITION, FEE, OK, THROW, TIMER, WAIT, beside, sub

TOP = FEE + '<signal id="g" name="now"/><error id="e1" errorCode="E"/><escalation id="e2" escalationCode="E"/>'
DEFINITION = {
    "none": "",
    "message": WAIT,
    "signal": '<signalEventDefinition signalRef="g"/>',
    "timer": "<timerEventDefinition><timeDate>2026-04-01</timeDate></timerEventDefinition>",
    "error": '<errorEventDefinition errorRef="e1"/>',
    "escalation": '<escalationEventDefinition escalationRef="e2"/>',
    "conditional": CONDITION,
    "cancel": "<cancelEventDefinition/>",
    "compensate": "<compensateEventDefinition/>",
    "terminate": "<terminateEventDefinition/>",
    "link": '<linkEventDefinition name="on"/>',
}


def event(tag: str, kind: str, more: str = "") -> str:
    return f'<{tag} id="it"{more}>{DEFINITION[kind]}</{tag}>'


# Position -> a diagram with an event of that kind there, and the kinds that BPMN 2.0 table 10.93 and design allow.
PLACES: dict[str, tuple[Callable[[str], bytes], set[str]]] = {
    "start": (
        lambda kind: beside(event("startEvent", kind), flow("it", "a"), top=TOP),
        {"message", "signal", "timer"},
    ),
    "catch": (
        lambda kind: beside(flow("a", "it") * (kind != "link"), event(CATCH, kind), flow("it", "e"), top=TOP),
        {"message", "signal", "timer", "conditional", "link"},
    ),
    "throw": (
        lambda kind: beside(flow("a", "it"), event(THROW, kind), flow("it", "e") * (kind != "link"), top=TOP),
        {"none", "message", "signal", "escalation", "compensate", "link"},
    ),
    "end": (
        lambda kind: beside(flow("a", "it"), event("endEvent", kind), top=TOP),
        {"none", "message", "signal", "error", "escalation", "compensate", "terminate", "cancel"},
    ),
    "border": (
        lambda kind: beside(
            event("boundaryEvent", kind, ' attachedToRef="a"'), flow("it", "e") * (kind != "compensate"), top=TOP
        ),
        {"message", "signal", "timer", "conditional", "error", "escalation", "compensate", "cancel"},
    ),
    "event sub-process": (
        lambda kind: straight(
            sub(
                '<task id="in"/>'
                + sub(event("startEvent", kind) + '<task id="t"/>' + flow("it", "t"), 'id="y" triggeredByEvent="true"'),
            ),
            top=TOP,
        ),
        {"message", "signal", "timer", "conditional", "error", "escalation", "compensate"},
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", sorted({*EVENT_KINDS, "none"}))
def test_an_event_stands_where_bpmn_lets_it_and_nowhere_else(place: str, kind: str) -> None:
    draw, allowed = PLACES[place]
    found = [
        finding
        for finding in judged(draw(kind))
        if finding.rule in ("event-not-allowed-here", "event-sub-process-start")
    ]
    doubled = place == "start" and kind == "none"  # a second plain start is another rule's affair
    assert bool(found) == (kind not in allowed and not doubled), [str(finding) for finding in found]


def gateway(*followers: str) -> bytes:
    ids = [part.split('id="', 1)[1].split('"', 1)[0] for part in followers]
    flows = "".join(flow("g", key, identity=f"to_{key}") + flow(key, "e", identity=f"from_{key}") for key in ids)
    return beside('<eventBasedGateway id="g"/>', flow("a", "g"), *followers, flows, top=FEE)


KEYED = extended("message", 'id="m" name="fee"', '<z:subscription correlationKey="=unit"/>')
CAUGHT = f'<{CATCH} id="c">{WAIT}</{CATCH}>'
CYCLE = "<timerEventDefinition><timeCycle>{}</timeCycle></timerEventDefinition>"


def timed(definition: str) -> bytes:
    return straight(f'<{CATCH} id="x"><timerEventDefinition>{definition}</timerEventDefinition></{CATCH}>')


def bordered(definition: str, more: str = "") -> bytes:
    return beside(
        f'<boundaryEvent id="b" attachedToRef="a"{more}>{definition}</boundaryEvent>', flow("b", "e"), top=TOP
    )


CASES = [
    Case(
        "event-gateway",
        "g",
        gateway(CAUGHT, '<task id="t"/>'),
        gateway(f'<{CATCH} id="c">{TIMER}</{CATCH}>', '<receiveTask id="r" messageRef="m"/>'),
    ),
    Case(
        "event-gateway",
        "g",
        gateway(CAUGHT, f'<{THROW} id="t"/>'),
        gateway(CAUGHT, f'<{CATCH} id="t">{TIMER}</{CATCH}>'),
    ),
    Case(
        "event-gateway",
        "c",
        gateway(CAUGHT, f'<{CATCH} id="t">{TIMER}</{CATCH}>').replace(
            b"</bpmn:process>", b'<bpmn:sequenceFlow id="z" sourceRef="a" targetRef="c"/></bpmn:process>'
        ),
        gateway(CAUGHT, f'<{CATCH} id="t">{TIMER}</{CATCH}>', f'<{CATCH} id="u">{TIMER}</{CATCH}>'),
    ),
    Case(
        "event-gateway",
        "g",
        gateway(CAUGHT).replace(b'id="g"', b'id="g" eventGatewayType="Parallel"'),
        gateway(CAUGHT)
        .replace(b'id="g"', b'id="g" eventGatewayType="Parallel" instantiate="true"')
        .replace(b'<bpmn:sequenceFlow id="f_a_g" sourceRef="a" targetRef="g"></bpmn:sequenceFlow>', b""),
    ),
    Case(
        "event-not-allowed-here",
        "b",
        bordered(WAIT + DEFINITION["error"], ' parallelMultiple="true"'),
        bordered(WAIT + DEFINITION["signal"], ' parallelMultiple="true"'),
    ),
    Case(
        "event-name-missing",
        "x",
        straight('<receiveTask id="x"/>'),
        straight('<receiveTask id="x" messageRef="m"/>', top=FEE),
    ),
    Case(
        "event-name-missing",
        "x",
        straight('<sendTask id="x"/>'),
        straight('<sendTask id="x" messageRef="m"/>', top=FEE),
    ),
    Case(
        "event-name-missing",
        "x",
        straight(f'<{THROW} id="x"><messageEventDefinition/></{THROW}>'),
        straight(extended(THROW, 'id="x"', '<z:taskDefinition type="notify"/>', inner="<messageEventDefinition/>")),
    ),
    Case("event-name-missing", "x", straight(f'<{CATCH} id="x">{WAIT}</{CATCH}>', top='<message id="m"/>'), OK),
    Case("event-name-missing", "x", straight(f'<{CATCH} id="x"><signalEventDefinition/></{CATCH}>'), OK),
    Case(
        "event-name-missing",
        "x",
        beside('<endEvent id="x"><errorEventDefinition/></endEvent>', flow("a", "x")),
        bordered("<errorEventDefinition/>"),
    ),
    Case(
        "event-not-allowed-here",
        "b",
        bordered(DEFINITION["error"], ' cancelActivity="false"'),
        bordered(DEFINITION["error"]),
    ),
    Case(
        "event-not-allowed-here",
        "b",
        bordered(TIMER, ' parallelMultiple="true"'),
        bordered(TIMER + WAIT, ' parallelMultiple="true"'),
    ),
    Case(
        "event-not-allowed-here",
        "x",
        straight(f'<{CATCH} id="x">{TIMER}<linkEventDefinition name="on"/></{CATCH}>').replace(
            b'<bpmn:sequenceFlow id="f_begin_x" sourceRef="begin" targetRef="x"></bpmn:sequenceFlow>',
            f'<bpmn:{THROW} id="y"><bpmn:linkEventDefinition name="on"/></bpmn:{THROW}>'
            '<bpmn:sequenceFlow id="z" sourceRef="begin" targetRef="y"/>'.encode(),
        ),
        straight(f'<{CATCH} id="x">{TIMER}{WAIT}</{CATCH}>', top=FEE),
    ),
    Case(
        "boundary-of-nothing",
        "b",
        beside(
            sub(
                f'<startEvent id="in">{TIMER}</startEvent><task id="t"/>' + flow("in", "t"),
                'id="x" triggeredByEvent="true"',
            ),
            f'<boundaryEvent id="b" attachedToRef="x">{TIMER}</boundaryEvent>',
            flow("b", "e"),
        ),
        bordered(TIMER),
    ),
    Case(
        "condition-missing",
        "x",
        straight(f'<{CATCH} id="x"><conditionalEventDefinition/></{CATCH}>'),
        straight(f'<{CATCH} id="x">{CONDITION}</{CATCH}>'),
    ),
    Case(
        "message-key-missing",
        "x",
        straight(f'<{CATCH} id="x">{WAIT}</{CATCH}>', top=FEE),
        straight(f'<{CATCH} id="x">{WAIT}</{CATCH}>', top=KEYED),
    ),
    Case(
        "message-key-missing",
        "x",
        straight('<receiveTask id="x" messageRef="m"/>', top=FEE),
        straight('<sendTask id="x" messageRef="m"/>', top=FEE),
    ),
    Case(
        "message-key-missing",
        "in",
        beside(
            sub(
                f'<startEvent id="in">{WAIT}</startEvent><task id="t"/>' + flow("in", "t"),
                'id="y" triggeredByEvent="true"',
            ),
            top=FEE,
        ),
        beside(f'<startEvent id="in">{WAIT}</startEvent>', flow("in", "a"), top=FEE),
    ),
    Case("timer-text", "x", timed(""), timed("<timeDate>=due</timeDate>")),
    Case("timer-text", "x", timed("<timeDate>2026-02-30</timeDate>"), timed("<timeDate>2026-02-28</timeDate>")),
    Case(
        "timer-text",
        "x",
        timed("<timeDate>2026-02-28T25:00</timeDate>"),
        timed("<timeDate>2026-02-28T15:00:00+08:00</timeDate>"),
    ),
    Case(
        "timer-text",
        "x",
        timed("<timeDuration>10 days</timeDuration>"),
        timed("<timeDuration>P1Y2M10DT2H30M0.5S</timeDuration>"),
    ),
    Case("timer-text", "x", timed("<timeDuration>-PT1S</timeDuration>"), timed("<timeDuration>P2W</timeDuration>")),
    Case(
        "timer-text",
        "x",
        timed("<timeDuration>P</timeDuration>"),
        timed('<timeDuration>=duration("P1D")</timeDuration>'),
    ),
    Case("timer-text", "x", timed("<timeDuration>P1DT</timeDuration>"), timed("<timeDuration>PT0S</timeDuration>")),
    Case(
        "timer-text",
        "x",
        timed("<timeCycle>0 0 9 * * ?</timeCycle>"),
        timed("<timeCycle>R3/2026-04-01T09:00:00/P1D</timeCycle>"),
    ),
    Case(
        "timer-text",
        "s2",
        beside(f'<startEvent id="s2">{TIMER}</startEvent>', flow("s2", "a")),
        beside(f'<startEvent id="s2">{CYCLE.format("R/P1D")}</startEvent>', flow("s2", "a")),
    ),
    Case("cycle-zero", "x", timed("<timeCycle>R0/PT1H</timeCycle>"), timed("<timeCycle>R10/PT1H</timeCycle>")),
    Case("cycle-zero", "x", timed("<timeCycle>R/PT0S</timeCycle>"), timed("<timeCycle>R/PT10S</timeCycle>")),
    Case("cycle-zero", "x", timed("<timeCycle>R/PT0.000001S</timeCycle>"), timed("<timeCycle>R/PT1S</timeCycle>")),
    Case(
        "cycle-zero",
        "x",
        timed("<timeCycle>R5/2026-04-01T09:00:00/PT0.5S</timeCycle>"),
        timed("<timeCycle>R5/2026-04-01T09:00:00/PT0H1.5S</timeCycle>"),
    ),
    Case(
        "timer-text",
        "x",
        timed(f"<timeCycle>R{'9' * 10}/PT1H</timeCycle>"),
        timed(f"<timeCycle>R{'9' * 9}/PT1H</timeCycle>"),
    ),
    Case(
        "timer-text",
        "x",
        straight(extended("userTask", 'id="x"', '<z:taskSchedule dueDate="soon"/>')),
        straight(extended("userTask", 'id="x"', '<z:taskSchedule dueDate="2026-04-01" followUpDate="=later"/>')),
    ),
    Case(
        "timer-text",
        "x",
        straight(extended("sendTask", 'id="x" messageRef="m"', properties(timeToLive="a while")), top=FEE),
        straight(extended("sendTask", 'id="x" messageRef="m"', properties(timeToLive="PT1H")), top=FEE),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_event_says_what_it_waits_for_in_words_that_can_be_read(case: Case) -> None:
    check(case)


ERROR = '<endEvent id="out"><errorEventDefinition errorRef="e1"/></endEvent>'
ESCALATE = '<endEvent id="out"><escalationEventDefinition escalationRef="e2"/></endEvent>'
OTHER = TOP + '<error id="e3" errorCode="F"/><escalation id="e4" escalationCode="F"/>'


def climbing(end: str, catch: str = "", handler: str = "") -> bytes:
    """A sub-process that throws; what catches on its border; a handler beside it."""
    inside = sub(f'<task id="t"/>{end}' + flow("t", "out"))
    border = f'<boundaryEvent id="b" attachedToRef="x">{catch}</boundaryEvent>' + flow("b", "e") if catch else ""
    start = f'<startEvent id="in">{handler}</startEvent><task id="u"/>' + flow("in", "u")
    beside_it = sub(start, 'id="h" triggeredByEvent="true"') if handler else ""
    return beside(inside, flow("a", "x"), flow("x", "e"), border, beside_it, top=OTHER)


HANDLER = sub(
    f'<startEvent id="in">{DEFINITION["error"]}</startEvent>{ERROR}' + flow("in", "out"),
    'id="h" triggeredByEvent="true"',
)

CLIMBING = [
    Case("error-uncaught", "out", climbing(ERROR), climbing(ERROR, DEFINITION["error"])),
    Case(
        "error-uncaught",
        "out",
        climbing(ERROR, '<errorEventDefinition errorRef="e3"/>'),
        climbing(ERROR, "<errorEventDefinition/>"),
    ),
    Case("error-uncaught", "out", climbing(ERROR, DEFINITION["escalation"]), climbing(ERROR, "", DEFINITION["error"])),
    Case("error-uncaught", "out", beside(HANDLER, top=TOP), climbing(ERROR, "", "<errorEventDefinition/>")),
    Case("escalation-uncaught", "out", climbing(ESCALATE), climbing(ESCALATE, "<escalationEventDefinition/>")),
    Case(
        "escalation-uncaught",
        "out",
        climbing(ESCALATE, '<escalationEventDefinition escalationRef="e4"/>'),
        climbing(ESCALATE, "", DEFINITION["escalation"]),
    ),
]


@pytest.mark.parametrize("case", CLIMBING, ids=str)
def test_what_is_thrown_and_caught_by_nobody_is_a_doubt(case: Case) -> None:
    check(case)
    found = [finding.severity for finding in judged(case.wrong) if finding.rule == case.rule]
    assert found == ["warning"]


def test_several_timers_may_follow_an_event_gateway() -> None:
    xml = gateway(f'<{CATCH} id="t">{TIMER}</{CATCH}>', f'<{CATCH} id="u">{TIMER}</{CATCH}>')
    assert not [finding for finding in judged(xml) if finding.severity == "error"]
