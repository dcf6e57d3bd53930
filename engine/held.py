"""An instance that a command has locked, with everything the command will write about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select, update

from engine import clock, history, ident, schema
from engine.errors import Conflict, NotFound
from engine.prepared import Prepared, inserting

if TYPE_CHECKING:
    from engine.runtime import Command

_STATES = {
    "suspended": "This case is suspended. Nothing was changed; it can be worked on once it has been resumed.",
    "cancelled": "This case has been cancelled. Nothing was changed.",
    "ended": "This case has already ended. Nothing was changed.",
}


@dataclass(slots=True)
class Held:
    """A locked row of ``instance``; ``save`` writes its changes and its new lines of history."""

    id: str
    definition_id: str
    process_key: str
    body: str | None
    root_id: str
    parent_id: str | None
    parent_token: int | None
    parent_index: int | None
    business_key: str | None
    state: str
    outcome: str | None
    started_by: str
    started_at: int
    ended_at: int | None
    sequence: int
    head: str
    last_at: int
    marking: bytes
    remits: dict[str, str]
    wanted: list[str] | None
    new: bool = False
    stood: bytes = b""
    lines: list[history.Line] = field(default_factory=list)

    @property
    def instance_id(self) -> str:
        """Its id, by the name that rows of other tables have for it."""
        return self.id

    @property
    def is_active(self) -> bool:
        """Whether tokens may move."""
        return self.state == "active"

    def must_be_active(self) -> None:
        """Refuse, in words that say why, when the instance cannot be worked on.

        Raises:
            Conflict: it is suspended or over.
        """
        if not self.is_active:
            raise Conflict(_STATES[self.state])

    def record(self, kind: str, element: str | None = None, /, **data: Any) -> None:
        """Add a line to the story; it is chained when the command saves."""
        self.lines.append(history.Line(kind, element, data))

    def moment(self, command: Command) -> int:
        """Business time of what the command does here, in microseconds: never before what has been done."""
        return max(clock.micros(command.now), self.last_at)

    def save(self, command: Command) -> None:
        """Write the row and the new lines: two statements. The last line tells of the marking, if that is another."""
        if self.marking != self.stood and self.lines:
            self.lines[-1].data["marking"] = hashlib.sha256(self.marking).hexdigest()
            self.stood = self.marking
        self.last_at = self.moment(command)
        self.sequence, self.head = history.append(
            command.connection,
            command.runtime.keys.history,
            self.id,
            self.sequence,
            self.head,
            self.lines,
            by=command.actor,
            at=self.last_at,
        )
        self.lines.clear()
        if self.new:
            inserting(schema.instance).run(command.connection, [self._row()])
            self.new = False
        else:
            changed = {name: getattr(self, name) for name in _CHANGING}
            _UPDATE.run(command.connection, [{"b_id": self.id, **changed}])

    def _row(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in _COLUMNS}
        values["remits"] = json.dumps(self.remits, ensure_ascii=False)
        values["wanted"] = None if self.wanted is None else json.dumps(self.wanted)
        return values


_COLUMNS = tuple(column.name for column in schema.instance.columns)
_CHANGING = ("state", "outcome", "ended_at", "sequence", "head", "last_at", "marking", "business_key")
_UPDATE = Prepared(
    lambda _dialect: (
        update(schema.instance)
        .where(schema.instance.c.id == schema.bound("b_id"))
        .values({name: schema.bound(name) for name in _CHANGING})
    )
)


def fresh(command: Command, **fields: Any) -> Held:
    """A new instance: nothing stands in the database before ``save``."""
    at = clock.micros(command.now)
    return Held(
        id=ident.new(),
        state="active",
        outcome=None,
        started_by=command.actor.person,
        started_at=at,
        ended_at=None,
        sequence=0,
        head=history.GENESIS,
        last_at=at,
        marking=b"",
        new=True,
        **fields,
    )


def of_row(row: Row[Any]) -> Held:
    """The locked instance in a row that has the columns of ``instance``."""
    return _of({name: row._mapping[name] for name in _COLUMNS})


def of_columns(values: Sequence[Any]) -> Held:
    """The same of the plain values of those columns, in their order."""
    return _of(dict(zip(_COLUMNS, values, strict=True)))


def _of(values: dict[str, Any]) -> Held:
    values["remits"] = json.loads(values["remits"])
    values["wanted"] = None if values["wanted"] is None else json.loads(values["wanted"])
    return Held(**values, stood=values["marking"])


def lock(command: Command, instance_id: str, *where: Any) -> Held:
    """Lock one instance; every command on it comes after this one.

    Args:
        where: more conditions, such as what the actor may see.

    Raises:
        NotFound: there is none, or it is not the actor's to know.
    """
    query = select(schema.instance).where(schema.instance.c.id == instance_id, *where).with_for_update()
    row = command.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such case, or it is not yours to see.")
    return of_row(row)
