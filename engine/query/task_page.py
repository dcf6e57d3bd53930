"""One task as a page shows it: the form with its values, what may be done with it, by when, who else may do it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, literal, or_, select

from engine import access, clock, definition, feel, history, instance, interpreter, schema, turn, variables
from engine.bpmn.diagram import Element
from engine.draft import Draft
from engine.errors import NotFound
from engine.query import columns, people, performers, plain, signed, waiting
from engine.query.deadline import Counted, Reckoner, days
from engine.query.people import Person
from engine.query.signed import Signed
from engine.query.titles import FILE, Names, Title, keys_in
from engine.query.values import Reader
from engine.query.wording import Field, Wording

if TYPE_CHECKING:
    from engine.definition import Definition
    from engine.form import Form
    from engine.runtime import View

OTHERS_LIMIT = 50
FILES_LIMIT = 400
NEAR = 50
_t, _i, _d = schema.task.c, schema.instance.c, schema.draft.c
_assignee, _closer, _next = schema.person.alias("has"), schema.person.alias("did"), schema.task.alias("following")


@dataclass(frozen=True, slots=True)
class Due:
    """When a task is due and why.

    Attributes:
        days_left: working days from today; negative when late; None once the task is closed.
        why: how the date was counted, as the calendar explained it when the task opened; None where the diagram
            computed the date.
    """

    at: datetime
    days_left: int | None
    why: Mapping[str, Any] | None
    days: tuple[Counted, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Everything on the page of one task.

    Attributes:
        name: of the step, in the reader's language.
        performers: whom it is for: titles of roles, names of persons; empty once it is over.
        columns: what lists show of the case.
        basis: on what the step rests (依据).
        follow_up: when to look after it, if the diagram says.
        form: schema in the reader's language; None where a click completes the task.
        titles: what the keys in ``values`` and ``columns`` stand for, by source and key; not those of the draft: they
            are the reader's own choice, and could be any.
        values: for the form: what its fields and expressions may show the reader, as plain JSON.
        types: FEEL types of the dates and times among them.
        signed: signatures that stand under names of the form's fields, by key. A field that is still to be signed has
            none in ``values``: what stands is one of before.
        files: ids of the files that the values, or those of the draft, name.
        opened: names of sealed values that are shown in the clear: whoever shows them records that.
        draft: the reader's own unsent values, of which none is a signature.
        others: who else may do it, as far as the reader may know; at most 50.
        can: of ``submit claim unclaim assign withdraw remind copy``, what the reader may do now.
        sees_case, sees_story: whether the page may lead on to the case, and tell its story.
        unseen: nobody has opened the task so far.
    """

    id: str
    instance_id: str
    definition_id: str
    process_key: str
    element: str
    stamp: int
    state: str
    name: str
    process: str
    performers: str
    business_key: str | None
    columns: dict[str, columns.Value]
    case_state: str
    basis: str
    documentation: str
    opened_at: datetime
    due: Due | None
    follow_up: datetime | None
    priority: int
    assignee: Person | None
    closed_by: Person | None
    closed_at: datetime | None
    form: dict[str, Any] | None
    titles: Mapping[tuple[str, str], Title]
    values: dict[str, Any]
    types: dict[str, Any]
    signed: Mapping[str, Signed]
    files: frozenset[str]
    opened: tuple[str, ...]
    draft: Draft | None
    others: tuple[Person, ...]
    can: frozenset[str]
    sees_case: bool
    sees_story: bool
    unseen: bool


def read(view: View, task_id: str, language: str) -> TaskPage:
    """One task.

    Raises:
        NotFound: there is none, or it is not the actor's to know.
    """
    row = _row(view, task_id)
    of = definition.load(view, row.definition_id)
    element, words = of.elements[row.element], Wording(of, language)
    can = _can(view, row, element)
    asked = of.form(element)
    form = None if asked is None else words.form(element.form_id or element.id)
    reader, names = Reader(view, row.instance_id), Names(view)
    values, opened = ({}, {}) if asked is None else _values(view, row, of, asked, reader)
    given, signatures = signed.standing(asked, values, row.closed_at if row.state == "completed" else None)
    saved = _draft(row, asked) if "submit" in can else None
    fields = () if asked is None else tuple(words.fields(element.form_id or element.id).values())
    files = names.gather((field, opened.get(field.key, values.get(field.key))) for field in fields)
    files |= _drafted(saved, fields)
    return TaskPage(
        id=row.id,
        instance_id=row.instance_id,
        definition_id=row.definition_id,
        process_key=row.process_key,
        element=row.element,
        stamp=row.stamp,
        state=row.state,
        name=words.element(row.element),
        process=words.process,
        performers=performers.of(view, [row.id], language).get(row.id, ""),
        business_key=row.business_key,
        columns=columns.of_one(view, reader.sight, names),
        case_state=row.case_state,
        basis=words.basis(row.element),
        documentation=words.documentation(row.element),
        opened_at=clock.instant(row.opened_at),
        due=_due(view, row, language),
        follow_up=None if row.follow_up_at is None else clock.instant(row.follow_up_at),
        priority=row.priority,
        assignee=people.of(row._mapping, "assignee"),
        closed_by=people.of(row._mapping, "closer") if row.state == "completed" else None,
        closed_at=None if row.closed_at is None else clock.instant(row.closed_at),
        form=form,
        titles=names.known,
        values=plain.of({**given, **opened}),
        types=plain.types(given),
        signed={key: found for key, value in signatures.items() if (found := signed.read(value, names.known))},
        opened=tuple(sorted(opened)),
        files=frozenset(files),
        draft=saved,
        others=_others(view, row) if row.state == "open" else (),
        can=can,
        sees_case=row.sees_case,
        sees_story=row.sees_story,
        unseen=row.seen_at is None,
    )


