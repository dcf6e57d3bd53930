"""What an administrator puts in by hand: slips are found before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from engine import access, appointing, directory, enrolling, grant, policy, schema, task
from engine.actor import Actor, person
from engine.directory import Item, Organisation, Person
from engine.errors import Conflict, EngineError, Invalid, NotFound
from engine.query import rights
from engine.runtime import Runtime
from tests.engine.bpmn.drawing import straight
from tests.engine.desk import Desk

KIM = person("kim")
POLICY = {
    "roles.toml": """
[NURSE]
title = "护士"
en = "Nurse"
remit = "ward"
[DIR]
title = "院长"
en = "Director"
[CHAIR]
title = "主持人"
en = "Chair"
assigned = true
""".encode(),
    "lists.toml": """
[ward]
title = "病区"
en = "Wards"
see = ["*"]
""".encode(),
}
SHARED = straight(
    '<userTask id="treat" name="治疗"><extensionElements>'
    '<z:assignmentDefinition candidateUsers="ann,abe"/></extensionElements></userTask>'
).replace(b'id="p"', b'id="shared"')
FOR_ROLE = straight(
    '<userTask id="lead" name="主持"><extensionElements>'
    '<z:assignmentDefinition candidateGroups="DIR"/></extensionElements></userTask>'
).replace(b'id="p"', b'id="led"')
NAMED = straight(
    '<userTask id="sign" name="签字"><extensionElements>'
    '<z:assignmentDefinition assignee="ann"/></extensionElements></userTask>'
).replace(b'id="p"', b'id="named"')


@pytest.fixture
def house(runtime: Runtime) -> Iterator[Desk]:
    """A hospital with one ward and two nurses, looked after by Kim."""
    with runtime.write(KIM) as command:
        policy.release(command, POLICY)
        enrolling.add(command, Organisation("clinic", "医院"))
        enrolling.add(command, Item("ward", "W1", "一病区"))
        for key in ("ann", "abe"):
            enrolling.add(command, Person(key, key, organisation="clinic"))
            appointing.give(command, key, "NURSE", "ward:W1")
    desk = Desk(runtime)
    yield desk
    desk.must_be_sound()


def refused(house: Desk, act: object) -> EngineError:
    """What an administrator is told; nothing was written."""
    before = everything(house)
    with pytest.raises(EngineError) as told, house.runtime.write(KIM) as command:
        act(command)  # type: ignore[operator]
    assert everything(house) == before
    return told.value


def everything(house: Desk) -> list[object]:
    tables = (schema.person, schema.organisation, schema.listing, schema.authority, schema.exclusion)
    with house.runtime.read() as view:
        return [view.connection.execute(select(table)).all() for table in (*tables, schema.substitution)]


SLIPS = {
    "a key that stands": (lambda c: enrolling.add(c, Person("ann", "x")), "already a person ann"),
    "a key with a space": (lambda c: enrolling.add(c, Person("an n", "x")), "A key is made of"),
    "the engine's key": (lambda c: enrolling.add(c, Person("engine", "x")), "the engine itself"),
    "no name": (lambda c: enrolling.add(c, Person("eva", " ")), "name needs between"),
    "an organisation that is not there": (lambda c: enrolling.add(c, Person("eva", "x", None, "clinc")), "clinc; put"),
    "a parent that is not there": (lambda c: enrolling.add(c, Organisation("o", "x", parent="q")), "organisation q"),
    "its own parent": (
        lambda c: enrolling.change(c, "organisation", "clinic", parent="clinic"),
        "would belong to itself",
    ),
    "a list that is not there": (lambda c: enrolling.add(c, Item("wards", "W2", "x")), "Known: ward."),
    "an item within nothing": (lambda c: enrolling.add(c, Item("ward", "W2", "x", remit="ward:W9")), "no ward W9"),
    "nobody to change": (lambda c: enrolling.change(c, "person", "eva", name="x"), "no person eva"),
    "a role that is not there": (lambda c: appointing.give(c, "ann", "NURSES", "ward:W1"), "Known: NURSE, DIR."),
    "a remit that is not there": (lambda c: appointing.give(c, "ann", "NURSE", "ward:W9"), "Known: W1."),
    "a kind that is not there": (lambda c: appointing.give(c, "ann", "NURSE", "wart:W1"), "kind wart. Known: ward."),
    "no remit": (lambda c: appointing.give(c, "ann", "NURSE", "W1"), "W1 is no remit"),
    "nobody to give it to": (lambda c: appointing.give(c, "eva", "DIR"), "no person eva"),
    "what she holds": (lambda c: appointing.give(c, "ann", "NURSE", "ward:W1"), "holds NURSE within ward:W1"),
    "no reason": (lambda c: appointing.exclude(c, "ann", "ward:W1", " "), "Say why"),
    "the whole office closed": (lambda c: appointing.exclude(c, "ann", "*", "x"), "end their grants"),
    "nothing closed": (lambda c: appointing.readmit(c, "ann", "ward:W1", "x"), "is not closed"),
    "standing in for herself": (
        lambda c: appointing.substitute(c, "ann", "ann", None, c.now + timedelta(days=1), "x"),
        "Nobody stands in for themselves",
    ),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_with_what_is_known_and_nothing_is_written(house: Desk, slip: str) -> None:
    act, told = SLIPS[slip]
    assert told in str(refused(house, act))


def test_what_is_changed_keeps_the_rest_and_a_grant_keeps_who_gave_it(house: Desk) -> None:
    with house.runtime.write(KIM) as command:
        enrolling.change(command, "person", "ann", post="护士长")
    with house.runtime.read() as view:
        assert enrolling.get(view, "person", "ann") == Person("ann", "ann", organisation="clinic", post="护士长")
        assert {each.given_by for each in rights.grants(view)} == {"kim"}


def test_a_grant_may_follow_one_that_ends(house: Desk) -> None:
    with house.runtime.write(KIM) as command:
        later = command.now + timedelta(days=3)
        assert grant.revoke(command, "NURSE", "ward:W1", "ann", at=later) == ["ann"]
        assert grant.revoke(command, "NURSE", "ward:W1", "ann", at=later) == []
        appointing.give(command, "ann", "NURSE", "ward:W1", from_at=later)
        assert [each.until_at for each in rights.grants(command, person="ann")] == [later, None]


def test_a_remit_is_closed_once_and_opened_again_with_reasons(house: Desk) -> None:
    with house.runtime.write(KIM) as command:
        appointing.exclude(command, "ann", "ward:W1", "妹妹住院")
        assert [each.reason for each in rights.exclusions(command)] == ["妹妹住院"]
    assert "closed to ann already" in str(refused(house, lambda c: appointing.exclude(c, "ann", "ward:W1", "x")))
    with house.runtime.write(KIM) as command:
        appointing.readmit(command, "ann", "ward:W1", "出院")
        kept = command.connection.execute(select(schema.access_record.c.what, schema.access_record.c.person_id))
        assert {tuple(row) for row in kept} >= {("excluded", "kim"), ("readmitted", "kim")}


# ---- leaving


def audiences(house: Desk, key: str) -> frozenset[str]:
    with house.runtime.read() as view:
        return access.actor(view.connection, key, view.now).audiences


def test_who_leaves_and_comes_back_holds_nothing_until_it_is_given_anew(house: Desk) -> None:
    with house.runtime.write(KIM) as command:
        appointing.substitute(command, "abe", "ann", None, command.now + timedelta(days=9), "休假")
        enrolling.leave(command, "ann")
        assert rights.substitutions(command) == []
    assert audiences(house, "ann") == frozenset()
    assert "has left already" in str(refused(house, lambda c: enrolling.leave(c, "ann")))

    with house.runtime.write(KIM) as command:
        enrolling.change(command, "person", "ann", active=True)
    assert audiences(house, "ann") == {"person:ann"}


def test_who_has_work_leaves_only_when_it_is_confirmed_and_it_is_told_what_becomes_of_it(house: Desk) -> None:
    house.release(SHARED, NAMED)
    shared, named = house.start("shared"), house.start("named")
    with house.runtime.write(Actor("ann", frozenset({"person:ann"}))) as command:
        task.claim(command, house.task_of(shared))
    told = refused(house, lambda c: enrolling.leave(c, "ann"))
    assert isinstance(told, Conflict)
    assert "ann has 2 open tasks, 1 of which wait for nobody else" in str(told) and "治疗、签字" in str(told)

    with house.runtime.write(KIM) as command:
        held = enrolling.leave(command, "ann", confirmed=True)
    house.work()

    assert (list(held.tasks), list(held.alone)) == (["治疗", "签字"], ["签字"])
    with house.runtime.read() as view:
        rows = view.connection.execute(select(schema.task.c.instance_id, schema.task.c.assignee)).all()
        assert dict(map(tuple, rows)) == {shared: None, named: "ann"}
        assert view.connection.execute(select(schema.incident.c.instance_id)).scalars().all() == [named]


def test_who_alone_holds_a_role_leaves_what_waits_for_it_only_when_it_is_confirmed(house: Desk) -> None:
    house.release(FOR_ROLE)
    house.start("led")
    with house.runtime.write(KIM) as command:
        appointing.give(command, "ann", "DIR")
        appointing.give(command, "abe", "DIR")
        assert enrolling.holding(command, "ann") == enrolling.Held([], [], [])
        grant.revoke(command, "DIR", "*", "abe")
    told = refused(house, lambda c: enrolling.leave(c, "ann"))
    assert "ann has 1 open tasks, 1 of which wait for nobody else: 主持" in str(told)

    with house.runtime.write(KIM) as command:
        assert enrolling.leave(command, "ann", confirmed=True) == enrolling.Held(["主持"], [], ["主持"])


# ---- days


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-04-01", (2026, 3, 31, 16), (2026, 4, 1, 16)),
        ("2026-04-01T09:30", (2026, 4, 1, 1, 30), (2026, 4, 1, 1, 30)),
        ("2026-04-01 09:30+00:00", (2026, 4, 1, 9, 30), (2026, 4, 1, 9, 30)),
    ],
)
def test_a_day_counts_from_its_beginning_and_to_its_end(text: str, first: tuple[int], last: tuple[int]) -> None:
    assert appointing.begins(text, "Asia/Shanghai") == datetime(*first, tzinfo=UTC)  # type: ignore[misc,arg-type]
    assert appointing.ends(text, "Asia/Shanghai") == datetime(*last, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize("text", ["tomorrow", "2026-02-30", "", "1.4.2026", "9999-12-31"])
def test_what_is_no_day_is_told(text: str) -> None:
    with pytest.raises(Invalid, match="is no day"):
        appointing.ends(text, "Asia/Shanghai")


def test_nothing_is_found_under_a_key_of_another_list(house: Desk) -> None:
    with house.runtime.read() as view, pytest.raises(NotFound):
        enrolling.get(view, "beds", "W1")
    with house.runtime.read() as view:
        assert [each.key for each in directory.everything(view, "ward")] == ["W1"]
