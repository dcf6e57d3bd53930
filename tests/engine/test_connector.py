from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update

from engine import access, connector, directory, feel, policy, register, schema
from engine.connector import BusinessError, Declaration, Declared, Work
from engine.database import Database
from engine.errors import KeyReused
from engine.runtime import Command
from tests.engine.clinic import (
    FILES,
    NOW,
    case,
    clinic,
    desk,
    one_database,  # noqa: F401 - a fixture
    person,
    put,
    task,
)

Result = Mapping[str, Any]


def do(
    command: Command, type_: str, headers: Mapping[str, str], *, job: str = "J1", at: str = "I1", **inputs: Any
) -> Result | BusinessError:
    return connector.call(command, type_, instance_id=at, element="do_it", headers=headers, inputs=inputs, job_id=job)


def done(command: Command, type_: str, headers: Mapping[str, str], **inputs: Any) -> Result:
    answer = do(command, type_, headers, **inputs)
    assert not isinstance(answer, BusinessError), answer
    return answer


def refused(command: Command, type_: str, headers: Mapping[str, str], **inputs: Any) -> tuple[str, str]:
    answer = do(command, type_, headers, **inputs)
    assert isinstance(answer, BusinessError)
    return answer.code, str(answer)


def rows(command: Command, table: str) -> int:
    count = select(func.count()).select_from(schema.metadata.tables[table])
    return int(command.connection.execute(count).scalar_one())


def stay(command: Command) -> None:
    case(command.connection, "I1", remits=("ward:W1", "family:F1"), readers=("DOC@ward:W1",))
    case(command.connection, "house", "walk")


# ---- every connector


