"""The rows that one Progress leads to, collected first and written table by table."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, bindparam, update

from engine import feel, history, interpreter, job, message, schema, sealing, terms, variables
from engine.interpreter import progress as p
from engine.prepared import Prepared, inserting, together, upserting
from engine.writing import gone, passing

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
        unwanted: tokens whose children may still run and are to be cancelled.
        wanted_again: for a token that has had children before, and wants new ones, the place of the first of these.
        reopens: row of the task that is taken back.
        passing: facts about what begins and ends within this Progress: lines, but no open rows.
    """

    command: Command
    held: Held
    definition: Definition
    completed: str | None
    reopens: Any = None
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
    unwanted: set[int] = field(default_factory=set)
    wanted_again: dict[int, int] = field(default_factory=dict)
    closed_incidents: set[int] = field(default_factory=set)
    subscribed: list[Row] = field(default_factory=list)
    sealed: list[Row] = field(default_factory=list)
    erased: list[tuple[int, str]] = field(default_factory=list)
    completion: history.Line | None = None
    completion_number: int | None = None
    opened: list[Row] = field(default_factory=list)
    crossed: bool = False
    passing: frozenset[int] = frozenset()
    at: int = field(init=False)

    def __post_init__(self) -> None:
        self.at = self.held.moment(self.command)

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
        """A completion says which lines it and what followed it have written, and what waited on the step's border: who
        takes it back goes by that.
        """
        if self.completion is not None:
            before = self.held.sequence
            self.completion.data["lines"] = [before + 1, before + len(self.held.lines)]
            element = self.definition.elements[str(self.completion.element)]
            if element.boundary:
                token = int(self.completion.data["token"])
                self.completion.data["borders"] = interpreter.borders(self.held.stood, token)

    def owe(self, kind: str, **options: Any) -> Row:
        """A job of this instance's family."""
        made = job.row(self.command, kind, root_id=self.held.root_id, **options)
        self.inserts[schema.job].append(made)
        return made

    def folded(self, facts: Iterable[p.Fact]) -> list[p.Fact]:
        """The facts without those that another implies: a task that opens has been entered, one that closes is left.

        A task that is gone before the command ends has been reached, but was never there for anybody.
        """
        facts = list(facts)
        self.passing = passing.passing(facts)
        implied: set[tuple[type, int]] = set()
        for fact in facts:
            if isinstance(fact, p.Entered):
                self.visits[fact.token] = self._visit(fact)
            elif isinstance(fact, p.Left):
                self._leave(fact)
            elif isinstance(fact, p.TaskOpened):
                implied.add((p.TaskOpened if self.passes(fact) else p.Entered, fact.token))
            elif isinstance(fact, p.TaskClosed):
                implied.add((p.Left, fact.token))
        several = p.Entered | p.Left | p.TaskOpened
        return [f for f in facts if not isinstance(f, several) or (type(f), f.token) not in implied]

    def passes(self, fact: p.Fact) -> bool:
        """Whether what the fact is about begins and ends within this Progress."""
        return id(fact) in self.passing

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

    def incident_closed(self, *, over: bool = True) -> Row:
        """How an incident's row ends when its token goes on, or is gone; nothing yet, unless it is ``over``."""
        ends = {"closed_at": self.at, "closed_by": self.command.actor.person, "closed_how": "continued"}
        return ends if over else dict.fromkeys(ends)

    def seal(self, fact: p.Written) -> tuple[str, str]:
        """Put a value away encrypted; what is left of it is a salted digest."""
        key = self.command.runtime.keys.seal
        plain = self.command.unsealed.pop(str(fact.value), None) or json.dumps(feel.dump(fact.value))
        place = variables.sealed_place(self.held.id, fact.scope, fact.name)
        body = sealing.seal(key, plain.encode(), place=place)
        self.sealed.append({"instance_id": self.held.id, "scope": fact.scope, "name": fact.name, "body": body})
        return variables.SEALED, json.dumps(sealing.digest(key, plain.encode()))

    # -- the end

    def ended(self, progress: Progress) -> None:
        """The instance is over: close it and tell whoever called it."""
        held, end = self.held, progress.ended
        assert end is not None
        if end.how != "completed":
            gone.nobodys_trouble(self)
        held.state = "cancelled" if end.how == "cancelled" else "ended"
        held.outcome, held.ended_at = end.element or self._last_end() or end.how, self.at
        kind, value = feel.dump(self._answer(progress)) if held.parent_id is not None else ("", "")
        told = {"how": end.how, "code": end.code, "outcome": held.outcome}
        if kind:
            told["gave"] = hashlib.sha256(f"{kind} {value}".encode()).hexdigest()
        self.line(f"instance.{held.state}", end.element, **told)
        if held.parent_id is not None and end.how != "cancelled":
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
        gone.flush(self)
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
        if held.new and held.business_key is not None:
            facts.append(_number(held.id, held.business_key))
        if facts:
            upserting(schema.fact).run(connection, facts)
        sealed = [row for row in self.sealed if row["scope"] not in self.closed_scopes]
        if sealed:
            upserting(schema.sealed).run(connection, sealed)


def _number(instance_id: str, business_key: str) -> Row:
    """What a case is found by that is known by a number; it is no column, and so has no value here."""
    nothing = {"type": "null", "text": None, "number": None}
    return {"instance_id": instance_id, "name": schema.BUSINESS_KEY, **nothing, "terms": terms.of(business_key)}


_v = schema.visit.c
_LEFT = Prepared(
    lambda _dialect: (
        update(schema.visit)
        .where(_v.instance_id == bindparam("b_instance"), _v.token == bindparam("b_token"))
        .values({name: bindparam(name) for name in ("left_at", "outcome", "actor")})
    )
)
