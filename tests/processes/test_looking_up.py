"""Whatever a command asks for is found by a key: no table that grows with the work is looked through to its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from engine import scenario
from engine.runtime import Runtime
from tests.processes.procedure import ROOT

# What there is as much of as processes, deadlines and registers; everything else grows with people or with work.
FEW = frozenset({"clock", "counter", "definition", "meta", "number", "part", "policy", "start_event"})
Asked = dict[str, Any]
Scans = Callable[[Any, str, Any], set[str]]


@pytest.mark.parametrize(
    "told",
    [
        "xc_handover_clue/scenarios/handed_over.toml",
        "xc_clue_handle/scenarios/handling_is_overdue.toml",
        "xc_onsite/scenarios/issues_a_clue_and_a_fix.toml",
        "xc_evaluate/scenarios/passed.toml",
    ],
)
def test_no_command_looks_through_a_table_that_grows(office: Runtime, told: str) -> None:
    with listened(office) as asked:
        for _ in scenario.Player(office, "known").play(scenario.read((ROOT / told).read_bytes(), told)):
            pass
    scans = in_sqlite if office.database.is_sqlite else in_postgresql
    with office.read() as view:
        found = {text: tables for text, given in asked.items() if (tables := scans(view, text, given) - FEW)}
    assert not found, "\n\n".join(f"{tables}: {text}" for text, tables in found.items())


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


def in_sqlite(view: Any, text: str, given: Any) -> set[str]:
    """Tables that SQLite would look through: all of one, or all cases of a process, unless they are to be counted."""
    rows = view.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given).all()
    scanned = {row.detail.split()[1] for row in rows if row.detail.startswith("SCAN ")}
    if not text.startswith("SELECT count("):
        scanned |= {row.detail.split()[1] for row in rows if row.detail.endswith("(process_key=?)")}
    return {name for name in scanned if name.isidentifier() and name not in ("CONSTANT", "json_each")}


def in_postgresql(view: Any, text: str, given: Any) -> set[str]:
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
