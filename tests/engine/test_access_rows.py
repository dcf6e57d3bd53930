from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import Connection, event, select

from engine import access, clock, schema
from engine.actor import Actor
from engine.database import Database
from engine.runtime import Command
from tests.engine.clinic import (
    NOW,
    case,
    clinic,
    give,
    one_database,  # noqa: F401 - a fixture
    person,
    put,
    task,
)

IDS = {
    "instance": (schema.instance, schema.instance.c.id),
    "story": (schema.instance, schema.instance.c.id),
    "event": (schema.event, schema.event.c.instance_id),
    "task": (schema.task, schema.task.c.id),
    "attachment": (schema.attachment, schema.attachment.c.id),
    "comment": (schema.comment, schema.comment.c.id),
    "incident": (schema.incident, schema.incident.c.id),
    "notice": (schema.notice, schema.notice.c.id),
    "register": (schema.register_entry, schema.register_entry.c.job_id),
    "definition": (schema.definition, schema.definition.c.id),
    "person": (schema.person, schema.person.c.id),
    "organisation": (schema.organisation, schema.organisation.c.id),
    "listing": (schema.listing, schema.listing.c.id),
}


def seen(connection: Connection, actor: Actor, kind: str) -> set[str]:
    table, key = IDS[kind]
    return set(connection.execute(select(key).select_from(table).where(access.visible(actor, kind))).scalars())


def who(command: Command, key: str, *grants: str, **values: Any) -> Actor:
    person(command.connection, key, *grants, **values)
    return access.actor(command.connection, key, NOW)


def exclude(connection: Connection, key: str, remit: str) -> Actor:
    put(connection, "exclusion", person_id=key, remit=remit, since_at=0)
    return access.actor(connection, key, NOW)


def wards(connection: Connection, count: int = 3) -> None:
    """One case for each ward, and one of the house."""
    for n in range(1, count + 1):
        readers = (f"DOC@ward:W{n}", f"KIN@family:F{n}", "DIR@*")
        case(connection, f"I{n}", readers=readers, remits=(f"ward:W{n}", f"family:F{n}"))
    case(connection, "house", "walk", readers=("DIR@*",))


