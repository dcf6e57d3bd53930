"""A table some rows at a time, so that memory does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, literal, tuple_

ROWS = 500


def pieces(connection: Connection, query: Select[Any], keys: Sequence[Any], size: int = ROWS) -> Iterator[list[Any]]:
    """The rows of a query in the order of their keys, some at a time, each time from behind the last."""
    page = query.order_by(*keys).limit(size)
    found = list(connection.execute(page))
    while found:
        yield found
        if len(found) < size:
            return
        last = [literal(found[-1]._mapping[key.name], key.type) for key in keys]
        found = list(connection.execute(page.where(tuple_(*keys) > tuple_(*last))))
