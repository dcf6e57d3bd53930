"""What is done with goes: answers under old keys, messages that are over, channels that rest. Evidence stays.

One job, which owes itself again: a day later, or at once while there is more than a batch. A batch is the oldest rows
by an index; it passes over what somebody has locked, so that nobody is waited for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, bindparam, delete, insert, select

from engine import clock, job, message, schema
from engine.prepared import upsert

if TYPE_CHECKING:
    from engine.runtime import Command

AT_ONCE = 200
EVERY = timedelta(days=1)
_ID = "clearing"
# It is nobody's case that could show an incident, so it never gives up; the pause between two tries grows.
_TRIES = 2**31 - 1
_c, _j, _m, _r, _s = (
    each.c for each in (schema.channel, schema.job, schema.message, schema.receipt, schema.submission)
)


def arm(connection: Connection) -> None:
    """Owe the clearing, unless it is owed already: every worker says so, and it is one row."""
    connection.execute(upsert(connection.dialect.name, schema.job, update=False), _row(due_at=0, fence=0))


@job.handler("clear")
def _clear(command: Command, work: job.Job) -> None:
    kept, connection = command.runtime.retention, command.connection
    cleared = [
        clear(connection, clock.micros(command.now - timedelta(days=days)))
        for days, clear in ((kept.answers, _answers), (kept.messages, _messages))
        if days
    ]
    again = command.now if max(cleared, default=0) == AT_ONCE else command.now + EVERY
    connection.execute(insert(schema.job), _row(due_at=clock.micros(again), fence=work.fence))


def _row(*, due_at: int, fence: int) -> dict[str, Any]:
    empty = {each.name: None for each in schema.job.columns}
    tries = {"attempts": 0, "retries": _TRIES, "fence": fence}
    return empty | {"id": _ID, "kind": "clear", "state": "ready", "content": "{}", "due_at": due_at} | tries


def _answers(connection: Connection, before: int) -> int:
    # A service task that failed for good may be tried again however late: its answer stands under its job's id.
    is_owed = select(_j.id).where(_j.id == _s.key).exists()
    return len(_oldest(connection, schema.submission, _s.at, before, ~is_owed))


def _messages(connection: Connection, before: int) -> int:
    """Messages that wait for nobody, where they came in, and the locks on which such meet; the most of one table."""
    is_owed = select(_j.id).where(_j.message_id == _m.id).exists()
    gone = []
    for state in message.OVER:
        over = _oldest(connection, schema.message, _m.sent_at, before, _m.state == state, ~is_owed)
        _delete(connection, schema.receipt, [_r.message_id], over)
        gone.append(len(over))
    return max(*gone, len(_oldest(connection, schema.channel, _c.used_at, before)))


def _oldest(
    connection: Connection, table: Table, at: Column[int], before: int, *which: ColumnElement[bool]
) -> Sequence[Row[Any]]:
    """Delete a batch of rows from before a moment, each looked at again once it is locked; returns their keys."""
    keys = list(table.primary_key)
    old = select(*keys).where(at < before, *which).order_by(at).limit(AT_ONCE).with_for_update(skip_locked=True)
    found = connection.execute(old).all()
    _delete(connection, table, keys, found)
    return found


def _delete(connection: Connection, table: Table, keys: Sequence[Column[Any]], rows: Sequence[Row[Any]]) -> None:
    """Key by key, in one go: whatever a database believes of the table's size, it looks through nothing."""
    if rows:
        gone = delete(table).where(*(key == bindparam(f"key_{n}") for n, key in enumerate(keys)))
        connection.execute(gone, [{f"key_{n}": value for n, value in enumerate(row)} for row in rows])
