"""Which tables the statements of commands look through to their end, as the databases themselves say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from engine.runtime import Runtime

Asked = dict[str, Any]
_WHOLE = ("(process_key=?)", "(register=?)")


def scans(runtime: Runtime, asked: Asked) -> dict[str, set[str]]:
    """By statement, the tables that it would look through."""
    found = _in_sqlite if runtime.database.is_sqlite else _in_postgresql
    with runtime.read() as view:
        return {text: found(view, text, given) for text, given in asked.items()}


@contextmanager
def listened(runtime: Runtime) -> Iterator[Asked]:
    """Every statement that commands send, with parameters of its first time; what the player asks is not among them."""
    asked: Asked = {}

    def note(_connection: object, _cursor: object, text: str, given: Any, _context: object, many: bool) -> None:
        if text.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            asked.setdefault(text, given[0] if many else given)

    event.listen(runtime.database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(runtime.database.engine, "before_cursor_execute", note)


def _in_sqlite(view: Any, text: str, given: Any) -> set[str]:
    """Tables of which SQLite would look through all, all of a process or a register, unless they are to be counted."""
    rows = view.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given).all()
    scanned = {row.detail.split()[1] for row in rows if row.detail.startswith("SCAN ")}
    if not text.startswith("SELECT count("):
        scanned |= {row.detail.split()[1] for row in rows if row.detail.endswith(_WHOLE)}
    # What a statement has put together itself is as large as what it read for it, which stands in rows of its own.
    made = {row.detail.split()[1] for row in rows if row.detail.startswith(("CO-ROUTINE ", "MATERIALIZE "))}
    return {name for name in scanned - made if name.isidentifier() and name not in ("CONSTANT", "json_each")}


def _in_postgresql(view: Any, text: str, given: Any) -> set[str]:
    """Tables that PostgreSQL would look through even if that cost it dearly."""
    view.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plan = view.connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {text}", given).scalar_one()
    return set(_looked_through((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))


def _looked_through(node: dict[str, Any]) -> Iterator[str]:
    kind = node["Node Type"]
    if kind == "Seq Scan" or (kind.startswith("Index") and "Index Cond" not in node):
        yield node["Relation Name"]
    for inner in node.get("Plans", ()):
        yield from _looked_through(inner)
