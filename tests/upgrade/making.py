"""Make the database of the earliest version anew: cases of a workshop under way, written down as text.

    cd <a checkout of the version> && .venv/bin/python <here>/making.py <here>/r0006.json

It runs on the code of that version, not on what stands beside it, and imports nothing else. What it wrote is committed;
it runs again only if a case is to be added that the version had and nobody thought of. The workshop, its people and
its keys are invented.
"""

from __future__ import annotations

import json
import sys
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import LargeBinary, insert, select

from engine import (
    access,
    anchor,
    assembly,
    attachment,
    clock,
    comment,
    directory,
    draft,
    grant,
    instance,
    phrase,
    policy,
    register,
    release,
    revisions,
    schema,
    task,
    worker,
)
from engine.actor import ENGINE
from engine.database import Database
from engine.runtime import Runtime

SHOP = Path(__file__).parent / "shop"
BEGAN = datetime(2026, 3, 2, 1, tzinfo=UTC)
PEOPLE = {
    "ann": ("安宁", "Ann", "BUYER@site:S1"),
    "bo": ("柏文", "Bo", "BUYER@site:S1"),
    "cai": ("采薇", "Cai", "KEEPER@site:S1"),
    "dan": ("丹青", "Dan", "KEEPER@site:S2"),
    "mia": ("米雅", "Mia", "HEAD@*"),
    "sol": ("苏乐", "Sol", "SELLER@seller:X1"),
}
PDF = b"%PDF-1.7\n% invented\n"


