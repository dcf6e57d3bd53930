"""What stands beside the rows of a case and is worked out anew: projections, sealed values, results of iterations."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, func, or_, select

from engine import definition, feel, schema, sealing, variables
from engine.errors import EngineError, Tampered
from engine.evidence.comparing import CHANGED, INSERTED, REMOVED, Difference
from engine.evidence.folding import State
from engine.evidence.standing import digest

if TYPE_CHECKING:
    from engine.definition import Definition
    from engine.runtime import View

_r, _i, _c = schema.result.c, schema.instance.c, schema.counter.c
Dumped = tuple[str, str]


@dataclass(slots=True)
class Beside:
    """Rows of one case that no line speaks of by itself."""

    facts: dict[str, Any] = field(default_factory=dict)
    sealed: dict[tuple[int, str], bytes] = field(default_factory=dict)
    gave: str | None = None


def read(connection: Connection, cases: Sequence[str]) -> dict[str, Beside]:
    """Those of these cases; three statements."""
    found: dict[str, Beside] = defaultdict(Beside)
    f, s = schema.fact.c, schema.sealed.c
    for row in connection.execute(select(schema.fact).where(f.instance_id.in_(cases))):
        found[row.instance_id].facts[row.name] = row
    for row in connection.execute(select(schema.sealed).where(s.instance_id.in_(cases))):
        found[row.instance_id].sealed[row.scope, row.name] = bytes(row.body)
    child = and_(_i.parent_id == _r.instance_id, _i.parent_token == _r.token, _i.parent_index == _r.position)
    given = select(_i.id, _r.type, _r.value).join(schema.result, child).where(_i.id.in_(cases))
    for row in connection.execute(given):
        found[row.id].gave = digest(f"{row.type} {row.value}")
    return found


def differences(view: View, case: Any, told: State, stands: Beside, seen: Counter[str]) -> Iterator[Difference]:
    """Where they are not what the lines lead to."""
    seen["fact"] += len(stands.facts)
    seen["sealed"] += len(stands.sealed)
    yield from _sealed(view, case.id, told, stands.sealed)
    yield from _facts(view, case, told, stands.facts)
    if told.gave is not None and stands.gave is not None:
        seen["result"] += 1
        if told.gave != stands.gave:
            yield Difference(
                CHANGED, "result", f"{case.parent_id}/{case.parent_token}/{case.parent_index}", "type or value"
            )


def _sealed(view: View, of: str, told: State, stands: dict[tuple[int, str], bytes]) -> Iterator[Difference]:
    key, values = view.runtime.keys.seal, told.tables["variable"]
    wanted = {at: row["value"] for at, row in values.items() if row["type"] == variables.SEALED}
    for at in sorted(wanted.keys() | stands.keys()):
        place = f"{at[0]}/{at[1]}"
        if at not in wanted:
            yield Difference(INSERTED, "sealed", place)
        elif at not in stands:
            yield Difference(REMOVED, "sealed", place)
        else:
            try:
                plain = sealing.open(key, stands[at], place=variables.sealed_place(of, *at))
                fits = sealing.matches(key, plain, json.loads(wanted[at]))
            except Tampered:
                fits = False
            if not fits:
                yield Difference(CHANGED, "sealed", place, "body")


# ---- projections

_SAID = ("type", "text", "number")
_NUMBER = {"type": "null", "text": None, "number": None}
"""What the row says by which a case is found by its number."""


def _facts(view: View, case: Any, told: State, stands: dict[str, Any]) -> Iterator[Difference]:
    try:
        read = definition.load(view, case.definition_id)
    except (EngineError, KeyError, ValueError, StopIteration):
        return  # what has been released was changed; that is said where it is looked at
    now = {n: (row["type"], row["value"]) for (s, n), row in told.tables["variable"].items() if s == 0}
    steady = read.columns.keys() & (told.columns or ()) if case.body is None else frozenset[str]()
    if case.business_key is not None and schema.BUSINESS_KEY not in stands:
        yield Difference(REMOVED, "fact", schema.BUSINESS_KEY)
    for name in sorted(steady & now.keys() - stands.keys()):
        yield Difference(REMOVED, "fact", name)
    for name, row in stands.items():
        values = [now[name]] if name in steady and name in now else _ever(read, case, told, name)
        options = [definition.projected(case.id, name, value, view.runtime.zone) for value in values]
        if name == schema.BUSINESS_KEY and case.business_key is not None:
            options = [_NUMBER]
        if not options:
            yield Difference(INSERTED, "fact", name)
        elif all(any(row._mapping[column] != one[column] for column in _SAID) for one in options):
            column = next(column for column in _SAID if row._mapping[column] != options[-1][column])
            yield Difference(CHANGED, "fact", name, column)


def _ever(read: Definition, case: Any, told: State, name: str) -> list[Dumped]:
    """What a name has ever come to; an iteration is also known by its row and by what its whole case stands under."""
    found = list(told.past.get(name, ()))
    if case.body in read.elements:
        loop = read.elements[case.body].loop
        for kind, dumped in told.past.get((loop.element if loop else None) or "", ()):
            entries = feel.load(kind, dumped) if kind == "context" else {}
            found += [feel.dump(entries[name])] if name in entries else []  # type: ignore[operator, index, call-overload]
        remits = told.case.get("remits", {})
        found += [feel.dump(remits[name])] if name in remits else []
    return found


# ---- counted


def counted(connection: Connection) -> Iterator[Difference]:
    """Results that no ended iteration gave, and counters that have counted others."""
    child = and_(_i.parent_id == _r.instance_id, _i.parent_token == _r.token, _i.parent_index == _r.position)
    given = select(schema.result).outerjoin(schema.instance, child)
    for row in connection.execute(given.where(or_(_i.id.is_(None), _i.state.in_(("active", "suspended"))))):
        yield Difference(INSERTED, "result", f"{row.instance_id}/{row.token}/{row.position}")
    several = select(func.count()).where(_r.instance_id == _c.instance_id, _r.token == _c.token).scalar_subquery()
    for row in connection.execute(select(schema.counter).where(_c.done != several)):
        yield Difference(
            CHANGED, "counter", f"{row.instance_id}/{row.token}", "done, which counts rows of table result,"
        )
