"""Looks into the database behind the pages, and makes sessions older."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping, Table, select, update

from engine import schema
from engine.runtime import Runtime


def rows(runtime: Runtime, table: Table, **where: Any) -> Sequence[RowMapping]:
    """Rows of a table in which these columns have these values."""
    wanted = select(table).where(*(table.c[key] == value for key, value in where.items()))
    with runtime.database.read() as connection:
        return connection.execute(wanted).mappings().all()


def age(runtime: Runtime, *, seen: timedelta = timedelta(0), created: timedelta = timedelta(0)) -> None:
    """Make every session older."""
    micro, table = timedelta(microseconds=1), schema.session
    older = {"seen_at": table.c.seen_at - seen // micro, "created_at": table.c.created_at - created // micro}
    with runtime.database.write() as connection:
        connection.execute(update(table).values(**older))