def following(view: View, task_id: str, *, back: bool = False) -> str | None:
    """The task behind (or before) this one in the reader's 待办, in the order of due dates; None at the end."""
    due = func.coalesce(_t.due_at, literal(schema.UNDUE))
    here = select(due).where(_t.id == task_id, access.visible(view.actor, "task"))
    place = view.connection.execute(here).scalar_one_or_none()
    if place is None:
        return None
    # As in the list, access.visible is asked about some rows only, not about all that wait.
    near = waiting.Stretch(NEAR, (place, task_id), back=back)
    picked = waiting.picked(view.actor, near)
    seen = access.visible(view.actor, "task", rows=_next)
    query = select(_next.c.id).join(picked, picked.c.id == _next.c.id).where(seen)
    return view.connection.execute(query.order_by(*waiting.order(picked, near)).limit(1)).scalar_one_or_none()


# ---- reading


def _row(view: View, task_id: str) -> Row[Any]:
    """Task, case, the reader's draft and what the reader may do, in one statement that also reads the clock."""
    mine = turn.mine(view.actor)
    query = (
        select(schema.task, _i.business_key, _i.state.label("case_state"), _i.marking)
        .add_columns(
            clock.reading(view.connection.dialect.name).label("now_"),
            mine.label("mine"),
            _is_recallable().label("recall"),
        )
        .add_columns(access.visible(view.actor, "instance").label("sees_case"))
        .add_columns(access.visible(view.actor, "story").label("sees_story"))
        .add_columns(access.is_offered_at_all(_t.id).label("offered"))
        .add_columns(
            _d.content.label("draft_content"), _d.revision.label("draft_revision"), _d.saved_at.label("draft_at")
        )
        .add_columns(*people.columns(view, _assignee, _t.assignee, _t.process_key, "assignee"))
        .add_columns(*people.columns(view, _closer, _t.closed_by, _t.process_key, "closer"))
        .join(schema.instance, _i.id == _t.instance_id)
        .outerjoin(schema.draft, and_(_d.task_id == _t.id, _d.person_id == view.actor.person))
        .outerjoin(_assignee, _assignee.c.id == _t.assignee)
        .outerjoin(_closer, _closer.c.id == _t.closed_by)
        .where(_t.id == task_id, access.visible(view.actor, "task"))
    )
    row = view.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(turn.GONE)
    view.at(clock.instant(row.now_))
    return row


def _is_recallable() -> ColumnElement[bool]:
    """Nobody has opened, taken or done what a completed task led to, or waits for no more of its kind."""
    n = _next.c
    opened = exists().where(
        n.after_task == _t.id,
        or_(n.state != "open", n.seen_at.is_not(None), and_(n.assignee.is_not(None), n.change != "opened")),
    )
    alone = and_(_i.state == "active", exists().where(n.after_task == _t.id), ~opened)
    # One of several, while the others are still counted.
    k = schema.counter.c
    counted = exists().where(k.instance_id == _i.parent_id, k.token == _i.parent_token)
    return and_(_t.recallable, or_(alone, and_(_i.state == "ended", _i.body.is_not(None), counted)))


def may_be_taken_back(view: View, task_id: str) -> bool:
    """Whether the actor has completed a task and can take it back now."""
    query = select(_t.id).join(schema.instance, _i.id == _t.instance_id)
    mine = (_t.id == task_id, _t.state == "completed", _t.closed_by.in_(sorted(view.actor.persons)))
    return view.connection.execute(query.where(*mine, _is_recallable())).first() is not None


def _can(view: View, row: Row[Any], element: Element) -> frozenset[str]:
    actions = {"copy"} if row.sees_case else set()
    if row.state == "completed" and row.closed_by in view.actor.persons and row.recall:
        actions.add("withdraw")
    if row.case_state != "active":
        return frozenset(actions)
    if row.mine:
        actions |= {"submit", "assign", "claim" if row.assignee is None else "unclaim"}
        if not row.offered:
            actions.discard("unclaim")
    elif row.state == "open" and row.sees_case:
        actions.add("remind")
    return frozenset(actions)


def _due(view: View, row: Row[Any], language: str) -> Due | None:
    left = Reckoner(view).days_left(row.due_at)
    if left is None:
        return None
    why = json.loads(row.due_why) if row.due_why else None
    if why and language == "en":
        why["title"] = access.policy_of(view.actor).deadlines_en.get(why["rule"]) or why["title"]
    calendar = access.policy_of(view.actor).calendar
    called = partial(calendar.holiday, language="en_US") if language == "en" else None
    counted = days(why, called) if why else ()
    return Due(clock.instant(row.due_at), left if row.state == "open" else None, why, counted)


