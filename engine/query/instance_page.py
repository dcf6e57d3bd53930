"""One case as a page shows it: its state, what one may see of its values, its family."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine import access, clock, definition, feel, schema, turn, variables
from engine.actor import ENGINE_KEY
from engine.errors import NotFound
from engine.query import columns, people, performers, signed
from engine.query.deadline import Reckoner
from engine.query.people import Person
from engine.query.story import GONE, Shown
from engine.query.titles import Names
from engine.query.values import Reader
from engine.query.wording import Field, Wording

if TYPE_CHECKING:
    from engine.definition import Definition
    from engine.runtime import View

EMPTY: tuple[Any, ...] = (None, "", [])
RELATIVES = 200
OPEN_STEPS = 50
_i, _t, _p = schema.instance.c, schema.task.c, schema.person.c


@dataclass(frozen=True, slots=True)
class Step:
    """A task that is open now; ``mine`` when it waits for the reader.

    Attributes:
        performers: whom it is for: titles of roles, names of persons.
        nobody: nobody has it and nobody may take it; an outside party is not told.
    """

    task_id: str
    name: str
    since: datetime
    due_at: datetime | None
    days_left: int | None
    performers: str
    assignee: Person | None
    mine: bool
    visible: bool
    nobody: bool = False


@dataclass(frozen=True, slots=True)
class Relative:
    """A case of the same family that the reader may see; ``parent`` of the case shown, or ``child``, or neither.

    Attributes:
        columns: what lists show of it: of ten meetings, which one it is.
    """

    id: str
    definition_id: str
    name: str
    business_key: str | None
    state: str
    relation: str
    started_at: datetime
    columns: dict[str, columns.Value]


@dataclass(frozen=True, slots=True)
class InstancePage:
    """Everything on the page of one case but its story, comments and files, which are read on their own.

    Attributes:
        on_request: fields with a value that the reader is shown once they have said why: what is sealed, and what the
            catalogue shows them when they ask.
    """

    id: str
    definition_id: str
    process_key: str
    process: str
    version: int
    business_key: str | None
    columns: dict[str, columns.Value]
    state: str
    outcome: str
    started_by: Person | None
    started_at: datetime
    ended_at: datetime | None
    values: tuple[Shown, ...]
    on_request: tuple[Field, ...]
    steps: tuple[Step, ...]
    family: tuple[Relative, ...]
    sees_story: bool


def read(view: View, instance_id: str, language: str) -> InstancePage:
    """One case.

    Raises:
        NotFound: there is none, or it is not the actor's to know.
    """
    query = (
        select(schema.instance, access.visible(view.actor, "story").label("sees_story"))
        .add_columns(*people.columns(view, schema.person, _i.started_by, _i.process_key, "starter"))
        .add_columns(clock.reading(view.connection.dialect.name).label("now_"))
        .outerjoin(schema.person, _p.id == _i.started_by)
        .where(_i.id == instance_id, access.visible(view.actor, "instance"))
    )
    row = view.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(GONE)
    view.at(clock.instant(row.now_))
    of = definition.load(view, row.definition_id)
    words = Wording(of, language)
    reader = Reader(view, row.id)
    values, on_request = _values(view, row.id, of, words, reader)
    values = _told(view, row.process_key, values)
    return InstancePage(
        id=row.id,
        definition_id=row.definition_id,
        process_key=row.process_key,
        process=words.process if row.body is None else words.element(row.body),
        version=of.version,
        business_key=row.business_key,
        columns=columns.of_one(view, reader.sight, Names(view)),
        state=row.state,
        outcome=words.element(row.outcome) if row.outcome in of.elements else "",
        # None also where the engine has, called by another case or by a message.
        started_by=None if row.started_by == ENGINE_KEY else people.of(row._mapping, "starter"),
        started_at=clock.instant(row.started_at),
        ended_at=None if row.ended_at is None else clock.instant(row.ended_at),
        values=values,
        on_request=on_request,
        steps=_steps(view, row.id, words, language),
        family=_family(view, row, language),
        sees_story=row.sees_story,
    )


def opened(view: View, instance_id: str, language: str) -> tuple[Shown, ...]:
    """What is shown to those who ask, to an actor who has asked; sealed values in the clear. Whoever shows them
    records that.

    Raises:
        NotFound: there is no such case, or it is not the actor's to know.
    """
    query = select(_i.definition_id, _i.process_key)
    row = view.connection.execute(
        query.where(_i.id == instance_id, access.visible(view.actor, "instance"))
    ).one_or_none()
    if row is None:
        raise NotFound(GONE)
    of = definition.load(view, row.definition_id)
    fields = Wording(of, language).fields()
    reader = Reader(view, instance_id)
    allowed = reader.shown(dict.fromkeys(of.sealed & fields.keys()))
    values = variables.unsealed(view, instance_id, allowed) if allowed else {}
    stored = variables.everything(view.connection, instance_id)
    asked = reader.on_request(stored.keys() & fields.keys() - of.sealed)
    values |= reader.shown({name: stored[name] for name in asked})
    found = tuple(Shown(fields[name], values[name]) for name in fields if values.get(name) not in EMPTY)
    return _told(view, row.process_key, found)


def _told(view: View, process_key: str, values: tuple[Shown, ...]) -> tuple[Shown, ...]:
    """The same values, with signatures as the reader is told them."""
    (told,) = signed.told(view, process_key, {str(at): each.value for at, each in enumerate(values)})
    return tuple(replace(each, value=told[str(at)]) for at, each in enumerate(values))


def _values(
    view: View, instance_id: str, of: Definition, words: Wording, reader: Reader
) -> tuple[tuple[Shown, ...], tuple[Field, ...]]:
    """The case's own values that some form has a label for, in the order of the forms; and what there is on request."""
    fields = words.fields()
    stored = variables.everything(view.connection, instance_id)
    known: dict[str, feel.Value] = {
        name: stored[name] for name in fields if name not in of.sealed and stored.get(name) not in EMPTY
    }
    sealed = reader.shown({name: None for name in fields if name in of.sealed and name in stored})
    shown = reader.shown(known)
    on_request = sealed.keys() | (reader.on_request(known) - shown.keys())
    found = tuple(Shown(fields[name], value) for name, value in shown.items())
    return found, tuple(fields[name] for name in fields if name in on_request)


