"""What people remark on a case, beside its forms: plain text, for whoever may see the case and the class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from engine import access, clock, ident, schema
from engine.errors import Invalid, NotFound
from engine.evidence import chain

if TYPE_CHECKING:
    from engine.runtime import Command

LIMIT = 4000
CLASSES = ("open", "internal")


def add(command: Command, instance_id: str, text: str, *, task_id: str | None = None, cls: str = "internal") -> str:
    """Write a comment; returns its id.

    Args:
        task_id: the task it was written at, if any; it must be one of this instance.
        cls: ``open`` or ``internal``. What is sealed has a field of its own and no place here.

    Raises:
        NotFound: there is no such case or task, or it is not the actor's to know.
        Invalid: it is empty, too long or of an unknown class.
    """
    text = text.strip()
    if not text:
        raise Invalid("Write something first.")
    if len(text) > LIMIT:
        raise Invalid("A comment has at most {limit} characters; this one has {length}.", limit=LIMIT, length=len(text))
    if cls not in CLASSES:
        raise Invalid("A comment is open or internal.")
    if not _may_see(command, instance_id, task_id):
        raise NotFound("There is no such case, or it is not yours to see.")
    row = {
        "id": ident.new(),
        "instance_id": instance_id,
        "task_id": task_id,
        "person_id": command.actor.person,
        "at": clock.micros(command.now),
        "text": text,
        "class": cls,
    }
    command.connection.execute(insert(schema.comment).values(row))
    chain.note(command.connection, schema.comment, [row["id"]], command.actor)
    return str(row["id"])


def _may_see(command: Command, instance_id: str, task_id: str | None) -> bool:
    i, t = schema.instance.c, schema.task.c
    query = select(i.id).where(i.id == instance_id, access.visible(command.actor, "instance"))
    if task_id is not None:  # whom a task is offered need not see the rest of the case
        query = select(t.id).where(t.id == task_id, t.instance_id == instance_id, access.visible(command.actor, "task"))
    return command.connection.execute(query).first() is not None
