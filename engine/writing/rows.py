"""The rows that one Progress leads to, collected first and written table by table."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, Table, bindparam, delete, select, update

from engine import clock, feel, history, job, message, schema, sealing, variables
from engine.interpreter import progress as p
from engine.prepared import Prepared, inserting, together, upserting

if TYPE_CHECKING:
    from engine.definition import Definition
    from engine.held import Held
    from engine.interpreter import Progress
    from engine.runtime import Command

Row = dict[str, Any]


@dataclass(slots=True)
class Rows:
    """The rows of one Progress, by table.

    Attributes:
        at: business time of the command, in microseconds.
    """

    command: Command
    held: Held
    definition: Definition
    completed: str | None
    inserts: dict[Table, list[Row]] = field(default_factory=lambda: defaultdict(list))
    values: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)
    unwritten: dict[int, dict[str, tuple[str, str]]] = field(default_factory=dict)
    visits: dict[int, Row] = field(default_factory=dict)
    left: dict[int, Row] = field(default_factory=dict)
    closed_scopes: set[int] = field(default_factory=set)
    closed_arms: list[tuple[int, int]] = field(default_factory=list)
    closed_tasks: dict[int, str] = field(default_factory=dict)
    dropped_jobs: set[int] = field(default_factory=set)
    dropped_children: set[int] = field(default_factory=set)
    closed_incidents: set[int] = field(default_factory=set)
    subscribed: list[Row] = field(default_factory=list)
    sealed: list[Row] = field(default_factory=list)
    erased: list[tuple[int, str]] = field(default_factory=list)
    completion: history.Line | None = None
    opened: list[Row] = field(default_factory=list)
    crossed: bool = False
    at: int = field(init=False)

    def __post_init__(self) -> None:
        self.at = max(clock.micros(self.command.now), self.held.last_at)

    # -- helpers the facts share

    def line(self, kind: str, element: str | None, /, **data: Any) -> None:
        """A line of history, behind the values written before it."""
        self.values_line()
        self.held.record(kind, element, **data)

    def values_line(self) -> None:
        """One line for all values written since the last line."""
        if self.unwritten:
            self.held.record("values.written", None, values={str(s): v for s, v in self.unwritten.items()})
            self.unwritten = {}

    def note_span(self) -> None:
        """A completion says which lines it and what followed it have written: who takes it back goes by that."""
        if self.completion is not None:
            before = self.held.sequence
            self.completion.data["lines"] = [before + 1, before + len(self.held.lines)]

    def owe(self, kind: str, **options: Any) -> Row:
        """A job of this instance's family."""
        made = job.row(self.command, kind, root_id=self.held.root_id, **options)
        self.inserts[schema.job].append(made)
        return made

    def folded(self, facts: Iterable[p.Fact]) -> list[p.Fact]:
        """The facts without those that another implies: a task that opens has been entered, one that closes is left."""
        facts = list(facts)
        tasks, closed = set(), set()
        for fact in facts:
            if isinstance(fact, p.Entered):
                self.visits[fact.token] = self._visit(fact)
            elif isinstance(fact, p.Left):
                self._leave(fact)
            elif isinstance(fact, p.TaskOpened):
                tasks.add(fact.token)
            elif isinstance(fact, p.TaskClosed):
                closed.add(fact.token)
        implied = {(p.Entered, token) for token in tasks} | {(p.Left, token) for token in closed}
        return [f for f in facts if not isinstance(f, p.Entered | p.Left) or (type(f), f.token) not in implied]

    def _visit(self, fact: p.Entered) -> Row:
        return {
            "instance_id": self.held.id,
            "token": fact.token,
            "element": fact.element,
            "scope": fact.scope,
            "entered_at": self.at,
            "left_at": None,
            "outcome": None,
            "actor": None,
        }

    def _leave(self, fact: p.Left) -> None:
        gone = {"left_at": self.at, "outcome": fact.outcome, "actor": self.command.actor.person}
        if fact.token in self.visits:
            self.visits[fact.token].update(gone)
        else:
            self.left[fact.token] = {"b_token": fact.token, **gone}

    def seal(self, fact: p.Written) -> tuple[str, str]:
        """Put a value away encrypted; what is left of it is a salted digest."""
        key = self.command.runtime.keys.seal
        plain = self.command.unsealed.pop(str(fact.value), None) or json.dumps(feel.dump(fact.value))
        place = variables.sealed_place(self.held.id, fact.scope, fact.name)
        body = sealing.seal(key, plain.encode(), place=place)
        self.sealed.append({"instance_id": self.held.id, "scope": fact.scope, "name": fact.name, "body": body})
        return variables.SEALED, json.dumps(sealing.digest(key, plain.encode()))

    def forget_arm(self, token: int, arm: int) -> None:
        """An arm that opened and closed within this Progress leaves no row."""
        self.subscribed = [r for r in self.subscribed if (r["token"], r["arm"]) != (token, arm)]
        jobs = self.inserts[schema.job]
        jobs[:] = [r for r in jobs if r["kind"] != "timer" or (r["token"], r["arm"]) != (token, arm)]

    # -- the end

    def ended(self, progress: Progress) -> None:
        """The instance is over: close it and tell whoever called it."""
        held, end = self.held, progress.ended
        assert end is not None
        held.state = "cancelled" if end.how == "cancelled" else "ended"
        held.outcome, held.ended_at = end.element or self._last_end() or end.how, self.at
        self.line(f"instance.{held.state}", end.element, how=end.how, code=end.code)
        if held.parent_id is not None and end.how != "cancelled":
            kind, value = feel.dump(self._answer(progress))
            content = {
                "parent": held.parent_id,
                "token": held.parent_token,
                "index": held.parent_index,
                "how": end.how,
                "code": end.code,
                "type": kind,
                "value": value,
                "content": {name: feel.dump(each) for name, each in end.content.items()},
                "given": self._given(),
                "element": held.body,
                "child": held.id,
            }
            self.owe("child_ended", content=content)

    def _given(self) -> dict[str, tuple[str, str]]:
        """What an iteration tells the completion condition of its multi-instance."""
        asked = self.definition.spec.judges(self.held.body) if self.held.body is not None else ()
        return {name: feel.dump(value) for name, value in self.command_values(asked)}

    def _last_end(self) -> str | None:
        """The end event that a token came to last, of the process itself or of what interrupted it: how the case is
        said to have ended."""
        visited = [str(visit["element"]) for visit in self.visits.values()]
        return next((element for element in reversed(visited) if element in self.definition.ends), None)

    def _answer(self, progress: Progress) -> Any:
        """What a child gives back: an iteration its output element, a called process the variables its caller names."""
        if self.held.body is not None:
            return progress.ended.result if progress.ended else None
        wanted = self.held.wanted or []
        found = dict(self.command_values(wanted))
        return {name: found.get(name) for name in wanted}

    def command_values(self, names: Iterable[str]) -> Iterable[tuple[str, Any]]:
        """Instance variables as they stand after this Progress."""
        stored = variables.read(self.command.connection, self.held.id, {0}, set(names))
        for name in names:
            if (0, name) in self.values:
                yield name, variables.loaded(*self.values[0, name])
            elif (0, name) in stored:
                yield name, stored[0, name]

    # -- writing

    def flush(self) -> None:
        """Every table once."""
        with together(self.command.connection):
            self._write()
        if self.subscribed:
            message.subscribe(self.command, self.held, self.subscribed)

    def _write(self) -> None:
        connection, held = self.command.connection, self.held
        _flush_gone(self)
        for table, rows in self.inserts.items():
            if rows:
                inserting(table).run(connection, rows)
        if self.visits:
            inserting(schema.visit).run(connection, list(self.visits.values()))
        if self.left:
            _LEFT.run(connection, [{"b_instance": held.id, **row} for row in self.left.values()])
        kept = {key: v for key, v in self.values.items() if key[0] not in self.closed_scopes}
        if kept:
            rows = [
                {"instance_id": held.id, "scope": s, "name": n, "type": t, "value": v}
                for (s, n), (t, v) in kept.items()
            ]
            upserting(schema.variable).run(connection, rows)
        own = {n: v for (s, n), v in kept.items() if s == 0}
        if held.new and held.body is not None:
            own = self.definition.handed(held.body, own, held.remits)
        facts = self.definition.facts(held.id, own, self.command.runtime.zone)
        if facts:
            upserting(schema.fact).run(connection, facts)
        if self.sealed:
            upserting(schema.sealed).run(connection, self.sealed)


