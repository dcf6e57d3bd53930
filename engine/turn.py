"""Whose turn a task is: the one answer for lists, drafts, files and pages.

A task waits for its assignee, or, while nobody has taken it, for everyone it is offered to. Who acts for somebody else
sees that person's tasks, so that nothing of their own is recorded in the other's name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, and_, or_, select

from engine import access, clock, schema
from engine.actor import Actor
from engine.errors import Conflict, Forbidden, NotFound

if TYPE_CHECKING:
    from engine.runtime import View

GONE = "There is no such task, or it is not yours to see."
LATE = "{who} {change} this task at {at}. It no longer waits for you."
_t = schema.task.c


def acting_as(actor: Actor) -> str:
    """The person whose tasks the actor works on: the one acted for, else themselves."""
    return actor.on_behalf_of or actor.person


def offered(actor: Actor) -> ColumnElement[bool]:
    """Tasks that nobody has taken and the actor may take."""
    # A list and not EXISTS: SQLite then reads the few candidates first instead of every untaken task.
    return and_(_t.assignee.is_(None), _t.id.in_(access.tasks_offered(actor.audiences)))


def taken(actor: Actor) -> ColumnElement[bool]:
    """Tasks that the actor has taken on; what they have taken on for somebody else counts while they act for them."""
    own: ColumnElement[bool] = _t.assignee == acting_as(actor)
    if actor.on_behalf_of is not None:
        own = or_(own, and_(_t.assignee == actor.person, access.may_do(actor)))
    return own


def mine(actor: Actor) -> ColumnElement[bool]:
    """Open tasks that wait for the actor."""
    return and_(_t.state == "open", or_(taken(actor), offered(actor)))


def is_mine(view: View, task_id: str) -> bool:
    """Whether an open task waits for the actor."""
    query = select(_t.id).where(_t.id == task_id, mine(view.actor), access.visible(view.actor, "task"))
    return view.connection.execute(query).first() is not None


def explain(view: View, task_id: str) -> None:
    """Tell who was too late what became of a task that had been offered to them; anybody else learns nothing.

    A task that is over is open to those who see its case and to whoever did it. Who was asked to do it and came second
    need not be among them, but may know that somebody was faster. The story knows whom it was offered to.

    Raises:
        Conflict: who did what with it, and when.
    """
    e = schema.event.c
    here = and_(e.instance_id == _t.instance_id, e.element == _t.element, e.kind == "task.opened")
    query = select(_t.changed_by, _t.change, _t.changed_at, _t.process_key, e.data).join(schema.event, here)
    query = query.where(_t.id == task_id, _t.state != "open", access.allowed(view.actor, _t.instance_id))
    for row in view.connection.execute(query):
        told = json.loads(row.data)
        if told.get("task") == task_id and not view.actor.audiences.isdisjoint(told.get("audiences", ())):
            moved = {"change": row.change, "at": clock.instant(row.changed_at)}
            raise Conflict(LATE, who=row.changed_by, process=row.process_key, **moved)


def take(view: View, task_id: str) -> Row[Any]:
    """The row of a task that it is the actor's turn to do.

    Raises:
        NotFound: there is none, or the actor may not know of it.
        Conflict: it is no longer open.
        Forbidden: somebody else has it.
    """
    query = select(schema.task, mine(view.actor).label("mine")).where(
        _t.id == task_id, access.visible(view.actor, "task")
    )
    row = view.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(GONE)
    if row.state != "open":
        raise Conflict("This task is no longer open. What you wrote is kept on this page until you leave it.")
    if not row.mine:
        raise Forbidden("This task is in somebody else's hands.")
    return row
