"""History is evidence: lines that are only ever appended, chained per instance, from which the running state can be
folded.

A line's hash is an HMAC-SHA-256 under a key outside the database, over the hash before it and every field of the
line. Whoever can write SQL but has not got the key cannot make a line that fits; a cut-off tail shows against the
head on the instance and in signed anchors.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select

from engine import canonical, schema
from engine.actor import Actor
from engine.errors import Tampered
from engine.keys import Ring
from engine.prepared import inserting

GENESIS = "0" * 64
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened, not yet chained."""

    kind: str
    element: str | None
    data: Data


def append(
    connection: Connection,
    key: Ring,
    instance_id: str,
    number: int,
    head: str,
    lines: Sequence[Line],
    *,
    by: Actor,
    at: int,
) -> tuple[int, str]:
    """Write lines behind an instance's last one, in one statement.

    Args:
        key: the history keys; lines stand under the newest.
        number: of the last line that stands.
        head: its hash.
        at: microseconds UTC; not before the last line's.

    Returns:
        Number and hash of the new last line.
    """
    rows = []
    for line in lines:
        number += 1
        row: dict[str, Any] = {
            "instance_id": instance_id,
            "number": number,
            "kind": line.kind,
            "element": line.element,
            "actor": by.person,
            "on_behalf_of": by.on_behalf_of,
            "at": at,
            "data": canonical.text(line.data),
        }
        row["hash"] = head = key.mac(_content(head, row))
        rows.append(row)
    if rows:
        inserting(schema.event).run(connection, rows)
    return number, head


_FIELDS = ("instance_id", "number", "kind", "element", "actor", "on_behalf_of", "at", "data")


def _content(previous: str, row: Any) -> bytes:
    # Lengths go in front of the fields, so that no two different lines have the same bytes.
    content = previous
    for name in _FIELDS:
        value = row[name]
        content += "\x1f-:" if value is None else f"\x1f{len(text := str(value))}:{text}"
    return content.encode()


def lines(connection: Connection, instance_id: str, first: int = 1, last: int | None = None) -> Sequence[Row[Any]]:
    """Lines of one instance, oldest first: all, or those from number ``first`` to number ``last``."""
    e = schema.event.c
    query = select(schema.event).where(e.instance_id == instance_id, e.number >= first).order_by(e.number)
    return connection.execute(query if last is None else query.where(e.number <= last)).all()


_AT_ONCE = 100


def back(
    connection: Connection, instance_id: str, kinds: Collection[str], *, before: int | None = None
) -> Iterator[Row[Any]]:
    """Lines of these kinds, newest first, read no further back than they are asked for.

    Args:
        before: begin behind the line of this number.
    """
    e = schema.event.c
    query = select(schema.event).where(e.instance_id == instance_id, e.kind.in_(kinds))
    query = query.order_by(e.number.desc()).limit(_AT_ONCE)
    while True:
        found = connection.execute(query if before is None else query.where(e.number < before)).all()
        yield from found
        if len(found) < _AT_ONCE:
            return
        before = found[-1].number


def verify(connection: Connection, key: Ring, instance_id: str) -> int:
    """Check one instance's chain against its head; returns how many lines stand.

    Raises:
        Tampered: naming the first line that was edited, removed, inserted or reordered, or that the tail was cut off.
    """
    head, number = GENESIS, 0
    for row in lines(connection, instance_id):
        number += 1
        if row.number != number:
            raise Tampered("Line {number} of {instance} is missing.", number=number, instance=instance_id)
        if not key.fits(_content(head, row._mapping), row.at, row.hash):
            raise Tampered("Line {number} of {instance} was changed.", number=number, instance=instance_id)
        head = row.hash
    query = select(schema.instance.c.sequence, schema.instance.c.head).where(schema.instance.c.id == instance_id)
    stands = connection.execute(query).one_or_none()
    if stands is None or (stands.sequence, stands.head) != (number, head):
        raise Tampered("The last lines of {instance} after {number} were cut off.", number=number, instance=instance_id)
    return number


# ---- folding


@dataclass(slots=True)
class State:
    """What is open in an instance: the same whether folded from its lines or read from the tables."""

    state: str = "active"
    visits: dict[int, tuple[str, int]] = field(default_factory=dict)
    values: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)
    tasks: dict[int, tuple[str, str | None, int | None, tuple[str, ...]]] = field(default_factory=dict)
    timers: dict[tuple[int, int], int] = field(default_factory=dict)
    subscriptions: dict[tuple[int, int], tuple[str, str, str]] = field(default_factory=dict)
    jobs: dict[int, str] = field(default_factory=dict)
    children: dict[int, int] = field(default_factory=dict)
    incidents: set[str] = field(default_factory=set)


def fold(rows: Iterable[Any]) -> State:
    """The state that a sequence of lines leads to.

    Args:
        rows: lines with ``kind``, ``element`` and ``data`` (JSON text), oldest first.
    """
    state = State()
    for row in rows:
        handler = _FOLD.get(row.kind)
        if handler is not None:
            handler(state, row.element, json.loads(row.data))
    return state


def _entered(state: State, element: str, data: Data) -> None:
    state.visits[data["token"]] = (element, data["scope"])


def _left(state: State, _element: str, data: Data) -> None:
    token = data["token"]
    state.visits.pop(token, None)
    state.jobs.pop(token, None)
    state.children.pop(token, None)


def _written(state: State, _element: str, data: Data) -> None:
    for scope, values in data["values"].items():
        for name, (kind, value) in values.items():
            state.values[int(scope), name] = (kind, value)


