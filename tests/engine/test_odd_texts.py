"""Texts that are too long or hold what is no character are met alike by both databases: refused by name, or kept."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from engine import instance, schema, task
from engine.errors import Invalid
from tests.engine.bpmn.drawing import extended, straight
from tests.engine.desk import IDA, Desk

CATCH = straight(
    '<intermediateCatchEvent id="a"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>',
    top=extended("message", 'id="m" name="=odd"', '<z:subscription correlationKey="=odd"/>'),
)
THROW = straight(
    '<intermediateThrowEvent id="a"><messageEventDefinition messageRef="m"/></intermediateThrowEvent>',
    '<userTask id="b"/>',
    top=extended("message", 'id="m" name="n"', '<z:subscription correlationKey="=odd"/>'),
)
SIGNAL = straight(
    '<intermediateCatchEvent id="a"><signalEventDefinition signalRef="m"/></intermediateCatchEvent>',
    top='<signal id="m" name="=odd"/>',
)
NUL, HALF = "a\x00b", "a\ud800b"


def asked(inside: str) -> bytes:
    return straight(f'<userTask id="a"><extensionElements>{inside}</extensionElements></userTask>')


ASSIGNED = asked('<z:assignmentDefinition assignee="=odd"/>')
OFFERED = asked('<z:assignmentDefinition candidateUsers="=[odd]"/>')
RANKED = asked('<z:priorityDefinition priority="=odd"/>')
PLAIN = straight('<userTask id="a"/>')


@pytest.mark.parametrize(
    ("diagram", "given"),
    [
        *((drawn, "x" * 256) for drawn in (CATCH, THROW, SIGNAL)),
        *((drawn, "x" * 65) for drawn in (ASSIGNED, OFFERED)),
        *((drawn, NUL) for drawn in (CATCH, THROW, SIGNAL, ASSIGNED, OFFERED)),
        *((RANKED, number) for number in (2**31, 10**20, -1)),
    ],
)
def test_what_an_expression_gives_and_no_column_takes_is_an_incident(desk: Desk, diagram: bytes, given: Any) -> None:
    desk.release(diagram)
    case = desk.start(odd=given) if not isinstance(given, int) else _ranked(desk, given)

    with desk.runtime.read() as view:
        where = schema.incident.c.instance_id == case
        told = view.connection.execute(select(schema.incident.c.element, schema.incident.c.message).where(where)).all()
    assert [row.element for row in told] == ["a"], told
    assert "limit" in told[0].message or "character" in told[0].message or "whole number" in told[0].message


def _ranked(desk: Desk, number: int) -> str:
    """Numbers go in as the diagram would have worked them out."""
    return desk.start(odd=number) if abs(number) < 2**53 else desk.start(odd=str(number))


@pytest.mark.parametrize(
    ("diagram", "given"),
    [(CATCH, "x" * 255), (SIGNAL, "x" * 255), (ASSIGNED, "x" * 64), (OFFERED, "x" * 64), (RANKED, 2**31 - 1)],
)
def test_what_is_just_within_the_limit_is_taken(desk: Desk, diagram: bytes, given: Any) -> None:
    desk.release(diagram)
    case = desk.start(odd=given)
    assert "incident.opened" not in {kind for kind, _ in desk.story(case)}
    assert desk.visits(case)[-1] == "a"


@pytest.mark.parametrize("name", ["", "#1", "x" * 256, NUL, HALF])
def test_a_variable_under_a_name_that_is_none_is_refused_and_nothing_changes(desk: Desk, name: str) -> None:
    desk.release(PLAIN)
    case = desk.start()
    before = desk.story(case)

    with pytest.raises(Invalid, match="variable"):
        desk.start("p", **{name: 1})
    with pytest.raises(Invalid, match="variable"):
        desk.complete(case, "a", IDA, **{name: 1})
    with pytest.raises(Invalid, match="variable"):
        desk.tell("n", "k", **{name: 1})
    assert desk.story(case) == before and list(desk.tasks(case)) == ["a"]


def test_a_value_with_a_character_that_is_none_is_kept_as_it_is(desk: Desk) -> None:
    desk.release(PLAIN)
    case = desk.start(odd=NUL)
    with desk.runtime.write(IDA) as command:
        task.complete(command, desk.tasks(case)["a"].id, {"x" * 255: NUL})
    assert desk.values(case) == {"odd": NUL, "x" * 255: NUL}


@pytest.mark.parametrize("number", ["", "x" * 256, NUL, HALF])
def test_a_case_is_not_begun_under_a_number_that_is_none(desk: Desk, number: str) -> None:
    desk.release(PLAIN)
    with pytest.raises(Invalid, match="number of a case"), desk.runtime.write(IDA) as command:
        instance.start(command, "p", {}, business_key=number)
    assert desk.cases() == []
