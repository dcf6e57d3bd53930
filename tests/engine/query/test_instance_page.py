"""The page of a case, where it stands, and what may be started."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from engine import schema
from engine.actor import ENGINE_KEY
from engine.errors import NotFound
from engine.query import instance_page, start_list, whereabouts
from engine.runtime import Command, Runtime
from tests.engine import clinic
from tests.engine.desk import IDA, Desk
from tests.engine.interpreter import building as b
from tests.engine.query.hospital import Hospital


def test_a_case_shows_by_label_what_one_may_see_of_its_values(hospital: Hospital) -> None:
    case = hospital.examined(plan="多喝水", diagnosis="肺炎")

    pages = {}
    for who in ("dan", "mia"):
        with hospital.read(who) as view:
            pages[who] = instance_page.read(view, case, "zh")

    for page in pages.values():
        assert {shown.field.label: shown.value for shown in page.values} == {
            "事由": "发热",
            "床位": 3,
            "护理计划": "多喝水",
        }
    assert [field.label for field in pages["dan"].on_request] == ["初步诊断"]
    assert [field.label for field in pages["mia"].on_request] == ["过敏史"]


def test_what_is_sealed_is_opened_for_its_roles_only(hospital: Hospital) -> None:
    case = hospital.examined(diagnosis="肺炎")

    with hospital.read("dan") as view:
        assert [shown.value for shown in instance_page.opened(view, case, "zh")] == ["肺炎"]
    with hospital.read("mia") as view:
        assert instance_page.opened(view, case, "zh") == ()


def test_a_case_says_what_is_to_be_done_now_and_by_whom(hospital: Hospital) -> None:
    case = hospital.examined()

    with hospital.read("dan") as view:
        page = instance_page.read(view, case, "en")

    (step,) = page.steps
    assert (step.name, step.mine, step.visible, step.assignee) == ("Examine", True, True, None)
    assert page.started_by is not None
    assert (page.state, page.version, page.started_by.name_en, page.sees_story) == ("active", 1, "Ann", False)


def test_a_foreign_case_and_none_at_all_look_exactly_alike(hospital: Hospital) -> None:
    case = hospital.examined()
    seen = []
    for key in (case, "0" * 32):
        with hospital.read("eve") as view, pytest.raises(NotFound) as refusal:
            instance_page.read(view, key, "zh")
        seen.append((str(refusal.value), list(hospital.statements)))

    assert seen[0] == seen[1]


def test_the_diagram_marks_where_a_case_is_and_was(hospital: Hospital) -> None:
    case = hospital.examined()

    with hospital.read("mia") as view:
        where = whereabouts.of(view, case)
        xml = whereabouts.diagram(view, case)

    assert (where.tokens, where.visited, where.failed) == ({"examine": 1}, ("begin", "admit"), ())
    assert b'id="examine"' in xml


def test_a_step_that_nobody_may_take_says_so_to_who_is_inside(hospital: Hospital) -> None:
    case = hospital.admit()
    with hospital.read("mia") as view:
        assert [step.nobody for step in instance_page.read(view, case, "zh").steps] == [False]
    a = schema.authority.c
    with hospital.rows() as command:
        command.connection.execute(update(schema.authority).where(a.role == "NURSE").values(until_at=1))
    try:
        with hospital.read("mia") as view:
            assert [step.nobody for step in instance_page.read(view, case, "zh").steps] == [True]
    finally:
        with hospital.rows() as command:
            command.connection.execute(update(schema.authority).where(a.role == "NURSE").values(until_at=None))


def test_what_is_only_armed_is_no_current_step(runtime: Runtime) -> None:
    desk = Desk(runtime)
    stop = b.handler("stop", b.start("told", b.on("message", "m")), b.user("say_why"), b.flows("told", "say_why"))
    late = b.boundary("late", "S", b.timer("Duration", "PT1H")) + b.flows("late", "off")
    inside = b.sub("S", b.start("is"), b.user("u"), b.flows("is", "u"))
    path = b.flows("s", "f", "S") + b.flows("f", "c", "z")
    parts = b.gateway("parallel", "f"), inside, late, b.user("off"), b.catch("c", b.on("signal", "g")), b.user("z")
    desk.release(b.document(b.scope("process", "p", b.start(), *parts, stop, path), {"m": '="k"'}).encode())
    case = desk.start()
    with desk.runtime.read(IDA) as view:
        where = whereabouts.of(view, case)
    assert (where.steps, where.tokens) == (("u",), {"S": 1, "c": 1, "u": 1})

    desk.wait(hours=2)
    desk.complete(case, "off")
    with desk.runtime.read(IDA) as view:
        assert whereabouts.of(view, case).steps == ("c",)
    desk.tell("m", "k")
    with desk.runtime.read(IDA) as view:
        assert whereabouts.of(view, case).steps == ("say_why",)


def test_the_diagram_is_part_of_the_story_and_as_closed(hospital: Hospital) -> None:
    case = hospital.examined()

    for read in (whereabouts.of, whereabouts.diagram):
        with hospital.read("dan") as view, pytest.raises(NotFound):
            read(view, case)


def test_one_is_offered_to_start_what_ones_roles_may_start(hospital: Hospital) -> None:
    offered = {}
    for who in ("ann", "dan"):
        with hospital.read(who) as view:
            offered[who] = [(each.process_key, each.name) for each in start_list.all_of(view, "en")]

    assert offered == {"ann": [("stay", "A stay")], "dan": []}


def test_a_process_without_a_form_asks_for_what_decides_who_sees_the_case(hospital: Hospital) -> None:
    with hospital.read("ann") as view:
        chosen = start_list.one(view, "stay", "zh")

    assert [(each.variable, each.label, each.source, each.required) for each in chosen.asks] == [
        ("wardId", "病区", "ward", True),
        ("familyId", "family", "family", False),
    ]


def test_a_process_that_is_not_ones_own_to_start_and_none_at_all_look_alike(hospital: Hospital) -> None:
    seen = []
    for key in ("stay", "nothing"):
        with hospital.read("dan") as view, pytest.raises(NotFound) as refusal:
            start_list.one(view, key, "zh")
        seen.append((str(refusal.value).replace(key, ""), list(hospital.statements)))

    assert seen[0] == seen[1]


def test_of_a_family_one_is_shown_the_members_one_may_see(hospital: Hospital) -> None:
    case = hospital.examined()
    with hospital.rows() as command:
        for child, readers in ((f"{case[:20]}-child", ("DIR@*",)), (f"{case[:20]}-other", ("DOC@ward:W2",))):
            begun = {"remits": ("ward:W1",), "started_by": ENGINE_KEY}
            clinic.case(command.connection, child, "walk", readers=readers, **begun)
            i = schema.instance
            row = {"root_id": case, "parent_id": case, "parent_token": 1, "definition_id": definition_of(command, case)}
            row["parent_index"] = len(readers[0])
            command.connection.execute(i.update().where(i.c.id == child).values(**row))

    with hospital.read("mia") as view:
        page = instance_page.read(view, case, "zh")
        child = instance_page.read(view, f"{case[:20]}-child", "zh")

    assert [(each.id, each.relation) for each in page.family] == [(f"{case[:20]}-child", "child")]
    assert [(each.id, each.relation) for each in child.family] == [(case, "parent")]
    assert child.started_by is None  # nobody has: it was called
    with hospital.read("eve") as view:
        assert instance_page.read(view, f"{case[:20]}-other", "zh").family == ()


def test_of_the_members_of_a_family_one_reads_which_they_are(hospital: Hospital) -> None:
    case, child = hospital.examined(), hospital.examined()
    with hospital.rows() as command:
        i = schema.instance
        row = {"root_id": case, "parent_id": case, "parent_token": 1}
        command.connection.execute(i.update().where(i.c.id == child).values(**row))

    with hospital.read("mia") as view:
        (relative,) = instance_page.read(view, case, "zh").family

    assert relative.columns == {"title": "发热", "bed": 3}


def definition_of(command: Command, case: str) -> str:
    i = schema.instance.c
    return str(command.connection.execute(select(i.definition_id).where(i.id == case)).scalar_one())
