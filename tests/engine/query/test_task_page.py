"""The page of one task: what it shows, to whom, and what may be done."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, select

from engine import access, attachment, draft, instance, schema, task
from engine import upload as uploads
from engine.actor import person
from engine.errors import Conflict, NotFound
from engine.evidence import verifying
from engine.query import task_page
from engine.query.task_page import TaskPage
from tests.engine import clinic
from tests.engine.query.hospital import Hospital


def read(hospital: Hospital, who: str, task_id: str, language: str = "zh") -> TaskPage:
    with hospital.read(who) as view:
        return task_page.read(view, task_id, language)


def test_the_page_says_what_is_to_be_done_on_what_basis_and_by_which_role(hospital: Hospital) -> None:
    case = hospital.admit(number="住7")

    page = read(hospital, "ann", hospital.task(case))

    assert (page.name, page.process, page.business_key, page.performers) == ("办理入院", "住院", "住7", "护士")
    assert page.basis == "《院规》第三条"
    assert [field["label"] for field in page.form["components"]] == [
        "事由",
        "床位",
        "护理计划",
        "初步诊断",
        "过敏史",
        "片子",
        "陪护安排",
    ]  # type: ignore[index]


def test_in_english_steps_fields_choices_and_roles_are_english(hospital: Hospital) -> None:
    case = hospital.examined()

    page = read(hospital, "dan", hospital.task(case), "en")

    assert (page.name, page.process, page.performers) == ("Examine", "A stay", "Doctor")
    outlook = page.form["components"][0]  # type: ignore[index]
    assert (outlook["label"], outlook["values"]) == (
        "Finding",
        [{"label": "better", "value": "好转"}, {"label": "to be watched", "value": "观察"}],
    )


def test_the_form_shows_what_was_recorded_before_as_far_as_one_may_see_it(hospital: Hospital) -> None:
    case = hospital.examined(plan="多喝水")

    page = read(hospital, "dan", hospital.task(case))

    assert page.values == {}  # none of it is asked for by the form of this step
    assert page.columns == {"title": "发热", "bed": 3}


def test_a_table_shows_of_its_rows_what_it_has_columns_for(hospital: Hospital) -> None:
    with hospital.write("ann") as command:
        watch = [{"note": "每小时一次", "from": "一病区"}]
        case = instance.start(command, "stay", {"wardId": "W1", "watch": watch})

    assert read(hospital, "ann", hospital.task(case)).values["watch"] == [{"note": "每小时一次"}]


def test_a_due_date_says_how_it_was_counted_day_by_day(hospital: Hospital) -> None:
    page = read(hospital, "dan", hospital.task(hospital.examined()))

    assert page.due is not None
    assert [day.number for day in page.due.days if day.number] == [1, 2, 3]
    assert page.due.why is not None
    assert (page.due.why["title"], page.due.why["basis"]) == ("首次查房", "院规")
    assert page.due.days[-1].day == page.due.at.astimezone().date() or page.due.days_left >= 0


def test_what_is_done_is_not_late_any_more(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hospital.runtime, "confirms", lambda *_: True)
    case = hospital.examined()
    done = hospital.do(case, "dan", outlook="好转", sign={"password": "known"})

    page = read(hospital, "dan", done)

    assert page.due is not None
    assert page.due.days_left is None


def test_who_else_may_do_it_are_the_others_of_the_role(hospital: Hospital) -> None:
    page = read(hospital, "ann", hospital.task(hospital.admit()))

    assert [each.id for each in page.others] == ["abe"]


def test_whoever_is_recused_or_has_left_is_offered_to_nobody_as_a_colleague(hospital: Hospital) -> None:
    waiting = hospital.task(hospital.admit())
    with hospital.rows() as command:
        for key in ("recused", "left"):
            clinic.person(command.connection, key, "NURSE@ward:W1", active=key != "left", sort=key)
        clinic.put(command.connection, "exclusion", person_id="recused", remit="ward:W1", since_at=0)
    try:
        assert [each.id for each in read(hospital, "ann", waiting).others] == ["abe"]
        with hospital.runtime.read() as view:
            assert access.holders(view.connection, waiting, view.now) == ["abe", "ann"]
    finally:
        with hospital.rows() as command:
            for table in (schema.exclusion, schema.authority):
                gone = table.c.person_id.in_(["recused", "left"])
                command.connection.execute(delete(table).where(gone))


def test_what_may_be_done_follows_who_has_the_task(hospital: Hospital) -> None:
    case = hospital.admit()
    waiting = hospital.task(case)
    assert read(hospital, "ann", waiting).can == {"submit", "claim", "assign"}

    with hospital.write("ann") as command:
        task.claim(command, waiting)
    assert read(hospital, "ann", waiting).can == {"submit", "unclaim", "assign"}
    assert read(hospital, "abe", waiting).can == frozenset()
    assert read(hospital, "mia", waiting).can == {"remind", "copy"}


def test_what_one_has_handed_in_can_be_taken_back_until_somebody_opens_the_next_step(hospital: Hospital) -> None:
    case = hospital.admit()
    done = hospital.do(case, "ann", title="发热")
    assert "withdraw" in read(hospital, "ann", done).can
    assert "withdraw" not in read(hospital, "mia", done).can

    with hospital.write("dan") as command:
        task.seen(command, hospital.task(case))
    assert "withdraw" not in read(hospital, "ann", done).can


def test_what_replaced_a_sealed_value_is_not_taken_back_and_stands(hospital: Hospital) -> None:
    """The former value is not kept; what was empty is so again, and what was not changed stays."""
    for before, refused, stands in (
        ({"diagnosis": "流感"}, True, "肺炎"),
        ({"diagnosis": "肺炎"}, False, "肺炎"),
        ({"diagnosis": None}, False, None),
        ({}, False, None),
    ):
        case = hospital.admit(**before)
        done = hospital.do(case, "ann", title="发热", diagnosis="肺炎")
        refusal = pytest.raises(Conflict, match="replaced a sealed value") if refused else nullcontext()
        with refusal, hospital.write("ann") as command:
            task.withdraw(command, done, "手误")
        again = read(hospital, "dan", done if refused else hospital.task(case))
        assert again.values.get("diagnosis") == stands


def test_nothing_is_left_anywhere_of_what_was_taken_back(hospital: Hospital) -> None:
    case = hospital.admit()
    before = kept(hospital, case)
    done = hospital.do(case, "ann", title="发热", bed=3, diagnosis="肺炎")
    assert kept(hospital, case) != before
    with hospital.write("ann") as command:
        task.withdraw(command, done, "手误")
    assert kept(hospital, case) == before


def kept(hospital: Hospital, case: str) -> dict[str, list[str]]:
    """Names under which something of a case is kept, by table."""
    tables = (schema.variable, schema.sealed, schema.fact)
    with hospital.runtime.read() as view:
        return {
            table.name: list(view.connection.execute(select(table.c.name).where(table.c.instance_id == case)).scalars())
            for table in tables
        }


def test_a_file_of_a_step_that_is_taken_back_is_its_owners_alone_and_can_be_removed(hospital: Hospital) -> None:
    case = hospital.admit()
    with hospital.write("ann") as command:
        upload = uploads.examined("片子.pdf", b"%PDF-1.7\n")
        film = attachment.add(command, hospital.task(case), upload, field="scan")
    done = hospital.do(case, "ann", title="发热", scan=[film.id])
    assert sees_file(hospital, "dan", film.id)

    with hospital.write("ann") as command:
        again = task.withdraw(command, done, "手误")

    assert not sees_file(hospital, "dan", film.id)
    assert read(hospital, "ann", again).draft.content["scan"] == [film.id]  # type: ignore[union-attr]
    hospital.do(case, "ann", title="发热", scan=[film.id])
    assert sees_file(hospital, "dan", film.id)
    with hospital.write("ann") as command:
        last = task.withdraw(command, again, "手误")
    with hospital.write("ann") as command:
        attachment.remove(command, film.id)
    assert not sees_file(hospital, "ann", film.id)
    assert read(hospital, "ann", last).can >= {"submit"}
    with hospital.runtime.read(snapshot=True) as view:
        faults = map(str, verifying.verify(view).faults)
        assert [each for each in faults if case in each or "file" in each or "attachment" in each] == []


def test_what_lies_beside_the_form_goes_with_a_task_that_is_handed_over(hospital: Hospital) -> None:
    case = hospital.admit()
    waiting = hospital.task(case)
    with hospital.write("ann") as command:
        files = [
            attachment.add(command, waiting, uploads.examined("片子.pdf", b"%PDF-1.7\n" + name), field=field)
            for name, field in ((b"1", None), (b"2", "scan"))
        ]
        task.claim(command, waiting)
        task.assign(command, waiting, "abe", "休假")

    assert [[sees_file(hospital, who, each.id) for who in ("ann", "abe")] for each in files] == [
        [False, True],
        [True, False],
    ]
    hospital.do(case, "abe", title="发热")
    assert [sees_file(hospital, "dan", each.id) for each in files] == [True, False]


def sees_file(hospital: Hospital, who: str, file: str) -> bool:
    with hospital.read(who) as view:
        try:
            attachment.find(view, file)
        except NotFound:
            return False
        return True


def test_nothing_can_be_done_while_the_case_is_suspended(hospital: Hospital) -> None:
    case = hospital.admit()
    waiting = hospital.task(case)
    with hospital.rows() as command:
        command.connection.execute(
            schema.instance.update().where(schema.instance.c.id == case).values(state="suspended")
        )

    page = read(hospital, "ann", waiting)

    assert (page.can, page.case_state) == (frozenset(), "suspended")


def test_ones_own_draft_lies_ready(hospital: Hospital) -> None:
    waiting = hospital.task(hospital.admit())
    with hospital.write("ann") as command:
        draft.save(command, waiting, {"title": "未完"}, revision=0)

    assert read(hospital, "ann", waiting).draft.content == {"title": "未完"}  # type: ignore[union-attr]
    assert read(hospital, "abe", waiting).draft is None


def test_a_done_task_shows_what_was_handed_in_and_takes_nothing(hospital: Hospital) -> None:
    case = hospital.admit()
    done = hospital.do(case, "ann", title="发热", bed=3, diagnosis="肺炎")

    for_doctor, for_director = read(hospital, "dan", done), read(hospital, "mia", done)

    assert for_doctor.values == {"title": "发热", "bed": 3, "plan": None, "scan": [], "watch": [], "diagnosis": "肺炎"}
    assert for_doctor.opened == ("diagnosis",)
    assert for_director.values == {"title": "发热", "bed": 3, "plan": None, "scan": [], "watch": [], "allergy": None}
    assert "diagnosis" not in for_director.opened
    assert for_doctor.closed_by.id == "ann"  # type: ignore[union-attr]
    assert "submit" not in for_doctor.can


def test_the_next_task_and_the_one_before_follow_the_order_of_the_list(hospital: Hospital) -> None:
    first, second = hospital.task(hospital.examined()), hospital.task(hospital.examined())

    with hospital.read("dan") as view:
        assert task_page.following(view, first) == second
        assert task_page.following(view, second, back=True) == first
        assert task_page.following(view, "nowhere") is None


def test_a_foreign_task_and_none_at_all_look_exactly_alike(hospital: Hospital) -> None:
    foreign = hospital.task(hospital.admit())
    seen = {}
    for key in (foreign, "0" * 32):
        with hospital.read("eve") as view, pytest.raises(NotFound) as refusal:
            task_page.read(view, key, "zh")
        seen[key] = (str(refusal.value), list(hospital.statements))

    assert seen[foreign] == seen["0" * 32]


def test_the_page_of_a_process_released_plain_is_open_to_whoever_started_it(hospital: Hospital) -> None:
    from tests.engine.bpmn.drawing import straight
    from tests.engine.desk import Desk

    desk = Desk(hospital.runtime)
    desk.release(straight('<userTask id="write" name="Write"/>'))
    case = desk.start()
    with hospital.runtime.read(person("ida")) as view:
        page = task_page.read(view, desk.task_of(case), "zh")

    assert (page.name, page.form, page.can >= {"submit", "claim"}) == ("Write", None, True)


def test_the_page_says_when_a_task_is_to_be_looked_after(hospital: Hospital) -> None:
    from tests.engine.bpmn.drawing import extended, straight
    from tests.engine.desk import Desk

    desk = Desk(hospital.runtime)
    when = '<z:taskSchedule followUpDate="2026-05-01T09:00:00+08:00"/>'
    desk.release(straight(extended("userTask", 'id="write"', when)))
    case = desk.start()
    with hospital.runtime.read(person("ida")) as view:
        page = task_page.read(view, desk.task_of(case), "zh")

    assert page.follow_up == datetime(2026, 5, 1, 1, tzinfo=UTC)


def test_opening_a_task_takes_few_statements(hospital: Hospital) -> None:
    waiting = hospital.task(hospital.examined())
    read(hospital, "dan", waiting)

    read(hospital, "dan", waiting)

    asked = [each for each in hospital.statements if not each.startswith("BEGIN")]
    assert len(asked) <= 7, asked


def test_only_what_one_may_look_up_is_named_among_the_others(hospital: Hospital) -> None:
    case = hospital.admit()
    with hospital.rows() as command:
        clinic.offer(command.connection, hospital.task(case), "DOC@ward:W2")

    assert [each.id for each in read(hospital, "ann", hospital.task(case)).others] == ["abe", "eve"]
