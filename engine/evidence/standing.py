"""What stands in the tables of running work, in the shape in which ``folding`` rebuilds it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from engine import schema
from engine.evidence.folding import Row, State

_c, _t, _j = schema.candidate.c, schema.task.c, schema.job.c


def read(connection: Connection, cases: Sequence[str]) -> dict[str, State]:
    """The rows of these cases: one statement a table, however many cases there are."""
    found: dict[str, State] = {}
    for row in connection.execute(select(schema.instance).where(schema.instance.c.id.in_(cases))):
        state = found[row.id] = State()
        values = _without(row, "id", *_CHAINED, "last_at", "marking")
        state.case.update({**values, "remits": _parsed(row.remits), "wanted": _parsed(row.wanted)})
    for name, (table, shape) in _SHAPES.items():
        rows = connection.execute(_of(table, cases))
        for row in rows:
            if row.instance_id in found:
                for key, values in shape(row):
                    found[row.instance_id].tables[name][key] = values
    for row in connection.execute(_candidates(cases)):
        found[row.instance_id].tables["candidate"][row.task_id, row.audience] = {"place": row.place}
    for row in connection.execute(_of(schema.job, cases).where(or_(_j.kind == "deliver", _j.kind.in_(_FOR_A_STEP)))):
        _owed(found[row.instance_id], row)
    _incidents(connection, cases, found)
    return found


_CHAINED = ("sequence", "head")
_FOR_A_STEP = ("timer", "connector")


def _of(table: Any, cases: Sequence[str]) -> Select[Any]:
    return select(table).where(table.c.instance_id.in_(cases))


def _candidates(cases: Sequence[str]) -> Select[Any]:
    both = schema.candidate.join(schema.task, _t.id == _c.task_id)
    return select(_t.instance_id, schema.candidate).select_from(both).where(_t.instance_id.in_(cases))


def _without(row: Any, *names: str) -> Row:
    return {name: value for name, value in row._mapping.items() if name not in names}


def _parsed(text: str | None) -> Any:
    """What a text of JSON says; the text itself where somebody has made it say nothing."""
    try:
        return None if text is None else json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return text


def _visit(row: Any) -> Iterator[tuple[Any, Row]]:
    yield (row.token,), _without(row, "instance_id", "token")


def _variable(row: Any) -> Iterator[tuple[Any, Row]]:
    yield (row.scope, row.name), {"type": row.type, "value": row.value}


def _task(row: Any) -> Iterator[tuple[Any, Row]]:
    yield (row.id,), _without(row, "instance_id", "id", "seen_at", "recallable", "has_drafts")


def _reader(row: Any) -> Iterator[tuple[Any, Row]]:
    yield (row.audience,), {}


def _remit(row: Any) -> Iterator[tuple[Any, Row]]:
    yield (row.remit,), {}


def _subscription(row: Any) -> Iterator[tuple[Any, Row]]:
    yield (row.token, row.arm), _without(row, "id", "instance_id", "token", "arm")


def _counter(row: Any) -> Iterator[tuple[Any, Row]]:
    yield (row.token,), _without(row, "instance_id", "token", "done")


_SHAPES: Mapping[str, tuple[Any, Callable[[Any], Iterable[tuple[Any, Row]]]]] = {
    "visit": (schema.visit, _visit),
    "variable": (schema.variable, _variable),
    "task": (schema.task, _task),
    "reader": (schema.reader, _reader),
    "remit": (schema.remit, _remit),
    "subscription": (schema.subscription, _subscription),
    "counter": (schema.counter, _counter),
}


def _owed(state: State, row: Any) -> None:
    """Timers, service tasks, and a subscription already paired with a message whose delivery is owed."""
    match row.kind:
        case "timer":
            work = {"element": row.element, "id": row.id, "due_at": row.due_at, "content": digest(row.content)}
            state.tables["job"]["timer", row.token, row.arm] = work
        case "connector":
            work = {"element": row.element, "id": row.id, "content": digest(row.content)}
            state.tables["job"]["connector", row.token, 0] = work
        case _:
            content = _parsed(row.content)
            content = content if isinstance(content, dict) else {}
            awaited = {"kind": "message", "name": content.get("name"), "key": content.get("key")}
            awaited["process_key"] = state.case["process_key"]
            state.tables["subscription"][row.token, row.arm] = awaited


def _incidents(connection: Connection, cases: Sequence[str], found: Mapping[str, State]) -> None:
    query = _of(schema.incident, cases).order_by(schema.incident.c.opened_at, schema.incident.c.id)
    counted: Counter[tuple[str, str]] = Counter()
    for row in connection.execute(query):
        if row.instance_id in found:
            of = f"job:{row.job_id}" if row.job_id else f"token:{row.token}"
            counted[row.instance_id, of] += 1
            values = _without(row, "instance_id", "job_id")
            values["params"] = _parsed(row.params)
            found[row.instance_id].tables["incident"][of, counted[row.instance_id, of]] = values


def digest(content: str | bytes) -> str:
    """What stands for a content in a line."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