def _steps(view: View, instance_id: str, words: Wording, language: str) -> tuple[Step, ...]:
    query = (
        select(_t.id, _t.element, _t.opened_at, _t.due_at)
        .add_columns(*people.columns(view, schema.person, _t.assignee, _t.process_key, "assignee"))
        .add_columns(turn.mine(view.actor).label("mine"), access.visible(view.actor, "task").label("visible"))
        .add_columns(access.waits_for_nobody(view.now).label("nobody"))
        .outerjoin(schema.person, _p.id == _t.assignee)
        .where(_t.instance_id == instance_id, _t.state == "open")
        .order_by(_t.opened_at, _t.id)
        .limit(OPEN_STEPS)
    )
    rows = view.connection.execute(query).all()
    meant, reckoner = performers.of(view, [row.id for row in rows], language), Reckoner(view)
    return tuple(
        Step(
            task_id=row.id,
            name=words.element(row.element),
            since=clock.instant(row.opened_at),
            due_at=None if row.due_at is None else clock.instant(row.due_at),
            days_left=reckoner.days_left(row.due_at),
            performers=meant.get(row.id, ""),
            assignee=people.of(row._mapping, "assignee"),
            mine=row.mine,
            visible=row.visible,
            nobody=row.nobody and not access.is_veiled(view.actor),
        )
        for row in rows
    )


def _family(view: View, of: Any, language: str) -> tuple[Relative, ...]:
    query = (
        select(_i.id, _i.definition_id, _i.process_key, _i.business_key, _i.state, _i.parent_id, _i.started_at, _i.body)
        .where(_i.root_id == of.root_id, _i.id != of.id, access.visible(view.actor, "instance"))
        .order_by(_i.started_at, _i.id)
        .limit(RELATIVES)
    )
    rows = view.connection.execute(query).all()
    told = columns.shown(view, {row.id: row.process_key for row in rows})
    return tuple(_relative(view, row, of, language, told[row.id]) for row in rows)


def _relative(view: View, row: Any, of: Any, language: str, told: dict[str, columns.Value]) -> Relative:
    words = Wording(definition.load(view, row.definition_id), language)
    return Relative(
        id=row.id,
        definition_id=row.definition_id,
        name=words.process if row.body is None else words.element(row.body),
        business_key=row.business_key,
        state=row.state,
        relation="parent" if row.id == of.parent_id else "child" if row.parent_id == of.id else "other",
        started_at=clock.instant(row.started_at),
        columns=told,
    )
