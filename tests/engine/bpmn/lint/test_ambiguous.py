"""What two events wait for at one place is not the same thing."""

from __future__ import annotations

import pytest

from tests.engine.bpmn.drawing import extended, flow, process
from tests.engine.bpmn.lint.case import Case, check, judged
from tests.engine.bpmn.lint.pieces import CATCH, sub

TOP = (
    '<error id="e1" errorCode="FULL"/><error id="e2" errorCode="FULL"/><error id="e3" errorCode="LATE"/>'
    '<escalation id="c1" escalationCode="FULL"/><escalation id="c3" escalationCode="LATE"/>'
    '<signal id="g1" name="rain"/><signal id="g2" name="rain"/><signal id="g3" name="sun"/>'
    + extended("message", 'id="m1" name="fee"', '<z:subscription correlationKey="=no"/>')
    + extended("message", 'id="m2" name="fee"', '<z:subscription correlationKey="=no"/>')
    + extended("message", 'id="m3" name="fee"', '<z:subscription correlationKey="=other"/>')
)
SAME = {
    "message": ('messageRef="m1"', 'messageRef="m2"', 'messageRef="m3"'),
    "signal": ('signalRef="g1"', 'signalRef="g2"', 'signalRef="g3"'),
    "error": ('errorRef="e1"', 'errorRef="e2"', 'errorRef="e3"'),
    "escalation": ('escalationRef="c1"', 'escalationRef="c1"', 'escalationRef="c3"'),
}


def definition(kind: str, ref: str = "") -> str:
    return f"<{kind}EventDefinition {ref}/>"


def border(*caught: str) -> bytes:
    """Events on the border of one task, each with something behind it."""
    parts = [
        f'<boundaryEvent id="x{n}" attachedToRef="a">{each}</boundaryEvent><task id="t{n}"/>' + flow(f"x{n}", f"t{n}")
        for n, each in enumerate(caught)
    ]
    return process(sub('<task id="b"/>', 'id="a"') + "".join(parts), TOP)


def handlers(*caught: str) -> bytes:
    """Event sub-processes inside one sub-process."""
    parts = [
        sub(
            f'<startEvent id="x{n}">{each}</startEvent><task id="t{n}"/>' + flow(f"x{n}", f"t{n}"),
            f'id="h{n}" triggeredByEvent="true"',
        )
        for n, each in enumerate(caught)
    ]
    return process(sub('<task id="b"/>' + "".join(parts), 'id="a"'), TOP)


def gateway(*caught: str) -> bytes:
    """Events behind one event gateway."""
    parts = [f'<{CATCH} id="x{n}">{each}</{CATCH}>' + flow("w", f"x{n}") for n, each in enumerate(caught)]
    return process('<eventBasedGateway id="w"/>' + "".join(parts), TOP)


def both(kind: str, place: object) -> Case:
    first, same, other = (definition(kind, ref) for ref in SAME[kind])
    return Case("ambiguous-catch", "x1", place(first, same), place(first, other))  # type: ignore[operator]


CASES = [
    *(both(kind, place) for kind in SAME for place in (border, handlers)),
    *(both(kind, gateway) for kind in ("message", "signal")),
    *(
        Case(
            "ambiguous-catch",
            "x1",
            place(definition(kind), definition(kind)),
            place(definition(kind), definition(kind, SAME[kind][0])),
        )
        for kind in ("error", "escalation")
        for place in (border, handlers)
    ),
    Case(
        "ambiguous-catch",
        "x1",
        handlers(definition("compensate"), definition("compensate")),
        handlers(definition("compensate"), definition("error")),
    ),
    Case(
        "ambiguous-catch",
        "x1",
        border(definition("cancel"), definition("cancel")).replace(b"subProcess", b"transaction"),
        border(definition("cancel"), definition("error")).replace(b"subProcess", b"transaction"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_two_events_that_would_catch_the_same_are_refused(case: Case) -> None:
    check(case)


def test_both_events_and_what_they_wait_for_are_named() -> None:
    (found,) = [
        each
        for each in judged(border(*(definition("error", ref) for ref in SAME["error"][:2])))
        if each.severity == "error"
    ]
    assert found.sentence == "x0 and x1 on the border of a wait for the same error FULL."


def test_a_border_and_the_scope_around_it_may_wait_for_the_same() -> None:
    inside = sub(
        f'<startEvent id="x">{definition("error")}</startEvent><task id="t"/>' + flow("x", "t"),
        'id="h" triggeredByEvent="true"',
    )
    xml = process(
        sub('<task id="b"/>' + inside, 'id="a"')
        + f'<boundaryEvent id="y" attachedToRef="a">{definition("error")}</boundaryEvent><task id="u"/>'
        + flow("y", "u"),
        TOP,
    )
    assert not [str(each) for each in judged(xml) if each.severity == "error"]


def test_times_and_conditions_may_come_twice() -> None:
    timer = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>"
    assert not [str(each) for each in judged(border(timer, timer)) if each.severity == "error"]
