"""``may_do`` for the statement that every command on a task begins with: put together once, run with ``bindings``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, and_, bindparam, or_

from engine import schema
from engine.access.opening import is_offered, is_within, not_barred
from engine.actor import Actor
from engine.prepared import listed

_AUDIENCES, _EXCLUSIONS, _WITHIN = listed("b_audiences"), listed("b_exclusions"), listed("b_within")
_ANYWHERE = bindparam("b_anywhere", type_=Boolean)
_t = schema.task.c

OFFERED = and_(
    is_offered(_AUDIENCES, _t.id),
    not_barred(_EXCLUSIONS, _t.instance_id),
    or_(_ANYWHERE, is_within(_WITHIN, _t.instance_id)),
)
"""A row of ``task`` is offered to the actor, whom nothing bars from its case."""


def bindings(actor: Actor) -> dict[str, Any]:
    """What a statement that holds ``OFFERED`` is run with."""
    within = [] if actor.within is None else [actor.within]
    return {
        "b_audiences": sorted(actor.audiences),
        "b_exclusions": sorted(actor.exclusions),
        "b_within": within,
        "b_anywhere": not within,
    }
