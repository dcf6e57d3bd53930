"""Looking at all evidence, piece by piece, so that memory does not grow with the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from engine import history, schema
from engine.database import unhurried
from engine.errors import Tampered
from engine.evidence import beginning, beside, chaining, comparing, contents, covered, folding, reading, standing
from engine.evidence.linking import Walk
from engine.evidence.paging import pieces

if TYPE_CHECKING:
    from engine.runtime import View

CASES = 100
_i, _e = schema.instance.c, schema.event.c
_GONE = "The instance {instance} was removed; rows of it still stand in {tables}."


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at.

    Attributes:
        instances: how many cases there are.
        lines: how many lines of history they have.
        rows: how many rows of each table were looked at.
        faults: everything that is wrong.
        since: when the rows beside the cases were chained as they stood, in microseconds; None: from the beginning.
    """

    instances: int
    lines: int
    rows: dict[str, int]
    faults: tuple[Tampered, ...]
    since: int | None = None


def verify(view: View) -> Verified:
    """Check all evidence; the view must see one moment (``runtime.read(snapshot=True)``)."""
    unhurried(view.connection)
    seen: Counter[str] = Counter()
    with reading.whatever_stands_there(view.connection):
        faults = [
            *_cases(view, seen),
            *reading.to_the_end("the rows of cases that are not there", _orphans(view.connection)),
            *reading.to_the_end("counters", (each.fault("-") for each in beside.counted(view.connection))),
            *chaining.check(view, seen),
            *reading.to_the_end("contents", contents.check(view.connection, seen)),
        ]
    m = schema.meta.c
    since = view.connection.execute(select(m.value).where(m.key == beginning.SINCE)).scalar()
    return Verified(seen["instance"], seen["event"], dict(seen), tuple(faults), int(since) if since else None)


def no_evidence() -> list[str]:
    """Tables of which nobody is shown a row as a fact."""
    return [name for name, each in covered.VERDICTS.items() if isinstance(each, covered.NoEvidence)]


# ---- cases


def _cases(view: View, seen: Counter[str]) -> Iterator[Tampered]:
    for chunk in pieces(view.connection, select(schema.instance), [_i.id], CASES):
        cases, counted = {row.id: row for row in chunk}, Counter[str]()
        try:
            found = list(_some(view, cases, counted))
        except reading.UNREADABLE:  # something that no program writes: each case by itself, then
            found, counted = [], Counter()
            for of, row in cases.items():
                found += reading.to_the_end(f"case {of}", _some(view, {of: row}, counted))
        seen.update(counted)
        yield from found


def _some(view: View, cases: dict[str, Any], seen: Counter[str]) -> Iterator[Tampered]:
    query = select(schema.event).where(_e.instance_id.in_(cases)).order_by(_e.instance_id, _e.number)
    lines = {of: list(each) for of, each in groupby(view.connection.execute(query), lambda line: line.instance_id)}
    stands = standing.read(view.connection, list(cases))
    around = beside.read(view.connection, list(cases))
    for of, row in cases.items():
        seen["instance"] += 1
        seen["event"] += len(lines.get(of, ()))
        for table, rows in stands[of].tables.items():
            seen[table] += len(rows) if table != "instance" else 0
        try:
            _chain(view, row, lines.get(of, []))
        except Tampered as error:
            yield error
            continue
        told = folding.fold(lines[of])
        yield from (each.fault(of) for each in comparing.differences(told, stands[of]))
        yield from (each.fault(of) for each in comparing.marked(told, row.marking))
        yield from (each.fault(of) for each in beside.differences(view, row, told, around[of], seen))


def _chain(view: View, case: Any, lines: list[Any]) -> None:
    walk = Walk(view.runtime.keys.history, case.id, history.FIELDS)
    for line in lines:
        walk.step(line)
    walk.end(case.sequence, case.head)


def _orphans(connection: Connection) -> Iterator[Tampered]:
    """Rows of cases that are not there."""
    names, gone = [name for name in folding.REBUILT if name not in ("instance", "candidate")], defaultdict(list)
    for name in ("event", "sealed", "fact", "result", *names):
        table = schema.metadata.tables[name]
        of = table.c.instance_id
        query = select(of).distinct().where(of.is_not(None), of != "", of.not_in(select(_i.id)))
        for case in connection.execute(query).scalars():
            gone[case].append(name)
    for case, tables in gone.items():
        yield Tampered(_GONE, instance=case, tables=", ".join(tables))
    of = schema.candidate.c.task_id
    for task in connection.execute(select(of).distinct().where(of.not_in(select(schema.task.c.id)))).scalars():
        yield comparing.Difference(comparing.INSERTED, "candidate", str(task)).fault("-")
