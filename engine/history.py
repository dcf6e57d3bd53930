"""History is evidence: lines that are only ever appended, chained per instance, from which the running state can be
folded.

A line's hash is an HMAC-SHA-256 under a key outside the database, over the hash before it and every field of the
line. Whoever can write SQL but has not got the key cannot make a line that fits; a cut-off tail shows against the
head on the instance and in signed anchors.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from engine import canonical, schema
from engine.actor import Actor
from engine.evidence import standing
from engine.evidence.folding import State, fold, known_kinds
from engine.evidence.linking import GENESIS, Walk, content
from engine.keys import Ring
from engine.prepared import inserting

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
        row["hash"] = head = key.mac(content(head, list(row.values())))
        rows.append(row)
    if rows:
        inserting(schema.event).run(connection, rows)
    return number, head


FIELDS = ("instance_id", "number", "kind", "element", "actor", "on_behalf_of", "at", "data")


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
    walk = Walk(key, instance_id, FIELDS)
    for row in lines(connection, instance_id):
        walk.step(row)
    query = select(schema.instance.c.sequence, schema.instance.c.head).where(schema.instance.c.id == instance_id)
    stands = connection.execute(query).one_or_none()
    walk.end(*(stands or (None, None)))
    return walk.number


# ---- what it leads to


def stored(connection: Connection, instance_id: str) -> State:
    """The rows of one instance as they stand, in the shape that ``fold`` gives."""
    return standing.read(connection, [instance_id])[instance_id]


__all__ = ["FIELDS", "GENESIS", "Line", "append", "back", "fold", "known_kinds", "lines", "stored", "verify"]
