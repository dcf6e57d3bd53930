"""Where chains begin: what stood before there were any is written behind them as it stands at that moment."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from engine import clock, schema
from engine.database import unhurried
from engine.evidence import chain, covered
from engine.evidence.paging import pieces

if TYPE_CHECKING:
    from engine.runtime import Command

SINCE = "chained_since"


def begin(command: Command) -> int:
    """Chain every row that stands; returns how many. Nothing happens where there are chains already.

    For a database that was just made, and for one that was brought up from a revision without chains. It is never done
    by itself: whoever could remove all chains could else have made new ones.
    """
    connection = command.connection
    if connection.execute(select(schema.chain.c.name).limit(1)).first() is not None:
        return 0
    unhurried(connection)
    seen: Counter[str] = Counter()
    for table, verdict in covered.chained().items():
        keys = list(table.primary_key)
        query = select(*keys) if verdict.where is None else select(*keys).where(verdict.where)
        for rows in pieces(connection, query, keys):
            seen[table.name] += len(rows)
            chain.note(connection, table, [tuple(row) for row in rows], command.actor)
            chain.seal(connection, command.runtime.keys.history)
    if seen.keys() - {schema.meta.name}:
        connection.execute(insert(schema.meta).values(key=SINCE, value=str(clock.micros(command.now))))
        chain.note(connection, schema.meta, [SINCE], command.actor)
    return seen.total()