# ---- statements, each built once

_mine: BindParameter[Any] = bindparam("b_instance")
_t, _v, _j, _s = schema.task.c, schema.variable.c, schema.job.c, schema.subscription.c
_c, _r, _n, _visit = schema.counter.c, schema.result.c, schema.incident.c, schema.visit.c
_LEFT = Prepared(
    lambda _dialect: (
        update(schema.visit)
        .where(_visit.instance_id == _mine, _visit.token == bindparam("b_token"))
        .values({name: bindparam(name) for name in ("left_at", "outcome", "actor")})
    )
)
_CLOSING = ("state", "change", "changed_by", "changed_at", "closed_at", "closed_by", "on_behalf_of", "recallable")
_CLOSE = Prepared(
    lambda _dialect: (
        update(schema.task)
        .where(_t.instance_id == _mine, _t.token == bindparam("b_token"), _t.state == "open")
        .values(stamp=_t.stamp + 1, **{name: bindparam(name) for name in _CLOSING})
    )
)
_tokens: BindParameter[Any] = bindparam("b_tokens", expanding=True)
_OFFERED_NO_MORE = Prepared(
    lambda _dialect: delete(schema.candidate).where(
        schema.candidate.c.task_id.in_(select(_t.id).where(_t.instance_id == _mine, _t.token == bindparam("b_token")))
    )
)
_FORGET_SCOPES = delete(schema.variable).where(
    _v.instance_id == _mine, _v.scope.in_(bindparam("b_scopes", expanding=True))
)
_FORGET_SEALED = delete(schema.sealed).where(
    schema.sealed.c.instance_id == _mine, schema.sealed.c.scope.in_(bindparam("b_scopes", expanding=True))
)
_scope: BindParameter[Any] = bindparam("b_scope")
_name: BindParameter[Any] = bindparam("b_name")
_ERASE = delete(schema.variable).where(_v.instance_id == _mine, _v.scope == _scope, _v.name == _name)
_ERASE_SEALED = delete(schema.sealed).where(
    schema.sealed.c.instance_id == _mine, schema.sealed.c.scope == _scope, schema.sealed.c.name == _name
)
_ERASE_FACT = delete(schema.fact).where(schema.fact.c.instance_id == _mine, schema.fact.c.name == _name, _scope == 0)
_token: BindParameter[Any] = bindparam("b_token")
_arm: BindParameter[Any] = bindparam("b_arm")
_FORGET_TIMER = delete(schema.job).where(
    _j.instance_id == _mine, _j.token == _token, _j.arm == _arm, _j.kind == "timer"
)
_FORGET_SUBSCRIPTION = delete(schema.subscription).where(_s.instance_id == _mine, _s.token == _token, _s.arm == _arm)
_FORGET_JOBS = delete(schema.job).where(
    _j.instance_id == _mine, _j.token.in_(_tokens), _j.kind.in_(("connector", "call", "fan"))
)
_FORGET_COUNTERS = delete(schema.counter).where(_c.instance_id == _mine, _c.token.in_(_tokens))
_FORGET_RESULTS = delete(schema.result).where(_r.instance_id == _mine, _r.token.in_(_tokens))
_CLOSE_INCIDENTS = (
    update(schema.incident)
    .where(_n.instance_id == _mine, _n.token.in_(_tokens), _n.closed_at.is_(None))
    .values({name: bindparam(name) for name in ("closed_at", "closed_by", "closed_how")})
)


