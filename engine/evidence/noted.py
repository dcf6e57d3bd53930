"""What a transaction has written that is evidence: noted as it happens, chained when it commits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table

from engine.actor import Actor

Key = tuple[Any, ...]
_NOTED = "noted"


def note(connection: Connection, table: Table, keys: Iterable[Any], by: Actor) -> None:
    """Rows of a table have been written, changed or taken away: they are chained when the transaction commits.

    Args:
        keys: primary keys; plain values where the key is one column.
    """
    noted = connection.info.setdefault(_NOTED, {})
    for key in keys:
        noted[table, key if isinstance(key, tuple) else (key,)] = by


def is_noted(connection: Connection, table: Table, key: Key) -> bool:
    """Whether this transaction has written a row itself."""
    return (table, key) in connection.info.get(_NOTED, ())


def forget(connection: Connection) -> None:
    """A transaction begins: nothing is noted yet."""
    connection.info.pop(_NOTED, None)


def taken(connection: Connection) -> dict[tuple[Table, Key], Actor]:
    """What has been noted, by whom; it is noted no more."""
    found: dict[tuple[Table, Key], Actor] = connection.info.pop(_NOTED, {})
    return found
