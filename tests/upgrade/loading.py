"""Stand up the database of an earlier version as it was then, from what ``making.py`` has written down."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from sqlalchemy import Connection, insert, update

from engine import clock, revisions
from engine.database import Database

FILE = Path(__file__).parent / "r0006.json"


@dataclass(frozen=True)
class Written:
    """What stood when the version was left.

    Attributes:
        now: business time then, in microseconds.
        cases: ids by what they are about.
        anchor: signed by the version, over every history it had.
        tables: names of the columns, then the rows.
    """

    revision: str
    now: int
    cases: Mapping[str, str]
    anchor: str
    keys: Mapping[str, str]
    tables: Mapping[str, list[list[Any]]]


def read() -> Written:
    """The file."""
    return Written(**json.loads(FILE.read_text()))


def load(written: Written, url: str, state: Path) -> None:
    """Make an empty database what it was then, at the very minute, and lay the keys beside it."""
    folder = state / "keys"
    folder.mkdir(parents=True)
    for name, text in written.keys.items():
        (folder / name).write_text(text)
    with closing(Database(url)) as database, database._revising() as connection:
        config = revisions.configured(revisions.FOLDERS)
        config.attributes["connection"] = connection
        command.upgrade(config, written.revision)
        _fill(connection, written)


def _fill(connection: Connection, written: Written) -> None:
    then = sa.MetaData()
    then.reflect(connection)
    for name, (names, *rows) in written.tables.items():
        table = then.tables[name]
        binary = {column.name for column in table.columns if isinstance(column.type, sa.LargeBinary)}
        told = [dict(zip(names, row, strict=True)) for row in rows]
        connection.execute(table.delete())
        connection.execute(insert(table), [_bytes(row, binary) for row in told])
    offset = then.tables["clock"].c.clock_offset
    connection.execute(update(then.tables["clock"]).values({offset: written.now - clock.lease_now(connection)}))
    if connection.dialect.name == "postgresql":
        for name in ("access_record", "anchor", "subscription"):
            connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")


def _bytes(row: dict[str, Any], binary: set[str]) -> dict[str, Any]:
    return {name: b64decode(value) if name in binary and value else value for name, value in row.items()}
