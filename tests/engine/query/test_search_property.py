"""Random houses against a plain model: a row is found exactly when what it shows to this reader has every word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from engine import access
from engine.actor import ENGINE_KEY
from engine.database import Database
from engine.query import inbox
from engine.query.columns import Percent
from engine.query.inbox import Filter
from engine.query.titles import Title
from engine.runtime import Runtime, View
from tests.engine import clinic
from tests.engine.clinic import NOW, put

CATALOG = """
[stay]
see = ["DOC", "DIR", "KIN", "@starter"]
remits = { wardId = "ward", familyId = "family?" }
columns = { title = "str", bed = "int", wardId = "ward", doctor = "person", home = "organisation", urgent = "bool", \
on = "date", plan = "str", told = "str", share = "percent" }
[stay.fields]
title = { class = "open" }
doctor = { class = "open" }
plan = { class = "restricted", roles = ["DIR"], hold = "DUTY" }
home = { class = "restricted", roles = ["DOC"], hold = "DUTY", ask = ["DIR"] }
told = { class = "open", when = "=admitted" }
bed = { roles = ["KIN"] }
"""
FILES = {**clinic.FILES, "catalog.toml": CATALOG.encode()}
WORDS = {("process", "stay"): ["住院", "Stay"], ("element", "do"): ["办理 入院", "Admit"]}
LABELS = {"bed": ["床位", "Bed"], "urgent": ["急诊", "Urgent"], "on": ["日期", "Date"], "share": ["占比", "Share"]}
VALUES = {"二级": ["Second class"]}
PERSONS = {"u1": ("王 小明", "Xiaoming Wang", "wang xiao ming", "wxm"), "u2": ("张丽", None, "zhang li", "zl")}
HOUSES = {"o1": ("石桥镇", "Shiqiao Town", "shi qiao zhen", "sqz"), "o2": ("卫生局", None, "wei sheng ju", "wsj")}
WARDS = {"W1": ("一病区", "Ward One", "yi bing qu", "ybq"), "W2": ("二病区", None, "er bing qu", "ebq")}
NAMED = {"person": PERSONS, "organisation": HOUSES, "ward": WARDS}
ROLES = ["NURSE@ward:W1", "DOC@ward:W1", "DUTY@ward:W1", "DOC@ward:W2", "DIR@*", "KIN@family:F1", "LAB@*"]
ME = "u1"
TEXTS = ["发热待查", "二级", "Cold 发热", "u2", "100% 'a\\b\"", "石桥", "İstanbul-7", "W1"]
ASKED = [
    *("发热", "热", "待查", "热待", "二级", "second", "级", "cold", "u2", "u1", "o1", "w1", "石桥", "石桥镇", "town"),
    *(
        "sqz",
        "sq",
        "小明",
        "王小",
        "wang",
        "wxm",
        "zl",
        "张丽",
        "病区",
        "ward one",
        "住院",
        "入院 住院",
        "stay",
        "admit",
    ),
    *("办理 发热", "12", "床位", "bed", "urgent", "急诊", "2026-04-01", "4月1日", "apr 2026", "日期", "100%", "%"),
    *(
        "'a\\b\"",
        "_",
        "住-7",
        "请阅",
        "已到期",
        "expired",
        "weisheng",
        "-7",
        "true",
        "false",
        "50%",
        "50",
        "95.9%",
        "占比",
    ),
]


class Share(float):
    """So many in a hundred."""


@dataclass
class Row:
    remits: set[str]
    readers: set[str]
    candidates: set[str]
    facts: dict[str, Any]
    mine: bool
    done: bool
    assignee: str | None
    number: str | None
    notice: tuple[str, str | None, str] | None
    recalled: bool


def rows() -> st.SearchStrategy[Row]:
    facts = st.fixed_dictionaries(
        {},
        optional={
            "title": st.sampled_from(TEXTS),
            "plan": st.sampled_from(TEXTS),
            "told": st.sampled_from(TEXTS),
            "bed": st.sampled_from([7, 12, 12.5]),
            "share": st.sampled_from([0.5, 0.9592, 12]),
            "wardId": st.sampled_from(["W1", "W2"]),
            "doctor": st.sampled_from(["u1", "u2"]),
            "home": st.sampled_from(["o1", "o2"]),
            "urgent": st.booleans(),
            "on": st.sampled_from([date(2026, 4, 1), date(2025, 12, 12)]),
        },
    )
    audiences = st.sets(st.sampled_from([*ROLES, f"person:{ME}"]), max_size=3)
    notice = st.none() | st.tuples(
        st.sampled_from([ENGINE_KEY, "u2"]),
        st.sampled_from([None, "请阅", "已到期"]),
        st.sampled_from(["task", "case"]),
    )
    return st.builds(
        Row,
        st.sets(st.sampled_from(["ward:W1", "ward:W2", "family:F1"]), max_size=2),
        audiences,
        audiences,
        facts,
        st.booleans(),
        st.booleans(),
        st.sampled_from([None, None, ME, "u2"]),
        st.sampled_from([None, "住-7"]),
        notice,
        st.booleans(),
    )


# ---- the house


def fill(connection: Connection, made: list[Row], grants: set[str], barred: set[str]) -> None:
    for key, (name, english, sort, initials) in PERSONS.items():
        roles = grants if key == ME else set()
        clinic.person(connection, key, *sorted(roles), name=name, name_en=english, sort=sort, initials=initials)
    for remit in barred:
        put(connection, "exclusion", person_id=ME, remit=remit, since_at=0)
    for table, known in (("organisation", HOUSES), ("listing", WARDS)):
        for key, (name, english, sort, initials) in known.items():
            more = {"list": "ward"} if table == "listing" else {}
            row = {"name": name, "name_en": english, "sort": sort, "initials": initials, "active": True, **more}
            put(connection, table, id=key, **row)
    said = [(kind, "" if kind == "process" else key, texts) for (kind, key), texts in WORDS.items()]
    said += [("label", key, texts) for key, texts in LABELS.items()]
    said += [("value", key, texts) for key, texts in {**VALUES, "已到期": ["It has expired"]}.items()]
    for kind, key, texts in said:
        for n, text in enumerate(texts):
            where = "" if kind == "value" else "stay"
            put(connection, "word", definition_id=where, kind=kind, key=key, language=["zh", "en"][n], text=text)
    for n, row in enumerate(made):
        case(connection, f"I{n}", row)


def case(connection: Connection, key: str, of: Row) -> None:
    starter = ME if of.mine else "u2"
    readers = {*of.readers, f"person:{starter}"}
    clinic.case(connection, key, readers=tuple(readers), remits=tuple(of.remits), started_by=starter)
    clinic.task(connection, f"{key}.open", key, *of.candidates, assignee=of.assignee)
    done = {"state": "completed", "closed_by": ME if of.done else "u2", "closed_at": 1}
    clinic.task(connection, f"{key}.done", key, token=2, **done)
    if of.recalled:
        clinic.task(connection, f"{key}.beside", key, token=3, assignee="u2")
    for name, value in of.facts.items():
        fact(connection, key, name, value)
    if of.number:
        clinic.number(connection, key, of.number)
    if of.notice:
        by, text, about = of.notice
        task_id = f"{key}.open" if about == "task" else None
        row = {"person_id": ME, "kind": "note", "by": by, "text": text, "task_id": task_id, "at": 1}
        put(connection, "notice", id=f"{key}.notice", instance_id=key, **row)


def fact(connection: Connection, key: str, name: str, value: Any) -> None:
    if isinstance(value, bool):
        clinic.column(connection, key, name, str(value).lower(), "boolean")
    elif isinstance(value, int | float):
        put(connection, "fact", instance_id=key, name=name, type="number", number=float(value))
    else:
        clinic.column(connection, key, name, str(value), "date" if isinstance(value, date) else "string")


# ---- the model: what a row shows, and whether a word is a part of it


def of_columns(shown: dict[str, Any]) -> Iterator[Any]:
    for name, value in shown.items():
        if isinstance(value, bool):
            yield from LABELS[name] if value else ()
        elif isinstance(value, Percent):
            yield from [Share(round(value * 100, 1)), *LABELS[name]]
        elif isinstance(value, int | float):
            yield from [float(value), *LABELS[name]]
        elif isinstance(value, date):
            months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            yield from [f"{value.year}年{value.month}月{value.day}日", value.isoformat(), *LABELS[name]]
            yield f"{value.day} {months[value.month - 1]} {value.year}"
        elif isinstance(value, Title):
            yield from called(value.name)
        else:
            yield from [value, *VALUES.get(value, [])]


def called(name: str) -> Iterator[Any]:
    known = {entry[0]: entry for each in NAMED.values() for entry in each.values()}
    yield known[name]


def has(pieces: Iterable[Any], word: str) -> bool:
    for piece in pieces:
        if isinstance(piece, tuple):
            name, english, sort, initials = piece
            names = [each.replace(" ", "").lower() for each in (name, english) if each]
            if any(word in each for each in names) or any(
                each.replace(" ", "").startswith(word) for each in (sort, initials)
            ):
                return True
        elif isinstance(piece, Share):
            if re.fullmatch(r"-?\d+(\.\d+)?%?", word) and float(word.removesuffix("%")) == piece:
                return True
        elif isinstance(piece, float):
            if re.fullmatch(r"-?\d+(\.\d+)?", word) and float(word) == piece:
                return True
        elif any(word in each for each in piece.lower().split()):
            return True
    return False


def of_process(business_key: str | None) -> list[Any]:
    return [*WORDS["process", "stay"], *([business_key] if business_key else [])]


def of_work(work: inbox.Work, *, with_assignee: bool) -> list[Any]:
    who = [*called(work.assignee.name)] if with_assignee and work.assignee else []
    return [*WORDS["element", "do"], *of_process(work.business_key), *of_columns(work.columns), *who]


def of_case(each: inbox.Case) -> list[Any]:
    steps = [piece for _, who in each.steps for piece in (*WORDS["element", "do"], *(called(who.name) if who else ()))]
    return [*of_process(each.business_key), *of_columns(each.columns), *steps]


def of_notice(each: inbox.Notice) -> list[Any]:
    text = (
        [] if each.text is None else [each.text, *(["It has expired"] if each.text == "已到期" and not each.by else [])]
    )
    about = WORDS["element", "do"] if each.element else []
    by = called(each.by.name) if each.by else ()
    return [*of_process(each.business_key), *text, *about, *by, *of_columns(each.columns)]


LISTS: dict[str, tuple[Any, Any]] = {
    "todo": (inbox.todo, lambda row: of_work(row, with_assignee=True)),
    "done": (inbox.done, lambda row: of_work(row, with_assignee=False)),
    "started": (inbox.started, of_case),
    "notices": (inbox.notices, of_notice),
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    made=st.lists(rows(), min_size=1, max_size=3),
    grants=st.sets(st.sampled_from(ROLES), max_size=3),
    barred=st.sets(st.sampled_from(["ward:W2", "family:F1"]), max_size=1),
    asked=st.lists(st.sampled_from(ASKED), min_size=1, max_size=6),
)
def test_a_row_is_found_exactly_when_what_it_shows_to_the_reader_has_every_word(
    database: Database, made: list[Row], grants: set[str], barred: set[str], asked: list[str]
) -> None:
    with clinic.clinic(database, FILES) as command:
        connection = command.connection
        fill(connection, made, grants, barred)
        actor = access.actor(connection, ME, NOW)
        view = View(cast(Runtime, command), connection, actor)
        for name, (read, shown) in LISTS.items():
            all_ = {row.id: shown(row) for row in read(view).items}
            for text in asked:
                wanted = {
                    id_ for id_, pieces in all_.items() if all(has(pieces, word) for word in text.lower().split())
                }
                found = {row.id for row in read(view, Filter(text=text)).items}
                assert found == wanted, (name, text, all_)
