"""What people wait for when they look: lists, stories and task pages, through the whole application in one process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event, insert, select

from bench import office
from bench.measuring import Row, timed
from engine import schema
from engine.actor import Actor
from engine.runtime import Runtime
from tests.provision.postgres import Server
from web import create_app
from web.auth import account, cookies, session
from web.config import Settings

TASKS = 10_000
STORY = 5_000
WAIT_MS = 80
FEW = 12
_AT_ONCE = 1_000
Pages = dict[str, Callable[[], None]]


def rows(kind: str, folder: Path, server: Server | None, *, quick: bool) -> list[Row]:
    """An inbox of 10 000 tasks beside many events, a story of 5 000, a task page, a draft."""
    place = folder / f"{kind}-reading"
    place.mkdir()
    url = server.url(server.create()) if server else f"sqlite:///{place}/bench.db"
    with office.opened(url, place / "state") as (runtime, ida):
        ida_reads = _Reader(runtime, place)
        case = office.started(runtime, ida, "with_feel")
        few = ida_reads.counted(ida_reads.pages(case, office.waiting(runtime, case, "one")))
        events = _fill(runtime, ida, 100_000 if quick else 1_000_000)
        pages = ida_reads.pages(_name(0), _name(5))
        many = ida_reads.counted(pages)
        found = []
        for what, act in pages.items():
            sample = timed(act, 20 if quick else 100)
            note = f"p95; median {sample.median:.1f} ms; beside {events} events"
            found.append(Row(what, kind, sample.p95, "ms", WAIT_MS, note))
            found.append(Row(f"SQL statements of it: {what}", kind, many[what], "", min(FEW, few[what])))
    return found


class _Reader:
    """The browser of somebody who is signed in, and what each of their pages asks of the database."""

    def __init__(self, runtime: Runtime, place: Path) -> None:
        self._runtime = runtime
        app = create_app(Settings(state=place / "state", log_level="error"), runtime)
        self._client: FlaskClient = app.test_client()
        with runtime.write() as command:
            account.add(command, "ida", "Ida", None)
            token = session.start(command.connection, "ida")
            s = schema.session.c
            query = select(s.csrf).where(s.token == session.digest(token))
            self._csrf = str(command.connection.execute(query).scalar_one())
        with app.app_context():
            self._client.set_cookie(cookies.name(cookies.SESSION), token)

    def pages(self, case: str, task_id: str) -> Pages:
        """What is measured, each ready to be done again and again."""
        return {
            f"first page of an inbox of {TASKS} tasks": lambda: self._open("/todo"),
            f"first page of a story of {STORY} events": lambda: self._open(f"/cases/{case}/story"),
            "open a task page": lambda: self._open(f"/tasks/{task_id}"),
            "save a draft": self._saving(task_id),
        }

    def _open(self, path: str) -> None:
        answer = self._client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)

    def _saving(self, task_id: str) -> Callable[[], None]:
        revision = 0

        def save() -> None:
            nonlocal revision
            answer = self._client.put(
                f"/tasks/{task_id}/draft",
                json={"values": {"amount": 500, "why": "x" * 1000}, "revision": revision},
                headers={"Accept": "application/json", "X-CSRFToken": self._csrf},
            )
            assert answer.status_code == 200, answer.text
            revision = int(answer.json["revision"])  # type: ignore[index]

        return save

    def counted(self, pages: Pages) -> dict[str, int]:
        """Statements of each page when it is opened the second time."""
        asked: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if not statement.startswith("BEGIN"):
                asked.append(statement)

        counts = {}
        engine = self._runtime.database.engine
        event.listen(engine, "before_cursor_execute", note)
        for what, act in pages.items():
            act()
            asked.clear()
            act()
            counts[what] = len(asked)
        event.remove(engine, "before_cursor_execute", note)
        return counts


def _name(number: int) -> str:
    return f"{number:032d}"


# Copies of one case: the engine would take half an hour for what is a minute of rows.
_TABLES = (schema.instance, schema.reader, schema.variable, schema.fact, schema.visit, schema.task, schema.candidate)


def _fill(runtime: Runtime, ida: Actor, events: int) -> int:
    """Cases that wait for Ida, each with its part of the events, the first with a long story; returns how many."""
    case = office.started(runtime, ida, "with_feel")
    shape = {table: found for table in _TABLES if (found := _rows_of(runtime, table, case))}
    line = _rows_of(runtime, schema.event, case)[0]
    each = events // TASKS
    for start in range(0, TASKS, _AT_ONCE):
        numbers = range(start, start + _AT_ONCE)
        told = [_told(line, n, at) for n in numbers for at in range(each if n else STORY)]
        with runtime.database.write() as connection:
            for table, found in shape.items():
                connection.execute(insert(table), [_of(row, n) for n in numbers for row in found])
            connection.execute(insert(schema.event), told)
    if not runtime.database.is_sqlite:
        # What the server does by itself after a while.
        with runtime.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    return each * (TASKS - 1) + STORY


def _rows_of(runtime: Runtime, table: Any, case: str) -> list[dict[str, Any]]:
    query = select(table)
    if table is schema.candidate:
        query = query.join(schema.task, schema.task.c.id == table.c.task_id).where(schema.task.c.instance_id == case)
    else:
        query = query.where((table.c.id if table is schema.instance else table.c.instance_id) == case)
    with runtime.database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _of(row: dict[str, Any], number: int) -> dict[str, Any]:
    """The row, in the case and task of this number, each due a minute after the one before."""
    own: dict[str, Any] = {key: _name(number) for key in ("id", "instance_id", "root_id", "task_id") if row.get(key)}
    if "opened_at" in row:
        own |= {"due_at": row["opened_at"] + number * 60_000_000, "opened_at": row["opened_at"] + number}
    return {**row, **own}


def _told(line: dict[str, Any], number: int, at: int) -> dict[str, Any]:
    said = {"kind": "task.claimed", "element": "one", "data": "{}", "actor": "ida", "hash": ""}
    return {**line, **said, "instance_id": _name(number), "number": at + 1}
