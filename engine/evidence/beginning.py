"""Where chains begin: what stood before there were any is written behind them as it stands at that moment."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import Table, insert, select

from engine import clock, schema
from engine.database import unhurried
from engine.evidence import chain, covered
from engine.evidence.chain import Key
from engine.evidence.paging import pieces

if TYPE_CHECKING:
    from engine.runtime import Command

SINCE = "chained_since"


def begin(command: Command, came_from: str | None = None) -> int:
    """Chain every row that stands; returns how many. Where there are chains already, only what became evidence since.

    For a database that was just made, and for one that was brought up from an earlier revision. It is never done by
    itself: whoever could remove all chains could else have made new ones.

    Args:
        came_from: the revision that the database was brought up from.
    """
    connection = command.connection
    is_chained = connection.execute(select(schema.chain.c.name).limit(1)).first() is not None
    if is_chained and came_from is None:
        return 0
    unhurried(connection)
    seen: Counter[str] = Counter()
    for table, verdict in covered.chained().items():
        if is_chained and verdict.since <= str(came_from):
            continue
        keys = list(table.primary_key)
        query = select(*keys) if verdict.where is None else select(*keys).where(verdict.where)
        for rows in pieces(connection, query, keys):
            untold = _untold(command, table, [tuple(row) for row in rows]) if is_chained else [tuple(r) for r in rows]
            seen[table.name] += len(untold)
            chain.note(connection, table, untold, command.actor)
            chain.seal(connection, command.runtime.keys.history)
    if not is_chained and seen.keys() - {schema.meta.name}:
        connection.execute(insert(schema.meta).values(key=SINCE, value=str(clock.micros(command.now))))
        chain.note(connection, schema.meta, [SINCE], command.actor)
    return seen.total()


def _untold(command: Command, table: Table, keys: list[Key]) -> list[Key]:
    """The rows of which no line tells."""
    names = {chain.name_of(table, key): key for key in keys}
    told = select(schema.chain_line.c.object).where(schema.chain_line.c.object.in_(sorted(names)))
    for name in command.connection.execute(told.distinct()).scalars():
        del names[name]
    return list(names.values())
