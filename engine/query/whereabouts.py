"""Where a case stands on its own definition's diagram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from engine import access, definition, schema
from engine.errors import NotFound
from engine.query.story import GONE

if TYPE_CHECKING:
    from engine.runtime import View

_v, _i, _n = schema.visit.c, schema.instance.c, schema.incident.c


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What to mark on a diagram.

    Attributes:
        definition_id: whose diagram it is.
        tokens: element → how many tokens are there now.
        steps: of ``tokens``, those at which something is being done.
        visited: elements that were passed, each once.
        failed: elements that wait for a person to look after them.
    """

    definition_id: str
    tokens: dict[str, int]
    steps: frozenset[str]
    visited: tuple[str, ...]
    failed: tuple[str, ...]


def of(view: View, instance_id: str) -> Whereabouts:
    """Where an instance is and was.

    Raises:
        NotFound: there is none, or its story is not the actor's to read.
    """
    definition_id = _definition(view, instance_id)
    there = func.sum(case((_v.left_at.is_(None), 1), else_=0))
    visits = select(_v.element, there.label("now")).where(_v.instance_id == instance_id).group_by(_v.element)
    rows = view.connection.execute(visits.order_by(func.min(_v.token))).all()
    troubles = select(_n.element).where(
        _n.instance_id == instance_id, _n.closed_at.is_(None), access.visible(view.actor, "incident")
    )
    tokens = {row.element: int(row.now) for row in rows if row.now}
    elements = definition.load(view, definition_id).elements
    return Whereabouts(
        definition_id,
        tokens=tokens,
        steps=frozenset(each for each in tokens if each in elements and _is_activity(elements[each].tag)),
        visited=tuple(row.element for row in rows if not row.now),
        failed=tuple(sorted({each for each in view.connection.execute(troubles).scalars() if each})),
    )


def _is_activity(tag: str) -> bool:
    return tag.lower().endswith(("task", "subprocess", "activity", "transaction"))


def diagram(view: View, instance_id: str) -> bytes:
    """The diagram that an instance runs, as it was released.

    Raises:
        NotFound: there is none, or its story is not the actor's to read.
    """
    return definition.source(definition.load(view, _definition(view, instance_id)))


def _definition(view: View, instance_id: str) -> str:
    query = select(_i.definition_id).where(_i.id == instance_id, access.visible(view.actor, "story"))
    found = view.connection.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound(GONE)
    return str(found)
