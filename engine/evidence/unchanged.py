"""Before a row of evidence is changed: it stands as its chain says.

A line behind a chain holds the whole row as the command leaves it. If somebody had edited the row by SQL, the next
command on it would write the edit down as its own; so the command looks first, and is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, Table, select, union_all

from engine import schema
from engine.evidence import chain
from engine.evidence.chain import Key
from engine.evidence.comparing import INSERTED, REMOVED, Difference, columns
from engine.evidence.noted import is_noted

_l = schema.chain_line.c


def must_stand(connection: Connection, table: Table, keys: Iterable[Any]) -> None:
    """Lock rows that are about to be changed or taken away, and compare each with the last line about it.

    What this transaction has written itself has no line yet and is left out.

    Args:
        keys: primary keys; plain values where the key is one column. Rows that are not there may be among them.

    Raises:
        Tampered: naming table, row and column.
    """
    wanted = [key if isinstance(key, tuple) else (key,) for key in keys]
    wanted = [key for key in dict.fromkeys(wanted) if not is_noted(connection, table, key)]
    if not wanted:
        return
    stands, told = chain.rows(connection, table, wanted, lock=True), _told(connection, table, wanted)
    for key in wanted:
        for each in _differences(connection, table, key, told.get(key), stands.get(key)):
            raise each.fault("-")


def _told(connection: Connection, table: Table, keys: list[Key]) -> dict[Key, str]:
    """By key, what the last line says of a row."""
    names = {chain.name_of(table, key): key for key in keys}
    found: dict[Key, str] = {}
    for at in range(0, len(keys), chain.AT_ONCE):
        lines = union_all(*(_last(name) for name in list(names)[at : at + chain.AT_ONCE]))
        found |= {names[row.object]: row.data for row in connection.execute(lines)}
    return found


def _last(name: str) -> Select[Any]:
    """The last line about one row; a counter has as many as it gave numbers, and this is found without reading them."""
    newest = select(_l.object, _l.data).where(_l.object == name).order_by(_l.number.desc()).limit(1)
    return select(newest.subquery())


def _differences(
    connection: Connection, table: Table, key: Key, told: str | None, stands: dict[str, Any] | None
) -> Iterable[Difference]:
    place = "/".join(map(str, key))
    there = told not in (None, chain.GONE)
    if there and stands is None:
        return [Difference(REMOVED, table.name, place)]
    if stands is not None and not there:
        # Where chains have not begun, nothing has a line.
        return [Difference(INSERTED, table.name, place)] if told is not None or _has_begun(connection) else []
    return columns(table.name, key, json.loads(told), stands) if told is not None and stands is not None else []


def _has_begun(connection: Connection) -> bool:
    m = schema.meta.c
    return connection.execute(select(m.key).where(m.key == "key.history")).first() is not None
