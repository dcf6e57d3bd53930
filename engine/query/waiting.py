"""The tasks that wait for somebody, in order.

By due date they are read along indexes, a few from each place where they can stand: one list for each audience that
the person belongs to, and what the person has taken. So the first page of ten thousand costs what the first page of
ten does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, literal, select, union_all

from engine import access, schema, turn
from engine.actor import Actor
from engine.query import paging
from engine.schema import UNDUE

Place = tuple[ColumnElement[int], ColumnElement[str]]
_t, _c, _i = schema.task.c, schema.candidate.c, schema.instance.c


class Stretch(NamedTuple):
    """Which piece of the list is wanted.

    Attributes:
        after: place and id of the task behind which the piece begins; None: the beginning.
        by_arrival: newest first; otherwise earliest due date first, what has none at the end.
        back: towards the beginning instead.
        size: how many tasks at most.
        conditions: on ``task`` and ``instance``.
    """

    size: int
    after: Sequence[Any] | None = None
    by_arrival: bool = False
    back: bool = False
    conditions: Sequence[ColumnElement[bool]] = ()

    @property
    def descending(self) -> bool:
        """Whether the largest place comes first."""
        return self.back is not self.by_arrival


def picked(actor: Actor, wanted: Stretch) -> Subquery:
    """Rows ``id, place`` of open tasks that wait for the actor (``turn.mine``); ``place`` is the due date or arrival.

    Whoever asks sorts again; what of them the actor may see is asked of ``access`` as everywhere.
    """
    parts = [part.subquery() for part in _parts(actor, wanted)]
    every = union_all(*(select(part.c.id, part.c.place) for part in parts)).subquery()
    # A task can be offered to several audiences of one person.
    once = select(every.c.id, every.c.place).distinct()
    return once.order_by(*order(every, wanted)).limit(wanted.size).subquery()


def order(rows: Subquery, wanted: Stretch) -> tuple[ColumnElement[Any], ...]:
    """The order of rows ``id, place``."""
    return _along((rows.c.place, rows.c.id), wanted)


def _parts(actor: Actor, wanted: Stretch) -> Iterator[Select[Any]]:
    arrived = (_t.opened_at, _t.id)
    for audience in sorted(actor.audiences):
        place = arrived if wanted.by_arrival else (_c.place, _c.task_id)
        offered = _rows(place).join(schema.task, _t.id == _c.task_id)
        yield _piece(offered.where(_c.audience == audience, _t.assignee.is_(None)), actor, wanted, place)
    mine = turn.taken(actor)
    if wanted.by_arrival:
        yield _piece(_rows(arrived).where(mine), actor, wanted, arrived)
        return
    due, never = (_t.due_at, _t.id), (literal(UNDUE), _t.id)
    yield _piece(_rows(due).where(mine, _t.due_at.is_not(None)), actor, wanted, due)
    yield _piece(_rows(never).where(mine, _t.due_at.is_(None)), actor, wanted, never, never[1:])


def _rows(place: Place) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [place[1].label("id"), place[0].label("place")]
    return select(*columns)


def _piece(
    tasks: Select[Any],
    actor: Actor,
    wanted: Stretch,
    place: Place,
    along: tuple[ColumnElement[Any], ...] | None = None,
) -> Select[Any]:
    """The first few of one list, whose index runs along its places unless told otherwise."""
    if wanted.conditions:
        tasks = tasks.join(schema.instance, _i.id == _t.instance_id)
    # Left out early, lest a recusal empty whole pages; access.visible decides all the same.
    own = access.allowed(actor, _t.instance_id)
    behind = paging.beyond(place, wanted.after, descending=wanted.descending)
    tasks = tasks.where(_t.state == "open", own, *wanted.conditions, *behind)
    return tasks.order_by(*_along(along or place, wanted)).limit(wanted.size)


def _along(columns: tuple[ColumnElement[Any], ...], wanted: Stretch) -> tuple[ColumnElement[Any], ...]:
    return tuple(column.desc() for column in columns) if wanted.descending else columns