def test_the_same_job_does_its_work_once_and_gets_the_same_answer(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        person(command.connection, "amy")
        jobs: list[tuple[str, dict[str, str], dict[str, Any], str]] = [
            ("register.append", {"register": "admissions"}, {"no": "1"}, "register_entry"),
            ("number.next", {"pattern": "{n}"}, {}, "number"),
            ("directory.put", {"list": "person"}, {"key": "new", "name": "新人"}, "person"),
            ("grant.give", {"role": "NURSE"}, {"person": ["amy"]}, "authority"),
            ("notify", {"text": "有新任务。"}, {"person": "amy"}, "notice"),
            ("count", {"register": "admissions"}, {}, "register_entry"),
            ("grant.revoke", {"role": "NURSE"}, {}, "authority"),
            ("deadline.reckon", {"deadline": "D1"}, {"from": date(2026, 5, 7)}, "job"),
        ]
        for n, (type_, headers, inputs, table) in enumerate(jobs):
            first = done(command, type_, headers, job=f"J{n}", **inputs)
            before = rows(command, table)
            assert done(command, type_, headers, job=f"J{n}", **inputs) == first
            assert rows(command, table) == before
        assert {type_ for type_, *_ in jobs} == set(connector.known())


def test_the_same_job_with_other_inputs_is_refused(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        done(command, "number.next", {"pattern": "{a}-{n}"}, a="x")
        with pytest.raises(KeyReused):
            do(command, "number.next", {"pattern": "{a}-{n}"}, a="y")


def test_what_a_failing_connector_had_begun_is_undone_and_the_rest_of_the_command_stays(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        person(command.connection, "amy")
        code, reason = refused(command, "grant.give", {"role": "NURSE"}, person=["amy", "nobody"])
        assert (code, reason) == ("missing", "There is no person nobody here.")
        assert rows(command, "authority") == 0
        assert rows(command, "person") == 1
        assert done(command, "grant.give", {"role": "NURSE"}, person=["amy"]) == {"granted": ["amy"]}


def test_missing_and_unknown_headers_are_said_so(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        for type_, declaration in connector.known().items():
            needed = [key for key, each in declaration.headers.items() if each.required]
            if needed:
                code, reason = refused(command, type_, {})
                assert (code, f"header {needed[0]}: It is missing" in reason) == ("headers", True), reason
            given = dict.fromkeys([*needed, "colour"], "x")
            inputs = dict.fromkeys([key for key, each in declaration.inputs.items() if each.required], "x")
            code, reason = refused(command, type_, given, **inputs)
            assert (code, "header colour: Nobody reads this" in reason) == ("headers", True), reason


def test_an_unknown_type_is_named_with_the_known_ones(database: Database) -> None:
    with clinic(database) as command:
        code, reason = refused(command, "http.get", {})
        assert code == "type"
        assert "register.append" in reason


def test_an_installation_may_bring_connectors_of_its_own(database: Database) -> None:
    def double(work: Work) -> Mapping[str, feel.Value]:
        value = work.inputs["value"]
        assert isinstance(value, int)
        return {"doubled": value * 2}

    own = {"double": (Declaration("double", "Doubles.", inputs={"value": Declared("a number", required=True)}), double)}
    with clinic(database) as command:
        answer = connector.call(
            command, "double", instance_id="I1", element="e", headers={}, inputs={"value": 4}, job_id="J", others=own
        )
        assert answer == {"doubled": 8}
    assert "double" in connector.known(own)


# ---- each of them


def test_an_entry_stands_under_the_remit_of_its_case(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        answer = done(command, "register.append", {"register": "admissions"}, no="A1", on=date(2026, 4, 1))
        assert answer == {"register": "admissions", "position": 1}
        row = command.connection.execute(select(schema.register_entry)).one()
        assert (row.remit, row.instance_id, row.number, row.job_id) == ("ward:W1", "I1", "A1", "J1")
        done(command, "register.append", {"register": "admissions"}, job="J2", no="A2", remit="W1")
        done(command, "register.append", {"register": "house"}, job="J3", what="x")


def test_an_entry_of_a_case_without_that_remit_names_it_and_no_case_writes_for_another(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        headers = {"register": "admissions"}
        assert refused(command, "register.append", headers, no="A", at="house")[0] == "remit"
        done(command, "register.append", headers, no="A", at="house", remit="W2")
        assert refused(command, "register.append", headers, job="J2", no="A", remit="W2")[0] == "remit"


def test_a_diagram_corrects_an_entry_by_a_new_one(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        headers = {"register": "admissions"}
        done(command, "register.append", headers, no="A1")
        answer = done(command, "register.append", headers, job="J2", no="A2", corrects=1, reason="typo")
        assert answer["position"] == 2
        assert refused(command, "register.append", headers, job="J3", no="A2", corrects=2)[0] == "invalid"
        assert refused(command, "register.append", headers, job="J4", no="A2", corrects=1, reason="x")[0] == "conflict"
        assert refused(command, "register.append", headers, job="J5", no="A2", corrects="1")[0] == "input"


def test_a_wrong_value_of_an_entry_is_said_by_column(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        code, reason = refused(command, "register.append", {"register": "admissions"}, no="A", beds="two")
        assert code == "invalid"
        assert "beds: This must be a whole number." in reason


def test_a_number_knows_the_day_in_the_zone_of_the_house(database: Database) -> None:
    with clinic(database) as command:
        assert done(command, "number.next", {"pattern": "{year}-{month}-{day}-{n:02}"}) == {"number": "2026-04-01-01"}


def test_a_series_is_counted_with_the_width_the_diagram_says(database: Database) -> None:
    with clinic(database) as command:
        assert done(command, "number.next", {"width": "3"}, series="JJ-01") == {"number": "JJ-01-001"}
        assert done(command, "number.next", {}, series="JJ-01", job="J2") == {"number": "JJ-01-2"}
        assert refused(command, "number.next", {"width": "0"}, series="x", job="J3")[0] == "headers"
        assert refused(command, "number.next", {"width": "3"}, job="J4")[0] == "invalid"
        assert refused(command, "number.next", {"pattern": "{x"}, job="J5")[0] == "invalid"


def test_a_deadline_is_counted_from_a_day_that_the_case_knows(database: Database) -> None:
    with clinic(database) as command:
        ready = {"deadline": "D1"}
        assert done(command, "deadline.reckon", ready, **{"from": date(2026, 5, 7)}) == {"date": date(2026, 5, 11)}
        assert refused(command, "deadline.reckon", {"deadline": "D0"}, job="J2", **{"from": NOW})[0] == "headers"
        assert refused(command, "deadline.reckon", ready, job="J3", **{"from": None})[0] == "input"


def test_a_diagram_puts_people_organisations_and_items_into_the_directory(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        person(command.connection, "dir", "DIR@*")
        view = desk(command.connection, access.actor(command.connection, "dir", NOW))
        done(command, "directory.put", {"list": "organisation"}, job="1", key="O1", name="一院", kind="hospital")
        done(
            command, "directory.put", {"list": "person"}, job="2", key="p1", name="张伟", organisation="O1", post="医生"
        )
        done(command, "directory.put", {"list": "ward", "remit": "ward"}, job="3", key="W9", name="九病区", beds=3)
        assert directory.get(view, "organisation", "O1") == directory.Organisation("O1", "一院", kind="hospital")
        assert directory.get(view, "person", "p1") == directory.Person("p1", "张伟", None, "O1", "医生")
        item = directory.Item("ward", "W9", "九病区", remit="ward:W9", content={"beds": 3})
        assert directory.get(view, "ward", "W9") == item
        done(command, "directory.put", {"list": "person"}, job="4", key="p1", name="张伟", active=False)
        assert directory.offered(view, "person", ["p1"]) == frozenset()
        assert refused(command, "directory.put", {"list": "nolist"}, job="5", key="k", name="n")[0] == "headers"
        assert refused(command, "directory.put", {"list": "person"}, job="6", key=7, name="n")[0] == "input"


def test_a_case_gives_roles_within_its_own_remit_and_takes_them_again(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        for key in ("amy", "ben"):
            person(command.connection, key)
        until = date(2026, 4, 3)
        done(command, "grant.give", {"role": "NURSE"}, person=["amy", "ben"], until=until)
        row = command.connection.execute(select(schema.authority).where(schema.authority.c.person_id == "amy")).one()
        assert (row.role, row.remit, row.instance_id) == ("NURSE", "ward:W1", "I1")
        assert feel.text(NOW) < "2026-04-02"
        assert row.until_at == 1775145600000000  # the first moment of 3 April in Shanghai
        assert done(command, "grant.revoke", {"role": "NURSE"}, job="J2", person="amy") == {"revoked": ["amy"]}
        assert done(command, "grant.revoke", {"role": "NURSE"}, job="J3") == {"revoked": ["ben"]}


def test_several_roles_are_given_and_taken_together(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        for key in ("amy", "ben"):
            person(command.connection, key)
        assert done(command, "grant.give", {"role": "DOC DUTY"}, person=["amy", "ben"]) == {"granted": ["amy", "ben"]}
        both = {f"{role}@ward:W1" for role in ("DOC", "DUTY")}
        for key in ("amy", "ben"):
            assert access.actor(command.connection, key, NOW).audiences == both | {f"person:{key}"}
        taken = done(command, "grant.revoke", {"role": "DOC, DUTY"}, job="J2", person=["amy"])
        assert taken == {"revoked": ["amy"]}
        assert access.actor(command.connection, "amy", NOW).audiences == {"person:amy"}
        assert refused(command, "grant.give", {"role": "DOC NOROLE"}, job="J3", person="amy")[0] == "headers"


def test_a_case_takes_back_what_it_has_given_and_leaves_what_others_gave(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        person(command.connection, "amy", "NURSE@ward:W1")
        person(command.connection, "ben")
        done(command, "grant.give", {"role": "NURSE"}, person=["amy", "ben"])
        back = done(command, "grant.revoke", {"role": "NURSE", "given": "here"}, job="J2")
        assert back == {"revoked": ["amy", "ben"]}
        held = select(schema.authority.c.person_id).where(schema.authority.c.until_at.is_(None))
        assert command.connection.execute(held).scalars().all() == ["amy"]


def test_a_case_gives_no_role_of_another_remit_than_its_own_and_none_that_may_not_meet(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        person(command.connection, "amy", "ARCHIVE@*")
        assert refused(command, "grant.give", {"role": "NURSE"}, person="amy", remit="W2")[0] == "remit"
        assert refused(command, "grant.give", {"role": "NURSE"}, person="amy")[0] == "conflict"
        assert refused(command, "grant.give", {"role": "NURSE"}, person=[])[0] == "input"
        assert refused(command, "grant.give", {"role": "NOROLE"}, person="amy")[0] == "headers"
        assert refused(command, "grant.give", {"role": "DIR"}, person="amy", until="soon")[0] == "input"


def test_revoking_from_an_empty_list_takes_nothing_from_anybody(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        person(command.connection, "amy", "NURSE@ward:W1")
        assert done(command, "grant.revoke", {"role": "NURSE"}, person=[]) == {"revoked": []}
        assert done(command, "grant.revoke", {"role": "NURSE"}, person=None, job="J2") == {"revoked": []}
        assert "NURSE@ward:W1" in access.actor(command.connection, "amy", NOW).audiences


def test_entries_are_counted_on_the_own_page_of_the_book_unless_it_says_otherwise(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        for n, ward in enumerate(("W1", "W1", "W2")):
            values: dict[str, feel.Value] = {"no": str(n), "beds": n}
            register.append(command, "admissions", values, job_id=f"R{n}", remit=f"ward:{ward}")
        headers = {"register": "admissions"}
        assert done(command, "count", headers) == {"count": 2}
        assert done(command, "count", {**headers, "within": "*"}, job="J2") == {"count": 3}
        assert done(command, "count", headers, job="J3", at="house") == {"count": 3}
        assert done(command, "count", {**headers, "within": "family"}, job="J4") == {"count": 0}
        assert done(command, "count", headers, job="J5", beds=[1, 2]) == {"count": 1}
        assert refused(command, "count", headers, job="J6", nocolumn=1)[0] == "invalid"


def test_cases_are_counted_by_their_columns_state_and_remit(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        connection = command.connection
        case(connection, "I2", remits=("ward:W2",))
        case(connection, "I3", remits=("ward:W1",))
        connection.execute(update(schema.instance).where(schema.instance.c.id == "I3").values(state="ended"))
        for key, text, number in (("I1", "A", 1.0), ("I2", "A", 2.0), ("I3", "B", None)):
            for name, value in (("title", {"text": text, "number": None}), ("bed", {"text": None, "number": number})):
                connection.execute(insert(schema.fact).values(instance_id=key, name=name, type="x", **value))
        asked: list[tuple[dict[str, str], dict[str, Any], int]] = [
            ({}, {}, 3),
            ({"state": "active"}, {}, 2),
            ({"within": "ward"}, {}, 2),
            ({"within": "ward", "state": "ended"}, {}, 1),
            ({}, {"title": "A"}, 2),
            ({}, {"title": ["A", "B"], "bed": 2}, 1),
        ]
        for job, (headers, inputs, count) in enumerate(asked):
            answer = done(command, "count", {"process": "stay", **headers}, job=f"J{job}", **inputs)
            assert answer == {"count": count}, (headers, inputs)
        assert done(command, "count", {"process": "stay", "within": "ward"}, job="N", at="house") == {"count": 0}
        assert refused(command, "count", {"process": "stay"}, job="E1", plan="x")[0] == "input"
        assert refused(command, "count", {"process": "nowhere"}, job="E2")[0] == "headers"
        assert refused(command, "count", {"process": "stay", "register": "house"}, job="E3")[0] == "headers"


def test_people_are_told_who_hold_the_task_the_role_or_are_named(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        connection = command.connection
        task(connection, "T1", "I1", "NURSE@ward:W1", element="round")
        task(connection, "T2", "I1", "NURSE@ward:W1", element="other", token=2, assignee="ben")
        task(connection, "T3", "I1", "DIR@*", element="round", token=3, state="completed")
        for key, role in (
            ("amy", "NURSE@ward:W1"),
            ("ben", "DOC@ward:W1"),
            ("doc", "DOC@ward:W1"),
            ("two", "DOC@ward:W2"),
        ):
            person(connection, key, role)
        person(connection, "recused", "NURSE@ward:W1")
        person(connection, "named")
        put(connection, "exclusion", person_id="recused", remit="family:F1", since_at=0)

        def told(job: str, headers: Mapping[str, str], **inputs: Any) -> set[str]:
            connection.execute(delete(schema.notice))
            answer = done(command, "notify", {"text": "请查收。", **headers}, job=job, **inputs)
            found = set(connection.execute(select(schema.notice.c.person_id)).scalars())
            assert answer == {"notified": len(found)}
            return found

        assert told("J1", {"task": "round"}) == {"amy"}
        assert told("J2", {"task": "other, round"}) == {"amy", "ben"}
        assert told("J3", {"roles": "DOC"}) == {"ben", "doc"}
        assert told("J4", {"task": "nowhere"}) == set()
        assert told("J5", {"roles": "DOC, DIR"}, person=["named", "recused"]) == {"ben", "doc", "named"}
        row = connection.execute(select(schema.notice).where(schema.notice.c.person_id == "named")).one()
        assert (row.kind, row.text, row.instance_id) == ("note", "请查收。", "I1")


def test_what_people_are_told_says_nothing_about_the_case(database: Database) -> None:
    with clinic(database) as command:
        stay(command)
        for text in ("{name} has come", "=name"):
            assert refused(command, "notify", {"text": text}, person="amy")[0] == "headers"


# ---- before anything runs


POLICY = policy.read(FILES)


@pytest.mark.parametrize(
    ("type_", "headers", "inputs", "where"),
    [
        ("register.append", {"register": "nowhere"}, [], ["header register"]),
        ("register.append", {"register": "admissions"}, ["no", "colour", "remit"], ["input colour"]),
        ("register.append", {"register": "admissions"}, ["beds"], ["input no"]),
        ("register.append", {}, ["no"], ["header register"]),
        ("number.next", {"pattern": "{round}-{year}-{n}"}, [], ["input round"]),
        ("number.next", {"pattern": "{n}{n}"}, [], ["header pattern"]),
        ("number.next", {"width": "ten"}, ["series"], ["header width"]),
        ("directory.put", {"list": "nowhere"}, ["key", "name"], ["header list"]),
        ("directory.put", {"list": "person"}, ["key", "name", "kind"], ["input kind"]),
        ("directory.put", {"list": "ward"}, ["key"], ["input name"]),
        ("grant.give", {"role": "NOROLE"}, ["person"], ["header role"]),
        ("grant.give", {"role": "CHAIR"}, ["person"], ["header role"]),
        ("grant.revoke", {"role": "NURSE"}, ["persons"], ["input persons"]),
        ("grant.revoke", {"role": "NURSE", "given": "there"}, [], ["header given"]),
        ("count", {}, [], ["header register"]),
        ("count", {"register": "nowhere"}, [], ["header register"]),
        ("count", {"process": "stay", "state": "asleep"}, ["plan"], ["input plan", "header state"]),
        ("deadline.reckon", {"deadline": "D0"}, ["from"], ["header deadline"]),
        ("grant.give", {"role": "NURSE NOROLE"}, ["person"], ["header role"]),
        ("grant.give", {"role": "NURSE, CHAIR"}, ["person"], ["header role"]),
        ("notify", {"text": "x"}, [], ["header roles"]),
        ("notify", {"text": "x", "opens": "task"}, ["person"], ["header opens"]),
        ("notify", {"text": "{x}", "roles": "NOROLE"}, [], ["header roles", "header text"]),
        ("http.get", {}, [], ["type"]),
    ],
)
def test_a_faulty_service_task_is_found_before_it_runs(
    type_: str, headers: dict[str, str], inputs: list[str], where: list[str]
) -> None:
    assert [problem.where for problem in connector.check(type_, headers, inputs, POLICY)] == where


@pytest.mark.parametrize(
    ("type_", "headers", "inputs"),
    [
        ("register.append", {"register": "admissions"}, ["no", "remit", "beds", "corrects", "reason"]),
        ("number.next", {"width": "3"}, ["series"]),
        ("directory.put", {"list": "ward", "remit": "ward"}, ["key", "name", "beds"]),
        ("grant.give", {"role": "NURSE"}, ["person", "remit", "from", "until"]),
        ("grant.revoke", {"role": "NURSE"}, []),
        ("count", {"process": "stay", "within": "ward", "state": "active"}, ["title"]),
        ("grant.give", {"role": "NURSE, DUTY"}, ["person"]),
        ("notify", {"text": "x", "task": "a, b"}, []),
        ("notify", {"text": "x", "opens": "case"}, ["person"]),
        ("deadline.reckon", {"deadline": "D1"}, ["from"]),
    ],
)
def test_a_sound_service_task_is_let_pass(type_: str, headers: dict[str, str], inputs: list[str]) -> None:
    assert connector.check(type_, headers, inputs, POLICY) == []
    assert connector.check(type_, headers, inputs) == []