def test_a_doctor_sees_the_cases_of_their_own_ward_only(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        assert seen(command.connection, who(command, "amy", "DOC@ward:W1"), "instance") == {"I1"}
        assert seen(command.connection, who(command, "two", "DOC@ward:W1", "DOC@ward:W3"), "instance") == {"I1", "I3"}
        assert seen(command.connection, who(command, "dir", "DIR@*"), "instance") == {"I1", "I2", "I3", "house"}


def test_another_role_in_the_same_ward_and_a_ward_of_a_longer_name_open_nothing(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        assert (
            seen(command.connection, who(command, "amy", "NURSE@ward:W1", "DOC@ward:W11", "DOC@*"), "instance") == set()
        )


def test_who_has_been_granted_nothing_sees_nothing_of_any_kind(database: Database) -> None:
    with clinic(database) as command:
        everything(command.connection)
        for kind in IDS:
            assert seen(command.connection, who(command, f"no-{kind}"), kind) <= {f"no-{kind}"}
            assert seen(command.connection, Actor("amy"), kind) == set()


def test_what_is_not_yours_and_what_is_not_there_are_asked_by_one_statement(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        amy = who(command, "amy", "DOC@ward:W1")
        statements: list[Any] = []
        event.listen(command.connection, "before_cursor_execute", lambda *about: statements.append(about[2]))
        for key in ("I2", "nowhere"):
            query = select(schema.instance.c.id).where(schema.instance.c.id == key, access.visible(amy, "instance"))
            assert command.connection.execute(query).first() is None
        assert len(statements) == 2
        assert statements[0] == statements[1]


def test_a_recusal_closes_what_every_role_has_opened(database: Database) -> None:
    with clinic(database) as command:
        everything(command.connection)
        amy = who(command, "amy", "DOC@ward:W1", "DOC@ward:W2", "DIR@*")
        assert seen(command.connection, amy, "instance") >= {"I1", "I2"}
        amy = exclude(command.connection, "amy", "family:F2")
        assert seen(command.connection, amy, "instance") == {"I1", "I3", "house"}
        for kind in ("story", "event", "task", "attachment", "comment", "incident", "notice", "register"):
            found = seen(command.connection, amy, kind)
            assert found, kind
            assert not any("I2" in each for each in found), kind


def everything(connection: Connection) -> None:
    """Rows of every kind in every ward."""
    wards(connection)
    for n, key in enumerate(("I1", "I2", "I3", "house")):
        task(connection, f"{key}-task", key, "person:amy", "NURSE@ward:W1")
        event_row = {"kind": "k", "actor": "x", "at": 0, "data": "{}", "hash": ""}
        put(connection, "event", instance_id=key, number=1, **event_row)
        for cls in ("open", "internal", "sealed"):
            put(
                connection,
                "comment",
                id=f"{key}-{cls}",
                instance_id=key,
                person_id="x",
                at=0,
                text="t",
                **{"class": cls},
            )
            attach(connection, f"{key}-{cls}", key, cls)
        put(connection, "incident", id=f"{key}-incident", instance_id=key, message="m", params="{}", opened_at=0)
        put(connection, "notice", id=f"{key}-notice", person_id="amy", instance_id=key, kind="copy", by="x", at=0)
        enter(connection, "admissions", n + 1, f"ward:W{n + 1}", f"{key}-entry", key)
        put(connection, "listing", list="ward", id=f"W{n}", name="w", remit=f"ward:W{n}", active=True)
        put(connection, "organisation", id=f"O{n}", name="o", active=True)


def attach(connection: Connection, key: str, instance: str, cls: str, **values: Any) -> None:
    row = {"name": "n", "media_type": "m", "size": 1, "sha256": "s", "person_id": "x", "at": 0, "kept": True, **values}
    put(connection, "attachment", id=key, instance_id=instance, **{"class": cls}, **row)


def enter(
    connection: Connection, register: str, position: int, remit: str, key: str, instance: str | None = None
) -> None:
    row = {"content": "{}", "at": 0, "actor": "x", "instance_id": instance, "job_id": key}
    put(connection, "register_entry", register=register, position=position, remit=remit, **row)


def test_the_story_is_for_fewer_than_the_row(database: Database) -> None:
    with clinic(database) as command:
        everything(command.connection)
        doctor, director = who(command, "amy", "DOC@ward:W1"), who(command, "dir", "DIR@*")
        assert seen(command.connection, doctor, "instance") == {"I1"}
        assert seen(command.connection, doctor, "story") == set()
        assert seen(command.connection, doctor, "event") == set()
        assert seen(command.connection, director, "story") == {"I1", "I2", "I3"}
        assert seen(command.connection, director, "event") == {"I1", "I2", "I3"}


def test_the_story_of_a_process_without_roles_is_for_whoever_reads_it(database: Database) -> None:
    with clinic(database) as command:
        case(command.connection, "mine", "free", readers=("person:amy",), plain=True)
        case(command.connection, "yours", "free", readers=("person:ben",), plain=True)
        case(command.connection, "stay", readers=("person:amy",))
        amy = who(command, "amy")
        for kind in ("instance", "story"):
            assert seen(command.connection, amy, kind) == {"mine"}


def test_a_task_is_seen_by_whom_it_is_offered_to_and_by_who_sees_the_case(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        for n in (1, 2):
            task(command.connection, f"T{n}", f"I{n}", f"NURSE@ward:W{n}")
        task(command.connection, "personal", "I2", "person:amy", token=2)
        amy, doctor = who(command, "amy", "NURSE@ward:W1"), who(command, "doc", "DOC@ward:W2")
        assert seen(command.connection, amy, "task") == {"T1", "personal"}
        assert seen(command.connection, doctor, "task") == {"T2", "personal"}
        assert seen(command.connection, amy, "instance") == set()


def test_what_one_may_do_is_what_is_offered_and_not_what_one_merely_sees(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        task(command.connection, "T1", "I1", "NURSE@ward:W1", assignee="someone")
        task(command.connection, "given", "I1", "person:doc", token=2, assignee="doc")
        doctor, nurse = who(command, "doc", "DOC@ward:W1"), who(command, "amy", "NURSE@ward:W1")

        def may_do(actor: Actor) -> set[str]:
            return set(command.connection.execute(select(schema.task.c.id).where(access.may_do(actor))).scalars())

        assert may_do(nurse) == {"T1"}
        assert may_do(doctor) == {"given"}
        assert may_do(exclude(command.connection, "doc", "ward:W1")) == set()


def test_who_has_lost_the_role_loses_the_task_they_had_taken(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        task(command.connection, "T1", "I1", "NURSE@ward:W1", assignee="amy")
        person(command.connection, "amy")
        give(command.connection, "amy", "NURSE", "ward:W1", until_at=1)
        assert seen(command.connection, access.actor(command.connection, "amy", NOW), "task") == set()


def test_what_one_has_done_stays_in_sight_until_one_leaves_the_ward(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        task(command.connection, "done", "I1", state="completed", closed_by="amy")
        task(command.connection, "other", "I1", token=2, state="completed", closed_by="ben")
        assert seen(command.connection, who(command, "amy", "NURSE@ward:W1"), "task") == {"done"}
        put(command.connection, "reader", instance_id="I1", audience="person:ben")
        assert seen(command.connection, who(command, "ben", "NURSE@ward:W2"), "task") == set()
        assert seen(command.connection, access.actor(command.connection, "ben", NOW), "instance") == set()
        task(command.connection, "archived", "I2", token=3, state="completed", closed_by="arc")
        assert seen(command.connection, who(command, "arc", "ARCHIVE@*"), "task") == {"archived"}


def test_an_outside_party_sees_comments_and_files_that_are_open_or_theirs_by_name(database: Database) -> None:
    with clinic(database) as command:
        everything(command.connection)
        attach(command.connection, "I1-scan", "I1", "internal", field="scan.2")
        attach(command.connection, "I2-scan", "I2", "internal", field="scan")
        attach(command.connection, "I1-outlook", "I1", "internal", field="outlook")
        attach(command.connection, "I1-scanner", "I1", "internal", field="scanner")
        attach(command.connection, "I1-photo", "I1", "sealed", field="photo")
        case(command.connection, "walk", "walk", readers=("KIN@family:F1",), remits=("family:F1",))
        attach(command.connection, "walk-scan", "walk", "internal", field="scan")
        kin = who(command, "kin", "KIN@family:F1")
        assert seen(command.connection, kin, "comment") == {"I1-open"}
        assert seen(command.connection, kin, "attachment") == {"I1-open", "I1-scan"}
        doctor = who(command, "doc", "DOC@ward:W1")
        assert seen(command.connection, doctor, "comment") == {"I1-open", "I1-internal"}
        inside = {"I1-open", "I1-internal", "I1-scan", "I1-outlook", "I1-scanner"}
        assert seen(command.connection, doctor, "attachment") == inside | {"I1-photo"}
        attach(command.connection, "I1-letter", "I1", "sealed", field="letter")
        sealed = {key for key in seen(command.connection, who(command, "dir", "DIR@*"), "attachment") if "I1" in key}
        assert sealed == inside | {"I1-letter"}


def test_restricted_files_and_remarks_are_for_whom_their_own_field_lets_through(database: Database) -> None:
    with clinic(database) as command:
        case(command.connection, "C1", "consult", readers=("DOC@ward:W1", "DIR@*"), remits=("ward:W1",))
        for key, field in (("plan", "plan.1"), ("other", "planned"), ("loose", None)):
            attach(command.connection, key, "C1", "restricted", field=field)
        put(
            command.connection,
            "comment",
            id="said",
            instance_id="C1",
            person_id="x",
            at=0,
            text="t",
            **{"class": "internal"},
        )
        put(command.connection, "incident", id="trouble", instance_id="C1", message="m", params="{}", opened_at=0)
        people = {
            "off": who(command, "off", "DOC@ward:W1"),
            "on": who(command, "on", "DOC@ward:W1", "DUTY@ward:W1"),
            "dir": who(command, "dir", "DIR@*"),
        }
        files = {key: seen(command.connection, actor, "attachment") for key, actor in people.items()}
        assert files == {"off": set(), "on": {"other", "loose"}, "dir": {"plan"}}
        for kind, one in (("comment", "said"), ("incident", "trouble")):
            told = {key: seen(command.connection, actor, kind) for key, actor in people.items()}
            assert told == {"off": set(), "on": {one}, "dir": set()}
        task(command.connection, "T1", "C1", "DOC@ward:W1")
        assert seen(command.connection, people["off"], "attachment") == {"plan", "other", "loose"}
        assert seen(command.connection, people["off"], "comment") == {"said"}


def test_who_has_asked_sees_the_restricted_files_of_that_case(database: Database) -> None:
    with clinic(database) as command:
        for key in ("C1", "C2"):
            case(command.connection, key, "consult", readers=("DIR@*",), remits=("ward:W1",))
            attach(command.connection, f"{key}-file", key, "restricted", field="note")
        record = {"what": "asked", "object": "C1", "at": clock.micros(NOW)}
        put(command.connection, "access_record", person_id="dir", **record)
        assert seen(command.connection, who(command, "dir", "DIR@*"), "attachment") == {"C1-file"}


def test_a_file_not_yet_submitted_is_its_owners_alone(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        attach(command.connection, "mine", "I1", "internal", kept=False, person_id="amy")
        attach(command.connection, "yours", "I1", "open", kept=False, person_id="ben")
        attach(command.connection, "elsewhere", "I2", "open", kept=False, person_id="amy")
        assert seen(command.connection, who(command, "amy", "DOC@ward:W1"), "attachment") == {"mine"}


def test_whoever_works_on_a_case_sees_its_files_while_the_task_is_theirs(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        attach(command.connection, "I1-file", "I1", "internal")
        nurse = who(command, "amy", "NURSE@ward:W1")
        assert seen(command.connection, nurse, "attachment") == set()
        task(command.connection, "T1", "I1", "NURSE@ward:W1")
        assert seen(command.connection, nurse, "attachment") == {"I1-file"}


def test_troubles_are_for_those_who_see_the_case_from_inside(database: Database) -> None:
    with clinic(database) as command:
        everything(command.connection)
        assert seen(command.connection, who(command, "kin", "KIN@family:F1"), "incident") == set()
        assert seen(command.connection, who(command, "doc", "DOC@ward:W1"), "incident") == {"I1-incident"}


def test_a_notice_is_for_the_person_it_names_or_whoever_stands_in(database: Database) -> None:
    with clinic(database) as command:
        everything(command.connection)
        person(command.connection, "amy")
        ben = who(command, "ben", "DIR@*")
        assert seen(command.connection, ben, "notice") == set()
        row = {"id": "s", "person_id": "amy", "substitute_id": "ben", "from_at": 0, "until_at": 2**60}
        put(command.connection, "substitution", **row)
        assert len(seen(command.connection, access.actor(command.connection, "ben", NOW, "amy"), "notice")) == 4


def test_a_register_shows_the_own_page_of_the_book_or_the_whole_of_it(database: Database) -> None:
    with clinic(database) as command:
        for n in (1, 2):
            enter(command.connection, "admissions", n, f"ward:W{n}", f"A{n}")
        enter(command.connection, "house", 1, "*", "H1")
        enter(command.connection, "forgotten", 1, "ward:W1", "F1")
        assert seen(command.connection, who(command, "amy", "DOC@ward:W1"), "register") == {"A1"}
        assert seen(command.connection, who(command, "nurse", "NURSE@ward:W1"), "register") == set()
        assert seen(command.connection, who(command, "dir", "DIR@*"), "register") == {"A1", "A2", "H1"}
        assert seen(command.connection, exclude(command.connection, "dir", "ward:W2"), "register") == {"A1", "H1"}


def test_an_entry_falls_under_the_recusals_of_its_case_too(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        for n in (1, 2):
            enter(command.connection, "admissions", n, f"ward:W{n}", f"A{n}", f"I{n}")
        person(command.connection, "dir", "DIR@*")
        assert seen(command.connection, exclude(command.connection, "dir", "family:F2"), "register") == {"A1"}


def test_a_definition_is_seen_by_who_may_start_own_or_see_its_cases(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        case(command.connection, "free", "free", plain=True)
        assert seen(command.connection, who(command, "nurse", "NURSE@ward:W1"), "definition") == {
            "stay",
            "walk",
            "free-plain",
        }
        assert seen(command.connection, who(command, "kin", "KIN@family:F1"), "definition") == {"stay", "free-plain"}
        assert seen(command.connection, who(command, "lab", "LAB@*"), "definition") == {"free-plain"}


def test_an_outside_party_looks_up_only_its_own_house(database: Database) -> None:
    with clinic(database) as command:
        for key in ("F1", "F2"):
            put(command.connection, "organisation", id=key, name=key, active=True)
            person(command.connection, f"of-{key}", organisation_id=key)
        kin = who(command, "kin", "KIN@family:F1")
        assert seen(command.connection, kin, "organisation") == {"F1"}
        assert seen(command.connection, kin, "person") == {"kin", "of-F1"}
        nurse = who(command, "nurse", "NURSE@ward:W1")
        assert seen(command.connection, nurse, "organisation") == {"F1", "F2"}
        assert seen(command.connection, nurse, "person") == {"kin", "of-F1", "of-F2", "nurse"}
        assert seen(command.connection, who(command, "guest"), "person") == {"guest"}


def test_a_list_is_offered_to_its_roles_and_an_item_within_its_remit(database: Database) -> None:
    with clinic(database) as command:
        connection = command.connection
        for key in ("W1", "W2"):
            put(connection, "listing", list="ward", id=key, name=key, remit=f"ward:{key}", active=True)
        put(connection, "listing", list="drug", id="D1", name="d", active=True)
        put(connection, "listing", list="undeclared", id="U1", name="u", active=True)
        put(connection, "listing", list="ward", id="W0", name="all", active=True)
        assert seen(connection, who(command, "kin", "KIN@family:F1"), "listing") == {"D1"}
        assert seen(connection, who(command, "nurse", "NURSE@ward:W1"), "listing") == {"W0", "W1"}
        assert seen(connection, who(command, "doc", "DOC@ward:W2"), "listing") == {"W0", "W2", "D1"}
        assert seen(connection, who(command, "dir", "DIR@*"), "listing") == {"W0", "W1", "W2"}
        assert seen(connection, exclude(connection, "dir", "ward:W2"), "listing") == {"W0", "W1"}


def test_the_predicate_holds_in_a_statement_that_joins_the_very_tables_it_looks_into(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        task(command.connection, "T1", "I1", "NURSE@ward:W1")
        task(command.connection, "T2", "I2", "NURSE@ward:W2")
        nurse = who(command, "nurse", "NURSE@ward:W1")
        t = schema.task.alias("t")
        joined: Iterable[Any] = command.connection.execute(
            select(t.c.id)
            .join(schema.candidate, schema.candidate.c.task_id == t.c.id)
            .join(schema.instance, schema.instance.c.id == t.c.instance_id)
            .join(schema.reader, schema.reader.c.instance_id == schema.instance.c.id)
            .where(access.visible(nurse, "task", rows=t))
            .distinct()
        ).scalars()
        assert set(joined) == {"T1"}


def test_the_engine_itself_sees_nothing_through_the_predicate(database: Database) -> None:
    with clinic(database) as command:
        everything(command.connection)
        for kind in IDS:
            assert seen(command.connection, command.actor, kind) == set()


def test_a_policy_released_meanwhile_opens_what_the_one_before_did_not(database: Database) -> None:
    with clinic(database) as command:
        wards(command.connection)
        nurse = cast(access.Granted, who(command, "nan", "NURSE@ward:W1"))
        put(command.connection, "reader", instance_id="I1", audience="NURSE@ward:W1")

        told = {**nurse.policy.processes, "stay": replace(nurse.policy.processes["stay"], story=frozenset({"NURSE"}))}
        again = replace(nurse, policy=replace(nurse.policy, processes=told))

        assert (seen(command.connection, nurse, "story"), seen(command.connection, again, "story")) == (set(), {"I1"})
