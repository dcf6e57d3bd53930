"""What stands still and needs a person, over all cases: for whoever looks after the installation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from engine import clock, definition, schema
from engine.runtime import View

_n, _i = schema.incident.c, schema.instance.c
SIZE = 200


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that failed for good.

    Attributes:
        process, number: of the case; None where the case was never begun.
        step: name of the step, or its id.
        message, params: an English sentence with placeholders, and what belongs there.
    """

    id: str
    since: datetime
    instance_id: str
    process: str | None
    number: str | None
    step: str
    message: str
    params: dict[str, Any]


def standing(view: View, *, size: int = SIZE) -> list[Incident]:
    """Those that nobody has dealt with yet, the oldest first; no more than ``size``."""
    query = (
        select(schema.incident, _i.definition_id, _i.business_key)
        .outerjoin(schema.instance, _i.id == _n.instance_id)
        .where(_n.closed_at.is_(None))
        .order_by(_n.opened_at, _n.id)
        .limit(size)
    )
    return [_of(view, row) for row in view.connection.execute(query).all()]


def _of(view: View, row: Any) -> Incident:
    read = None if row.definition_id is None else definition.load(view, row.definition_id)
    element = None if read is None else read.elements.get(row.element)
    return Incident(
        id=row.id,
        since=clock.instant(row.opened_at),
        instance_id=row.instance_id,
        process=None if read is None else read.name,
        number=row.business_key,
        step=(element.name if element is not None else None) or row.element or "",
        message=row.message,
        params=json.loads(row.params),
    )
