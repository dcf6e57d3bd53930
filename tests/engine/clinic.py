"""A small house of another trade, since the engine knows none: a clinic with wards, and relatives as outsiders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import Connection, insert

from engine import clock, policy, schema, terms
from engine.actor import ENGINE, Actor
from engine.database import Database
from engine.evidence import chain, covered
from tests.provision.databases import Databases

if TYPE_CHECKING:
    from engine.runtime import Command

NOW = datetime(2026, 4, 1, 1, 30, tzinfo=UTC)

ROLES = """
[NURSE]
title = "护士"
en = "Nurse"
remit = "ward"
[DOC]
title = "医生"
en = "Doctor"
remit = "ward"
[DIR]
title = "院长"
en = "Director"
[ARCHIVE]
title = "病案室"
en = "Archive"
[KIN]
title = "家属"
en = "Relative"
remit = "family"
external = true
[LAB]
title = "外检机构"
en = "Outside laboratory"
external = true
[DUTY]
title = "在班"
en = "On duty"
remit = "ward"
[CHAIR]
title = "会诊主持人"
en = "Chair"
assigned = true
"""
SEPARATION = """
[[rule]]
kind = "grant"
roles = [["NURSE", "DOC"], ["KIN"]]
within = "a ward in which the family lies"
reason = "医护人员不得护理本人家属。"
reason_en = "Nobody treats their own family."
[[rule]]
kind = "grant"
roles = [["ARCHIVE"], ["*"]]
reason = "病案室不兼任其他岗位。"
reason_en = "The archive holds no other role."
[[rule]]
kind = "task"
roles = [["DOC"], ["DIR"]]
reason = "两个签字须由两人签署。"
reason_en = "Two persons sign."
"""
CATALOG = """
[stay]
start = ["NURSE"]
see = ["DOC", "DIR", "KIN"]
story = ["DIR"]
own = ["DIR"]
remits = { wardId = "ward", familyId = "family?" }
columns = ["title", "bed"]
[stay.fields]
title = { class = "open" }
bed = { class = "open", when = "=admitted" }
plan = { roles = ["KIN"] }
outlook = { roles = ["KIN"], when = "=told" }
diagnosis = { class = "sealed", roles = ["DOC"] }
photo = { class = "sealed", roles = ["DOC"] }
letter = { class = "sealed", roles = ["DIR"] }
scan = { roles = ["KIN"] }

[consult]
see = ["DOC", "NURSE", "DIR", "LAB", "@starter"]
remits = { wardId = "ward", familyId = "family?" }
[consult.fields]
title = { class = "internal" }
plan = { class = "restricted", roles = ["DIR"] }
diagnosis = { class = "sealed", roles = ["DOC"], hold = "DUTY" }
[consult.otherwise]
class = "restricted"
roles = ["DOC"]
ask = ["DIR"]
hold = "DUTY"

[walk]
start = ["NURSE", "DIR"]
see = ["@starter"]
"""
LISTS = """
[ward]
title = "病区"
en = "Wards"
see = ["*"]
[drug]
title = "药品"
en = "Drugs"
see = ["DOC", "KIN"]
"""
REGISTERS = """
[admissions]
title = "入院登记簿"
en = "Admissions"
remit = "ward"
see = ["DOC", "DIR"]
number = "no"
columns = [
    { key = "no", title = "编号", en = "No.", type = "str", required = true },
    { key = "on", title = "日期", en = "Date", type = "date" },
    { key = "beds", title = "床位", en = "Beds", type = "int" },
    { key = "fee", title = "费用", en = "Fee", type = "money", see = ["DIR"] },
    { key = "ward", title = "病区", en = "Ward", type = "ward" },
    { key = "doctor", title = "医生", en = "Doctor", type = "person" },
    { key = "urgent", title = "急诊", en = "Urgent", type = "bool" },
]
[house]
title = "院务登记簿"
en = "House book"
see = ["DIR"]
columns = [{ key = "what", title = "事项", en = "What", type = "text" }]
"""
DEADLINES = """
[D1]
title = "首次查房"
en = "First round"
amount = 3
kind = "W"
basis = "院规"
"""
CALENDAR = """
version = "1"
[days]
2026-05-09 = "working"
2026-05-04 = "free"
"""
FILES = {
    "roles.toml": ROLES.encode(),
    "separation.toml": SEPARATION.encode(),
    "catalog.toml": CATALOG.encode(),
    "lists.toml": LISTS.encode(),
    "registers.toml": REGISTERS.encode(),
    "deadlines.toml": DEADLINES.encode(),
    "calendar/overrides.toml": CALENDAR.encode(),
}


@dataclass
class Desk:
    """What a command or a look carries, without the rest of the engine."""

    connection: Connection
    actor: Actor = ENGINE
    now: datetime = NOW
    zone: str = "Asia/Shanghai"

    @property
    def runtime(self) -> Desk:
        return self


def desk(connection: Connection, actor: Actor = ENGINE, now: datetime = NOW) -> Command:
    """A command at the clinic's desk."""
    return cast("Command", Desk(connection, actor, now))


