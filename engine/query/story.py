"""What happened in a case, as sentences; the latest first.

Every kind of line has a sentence here, in English, which is the key of its translations. Lines that only tell how
tokens moved are left out unless asked for. Values in a line pass ``access.shown`` like all others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, and_, select

from engine import access, clock, definition, feel, schema
from engine.actor import ENGINE_KEY
from engine.errors import NotFound
from engine.query import people, signed
from engine.query.paging import SIZE, Page
from engine.query.people import Person
from engine.query.values import Reader
from engine.query.wording import Field, Wording

if TYPE_CHECKING:
    from engine.definition import Definition
    from engine.runtime import View

_e, _i = schema.event.c, schema.instance.c
GONE = "There is no such case, or it is not yours to see."

# What people did, and what became of the case.
TOLD: Mapping[str, str] = {
    "instance.started": "{who} started the case.",
    "instance.ending": "{who} decided to end the case.",
    "instance.ended": "The case came to its end.",
    "instance.cancelled": "The case was cancelled.",
    "instance.suspended": "{who} suspended the case.",
    "instance.resumed": "{who} resumed the case.",
    "instance.reopened": "The case was opened again.",
    "values.written": "Values were recorded.",
    "task.opened": "The case came to “{step}”.",
    "task.completed": "{who} completed “{step}”.",
    "task.closed": "“{step}” was closed without being done.",
    "task.claimed": "{who} took on “{step}”.",
    "task.unclaimed": "{who} put “{step}” back for others.",
    "task.assigned": "{who} handed “{step}” over to {assignee}.",
    "task.withdrawn": "{who} took “{step}” back.",
    "task.reminded": "{who} reminded {persons} of “{step}”.",
    "instance.circulated": "“{step}” opened the case to {persons}.",
    "task.copied": "{who} sent the case to {persons} for information.",
    "message.received": "A message came in at “{step}”.",
    "message.expired": "A message of this case reached nobody in time.",
    "children.opened": "“{step}” was begun in a case of its own.",
    "incident.opened": "“{step}” could not go on and needs a person.",
    "incident.closed": "The trouble was resolved.",
    "incident.skipped": "{who} led the case past “{step}”.",
}
# How the tokens moved: for whoever looks after the process.
TECHNICAL: Mapping[str, str] = {
    "element.entered": "“{step}” was reached.",
    "element.left": "“{step}” was left.",
    "scope.opened": "“{step}” opened its own values.",
    "scope.closed": "Values of a sub-process were closed.",
    "values.erased": "Values were taken back.",
    "timer.opened": "A timer at “{step}” was set for {due}.",
    "subscription.opened": "“{step}” began to wait for a message or signal.",
    "arm.closed": "A timer, message or signal is no longer waited for.",
    "message.taken": "A message was found for this case.",
    "message.returned": "A message was given back; nobody waited for it any more.",
    "job.opened": "“{step}” was handed to the system.",
    "job.done": "The system did “{step}”.",
    "job.closed": "“{step}” is no longer owed by the system.",
    "children.closed": "“{step}” no longer waits for the cases it began.",
    "event.thrown": "“{step}” sent a message, signal or escalation.",
}
UNKNOWN = "Something was recorded ({kind})."
_BY_CALL = "The case began, called by another one."
_MANY = "“{step}” was begun side by side: {total} in all."
_FOR_SOMEBODY = "The case came to “{step}”, for {assignee}."
_LOST = "“{step}” went back to whoever else may do it: {lost} no longer may."
_SILENT = ("callActivity", "serviceTask", "sendTask", "businessRuleTask", "scriptTask")
_opening = schema.event.alias("opening")
_o = _opening.c
_QUOTED = ("reason", "text")


@dataclass(frozen=True, slots=True)
class Shown:
    """A value with the field it stands in."""

    field: Field
    value: feel.Value


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story.

    Attributes:
        message: an English sentence with ``{placeholders}``, the key of its translations.
        params: for them: names of steps in the reader's language, persons, times, numbers.
        actor: who did it; None for the system.
        quote: what somebody wrote with it: a reason, a note. Plain text.
        values: that it recorded, as far as the reader may see them.
        sealed: how many sealed values it recorded.
    """

    number: int
    kind: str
    at: datetime
    actor: Person | None
    on_behalf_of: Person | None
    message: str
    params: dict[str, Any]
    quote: str | None = None
    values: tuple[Shown, ...] = ()
    sealed: int = 0