class Shop:
    """The workshop's people at work, through the commands of the version at hand."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def act(self, who: str | None, command: Any, *given: Any, **named: Any) -> Any:
        """Carry out one command as a person, or as the engine, and everything that is owed then."""
        with self.runtime.read() as view:
            actor = access.actor(view.connection, who, view.now) if who else ENGINE
        with self.runtime.write(actor) as desk:
            answer = command(desk, *given, **named)
        worker.run_due(self.runtime)
        return answer

    def task(self, case: str, element: str, assignee: str | None = None) -> str:
        """The first open task of this element in a family of cases."""
        t, i = schema.task.c, schema.instance.c
        query = select(t.id).join(schema.instance, i.id == t.instance_id).order_by(t.id)
        query = query.where(i.root_id == case, t.element == element, t.state == "open")
        with self.runtime.read() as view:
            wanted = query if assignee is None else query.where(t.assignee == assignee)
            return str(view.connection.execute(wanted).scalars().first())

    def do(self, who: str, case: str, element: str, **values: Any) -> str:
        """Complete the task of this element."""
        done = self.task(case, element)
        self.act(who, task.complete, done, values)
        return done

    def wait(self, **span: float) -> None:
        """Time goes by."""
        self.act(None, lambda desk: clock.advance(desk.connection, timedelta(**span)))

    def put(self, table: str, **values: Any) -> None:
        """One row that no command of the engine writes."""
        self.act(None, lambda desk: desk.connection.execute(insert(schema.metadata.tables[table]).values(**values)))


def main(target: Path) -> None:
    """Write the file."""
    with tempfile.TemporaryDirectory() as folder:
        url, state = f"sqlite:///{folder}/shop.db", Path(folder, "state")
        with closing(Database(url)) as database:
            database.create(demo="1")
            with database.write() as connection:
                clock.begin(connection, BEGAN)
        with closing(assembly.open(url, state)) as runtime:
            shop = Shop(runtime)
            _open(shop)
            cases = {
                "purchase": _purchase(shop, "采-1"),
                "suspended": _suspended(shop),
                "overhaul": _overhaul(shop),
                "ended": _leave(shop, "ended"),
                "leave": _leave(shop, "asked"),
            }
            _beside(shop, cases["purchase"])
            text = shop.act(None, anchor.make)
            with runtime.read() as view:
                faults = anchor.verify(view).faults
                about = {"revision": revisions.newest(), "now": clock.micros(view.now), "cases": cases, "anchor": text}
                tables = {table.name: _rows(view.connection, table) for table in schema.metadata.sorted_tables}
            if faults:
                raise SystemExit(f"the version itself does not hold: {faults}")
        keys = {path.name: path.read_text() for path in sorted((state / "keys").iterdir())}
    target.write_text(_written({**about, "keys": keys}, {name: rows for name, rows in tables.items() if rows}))


def _open(shop: Shop) -> None:
    files = {path.relative_to(SHOP).as_posix(): path.read_bytes() for path in sorted(SHOP.rglob("*")) if path.is_file()}
    shop.act(None, policy.release, files)
    shop.act(None, directory.put, directory.Item("site", "S1", "东厂"))
    shop.act(None, directory.put, directory.Item("site", "S2", "西厂"))
    for key, (name, english, granted) in PEOPLE.items():
        role, _, remit = granted.partition("@")
        shop.act(None, directory.put, directory.Person(key, name, english))
        shop.act(None, grant.give, key, role, remit)
    shop.act(None, release.release, files)


def _started(shop: Shop, process: str, number: str, **values: Any) -> str:
    given = {"siteId": "S1", **values}
    return str(shop.act("ann", instance.start, process, given, business_key=number, key=number))


def _purchase(shop: Shop, number: str) -> str:
    """Described, entered in the book; now everything waits at once: three to agree (one has), the head, whoever
    unpacks, a message, a timer, a border timer, an incident."""
    several = ["bo", "cai", "mia"]
    case = _started(shop, "purchase", number, no=number, sellerId="X1", reviewers=several, keeper="zoe")
    describing = shop.task(case, "describe")
    shop.act("ann", task.claim, describing)
    paper = shop.act("ann", attachment.add, describing, "报价.pdf", PDF + b"1", field="paper")
    tender = shop.act("ann", attachment.add, describing, "标书.pdf", PDF + b"2", field="tender")
    shop.act("ann", attachment.add, describing, "多余.pdf", PDF + b"3", field="paper")
    said = {"title": "三台车床", "price": 98_000, "floor": "九万二", "paper": [paper.id], "tender": [tender.id]}
    shop.act("ann", task.complete, describing, said, key="first")
    shop.act("cai", task.complete, shop.task(case, "review", "cai"), {"opinion": "同意"})
    return case


def _suspended(shop: Shop) -> str:
    case = _started(shop, "overhaul", "修-停", machines=["一号"], again=False, unsafe=False)
    shop.act("mia", instance.suspend, case, "等配件")
    return case


def _overhaul(shop: Shop) -> str:
    """One of three machines looked at, oiled once and to be oiled again, shut off, and a daily report due."""
    case = _started(shop, "overhaul", "修-1", machines=["一号", "二号", "三号"], again=True, unsafe=True)
    shop.do("cai", case, "inspect", finding="完好")
    shop.do("cai", case, "oil", again=True)
    shop.do("cai", case, "power_off")
    return case


def _leave(shop: Shop, how: str) -> str:
    given = {"siteId": "S1", "asker": "bo", "used": 2}
    case = str(shop.act("bo", instance.start, "leave", given, business_key=f"假-{how}", key=how))
    shop.do("bo", case, "ask", days=3)
    if how == "ended":
        shop.do("mia", case, "confirm")
    return case


def _beside(shop: Shop, case: str) -> None:
    """What people leave beside their work."""
    approving, reviewing = shop.task(case, "approve"), shop.task(case, "review", "bo")
    shop.act("mia", task.claim, approving)
    shop.act("mia", draft.save, approving, {"remark": "价格偏"}, revision=0)
    shop.act("mia", attachment.add, approving, "半份.pdf", PDF + b"4", field="paper")
    shop.act("ann", attachment.add_for_start, "purchase", "未交.pdf", PDF + b"5", field="paper")
    shop.act("mia", comment.add, case, "请附三家报价。")
    shop.act("ann", task.remind, reviewing, "请尽快会签。")
    shop.act("mia", phrase.add, "同意。")
    shop.act(
        "mia",
        register.correct,
        "purchases",
        1,
        {"no": "采-1", "what": "三台车床", "price": 97_000},
        "笔误",
        job_id="fix",
    )
    shop.act("mia", access.record, "opened", case, "floor")
    now = clock.micros(BEGAN)
    shop.act("mia", grant.exclude, "dan", "site:S1", "亲属在内")
    shop.act(None, grant.substitute, "mia", "dan", BEGAN, BEGAN + timedelta(days=30))
    shop.act(None, grant.give, "dan", "KEEPER", "site:S1", until_at=BEGAN + timedelta(days=40))
    shop.put("account", person_id="mia", password="none", administrator=True, failures=2)
    shop.put("bearer", id="b1", digest="d", person_id="mia", name="表", created_at=now, until_at=now)


def _rows(connection: Any, table: Any) -> list[list[Any]]:
    names = [column.name for column in table.columns]
    rows = connection.execute(select(table).order_by(*table.primary_key.columns))
    binary = [isinstance(column.type, LargeBinary) for column in table.columns]
    told = [
        [b64encode(v).decode() if b and v is not None else v for v, b in zip(row, binary, strict=True)] for row in rows
    ]
    return [names, *told] if told else []


def _written(about: Mapping[str, Any], tables: Mapping[str, list[list[Any]]]) -> str:
    """JSON in which every row of a table is a line, the names of its columns first."""
    head = ",\n".join(f"{_json(key)}: {_json(value)}" for key, value in about.items())
    body = ",\n".join(f"{_json(name)}: [\n" + ",\n".join(map(_json, rows)) + "\n]" for name, rows in tables.items())
    return f'{{\n{head},\n"tables": {{\n{body}\n}}\n}}\n'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