@pytest.fixture(scope="module", name="database")
def one_database(databases: Databases) -> Iterator[Database]:
    """One database for a whole module whose tests leave nothing behind; each on both kinds."""
    with databases.ready() as url, closing(Database(url)) as opened:
        with opened.write() as connection:
            policy.release(desk(connection, Actor("director")), FILES)
        yield opened


@contextmanager
def clinic(database: Database, files: Mapping[str, bytes] = FILES) -> Iterator[Command]:
    """A command in a clinic whose policy has been released; at the end everything is as it was."""
    with database.write() as connection:
        if files is not FILES:
            policy.release(desk(connection, Actor("director")), files)
        yield desk(connection)
        connection.rollback()


def put(connection: Connection, table: str, **values: Any) -> None:
    """One row as it stands, past every command, and no less evidence than theirs."""
    into = schema.metadata.tables[table]
    connection.execute(insert(into).values(**values))
    if into in covered.chained() and all(column.name in values for column in into.primary_key):
        chain.note(connection, into, [tuple(values[column.name] for column in into.primary_key)], ENGINE)


def person(connection: Connection, key: str, *grants: str, active: bool = True, **values: Any) -> None:
    """A person, granted audiences like ``DOC@ward:W1`` or ``DIR@*`` for good."""
    put(connection, "person", id=key, name=values.pop("name", key), active=active, **values)
    for number, grant in enumerate(grants):
        role, _, remit = grant.partition("@")
        give(connection, key, role, remit, number=number)


def give(connection: Connection, key: str, role: str, remit: str, *, number: int = 0, **values: Any) -> None:
    """A grant as it stands."""
    row = {"from_at": 0, "until_at": None, "given_by": "director", "instance_id": None, **values}
    put(connection, "authority", id=f"{key}-{role}-{remit}-{number}", person_id=key, role=role, remit=remit, **row)


def case(
    connection: Connection,
    key: str,
    process: str = "stay",
    *,
    readers: tuple[str, ...] = (),
    remits: tuple[str, ...] = (),
    started_by: str = "nobody",
    plain: bool = False,
) -> None:
    """An instance with who reads it and what it stands under."""
    definition = f"{process}-plain" if plain else process
    if connection.execute(schema.definition.select().where(schema.definition.c.id == definition)).first() is None:
        row = {"name": process, "digest": "", "plain": plain, "released_at": 0, "released_by": "director"}
        put(connection, "definition", id=definition, process_key=definition, version=1, **row)
    put(
        connection,
        "instance",
        id=key,
        definition_id=definition,
        process_key=process,
        root_id=key,
        state="active",
        started_by=started_by,
        started_at=clock.micros(NOW),
        sequence=1,
        head="",
        last_at=clock.micros(NOW),
        marking=b"",
        remits="{}",
    )
    for audience in readers:
        put(connection, "reader", instance_id=key, audience=audience)
    for remit in remits:
        put(connection, "remit", instance_id=key, remit=remit)


def column(connection: Connection, instance: str, name: str, text: str, kind: str = "string") -> None:
    """A value in a column of an instance, as text."""
    put(connection, "fact", instance_id=instance, name=name, type=kind, text=text, terms=terms.of_value(kind, text))


def number(connection: Connection, instance: str, business_key: str) -> None:
    """The number by which people know an instance, and find it."""
    i = schema.instance
    connection.execute(i.update().where(i.c.id == instance).values(business_key=business_key))
    row = {"name": schema.BUSINESS_KEY, "type": "null", "terms": terms.of(business_key)}
    put(connection, "fact", instance_id=instance, **row)


def task(connection: Connection, key: str, instance: str, *candidates: str, token: int = 1, **values: Any) -> None:
    """A task of an instance, offered to some audiences."""
    put(connection, "task", **task_row(key, instance, token=token, **values))
    for audience in candidates:
        offer(connection, key, audience, values.get("due_at"))


def task_row(key: str, instance: str, **values: Any) -> dict[str, Any]:
    """An open task of an instance that is due never, unless told otherwise."""
    row = {"state": "open", "stamp": 1, "changed_at": 0, "change": "opened", "priority": 50, "opened_at": 0}
    row |= {"element": "do", "name": "do", "scope": 0, "definition_id": "stay", "process_key": "stay"}
    return {"id": key, "instance_id": instance, **row, **values}


def offer(connection: Connection, key: str, audience: str, due: int | None = None) -> None:
    """Offer a task to one audience."""
    put(connection, "candidate", task_id=key, audience=audience, place=schema.UNDUE if due is None else due)