def read(
    view: View,
    instance_id: str,
    language: str,
    *,
    before: int | None = None,
    technical: bool = False,
    size: int = SIZE,
) -> Page[Line]:
    """A page of the story, latest line first.

    Args:
        before: number of the line behind which to go on.
        technical: also tell how the tokens moved.

    Raises:
        NotFound: there is no such case, or its story is not the actor's to read.
    """
    query = select(_i.definition_id, _i.process_key)
    of = view.connection.execute(query.where(_i.id == instance_id, access.visible(view.actor, "story"))).one_or_none()
    if of is None:
        raise NotFound(GONE)
    before_it = and_(_o.instance_id == _e.instance_id, _o.number == _e.number - 1, _o.kind == "scope.opened")
    lines = select(schema.event, _o.element.label("opener"), _o.data.label("opened")).outerjoin(_opening, before_it)
    lines = lines.where(_e.instance_id == instance_id)
    if not technical:
        lines = lines.where(_e.kind.not_in(sorted(TECHNICAL)))
    if before is not None:
        lines = lines.where(_e.number < before)
    rows = view.connection.execute(lines.order_by(_e.number.desc()).limit(size + 1)).all()
    more = str(rows[size - 1].number) if len(rows) > size else None
    teller = _Teller(view, instance_id, definition.load(view, of.definition_id), language, technical=technical)
    told = (line for line in teller.lines(rows[:size]) if technical or not _is_empty(line))
    return Page(tuple(told), more)


def _is_empty(line: Line) -> bool:
    return line.kind == "values.written" and not line.values and not line.sealed


