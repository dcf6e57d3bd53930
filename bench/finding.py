"""What people wait for when they search: 100 000 cases with four columns each, of which one reader has everything."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event, insert, select

from bench import office
from bench.measuring import Row, Sample, timed
from engine import schema, terms
from engine.actor import Actor
from engine.query import inbox
from engine.query.inbox import Filter
from engine.runtime import Runtime
from tests.provision.postgres import Server

CASES = 100_000
WAITING = 10_000
WAIT_MS = 150
FEW = 12
_AT_ONCE = 2_000
_UNITS = 500
_ABOUT = ("资金管理", "整改落实", "工程招投标", "干部选拔", "公务接待", "食堂账目", "项目验收", "会议纪要")
_SAID = ("情况不实", "进展迟缓", "手续不全", "材料缺失", "反映属实", "已按期办结")
# What is looked for, each with how often it stands somewhere.
ASKED = {
    "two characters, in one of eight": "资金",
    "four characters and a unit's name": "招投标 第017",
    "a unit's name": "第0171单位",
    "part of one number": "2026-00421",
    "a rare word": "督检",
    "nothing": "完全没有的东西",
}
NEVER_MEET = "资金 干部"


def rows(kind: str, folder: Path, server: Server | None, *, quick: bool) -> list[Row]:
    """A search in 待办 of 10 000 tasks and in 我发起的 of 100 000 cases: for much, little and nothing."""
    place = folder / f"{kind}-finding"
    place.mkdir()
    url = server.url(server.create()) if server else f"sqlite:///{place}/bench.db"
    with office.opened(url, place / "state") as (runtime, ida):
        _fill(runtime, ida, CASES // 10 if quick else CASES)
        return [
            row
            for name, read in (("to do", inbox.todo), ("started", inbox.started))
            for row in _measured(runtime, ida, kind, name, read, 5 if quick else 20)
        ]


def _measured(runtime: Runtime, ida: Actor, kind: str, name: str, read: Any, times: int) -> list[Row]:
    every, most = Sample(), 0
    for text in ASKED.values():
        look = partial(_look, runtime, ida, read, text)
        most = max(most, _counted(runtime, look))
        every.times += timed(look, times).times
    what = f"search of {name} in {4 * CASES} values, with and without hits"
    note = f"p95 of {len(ASKED)} searches, median {every.median:.0f} ms, worst {max(every.times):.0f} ms"
    apart = timed(lambda: _look(runtime, ida, read, NEVER_MEET), times)
    return [
        Row(
            f"search of {name} for two words that never meet", kind, apart.p95, "ms", note="goes through the whole list"
        ),
        Row(what, kind, every.p95, "ms", WAIT_MS, note),
        Row(f"SQL statements of it: {what}", kind, most, "", FEW),
    ]


def _look(runtime: Runtime, ida: Actor, read: Any, text: str) -> None:
    with runtime.read(ida) as view:
        read(view, Filter(text=text))


def _counted(runtime: Runtime, act: Any) -> int:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    event.listen(runtime.database.engine, "before_cursor_execute", note)
    act()
    event.remove(runtime.database.engine, "before_cursor_execute", note)
    return len(asked)


def _fill(runtime: Runtime, ida: Actor, cases: int) -> None:
    case = office.started(runtime, ida, "columned")
    with runtime.database.read() as connection:
        i, t = schema.instance, schema.task
        instance = dict(connection.execute(select(i).where(i.c.id == case)).mappings().one())
        task = dict(connection.execute(select(t).where(t.c.instance_id == case)).mappings().one())
    with runtime.database.write() as connection:
        units = [
            {"id": f"u{n}", "name": f"第{n:04}单位", "name_en": f"Unit {n}", "active": True} for n in range(_UNITS)
        ]
        connection.execute(insert(schema.organisation), units)
        people = [{"id": f"p{n}", "name": f"人员{n:05}", "active": True} for n in range(5_000)]
        connection.execute(insert(schema.person), people)
    for start in range(0, cases, _AT_ONCE):
        numbers = range(start, start + _AT_ONCE)
        with runtime.database.write() as connection:
            connection.execute(insert(schema.instance), [_instance(instance, n) for n in numbers])
            readers = [{"instance_id": _name(n), "audience": "CLERK@*"} for n in numbers]
            connection.execute(insert(schema.reader), readers)
            connection.execute(insert(schema.fact), [fact for n in numbers for fact in _facts(n)])
            if start < WAITING:
                made = [{**task, "id": _name(n), "instance_id": _name(n), "opened_at": n} for n in numbers]
                connection.execute(insert(schema.task), made)
                offers = [{"audience": "CLERK@*", "task_id": _name(n), "place": schema.UNDUE} for n in numbers]
                connection.execute(insert(schema.candidate), offers)
    if not runtime.database.is_sqlite:
        with runtime.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _name(number: int) -> str:
    return f"{number:032d}"


def _instance(row: dict[str, Any], n: int) -> dict[str, Any]:
    own = {"id": _name(n), "root_id": _name(n), "started_at": row["started_at"] + n, "business_key": f"X-2026-{n:06}"}
    return {**row, **own}


def _facts(n: int) -> list[dict[str, Any]]:
    title = f"{_ABOUT[n % 8]}{_SAID[n % 6]}，第{n % 977}号反映" + ("督检" if n % 50_000 == 7 else "")
    texts = {"title": title, "unitId": f"u{n % _UNITS}", "status": _SAID[n % 5], "#": f"X-2026-{n:06}"}
    return [
        {
            "instance_id": _name(n),
            "name": name,
            "type": "string",
            "text": None if name == "#" else text,
            "number": None,
            "terms": terms.of(text),
        }
        for name, text in texts.items()
    ]
