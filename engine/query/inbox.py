"""The four lists: 待办 what waits for me, 已办 what I have done, 我发起的 what I have started, 待阅 what is laid
before me.

Each is one statement for the rows of a page and a fixed few for what stands beside them, however much there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, literal, null, select, union_all

from engine import access, clock, schema, turn
from engine.actor import ENGINE_KEY
from engine.query import columns, paging, people, waiting
from engine.query.deadline import Reckoner
from engine.query.paging import SIZE, Page
from engine.query.people import Person
from engine.query.search import Search

if TYPE_CHECKING:
    from engine.runtime import View

COUNT_LIMIT = 1000
ORDERS = ("due", "arrival")
_t, _i, _n = schema.task.c, schema.instance.c, schema.notice.c
_assignee, _by, _seen = schema.person.alias("assignee"), schema.person.alias("sender"), schema.task.alias("seen")


@dataclass(frozen=True, slots=True)
class Filter:
    """What of a list is wanted.

    Attributes:
        process: key of a process; empty: all.
        overdue: only what is late.
        drafted: only what the reader has a draft of.
        text: words that are all parts of what a row shows to the reader (``query.search``).
        order: of 待办: ``due`` earliest first, or ``arrival`` newest first.
    """

    process: str = ""
    overdue: bool = False
    drafted: bool = False
    text: str = ""
    order: str = "due"


@dataclass(frozen=True, slots=True)
class Work:
    """A task in a list.

    Attributes:
        days_left: working days until it is due, negative when late; None without a due date.
        unread: nobody has opened it yet.
        drafted: the reader has a draft of it.
        columns: what the catalogue says lists show of the case, by name, as far as the reader may see it.
    """

    id: str
    instance_id: str
    definition_id: str
    process_key: str
    element: str
    name: str
    business_key: str | None
    opened_at: datetime
    due_at: datetime | None
    days_left: int | None
    priority: int
    unread: bool
    drafted: bool
    assignee: Person | None
    closed_at: datetime | None
    on_behalf_of: str | None
    columns: dict[str, columns.Value]


@dataclass(frozen=True, slots=True)
class Case:
    """An instance in a list, with the steps at which it waits now: step's element and who has it, if anyone."""

    id: str
    definition_id: str
    process_key: str
    business_key: str | None
    state: str
    started_at: datetime
    ended_at: datetime | None
    steps: tuple[tuple[str, Person | None], ...]
    columns: dict[str, columns.Value]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something laid before the reader: ``copy``, ``reminder`` or ``note``; where the diagram says it, by nobody.

    Attributes:
        columns: of the case that it is about, what lists show, as far as the reader may see it.
    """

    id: str
    kind: str
    instance_id: str
    task_id: str | None
    definition_id: str
    process_key: str
    element: str | None
    business_key: str | None
    by: Person | None
    at: datetime
    text: str | None
    unread: bool
    columns: dict[str, columns.Value]


@dataclass(frozen=True, slots=True)
class Overview:
    """How much waits for the reader, counted up to 1 000.

    Attributes:
        processes: those that the open tasks belong to: key and a definition's id.
    """

    todo: int
    todo_unread: int
    notices_unread: int
    processes: tuple[tuple[str, str], ...]


def todo(view: View, wanted: Filter = Filter(), after: str | None = None, size: int = SIZE) -> Page[Work]:
    """待办: open tasks that wait for the reader."""
    behind, by_arrival = paging.key(after, int, str), wanted.order == "arrival"
    stretch = waiting.Stretch(size + 1, behind, by_arrival=by_arrival, conditions=_wanted(view, wanted, assigned=True))
    picked = waiting.picked(view.actor, stretch)
    return _page(view, picked, waiting.order(picked, stretch), size)


def done(view: View, wanted: Filter = Filter(), after: str | None = None, size: int = SIZE) -> Page[Work]:
    """已办: tasks that the reader has completed, latest first."""
    order = (_t.closed_at, _t.id)
    own = and_(_t.closed_by == view.actor.person, _t.state == "completed", access.allowed(view.actor, _t.instance_id))
    query = select(_t.id, _t.closed_at.label("place")).where(own, *_wanted(view, wanted))
    if wanted.text:
        query = query.join(schema.instance, _i.id == _t.instance_id)
    query = query.where(*paging.beyond(order, paging.key(after, int, str), descending=True))
    picked = query.order_by(*(each.desc() for each in order)).limit(size + 1).subquery()
    return _page(view, picked, (picked.c.place.desc(), picked.c.id.desc()), size)


def started(view: View, wanted: Filter = Filter(), after: str | None = None, size: int = SIZE) -> Page[Case]:
    """我发起的: instances that the reader has started, latest first."""
    order = (_i.started_at, _i.id)
    query = select(
        _i.id, _i.definition_id, _i.process_key, _i.business_key, _i.state, _i.started_at, _i.ended_at
    ).where(_i.started_by == view.actor.person, _i.body.is_(None), access.visible(view.actor, "instance"))
    if wanted.process:
        query = query.where(_i.process_key == wanted.process)
    query = query.where(*Search(view, wanted.text).cases())
    query = query.where(*paging.beyond(order, paging.key(after, int, str), descending=True))
    rows = view.connection.execute(query.order_by(*(c.desc() for c in order)).limit(size + 1)).all()
    last = rows[size - 1] if len(rows) > size else None
    return Page(tuple(_cases(view, rows[:size])), paging.mark((last.started_at, last.id)) if last else None)


def notices(view: View, wanted: Filter = Filter(), after: str | None = None, size: int = SIZE) -> Page[Notice]:
    """待阅: what is laid before the reader, latest first."""
    order = (_n.at, _n.id)
    query = (
        select(schema.notice, _i.definition_id, _i.process_key, _i.business_key, _t.element)
        .add_columns(*people.columns(view, _by, _n.by, _i.process_key, "by"))
        .join(schema.instance, _i.id == _n.instance_id)
        .outerjoin(schema.task, _t.id == _n.task_id)
        .outerjoin(_by, _by.c.id == _n.by)
        .where(access.visible(view.actor, "notice"))
    )
    if wanted.process:
        query = query.where(_i.process_key == wanted.process)
    query = query.where(*Search(view, wanted.text).notices())
    query = query.where(*paging.beyond(order, paging.key(after, int, str), descending=True))
    rows = view.connection.execute(query.order_by(*(c.desc() for c in order)).limit(size + 1)).all()
    last = rows[size - 1] if len(rows) > size else None
    shown = columns.shown(view, {row.instance_id: row.process_key for row in rows[:size]})
    items = tuple(_notice(row, shown.get(row.instance_id, {})) for row in rows[:size])
    return Page(items, paging.mark((last.at, last.id)) if last else None)


def overview(view: View) -> Overview:
    """How much there is, in one statement; it stops counting at 1 000."""
    picked = select(_t.id).where(turn.mine(view.actor), access.allowed(view.actor, _t.instance_id))
    few = picked.limit(COUNT_LIMIT).subquery()
    tasks = (
        select(_seen.c.process_key, func.max(_seen.c.definition_id), func.count(), func.count(_seen.c.seen_at))
        .join(few, few.c.id == _seen.c.id)
        .where(access.visible(view.actor, "task", rows=_seen))
        .group_by(_seen.c.process_key)
    )
    unread = select(_n.id).where(_n.read_at.is_(None), access.visible(view.actor, "notice")).limit(COUNT_LIMIT)
    notices_ = select(null(), null(), func.count(), literal(0)).select_from(unread.subquery())
    rows = view.connection.execute(union_all(tasks, notices_)).all()
    own = [row for row in rows if row[0] is not None]
    return Overview(
        todo=sum(row[2] for row in own),
        todo_unread=sum(row[2] - row[3] for row in own),
        notices_unread=next(row[2] for row in rows if row[0] is None),
        processes=tuple(sorted((row[0], row[1]) for row in own)),
    )


def _wanted(view: View, wanted: Filter, *, assigned: bool = False) -> list[ColumnElement[bool]]:
    conditions = Search(view, wanted.text).tasks(assigned=assigned)
    if wanted.process:
        conditions.append(_t.process_key == wanted.process)
    if wanted.overdue:
        conditions.append(_t.due_at < clock.micros(view.now))
    if wanted.drafted:
        conditions.append(_is_drafted(view, _t.id))
    return conditions


def _is_drafted(view: View, task_id: ColumnElement[str]) -> ColumnElement[bool]:
    d = schema.draft.c
    return exists().where(d.task_id == task_id, d.person_id == view.actor.person)


def _page(view: View, picked: Subquery, order: Sequence[ColumnElement[Any]], size: int) -> Page[Work]:
    """A page of tasks, of which one more was picked than it holds."""
    rows = view.connection.execute(_in_full(view, picked, order)).all()
    works = tuple(_works(view, [row for row in rows[:size] if row.id is not None]))
    last = rows[size - 1] if len(rows) > size else None
    return Page(works, paging.mark((last.place, last.picked)) if last else None)


def _in_full(view: View, picked: Subquery, order: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """Everything about the tasks that were picked, as far as the reader may see them; a page is shorter where not.

    ``access.visible`` is asked about a page of rows only: asking it about each of ten thousand before they are sorted
    would take longer than all the rest.
    """
    drafted = _is_drafted(view, _seen.c.id)
    seen = and_(_seen.c.id == picked.c.id, access.visible(view.actor, "task", rows=_seen))
    return (
        select(picked.c.id.label("picked"), picked.c.place, *_seen.columns, drafted.label("drafted"), _i.business_key)
        .add_columns(*people.columns(view, _assignee, _seen.c.assignee, _seen.c.process_key, "assignee"))
        .select_from(picked.outerjoin(_seen, seen))
        .outerjoin(schema.instance, _i.id == _seen.c.instance_id)
        .outerjoin(_assignee, _assignee.c.id == _seen.c.assignee)
        .order_by(*order)
    )


def _works(view: View, rows: Sequence[Any]) -> Iterable[Work]:
    shown = columns.shown(view, {row.instance_id: row.process_key for row in rows})
    reckoner = Reckoner(view)
    for row in rows:
        yield Work(
            id=row.id,
            instance_id=row.instance_id,
            definition_id=row.definition_id,
            process_key=row.process_key,
            element=row.element,
            name=row.name,
            business_key=row.business_key,
            opened_at=clock.instant(row.opened_at),
            due_at=_instant(row.due_at),
            days_left=reckoner.days_left(row.due_at),
            priority=row.priority,
            unread=row.seen_at is None,
            drafted=row.drafted,
            assignee=people.of(row._mapping, "assignee"),
            closed_at=_instant(row.closed_at),
            on_behalf_of=row.on_behalf_of,
            columns=shown.get(row.instance_id, {}),
        )


def _cases(view: View, rows: Sequence[Any]) -> Iterable[Case]:
    steps = _steps(view, [row.id for row in rows])
    shown = columns.shown(view, {row.id: row.process_key for row in rows})
    for row in rows:
        yield Case(
            id=row.id,
            definition_id=row.definition_id,
            process_key=row.process_key,
            business_key=row.business_key,
            state=row.state,
            started_at=clock.instant(row.started_at),
            ended_at=_instant(row.ended_at),
            steps=tuple(steps.get(row.id, ())),
            columns=shown.get(row.id, {}),
        )


def _steps(view: View, instances: Sequence[str]) -> dict[str, list[tuple[str, Person | None]]]:
    if not instances:
        return {}
    # One line a step, however many people have it at the same time.
    steps = (
        select(_t.instance_id, _t.element, func.min(_t.assignee).label("who"), func.min(_t.opened_at).label("since"))
        .add_columns(func.count(_t.id).label("many"), func.min(_t.process_key).label("process_key"))
        .where(_t.instance_id.in_(instances), _t.state == "open")
        .group_by(_t.instance_id, _t.element)
        .subquery()
    )
    query = (
        select(steps, *people.columns(view, _assignee, steps.c.who, steps.c.process_key, "assignee"))
        .outerjoin(_assignee, and_(_assignee.c.id == steps.c.who, steps.c.many == 1))
        .order_by(steps.c.since, steps.c.element)
    )
    found: dict[str, list[tuple[str, Person | None]]] = {}
    for row in view.connection.execute(query):
        who = people.of(row._mapping, "assignee") if row.many == 1 else None
        found.setdefault(row.instance_id, []).append((row.element, who))
    return found


def _notice(row: Any, shown: dict[str, columns.Value]) -> Notice:
    return Notice(
        id=row.id,
        kind=row.kind,
        instance_id=row.instance_id,
        task_id=row.task_id,
        definition_id=row.definition_id,
        process_key=row.process_key,
        element=row.element,
        business_key=row.business_key,
        by=None if row.by == ENGINE_KEY else people.of(row._mapping, "by"),
        at=clock.instant(row.at),
        text=row.text,
        unread=row.read_at is None,
        columns=shown,
    )


def _instant(value: int | None) -> datetime | None:
    return None if value is None else clock.instant(value)