def _draft(row: Row[Any], asked: Form | None) -> Draft | None:
    if row.draft_content is None:
        return None
    content = json.loads(row.draft_content)
    content = content if asked is None else asked.unsigned(content)
    return Draft(content, row.draft_revision, clock.instant(row.draft_at))


def _drafted(saved: Draft | None, fields: Sequence[Field]) -> set[str]:
    """Ids of the files in a draft: as far as they can be any, for nobody has looked at what it holds."""
    content = saved.content if saved else {}
    named = (place for field in fields for place in keys_in(field, content.get(field.key)))
    ids = (key for source, key in named if source == FILE and key.isascii() and key.isalnum() and len(key) <= 64)
    return set(islice(ids, FILES_LIMIT))


def _values(
    view: View, row: Row[Any], of: Definition, asked: Form, reader: Reader
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the form shows: values of its fields and of names in its expressions, seen from the task's scope; and sealed
    ones, which only fields may show.
    """
    names = asked.names | asked.by_key.keys()
    if row.state == "open" and row.case_state == "active":
        run = instance.context(view, row, of)
        values = dict(interpreter.lookup(row.marking, run, row.token, names))
    else:
        stored = variables.read(view.connection, row.instance_id, {row.scope, 0}, names)
        values = variables.visible(stored, (row.scope, 0)) | _handed_in(view, row, names)
    sealed = reader.shown(dict.fromkeys(of.sealed & asked.by_key.keys()))
    opened = variables.unsealed(view, row.instance_id, sealed) if sealed else {}
    shown = reader.shown({name: value for name, value in values.items() if name not in of.sealed})
    shown = {name: _in_columns(asked, name, value) for name, value in shown.items()}
    shown, opened = signed.told(view, row.process_key, shown, opened)
    return shown, opened


def _handed_in(view: View, row: Row[Any], names: frozenset[str]) -> dict[str, Any]:
    """What was handed in with a step that is done: it stands in history, whatever has become of the values since."""
    if row.closed_line is None:
        return {}
    scope, typed = row.scope, dict[str, Any]()
    for line in history.lines(view.connection, row.instance_id, row.closed_line + 1, row.closed_line + 2):
        data = json.loads(line.data)
        if line.kind == "scope.opened" and line.element == row.element:
            scope = data["scope"]
        elif line.kind == "values.written":
            typed = data["values"].get(str(scope), {})
    return {name: feel.load(*typed[name]) for name in names & typed.keys() if typed[name][0] != variables.SEALED}


def _in_columns(asked: Form, name: str, value: Any) -> Any:
    """The rows of a grid as far as it has columns: what it does not show would come back as what no column takes."""
    field = asked.by_key.get(name)
    if field is None or field.type != "grid" or not isinstance(value, list):
        return value
    keys = {column.key for column in field.columns}
    return [{k: v for k, v in row.items() if k in keys} if isinstance(row, dict) else row for row in value]


def definition_of(view: View, task_id: str) -> str:
    """Id of the definition that a task belongs to.

    Raises:
        NotFound: it is not there, or not the actor's to see.
    """
    query = select(_t.definition_id).where(_t.id == task_id, access.visible(view.actor, "task"))
    found = view.connection.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(turn.GONE)
    return str(found)


def must_be_visible(view: View, task_id: str) -> None:
    """Refuse a task that the actor may not know of.

    Raises:
        NotFound: it is not there, or not the actor's to see.
    """
    query = select(_t.id).where(_t.id == task_id, access.visible(view.actor, "task"))
    if view.connection.execute(query).first() is None:
        raise NotFound(turn.GONE)


def takes_files(view: View, instance_id: str, task_id: str | None) -> bool:
    """Whether the actor may attach files to a task of a case now.

    Raises:
        NotFound: neither the case nor this task of it is the actor's to see.
    """
    case = exists().where(_i.id == instance_id, access.visible(view.actor, "instance"))
    this = (_t.id == (task_id or ""), _t.instance_id == instance_id)
    task = exists().where(*this, access.visible(view.actor, "task"))
    mine = exists().where(*this, turn.mine(view.actor))
    row = view.connection.execute(select(case.label("sees_case"), task.label("sees_task"), mine.label("mine"))).one()
    if not row.sees_case and not row.sees_task:
        raise NotFound("There is no such case, or it is not yours to see.")
    return bool(row.sees_task and row.mine)


def _others(view: View, row: Row[Any]) -> tuple[Person, ...]:
    """Persons who may take the task, within what the reader may look up in the directory."""
    p = schema.person.c
    query = (
        select(p.id, p.name, p.name_en)
        .where(access.takers(row.id, row.instance_id, view.now))
        .where(p.id != turn.acting_as(view.actor), access.visible(view.actor, "person"))
        .order_by(p.sort, p.id)
        .limit(OTHERS_LIMIT)
    )
    return tuple(Person(*each) for each in view.connection.execute(query))
