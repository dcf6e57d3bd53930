"""What is written down about looking: sealed values opened, exports, refusals. It stands beside the story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert

from engine import clock, schema
from engine.actor import Actor
from engine.evidence import chain

if TYPE_CHECKING:
    from engine.runtime import Command

_DETAIL = 2000


def record(command: Command, what: str, obj: str | None = None, detail: str | None = None) -> None:
    """Write down that the actor looked at something, took it out, or was refused it.

    Args:
        what: a short word: ``opened``, ``exported``, ``refused``, ``granted`` ...
        obj: id of what it was, never its name or content.
        detail: the reason the actor gave, or which fields; never a value.
    """
    connection = command.connection
    at = clock.reading(connection.dialect.name)
    write(connection, command.actor, at=at, what=what, object=obj, detail=None if detail is None else detail[:_DETAIL])


def write(connection: Connection, by: Actor, **row: Any) -> None:
    """The same where there is no command: at the door."""
    written = insert(schema.access_record).values(person_id=by.person, **row).returning(schema.access_record.c.id)
    chain.note(connection, schema.access_record, [connection.execute(written).scalar_one()], by)