def _erased(state: State, _element: str, data: Data) -> None:
    for scope, names in data["names"].items():
        for name in names:
            del state.values[int(scope), name]


def _scope_closed(state: State, _element: str, data: Data) -> None:
    for key in [key for key in state.values if key[0] == data["scope"]]:
        del state.values[key]


def _task_opened(state: State, element: str, data: Data) -> None:
    _entered(state, element, data)
    state.tasks[data["token"]] = (data["task"], data["assignee"], data["due"], tuple(sorted(data["audiences"])))


def _task_closed(state: State, element: str, data: Data) -> None:
    state.tasks.pop(data["token"], None)
    _left(state, element, data)


def _task_given(state: State, _element: str, data: Data) -> None:
    task, _, due, audiences = state.tasks[data["token"]]
    state.tasks[data["token"]] = (task, data["assignee"], due, audiences)


def _timer_opened(state: State, _element: str, data: Data) -> None:
    state.timers[data["token"], data["arm"]] = data["due"]


def _subscribed(state: State, _element: str, data: Data) -> None:
    state.subscriptions[data["token"], data["arm"]] = (data["kind"], data["name"], data["key"])


def _arm_closed(state: State, _element: str, data: Data) -> None:
    state.timers.pop((data["token"], data["arm"]), None)
    state.subscriptions.pop((data["token"], data["arm"]), None)


def _job_opened(state: State, _element: str, data: Data) -> None:
    state.jobs[data["token"]] = data["job"]


def _job_closed(state: State, _element: str, data: Data) -> None:
    state.jobs.pop(data["token"], None)


def _children_opened(state: State, _element: str, data: Data) -> None:
    state.children[data["token"]] = data["total"]


def _incident_opened(state: State, _element: str, data: Data) -> None:
    state.incidents.add(data["incident"])


def _incident_closed(state: State, _element: str, data: Data) -> None:
    state.incidents.discard(data["incident"])


def _becomes(name: str) -> Any:
    def handler(state: State, _element: str, _data: Data) -> None:
        state.state = name

    return handler


_FOLD = {
    "element.entered": _entered,
    "element.left": _left,
    "values.written": _written,
    "values.erased": _erased,
    "scope.closed": _scope_closed,
    "task.opened": _task_opened,
    "task.closed": _task_closed,
    "task.completed": _task_closed,
    "task.claimed": _task_given,
    "task.unclaimed": _task_given,
    "task.assigned": _task_given,
    "timer.opened": _timer_opened,
    "subscription.opened": _subscribed,
    "arm.closed": _arm_closed,
    "job.opened": _job_opened,
    "job.closed": _job_closed,
    "job.done": _job_closed,
    "children.opened": _children_opened,
    "children.closed": lambda state, _element, data: state.children.pop(data["token"], None) and None,
    "incident.opened": _incident_opened,
    "incident.closed": _incident_closed,
    "instance.suspended": _becomes("suspended"),
    "instance.resumed": _becomes("active"),
    "instance.reopened": _becomes("active"),
    "instance.cancelled": _becomes("cancelled"),
    "instance.ended": _becomes("ended"),
}


def stored(connection: Connection, instance_id: str) -> State:
    """The same state, read from the tables of running work."""
    return State(
        state=connection.execute(
            select(schema.instance.c.state).where(schema.instance.c.id == instance_id)
        ).scalar_one(),
        visits={r.token: (r.element, r.scope) for r in _rows(connection, schema.visit, instance_id, left_at=None)},
        values={(r.scope, r.name): (r.type, r.value) for r in _rows(connection, schema.variable, instance_id)},
        tasks=_stored_tasks(connection, instance_id),
        timers={(r.token, r.arm): r.due_at for r in _rows(connection, schema.job, instance_id, kind="timer")},
        subscriptions=_stored_subscriptions(connection, instance_id),
        jobs={r.token: r.id for r in _rows(connection, schema.job, instance_id, kind="connector")},
        children={r.token: r.total for r in _rows(connection, schema.counter, instance_id)},
        incidents={
            f"job:{r.job_id}" if r.job_id else f"token:{r.token}"
            for r in _rows(connection, schema.incident, instance_id, closed_at=None)
        },
    )


def _stored_subscriptions(connection: Connection, instance_id: str) -> dict[tuple[int, int], tuple[str, str, str]]:
    """Open subscriptions, and those already paired with a message whose delivery is owed."""
    found = {(r.token, r.arm): (r.kind, r.name, r.key) for r in _rows(connection, schema.subscription, instance_id)}
    for row in _rows(connection, schema.job, instance_id, kind="deliver"):
        content = json.loads(row.content)
        found[row.token, row.arm] = ("message", content["name"], content["key"])
    return found


def _stored_tasks(connection: Connection, instance_id: str) -> dict[int, Any]:
    tasks = {}
    for row in _rows(connection, schema.task, instance_id, state="open"):
        query = select(schema.candidate.c.audience).where(schema.candidate.c.task_id == row.id)
        audiences = tuple(sorted(connection.execute(query).scalars()))
        tasks[row.token] = (row.id, row.assignee, row.due_at, audiences)
    return tasks


def _rows(connection: Connection, table: Any, instance_id: str, **where: Any) -> Iterator[Any]:
    query = select(table).where(table.c.instance_id == instance_id)
    for name, value in where.items():
        query = query.where(table.c[name].is_(None) if value is None else table.c[name] == value)
    return iter(connection.execute(query).all())


def known_kinds() -> frozenset[str]:
    """Kinds of lines that change the folded state; others only tell."""
    return frozenset(_FOLD)
