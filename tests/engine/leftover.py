"""What nobody may find after any command: work that hangs on something that is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from engine import schema
from engine.interpreter import marking

_i, _t, _j, _n = schema.instance.c, schema.task.c, schema.job.c, schema.incident.c
_OF_A_TOKEN = ("connector", "call", "fan", "timer")
_OF_A_FAMILY = ("family", "obey")


@dataclass
class _Standing:
    """What stands in one instance, as its marking says."""

    tokens: set[int] = field(default_factory=set)
    scopes: set[int] = field(default_factory=lambda: {0})
    arms: set[tuple[int, int]] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)
    working: set[int] = field(default_factory=set)
    parents: set[int] = field(default_factory=set)


def nothing_is_open_of_what_is_over(connection: Connection) -> None:
    """Every open task, candidate, draft, job, subscription, counter, result, incident, variable and child belongs to an
    instance, a scope and a token that still stand.

    What an instance owes its children may still be on its way to them.
    """
    found = sorted(leftovers(connection))
    if found:
        raise AssertionError("left over: " + "; ".join(found))


def leftovers(connection: Connection) -> Iterator[str]:
    """Sentences, one for each row that should not be there."""
    instances = {row.id: row for row in connection.execute(select(schema.instance))}
    standing = {key: _standing(row) for key, row in instances.items()}
    nothing = _Standing()

    def at(row: Any) -> _Standing:
        return standing.get(row.instance_id, nothing)

    def rows(query: Select[Any]) -> Iterable[Any]:
        return connection.execute(query).all()

    for row in rows(select(schema.task).where(_t.state == "open")):
        if row.token not in at(row).waiting:
            yield f"task {row.element} waits for somebody"
    for table in (schema.candidate, schema.draft):
        closed = select(_t.element).join(table, table.c.task_id == _t.id).where(_t.state != "open")
        yield from (f"{table.name} of {row.element}, which is closed" for row in rows(closed))
    for row in rows(select(schema.job).where(_j.kind.in_(_OF_A_TOKEN), _j.instance_id.is_not(None))):
        here = at(row)
        wanted = (row.token, row.arm) in here.arms if row.kind == "timer" else row.token in here.working | here.parents
        if not wanted:
            yield f"job {row.kind} for {row.element}"
    for row in rows(select(schema.subscription)):
        if (row.token, row.arm) not in at(row).arms:
            yield f"subscription to {row.kind} {row.name}"
    for table in (schema.counter, schema.result):
        yield from (f"{table.name} of {row.token}" for row in rows(select(table)) if row.token not in at(row).parents)
    owed = {row.id for row in rows(select(_j.id))}
    for row in rows(select(schema.incident).where(_n.closed_at.is_(None), _n.token.is_not(None))):
        if row.token not in at(row).tokens and row.job_id not in owed:
            yield f"incident at {row.element}"
    for table in (schema.variable, schema.sealed):
        for row in rows(select(table)):
            if row.scope not in at(row).scopes:
                yield f"{table.name} {row.name} of scope {row.scope}"
    on_their_way = {row.root_id for row in rows(select(schema.job).where(_j.kind.in_(_OF_A_FAMILY)))}
    for row in rows(select(schema.instance).where(or_(_i.state == "active", _i.state == "suspended"))):
        if row.parent_id is None or row.root_id in on_their_way:
            continue
        if row.parent_token not in standing[row.parent_id].parents:
            yield f"child {row.process_key} {row.body or ''} of {row.parent_token}"


def _standing(row: Any) -> _Standing:
    if row.state not in ("active", "suspended"):
        return _Standing()
    found = _Standing()
    for number, _host, _detail, _done, tokens in marking.decode(row.marking).scopes:
        found.scopes.add(number)
        for token, _element, _state, more in tokens:
            detail = more or {}
            found.tokens.add(token)
            found.arms |= {(token, one["n"]) for one in detail.get("arms", ())}
            if "open" in detail:
                found.waiting.add(token)
            if "job" in detail:
                found.working.add(token)
            if "child" in detail:
                found.parents.add(token)
            if "own" in detail or "kept" in detail:
                found.scopes.add(token)
            if "held" in detail:
                found.scopes.add(detail["held"])
    return found
