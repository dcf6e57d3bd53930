"""Comments and files of a case, as far as the reader may see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Label, Table, select, union_all

from engine import access, attachment, clock, schema
from engine.errors import NotFound
from engine.query import people
from engine.query.people import Person

if TYPE_CHECKING:
    from engine.runtime import View

LIMIT = 200
_c, _a, _p = schema.comment.c, schema.attachment.c, schema.person.c
_case = schema.instance.alias()


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody remarked; plain text."""

    id: str
    by: Person
    at: datetime
    text: str
    cls: str


@dataclass(frozen=True, slots=True)
class File:
    """A file and who handed it in; ``mine`` while the reader can still delete it."""

    id: str
    name: str
    media_type: str
    size: int
    field: str | None
    cls: str
    by: Person
    at: datetime
    kept: bool
    mine: bool


def must_know(view: View, instance_id: str) -> None:
    """Refuse whoever sees neither the case nor a task of it.

    Raises:
        NotFound: there is no such case, or it is not the reader's to know.
    """
    i, t = schema.instance.c, schema.task.c
    case = select(i.id).where(i.id == instance_id, access.visible(view.actor, "instance"))
    tasks = select(t.instance_id).where(t.instance_id == instance_id, access.visible(view.actor, "task"))
    if view.connection.execute(union_all(case, tasks).limit(1)).first() is None:
        raise NotFound("There is no such case, or it is not yours to see.")


def comments(view: View, instance_id: str) -> list[Comment]:
    """Comments on a case, oldest first; of very many, the latest 200."""
    query = (
        select(schema.comment, *_told(view, schema.comment))
        .outerjoin(schema.person, _p.id == _c.person_id)
        .where(_c.instance_id == instance_id, access.visible(view.actor, "comment"))
        .order_by(_c.at.desc(), _c.id.desc())
        .limit(LIMIT)
    )
    rows = view.connection.execute(query).mappings().all()
    return [Comment(row["id"], _by(row), clock.instant(row["at"]), row["text"], row["class"]) for row in reversed(rows)]


def files(view: View, instance_id: str) -> list[File]:
    """Files of a case that have been submitted, and the reader's own that have not; oldest first."""
    return _files(view, _a.instance_id == instance_id)


def files_by_id(view: View, ids: Collection[str]) -> dict[str, File]:
    """These files, as far as the reader may see them."""
    return {file.id: file for file in _files(view, _a.id.in_(sorted(ids)))} if ids else {}


def _files(view: View, which: ColumnElement[bool]) -> list[File]:
    query = (
        select(schema.attachment, *_told(view, schema.attachment))
        .outerjoin(schema.person, _p.id == _a.person_id)
        .where(which, attachment.visible(view.actor))
        .order_by(_a.at, _a.id)
        .limit(LIMIT * 2)
    )
    return [_file(row, view.actor.person) for row in view.connection.execute(query).mappings()]


def _file(row: Any, reader: str) -> File:
    return File(
        id=row["id"],
        name=row["name"],
        media_type=row["media_type"],
        size=row["size"],
        field=row["field"],
        cls=row["class"],
        by=_by(row),
        at=clock.instant(row["at"]),
        kept=row["kept"],
        mine=not row["kept"] and row["person_id"] == reader,
    )


def _told(view: View, said: Table) -> tuple[Label[Any], ...]:
    """Columns of who said or handed in something, which stands in a case."""
    process = select(_case.c.process_key).where(_case.c.id == said.c.instance_id).correlate(said).scalar_subquery()
    return people.columns(view, schema.person, said.c.person_id, process, "by")


def _by(row: Any) -> Person:
    return people.of(row, "by") or Person(None, "")
