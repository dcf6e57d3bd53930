"""Where what stands is not what the lines of its case say: table, row, column."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from engine import interpreter
from engine.errors import EngineError, Tampered
from engine.evidence.folding import State

CHANGED = "In table {table}, {column} of row {row} of {instance} is not what its lines say."
REMOVED = "From table {table}, row {row} of {instance} was removed."
INSERTED = "In table {table}, row {row} of {instance} is told of by no line."
_ELSEWHERE = "In table instance, the marking of {instance} is not the one that its lines led to."


class Difference(NamedTuple):
    """One place. ``column`` is None where the whole row is too much or missing."""

    sentence: str
    table: str
    row: str
    column: str | None = None

    def fault(self, instance_id: str) -> Tampered:
        """The same as a sentence."""
        params = {"table": self.table, "row": self.row, "column": self.column, "instance": instance_id}
        return Tampered(self.sentence, **{name: value for name, value in params.items() if value is not None})


def differences(told: State, stands: State) -> Iterator[Difference]:
    """Every difference; what the lines do not speak of is not compared."""
    for table, rows in told.tables.items():
        found = stands.tables[table]
        for key, row in rows.items():
            if key not in found:
                yield Difference(REMOVED, table, _named(key))
            else:
                yield from columns(table, key, row, found[key])
        for key in found.keys() - rows.keys():
            yield Difference(INSERTED, table, _named(key))


def columns(
    table: str, key: tuple[Any, ...], told: Mapping[str, Any], stands: Mapping[str, Any]
) -> Iterator[Difference]:
    """Columns of one row in which it is not what was told; a column that one of the two lacks is not compared."""
    for name in told.keys() & stands.keys():
        if stands[name] != told[name]:
            yield Difference(CHANGED, table, _named(key), name)


def _named(key: tuple[Any, ...]) -> str:
    return "/".join(map(str, key)) or "-"


def marked(told: State, marking: bytes) -> Iterator[Difference]:
    """Where the tokens stand: as the lines say, to the byte and to the open visit."""
    if told.marking is not None and hashlib.sha256(marking).hexdigest() != told.marking:
        yield Difference(_ELSEWHERE, "instance", "-", "marking")
        return
    try:
        open_now = {each.token: each.element for each in interpreter.open_tokens(marking)}
    except (EngineError, ValueError, TypeError, IndexError, KeyError):
        open_now = {-1: ""}
    visits = {key[0]: row["element"] for key, row in told.tables["visit"].items() if row["left_at"] is None}
    if open_now != visits:
        yield Difference(_ELSEWHERE, "instance", "-", "marking")
