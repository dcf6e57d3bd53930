"""Do the chains beside the cases hold, and do their rows stand as the chains say?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, func, select

from engine import schema
from engine.errors import Tampered
from engine.evidence import chain, covered, reading
from engine.evidence.comparing import INSERTED, REMOVED, Difference, columns
from engine.evidence.linking import Walk
from engine.evidence.paging import pieces

if TYPE_CHECKING:
    from engine.runtime import View

_c, _l = schema.chain.c, schema.chain_line.c
_LOOSE = "The chain {instance} was removed; lines of it still stand."


def check(view: View, seen: Counter[str]) -> Iterator[Tampered]:
    """Everything that is wrong."""
    for names in pieces(view.connection, select(schema.chain), [_c.name]):
        for each in names:
            seen["chain"] += 1
            yield from reading.to_the_end(f"chain {each.name}", _walk(view, each, seen))
    loose = select(_l.chain).distinct().where(_l.chain.not_in(select(_c.name)))
    for name in view.connection.execute(loose).scalars():
        yield Tampered(_LOOSE, instance=name)
    for table, verdict in covered.chained().items():
        yield from reading.to_the_end(f"table {table.name}", _known(view.connection, table, verdict, seen))


def _walk(view: View, of: Any, seen: Counter[str]) -> Iterator[Tampered]:
    walk = Walk(view.runtime.keys.history, of.name, chain.FIELDS)
    try:
        for lines in pieces(view.connection, select(schema.chain_line).where(_l.chain == of.name), [_l.number]):
            seen["chain_line"] += len(lines)
            for line in lines:
                walk.step(line)
            yield from _rows(view.connection, of.name, lines)
        walk.end(of.sequence, of.head)
    except Tampered as error:
        yield error


def _rows(connection: Connection, name: str, lines: Sequence[Any]) -> Iterator[Tampered]:
    """Rows of which one of these lines is the last word."""
    objects = sorted({line.object for line in lines})
    last = select(_l.object, func.max(_l.number)).where(_l.object.in_(objects)).group_by(_l.object)
    newest = {row[0]: row[1] for row in connection.execute(last)}
    told: dict[Table, dict[chain.Key, Any]] = {}
    for line in lines:
        if newest[line.object] == line.number and line.data != chain.GONE:
            table, row = schema.metadata.tables[line.kind], json.loads(line.data)
            told.setdefault(table, {})[tuple(row[column.name] for column in table.primary_key)] = row
    for table, rows in told.items():
        stands = chain.rows(connection, table, list(rows))
        for key, row in rows.items():
            yield from (each.fault(name) for each in _compared(table, key, row, stands.get(key)))


def _compared(table: Table, key: chain.Key, told: Any, stands: Any) -> Iterator[Difference]:
    if stands is None:
        yield Difference(REMOVED, table.name, "/".join(map(str, key)))
    else:
        yield from columns(table.name, key, told, stands)


def _known(connection: Connection, table: Table, verdict: covered.Chained, seen: Counter[str]) -> Iterator[Tampered]:
    """Rows of which no chain knows, or that it knows to have been taken away."""
    keys = list(table.primary_key)
    query = select(*keys) if verdict.where is None else select(*keys).where(verdict.where)
    for rows in pieces(connection, query, keys):
        seen[table.name] += len(rows)
        named = {chain.name_of(table, tuple(row)): row for row in rows}
        last = select(_l.object, func.max(_l.number).label("number")).where(_l.object.in_(list(named)))
        newest = last.group_by(_l.object).subquery()
        told = select(_l.object).join(newest, (newest.c.object == _l.object) & (newest.c.number == _l.number))
        there = set(connection.execute(told.where(_l.data != chain.GONE)).scalars())
        for name, row in named.items():
            if name not in there:
                yield Difference(INSERTED, table.name, "/".join(map(str, row))).fault("-")
    if verdict.below is not None:
        yield from _without_row(connection, table, verdict.below, seen)


def _without_row(connection: Connection, table: Table, below: Table, seen: Counter[str]) -> Iterator[Tampered]:
    leading = list(below.primary_key)[: len(table.primary_key)]
    seen[below.name] = connection.execute(select(func.count()).select_from(below)).scalar_one()
    same = [mine == theirs for mine, theirs in zip(leading, table.primary_key, strict=True)]
    loose = select(*leading).distinct().where(~select(table).where(*same).exists())
    for row in connection.execute(loose):
        yield Difference(INSERTED, below.name, "/".join(map(str, row))).fault("-")
