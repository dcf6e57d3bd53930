"""What is written down about looking: sealed values opened, exports, refusals. It stands beside the story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert

from engine import clock, schema

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
    command.connection.execute(
        insert(schema.access_record).values(
            at=clock.reading(command.connection.dialect.name),
            person_id=command.actor.person,
            what=what,
            object=obj,
            detail=None if detail is None else detail[:_DETAIL],
        )
    )
