"""T14: history is evidence: whatever is done to it by hand shows, and where."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, insert, select, update

from engine import access, anchor, canonical, directory, history, schema
from engine.errors import Invalid, Tampered
from engine.evidence import comparing, verifying
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
        (fault,) = verifying.verify(view).faults
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
        (fault,) = verifying.verify(view).faults
    assert "variable" in str(fault) and "value of row 0/amount" in str(fault)


def test_lines_of_a_removed_case_show(desk_unsound: Desk) -> None:
    case = _worked(desk_unsound)
    _by_hand(desk_unsound, delete(schema.instance).where(_i.id == case))

    with desk_unsound.runtime.read() as view:
        faults = verifying.verify(view).faults
        assert view.connection.execute(select(_e.number).where(_e.instance_id == case)).first()
    assert "removed" in str(faults[0]) and "event" in str(faults[0])


NEW = ("name", "inner", "after", "follow_up", "stamp", "marking", "digest", "each", "single", "root", "body", "wanted")
NEW = (*NEW, "starter", "under", "columns", "outcome", "gave", "id")


def test_lines_of_an_older_version_say_less_and_are_not_held_against_it(desk: Desk) -> None:
    desk.release(TWO_STEPS)
    case = desk.start(n=1)
    desk.complete(case, "first", amount=100)
    with desk.runtime.read() as view:
        lines = [_older(line) for line in history.lines(view.connection, case)]
        stands = history.stored(view.connection, case)

    assert list(comparing.differences(history.fold(lines), stands)) == []
    del stands.tables["visit"][1,]
    assert [each.table for each in comparing.differences(history.fold(lines), stands)] == ["visit"]


def _older(line: Any) -> SimpleNamespace:
    data = {name: value for name, value in json.loads(line.data).items() if name not in NEW}
    if line.kind == "element.left":
        data["outcome"] = json.loads(line.data)["outcome"]
    if line.kind.startswith("task.") and "outcome" in json.loads(line.data):
        data["outcome"] = json.loads(line.data)["outcome"]
    return SimpleNamespace(**{**line._mapping, "data": json.dumps(data)})


def test_an_anchor_holds_every_chain_and_an_older_one_the_cases_alone(desk_unsound: Desk) -> None:
    case = _worked(desk_unsound)
    runtime = desk_unsound.runtime
    with runtime.write(IDA) as command:
        directory.put(command, directory.Person("ann", "Ann"))
    with runtime.write(IDA) as command:
        made = anchor.make(command)
    told = json.loads(made)
    said = {"at": told["at"], "heads": told["heads"]}
    key = Ed25519PrivateKey.from_private_bytes(runtime.keys.anchor.newest.key)
    older = json.dumps({**said, "signature": key.sign(canonical.text(said).encode()).hex()})
    lines = schema.chain_line.c
    _by_hand(
        desk_unsound,
        delete(schema.person),
        delete(schema.chain).where(schema.chain.c.name == "directory"),
        delete(schema.chain_line).where(lines.chain == "directory"),
    )

    with runtime.read(snapshot=True) as view:
        assert verifying.verify(view).faults == ()
        assert case in told["heads"] and anchor.check(view, older) == ()
        (fault,) = anchor.check(view, made)
    assert "directory" in str(fault)


def test_a_busy_database_is_verified_without_a_false_alarm(desk: Desk) -> None:
    desk.release(TWO_STEPS)
    stop, failed = threading.Event(), list[BaseException]()

    def work(number: int) -> None:
        try:
            while not stop.is_set():
                case = desk.start(n=number)
                desk.complete(case, "first", amount=number)
                with desk.runtime.write(IDA) as command:
                    directory.put(command, directory.Person(f"p{number}", f"P{number} {case}"))
                    access.record(command, "opened", case)
        except BaseException as error:
            failed.append(error)

    writers = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for each in writers:
        each.start()
    try:
        looked = []
        for _ in range(8):
            with desk.runtime.read(snapshot=True) as view:
                looked.append(verifying.verify(view))
    finally:
        stop.set()
        for each in writers:
            each.join()

    assert failed == []
    assert [str(fault) for each in looked for fault in each.faults] == []
    assert looked[-1].instances > looked[0].instances