def _flush_gone(rows: Rows) -> None:
    """Take away what is no longer open, before anything new is written."""
    execute, mine = rows.command.connection.execute, {"b_instance": rows.held.id}
    if rows.closed_tasks:
        closed = [{**mine, "b_token": t, **_closed(rows, outcome)} for t, outcome in rows.closed_tasks.items()]
        _CLOSE.run(rows.command.connection, closed)
        _OFFERED_NO_MORE.run(rows.command.connection, [{**mine, "b_token": t} for t in rows.closed_tasks])
    if rows.closed_scopes:
        execute(_FORGET_SCOPES, {**mine, "b_scopes": sorted(rows.closed_scopes)})
        if rows.definition.sealed:
            execute(_FORGET_SEALED, {**mine, "b_scopes": sorted(rows.closed_scopes)})
    if rows.erased:
        gone_names = [{**mine, "b_scope": scope, "b_name": name} for scope, name in rows.erased]
        execute(_ERASE, gone_names)
        execute(_ERASE_SEALED, gone_names)
        execute(_ERASE_FACT, gone_names)
    if rows.closed_arms:
        arms = [{**mine, "b_token": token, "b_arm": arm} for token, arm in rows.closed_arms]
        execute(_FORGET_TIMER, arms)
        execute(_FORGET_SUBSCRIPTION, arms)
    if rows.dropped_jobs:
        execute(_FORGET_JOBS, {**mine, "b_tokens": sorted(rows.dropped_jobs)})
    if rows.dropped_children:
        execute(_FORGET_COUNTERS, {**mine, "b_tokens": sorted(rows.dropped_children)})
        execute(_FORGET_RESULTS, {**mine, "b_tokens": sorted(rows.dropped_children)})
    if rows.closed_incidents:
        gone = {"closed_at": rows.at, "closed_by": rows.command.actor.person, "closed_how": "continued"}
        execute(_CLOSE_INCIDENTS, {**mine, "b_tokens": sorted(rows.closed_incidents), **gone})


