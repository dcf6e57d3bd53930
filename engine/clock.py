"""The only "now". Business time is the database's own time plus the offset a demonstration has been moved by.

It is read once per command, never goes back, and no node's clock decides anything. Lease time is the database's own,
without offset.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, Connection, literal, literal_column, select, update

from engine import schema
from engine.actor import ENGINE
from engine.errors import Conflict
from engine.evidence.noted import note

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NOW_US = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000",
    "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
}


def micros(at: datetime) -> int:
    """An aware time as whole microseconds since 1970, UTC: how times stand in the database."""
    return (at - EPOCH) // _MICROSECOND


def instant(value: int) -> datetime:
    """The aware UTC time of whole microseconds since 1970."""
    return EPOCH + timedelta(microseconds=value)


def lease_now(connection: Connection) -> int:
    """The database's own time, in microseconds."""
    return int(connection.execute(select(lease(connection.dialect.name))).scalar_one())


def lease(dialect: str) -> ColumnElement[int]:
    """The database's own time in microseconds, as an expression that another statement can read along."""
    return literal_column(_NOW_US[dialect], BigInteger)


def reading(dialect: str) -> ColumnElement[int]:
    """Business time in microseconds, as an expression that another statement can read along."""
    offset = select(schema.clock.c.clock_offset).where(schema.clock.c.id == 1).scalar_subquery()
    return lease(dialect) + offset


def now(connection: Connection) -> datetime:
    """Business time: the database's time plus the demonstration's offset, in one statement."""
    return instant(int(connection.execute(select(reading(connection.dialect.name))).scalar_one()))


def begin(connection: Connection, at: datetime) -> None:
    """Set where a demonstration's time begins, before anything has happened in it.

    Raises:
        Conflict: something has been released or has happened already.
    """
    for table in (schema.policy, schema.definition, schema.event):
        if connection.execute(select(table).limit(1)).first() is not None:
            raise Conflict("The clock only goes forward.")
    _move(connection, literal(micros(at) - lease_now(connection)))


def advance(connection: Connection, by: timedelta) -> datetime:
    """Move a demonstration's clock forward; returns the new business time.

    Raises:
        Conflict: ``by`` is negative: time does not go back.
    """
    if by < timedelta(0):
        raise Conflict("The clock only goes forward.")
    _move(connection, schema.clock.c.clock_offset + by // timedelta(microseconds=1))
    return now(connection)


def _move(connection: Connection, to: ColumnElement[int]) -> None:
    moved = update(schema.clock).values(clock_offset=to).returning(schema.clock.c.id)
    note(connection, schema.clock, connection.execute(moved).scalars().all(), ENGINE)
