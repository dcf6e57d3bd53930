"""Where a case stands on its own definition's diagram."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from engine import access, definition, interpreter, schema
from engine.errors import NotFound
from engine.query.story import GONE

if TYPE_CHECKING:
    from engine.definition import Definition
    from engine.runtime import View

_v, _i, _n = schema.visit.c, schema.instance.c, schema.incident.c


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What to mark on a diagram.

    Attributes:
        definition_id: whose diagram it is.
        tokens: element → how many tokens are there now; what is only armed, should something come, is not among them.
        steps: of ``tokens``, the current steps: those at which somebody or something is at work; where there is none,
            those at which the case waits.
        visited: elements that were passed, each once.
        failed: elements that wait for a person to look after them.
    """

    definition_id: str
    tokens: dict[str, int]
    steps: tuple[str, ...]
    visited: tuple[str, ...]
    failed: tuple[str, ...]


def of(view: View, instance_id: str) -> Whereabouts:
    """Where an instance is and was.

    Raises:
        NotFound: there is none, or its story is not the actor's to read.
    """
    definition_id, blob = _case(view, instance_id)
    there = func.sum(case((_v.left_at.is_(None), 1), else_=0))
    visits = select(_v.element, there.label("now")).where(_v.instance_id == instance_id).group_by(_v.element)
    rows = view.connection.execute(visits.order_by(func.min(_v.token))).all()
    troubles = select(_n.element).where(
        _n.instance_id == instance_id, _n.closed_at.is_(None), access.visible(view.actor, "incident")
    )
    standing = [token for token in interpreter.open_tokens(blob) if not token.armed]
    return Whereabouts(
        definition_id,
        tokens=dict(Counter(token.element for token in standing)),
        steps=_steps(standing, definition.load(view, definition_id)),
        visited=tuple(row.element for row in rows if not row.now),
        failed=tuple(sorted({each for each in view.connection.execute(troubles).scalars() if each})),
    )


def _steps(standing: Sequence[interpreter.OpenToken], of: Definition) -> tuple[str, ...]:
    innermost = [token.element for token in standing if not token.holds and token.element in of.elements]
    at_work = [element for element in innermost if _is_activity(of.elements[element].tag)]
    return tuple(dict.fromkeys(at_work or innermost))


def _is_activity(tag: str) -> bool:
    return tag.lower().endswith(("task", "subprocess", "activity", "transaction"))


def diagram(view: View, instance_id: str) -> bytes:
    """The diagram that an instance runs, as it was released.

    Raises:
        NotFound: there is none, or its story is not the actor's to read.
    """
    definition_id, _ = _case(view, instance_id)
    return definition.source(definition.load(view, definition_id))


def _case(view: View, instance_id: str) -> tuple[str, bytes]:
    """Its definition, and its marking."""
    query = select(_i.definition_id, _i.marking).where(_i.id == instance_id, access.visible(view.actor, "story"))
    found = view.connection.execute(query).one_or_none()
    if found is None:
        raise NotFound(GONE)
    return found.definition_id, found.marking
