"""Saying why one looks at what a case shows on request: it is kept for good, and opens that case for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from engine import access, schema
from engine.errors import Invalid, NotFound

if TYPE_CHECKING:
    from engine.runtime import Command

LIMIT = 500
_i = schema.instance.c


def ask(command: Command, instance_id: str, reason: str) -> None:
    """Write down why the actor looks at a case; from here on they are one who has asked, in this command too.

    Raises:
        NotFound: there is no such case, or it is not the actor's to know.
        Invalid: the reason is empty or has more than 500 characters.
    """
    seen = select(_i.id).where(_i.id == instance_id, access.visible(command.actor, "instance"))
    if command.connection.execute(seen).first() is None:
        raise NotFound("There is no such case, or it is not yours to see.")
    reason = reason.strip()
    if not reason:
        raise Invalid("Say why you look at it first.")
    if len(reason) > LIMIT:
        raise Invalid("A reason has at most {limit} characters.", limit=LIMIT)
    access.record(command, access.ASKED, instance_id, reason)
    command.actor = access.asking(command.actor, instance_id)
