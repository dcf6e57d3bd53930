"""T14: history is evidence: whatever is done to it by hand shows, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from engine import anchor, history, schema
from engine.errors import Invalid, Tampered
from tests.engine.bpmn.drawing import straight
from tests.engine.desk import IDA, Desk

TWO_STEPS = straight('<userTask id="first"/>', '<userTask id="second"/>')
_e, _i = schema.event.c, schema.instance.c


def _worked(desk: Desk) -> str:
    desk.release(TWO_STEPS)
    case = desk.start(n=1)
    desk.complete(case, "first", amount=100)
    return case


def _by_hand(desk: Desk, *statements: Any) -> None:
    with desk.runtime.database.write() as connection:
        for statement in statements:
            connection.execute(statement)


def _swap(case: str) -> list[Any]:
    def moved(old: int, new: int) -> Any:
        return update(schema.event).where(_e.instance_id == case, _e.number == old).values(number=new)

    return [moved(2, 99), moved(3, 2), moved(99, 3)]


TAMPERINGS: dict[str, tuple[Callable[[str], list[Any]], str]] = {
    "an edited line": (
        lambda c: [update(schema.event).where(_e.instance_id == c, _e.number == 4).values(data="{}")],
        "Line 4",
    ),
    "a changed name": (
        lambda c: [update(schema.event).where(_e.instance_id == c, _e.number == 1).values(actor="bo")],
        "Line 1",
    ),
    "a removed line": (lambda c: [delete(schema.event).where(_e.instance_id == c, _e.number == 3)], "Line 3"),
    "two lines changed about": (_swap, "Line 2"),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_what_was_done_to_a_line_shows_and_where(desk_unsound: Desk, what: str) -> None:
    case = _worked(desk_unsound)
    tampering, where = TAMPERINGS[what]
    _by_hand(desk_unsound, *tampering(case))

    with desk_unsound.runtime.read() as view:
        (fault,) = anchor.verify(view).faults
    assert where in str(fault)


def test_an_inserted_line_shows(desk_unsound: Desk) -> None:
    case = _worked(desk_unsound)
    with desk_unsound.runtime.read() as view:
        last = history.lines(view.connection, case)[-1]
    _by_hand(desk_unsound, insert(schema.event).values({**last._mapping, "number": last.number + 1}))

    with desk_unsound.runtime.read() as view, pytest.raises(Tampered, match="was changed"):
        history.verify(view.connection, desk_unsound.runtime.keys.history, case)


def test_a_cut_off_tail_shows_against_the_head(desk_unsound: Desk) -> None:
    case = _worked(desk_unsound)
    _by_hand(desk_unsound, delete(schema.event).where(_e.instance_id == case, _e.number > 5))

    with desk_unsound.runtime.read() as view, pytest.raises(Tampered, match="cut off"):
        history.verify(view.connection, desk_unsound.runtime.keys.history, case)


def test_a_tail_cut_off_together_with_the_head_shows_against_an_anchor(desk_unsound: Desk) -> None:
    case = _worked(desk_unsound)
    with desk_unsound.runtime.write(IDA) as command:
        made = anchor.make(command)
    with desk_unsound.runtime.read() as view:
        kept = history.lines(view.connection, case)[4]
    _by_hand(
        desk_unsound,
        delete(schema.event).where(_e.instance_id == case, _e.number > 5),
        update(schema.instance).where(_i.id == case).values(sequence=5, head=kept.hash),
    )

    with desk_unsound.runtime.read() as view:
        history.verify(view.connection, desk_unsound.runtime.keys.history, case)
        (fault,) = anchor.check(view, made)
    assert "does not stand now" in str(fault)


def test_an_anchor_that_was_changed_is_none(desk: Desk) -> None:
    case = _worked(desk)
    with desk.runtime.write(IDA) as command:
        made = anchor.make(command)

    with desk.runtime.read() as view, pytest.raises(Invalid):
        anchor.check(view, made.replace(case, "f" * 32))


def test_a_table_changed_by_hand_shows_against_the_history(desk_unsound: Desk) -> None:
    case = _worked(desk_unsound)
    v = schema.variable.c
    _by_hand(desk_unsound, update(schema.variable).where(v.instance_id == case, v.name == "amount").values(value="1"))

    with desk_unsound.runtime.read() as view:
        (fault,) = anchor.verify(view).faults
    assert "tables" in str(fault)


def test_lines_of_a_removed_case_show(desk_unsound: Desk) -> None:
    case = _worked(desk_unsound)
    _by_hand(desk_unsound, delete(schema.instance).where(_i.id == case))

    with desk_unsound.runtime.read() as view:
        (fault,) = anchor.verify(view).faults
        assert view.connection.execute(select(_e.number).where(_e.instance_id == case)).first()
    assert "removed" in str(fault)
