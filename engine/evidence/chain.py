"""Chains beside those of the cases: registers, policy, definitions, grants, the access record and whatever else
``covered`` names.

Whoever writes such a row notes it; just before the transaction commits, the rows are read as they stand and written
behind their chains. So a chain is locked for the moment of a commit and no longer, always after everything else, and
always in the order of the chains' names: nobody waits for somebody who waits for them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine import canonical, clock, schema
from engine.actor import Actor
from engine.evidence import covered
from engine.evidence.linking import GENESIS, content
from engine.evidence.noted import Key, forget, note, taken
from engine.keys import Ring
from engine.prepared import Prepared, inserting, together

FIELDS = ("chain", "number", "kind", "object", "actor", "on_behalf_of", "at", "data")
_LONG = 200
AT_ONCE = 200
"""Rows that are looked for by one statement."""
_c, _l = schema.chain.c, schema.chain_line.c


def seal(connection: Connection, key: Ring) -> None:
    """Write what has been noted behind its chains, as it stands now.

    Args:
        key: the history keys.
    """
    noted = taken(connection)
    if noted:
        lines = list(_lines(connection, noted))
        if lines:
            _append(connection, key, lines)


def _lines(connection: Connection, noted: Mapping[tuple[Table, Key], Actor]) -> Iterator[dict[str, Any]]:
    keys: dict[Table, list[Key]] = defaultdict(list)
    for table, each in noted:
        keys[table].append(each)
    verdicts = covered.chained()
    for table, wanted in keys.items():
        found = rows(connection, table, wanted)
        for each in wanted:
            by, of = noted[table, each], name_of(table, each)
            line = {"kind": table.name, "object": of, "actor": by.person, "on_behalf_of": by.on_behalf_of}
            if each in found:
                yield {"chain": verdicts[table].chain(found[each]), **line, "data": canonical.text(found[each])}
            elif (known := _chain_of(connection, of)) is not None:  # else it was never there
                yield {"chain": known, **line, "data": GONE}


GONE = "null"


def _chain_of(connection: Connection, of: str) -> str | None:
    query = select(_l.chain).where(_l.object == of).order_by(_l.number.desc()).limit(1)
    return connection.execute(query).scalar()


def _append(connection: Connection, key: Ring, lines: Sequence[dict[str, Any]]) -> None:
    at = clock.micros(clock.now(connection))
    rows, heads = [], []
    for name in sorted({line["chain"] for line in lines}):
        number, head = _lock(connection, name)
        for line in lines:
            if line["chain"] == name:
                number += 1
                row = {**line, "number": number, "at": at}
                head = key.mac(content(head, [row[field] for field in FIELDS]))
                rows.append({**row, "hash": head})
        heads.append({"b_name": name, "sequence": number, "head": head})
    with together(connection):
        inserting(schema.chain_line).run(connection, rows)
        _HEADS.run(connection, heads)


def _lock(connection: Connection, name: str) -> tuple[int, str]:
    """Where a chain stands; it is locked until the transaction ends."""
    into: Any = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(schema.chain)
    # An update that changes nothing locks the row, and gives it back.
    locked = into.on_conflict_do_update(index_elements=["name"], set_={"name": into.excluded.name})
    fresh = {"name": name, "sequence": 0, "head": GENESIS}
    row = connection.execute(locked.returning(_c.sequence, _c.head), fresh).one()
    return row.sequence, row.head


_HEADS = Prepared(
    lambda _dialect: (
        update(schema.chain)
        .where(_c.name == schema.bound("b_name"))
        .values({name: schema.bound(name) for name in ("sequence", "head")})
    )
)


# ---- rows as lines have them


def rows(connection: Connection, table: Table, keys: Sequence[Key], *, lock: bool = False) -> dict[Key, dict[str, Any]]:
    """The rows of these keys, as a line has them; locked until the transaction ends if they are to be changed."""
    found: dict[Key, dict[str, Any]] = {}
    for at in range(0, len(keys), AT_ONCE):
        found |= _some(connection, table, keys[at : at + AT_ONCE], lock)
    return found


def _some(connection: Connection, table: Table, keys: Sequence[Key], lock: bool) -> dict[Key, dict[str, Any]]:
    verdict = covered.chained()[table]
    query = select(table).where(_among(table, keys))
    if lock:
        query = query.with_for_update()
    if verdict.where is not None:
        query = query.where(verdict.where)
    found: dict[Key, dict[str, Any]] = {}
    for row in connection.execute(query).mappings():
        key = {column.name: row[column.name] for column in table.primary_key}
        values = {name: plain(row[name]) for name in covered.columns(table, verdict)}
        found[tuple(key.values())] = values | key
    if verdict.below is not None and found:
        below: dict[Key, list[Any]] = {key: [] for key in found}
        for of, value in _below(connection, table, verdict.below, found):
            below[of].append(value)
        for of, listed in below.items():
            found[of][verdict.below.name] = plain(sorted(listed))
    return found


def _below(
    connection: Connection, table: Table, below: Table, keys: Collection[Key]
) -> Iterator[tuple[Key, list[Any]]]:
    width = len(table.primary_key)
    leading = list(below.primary_key)[:width]
    for row in connection.execute(select(below).where(_in(leading, keys))):
        values = dict(row._mapping)
        key = tuple(values.pop(column.name) for column in leading)
        yield key, list(values.values())


def _among(table: Table, keys: Collection[Key]) -> Any:
    return _in(list(table.primary_key), keys)


def _in(columns: Sequence[Any], keys: Collection[Key]) -> Any:
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    # SQLite would look for a tuple by its first part alone, and read every entry of a register for one.
    return or_(*(and_(*(column == part for column, part in zip(columns, key, strict=True))) for key in keys))


def name_of(table: Table, key: Key) -> str:
    """What a line calls a row, however long its key is."""
    return hashlib.sha256(canonical.text([table.name, *key]).encode()).hexdigest()


def plain(value: Any) -> Any:
    """A value as it stands in a line; what is long by its digest."""
    if isinstance(value, (bytes, memoryview)):
        return {"sha256": hashlib.sha256(bytes(value)).hexdigest()}
    if isinstance(value, str) and len(value) > _LONG:
        return {"sha256": hashlib.sha256(value.encode()).hexdigest()}
    if isinstance(value, list):
        return plain(canonical.text(value))
    return value


__all__ = ["FIELDS", "GONE", "Key", "forget", "name_of", "note", "plain", "rows", "seal"]