class _Teller:
    """Turns rows of one instance into lines."""

    def __init__(self, view: View, instance_id: str, of: Definition, language: str, *, technical: bool) -> None:
        self._view = view
        self._of = of
        self._technical = technical
        self._wording = Wording(of, language)
        self._fields = self._wording.fields()
        self._reader = Reader(view, instance_id)
        self._veils = access.front(view.actor, of.process_key) is not None

    def lines(self, rows: Sequence[Row[Any]]) -> Iterable[Line]:
        read = [(row, json.loads(row.data)) for row in rows]
        names = people.named(self._view, self._named(read), self._of.process_key)
        # Between a step's end and what it recorded, the step may have opened values of its own.
        ended = [row.number - (1 if row.opened is None else 2) for row, _ in read]
        return _joined(zip([self._line(row, data, names) for row, data in read], ended, strict=True))

    def _line(self, row: Row[Any], data: dict[str, Any], names: Mapping[str, Person]) -> Line:
        values, sealed = self._values(row, data, names) if row.kind == "values.written" else ((), 0)
        return Line(
            number=row.number,
            kind=row.kind,
            at=clock.instant(row.at),
            actor=names.get(row.actor) if row.actor != ENGINE_KEY else None,
            on_behalf_of=names.get(row.on_behalf_of),
            message=_sentence(row.kind, data),
            params={
                "step": self._wording.element(row.element),
                "kind": row.kind,
                "assignee": names.get(data.get("assignee") or ""),
                "lost": names.get(data.get("lost") or ""),
                # Several of one organisation are told once.
                "persons": list(dict.fromkeys(names[key] for key in data.get("persons") or ())),
                "total": data.get("total"),
                "due": clock.instant(data["due"]) if isinstance(data.get("due"), int) else None,
            },
            quote=next((str(data[each]) for each in _QUOTED if data.get(each) and row.kind != "timer.opened"), None),
            values=values,
            sealed=sealed,
        )

    def _named(self, read: Iterable[tuple[Row[Any], dict[str, Any]]]) -> Iterator[str | None]:
        """Keys of everybody in these lines, and of who signed, where not everybody is told by name."""
        for row, data in read:
            yield from _persons(row, data)
            if self._veils and row.kind == "values.written":
                written = [each for some in data["values"].values() for each in some.values() if each[0] != "sealed"]
                yield from signed.signers([feel.load(*each) for each in written])

    def _values(
        self, row: Row[Any], data: dict[str, Any], names: Mapping[str, Person]
    ) -> tuple[tuple[Shown, ...], int]:
        """What was written, by field: only what some form of the process has a name for."""
        handed = None if self._technical else self._handed(row)
        scopes = [values for scope, values in data["values"].items() if scope != handed]
        written = {name: dumped for scope in scopes for name, dumped in scope.items()}
        sealed = sum(1 for kind, _ in written.values() if kind == "sealed")
        known = {name: dumped for name, dumped in written.items() if name in self._fields and dumped[0] != "sealed"}
        loaded = {name: feel.load(*dumped) for name, dumped in self._reader.shown(known).items()}
        values = {name: signed.veiled(value, names) for name, value in loaded.items()} if self._veils else loaded
        filled = [Shown(self._fields[name], value) for name, value in values.items() if value not in (None, "", [])]
        return tuple(_each_signature_once(filled)), sealed

    def _handed(self, row: Row[Any]) -> str | None:
        """The scope of a step that nobody works at, when its inputs were just put there: no news, and under names of
        its own.
        """
        opener = self._of.elements.get(row.opener or "")
        return str(json.loads(row.opened)["scope"]) if opener is not None and opener.tag in _SILENT else None


def _each_signature_once(values: Iterable[Shown]) -> Iterator[Shown]:
    """What is signed in a form may be kept under a name of its own as well: it is one signature."""
    signed: list[feel.Value] = []
    for each in values:
        if each.field.type == "signature":
            if each.value in signed:
                continue
            signed.append(each.value)
        yield each


def _joined(lines: Iterable[tuple[Line, int]]) -> Iterator[Line]:
    """What a task's completion recorded stands in the line that says so, not in one of its own.

    Args:
        lines: each with the number of the line that would have to be the completion.
    """
    waiting: Line | None = None
    wanted = 0
    for line, ended in lines:
        if waiting is not None and line.kind == "task.completed" and line.number == wanted:
            yield replace(line, values=waiting.values, sealed=waiting.sealed)
            waiting = None
            continue
        if waiting is not None:
            yield waiting
        waiting, wanted = (line, ended) if line.kind == "values.written" else (None, 0)
        if waiting is None:
            yield line
    if waiting is not None:
        yield waiting


def _persons(row: Row[Any], data: dict[str, Any]) -> list[str | None]:
    return [
        row.actor if row.actor != ENGINE_KEY else None,
        row.on_behalf_of,
        data.get("assignee"),
        data.get("lost"),
        *data.get("persons", ()),
    ]


def _sentence(kind: str, data: dict[str, Any]) -> str:
    if kind == "instance.started" and data.get("parent"):
        return _BY_CALL
    if kind == "children.opened" and data.get("body"):
        return _MANY
    if kind == "task.opened" and data.get("assignee"):
        return _FOR_SOMEBODY
    if kind == "task.unclaimed" and data.get("lost"):
        return _LOST
    return TOLD.get(kind) or TECHNICAL.get(kind) or UNKNOWN


def sentences() -> list[str]:
    """Every sentence a story can hold, for whoever translates them."""
    return sorted({*TOLD.values(), *TECHNICAL.values(), UNKNOWN, _BY_CALL, _MANY, _FOR_SOMEBODY, _LOST})