def _is_all_there(rows: Rows) -> bool:
    """Whether taking back what was opened, and entering the task again, leaves nothing changed by its completion.

    Nothing else ended or was taken along, nothing else waits now, and nothing was noted that would be undone twice.
    """
    elements, opened = rows.definition.elements, {task["token"] for task in rows.opened}
    waits = [v["element"] for v in rows.visits.values() if v["left_at"] is None and v["token"] not in opened]
    passed = [v["element"] for v in rows.visits.values() if v["left_at"] is not None]
    ended = [row for row in rows.left.values() if row["outcome"] != "withdrawn"]
    others = rows.closed_scopes - rows.closed_tasks.keys()
    return (
        len(ended) == len(rows.closed_tasks) == 1
        and not others
        and all(elements[each].attached_to is not None for each in waits)
        and not any(elements[each].boundary for each in passed)
    )


def _leads_to_tasks_alone(rows: Rows) -> bool:
    """Whether the completion only opened tasks, or ended one of several iterations, which can be opened again."""
    held = rows.held
    return bool(rows.opened) if held.state == "active" else held.state == "ended" and held.body is not None


def _closed(rows: Rows, outcome: str) -> Row:
    """How a task's row ends: completed by the actor, or taken away by what the actor did."""
    actor = rows.command.actor
    state = "completed" if outcome == "completed" and rows.completed is not None else "cancelled"
    goes_no_further = _leads_to_tasks_alone(rows) and not rows.crossed and _is_all_there(rows)
    return {
        "state": state,
        "change": state,
        "changed_by": actor.person,
        "changed_at": rows.at,
        "closed_at": rows.at,
        "closed_by": actor.person,
        "on_behalf_of": actor.on_behalf_of,
        "recallable": state == "completed" and goes_no_further,
    }
