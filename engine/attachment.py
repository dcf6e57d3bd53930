"""Files that people hand in with a task: taken at once, deleted as they please before submitting, then part of the
case.

A file is addressed by its id and given out through the access predicate; its name is never a path. Its content is
stored once per digest. What belongs to a sealed field is stored encrypted, and each copy by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine import access, clock, filetype, ident, policy, schema, sealing, turn
from engine.errors import Conflict, FormInvalid, Invalid, NotFound, Problem

if TYPE_CHECKING:
    from engine.actor import Actor
    from engine.runtime import Command, View

LIMIT = 20 * 1024 * 1024
AT_ONE_TASK = 200
NOWHERE = ""
_CHUNK = 256 * 1024
_a, _b = schema.attachment.c, schema.attachment_body.c
_GONE = "There is no such file, or it is not yours to see."
_TOO_LARGE = "The file {name} is larger than {limit} MB."


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file.

    Attributes:
        field: the form field it was put into; None for a file beside the form.
        cls: ``open``, ``internal`` or ``sealed``.
        kept: submitted; it can no longer be deleted.
        inline: whether a browser may show it by itself.
    """

    id: str
    instance_id: str
    task_id: str | None
    field: str | None
    name: str
    media_type: str
    size: int
    sha256: str
    cls: str
    person_id: str
    at: datetime
    kept: bool

    @property
    def inline(self) -> bool:
        """Whether a browser may show it by itself: PDF and raster images, nothing else."""
        return any(kind.inline and kind.media_type == self.media_type for kind in filetype.KINDS.values())


def receive(stream: IO[bytes], name: str, limit: int = LIMIT) -> bytes:
    """The whole content of an upload, read before any transaction begins.

    Raises:
        Invalid: it is larger than ``limit`` bytes, 20 MB unless told; reading stops there.
    """
    body = bytearray()
    while chunk := stream.read(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise Invalid(_TOO_LARGE, name=filetype.clean(name), limit=limit // 1024 // 1024)
    return bytes(body)


def add(command: Command, task_id: str, name: str, body: bytes, *, field: str | None = None) -> Attachment:
    """Attach a file to a task that it is the actor's turn to do.

    Args:
        field: key of the form field it belongs to; decides who may see it.

    Raises:
        NotFound, Forbidden, Conflict: it is not, or no longer, the actor's task.
        Invalid: too large, empty, of a kind not taken, or not what its name says.
    """
    task = turn.take(command, task_id)
    count = select(func.count()).select_from(schema.attachment).where(_a.task_id == task_id)
    if command.connection.execute(count).scalar_one() >= AT_ONE_TASK:
        raise Invalid("There are {limit} files at this task already.", limit=AT_ONE_TASK)
    return _store(command, task.process_key, name, body, instance_id=task.instance_id, task_id=task_id, field=field)


def add_for_start(
    command: Command, process_key: str, name: str, body: bytes, *, field: str | None = None
) -> Attachment:
    """Take a file for a case that is only about to be started; until then it is its owner's alone."""
    return _store(command, process_key, name, body, instance_id=NOWHERE, task_id=None, field=field)


def _store(command: Command, process_key: str, name: str, body: bytes, **place: Any) -> Attachment:
    name = filetype.clean(name)
    if len(body) > LIMIT:
        raise Invalid(_TOO_LARGE, name=name, limit=LIMIT // 1024 // 1024)
    kind = filetype.examine(name, body)
    cls = _class(command, process_key, place["field"])
    stored = sealing.seal(command.runtime.keys.seal, body) if cls == "sealed" else body
    row = {
        "id": ident.new(),
        **place,
        "name": name,
        "media_type": kind.media_type,
        "size": len(body),
        "sha256": hashlib.sha256(stored).hexdigest(),
        "class": cls,
        "person_id": command.actor.person,
        "at": clock.micros(command.now),
        "kept": False,
    }
    _keep_body(command, row["sha256"], stored)
    command.connection.execute(insert(schema.attachment).values(row))
    return _of(row)


def _keep_body(command: Command, digest: str, stored: bytes) -> None:
    # DO UPDATE, though it changes nothing: it locks the row, so that nobody deletes the body between here and our
    # commit.
    into = sqlite.insert if command.connection.dialect.name == "sqlite" else postgresql.insert
    statement = into(schema.attachment_body).values(sha256=digest, body=stored)
    statement = statement.on_conflict_do_update(index_elements=["sha256"], set_={"sha256": statement.excluded.sha256})
    command.connection.execute(statement)


def _class(view: View, process_key: str, field: str | None) -> str:
    process = policy.current(view.connection).processes.get(process_key)
    if process is None:
        return "internal"
    return (process.otherwise if field is None else process.field(field.split(".")[0])).cls


def find(view: View, attachment_id: str) -> Attachment:
    """A file that the actor may see, without its content.

    Raises:
        NotFound: there is none, or it is not the actor's to know.
    """
    row = view.connection.execute(
        select(schema.attachment).where(_a.id == attachment_id, visible(view.actor))
    ).one_or_none()
    if row is None:
        raise NotFound(_GONE)
    return _of(row._mapping)


def body(view: View, found: Attachment) -> bytes:
    """The content of a file that ``find`` has given."""
    stored = view.connection.execute(select(_b.body).where(_b.sha256 == found.sha256)).scalar_one()
    return sealing.open(view.runtime.keys.seal, stored) if found.cls == "sealed" else bytes(stored)


def visible(actor: Actor) -> ColumnElement[bool]:
    """Files that the actor may see: those of their cases, and their own for a case not yet started."""
    return or_(access.visible(actor, "attachment"), and_(_a.instance_id == NOWHERE, _a.person_id == actor.person))


def remove(command: Command, attachment_id: str) -> None:
    """Delete one's own file before it is submitted.

    Raises:
        NotFound: there is none, or it is not the actor's to know.
        Conflict: it has been submitted, or somebody else handed it in.
    """
    found = find(command, attachment_id)
    if found.person_id != command.actor.person:
        raise Conflict(
            "The file {name} was handed in by {who}; only they can delete it.", name=found.name, who=found.person_id
        )
    if _drop(command, [_a.id == attachment_id]) == 0:
        raise Conflict("The file {name} has been submitted and is part of the case now.", name=found.name)


def _drop(command: Command, which: Sequence[ColumnElement[bool]]) -> int:
    """Delete files that have not been submitted, and contents that no file has any more."""
    unkept = (*which, _a.kept.is_(False))
    digests = set(command.connection.execute(select(_a.sha256).where(*unkept)).scalars())
    if not digests:
        return 0
    # Lock, then look again with fresh eyes: somebody may be attaching the same content at this moment.
    command.connection.execute(select(_b.sha256).where(_b.sha256.in_(digests)).order_by(_b.sha256).with_for_update())
    gone = command.connection.execute(delete(schema.attachment).where(*unkept)).rowcount
    unused = ~select(_a.id).where(_a.sha256 == _b.sha256).exists()
    command.connection.execute(delete(schema.attachment_body).where(_b.sha256.in_(digests), unused))
    return gone


def keep(
    command: Command, instance_id: str, task_id: str | None, fields: Iterable[tuple[str, Collection[str]]]
) -> None:
    """Make the files of a submission part of the case; called by whoever completes a task or starts an instance.

    Args:
        task_id: of the task that is being completed; None at a start.
        fields: field path and the ids in it.

    Raises:
        FormInvalid: a field names a file that was not handed in here.
    """
    wanted = [(field, each) for field, ids in fields for each in ids]
    _settle(command, task_id, [each for _, each in wanted])
    if not wanted:
        return
    rows = command.connection.execute(select(schema.attachment).where(_a.id.in_([each for _, each in wanted]))).all()
    known = {row.id: row for row in rows if _belongs(row, command, instance_id, task_id)}
    message = "This file is not among those handed in here; attach it again."
    problems = [Problem(field, message) for field, each in wanted if each not in known]
    if problems:
        raise FormInvalid("Some files cannot be submitted.", problems)
    fresh = [key for key, row in known.items() if not row.kept]
    if fresh:
        place = {"instance_id": instance_id, "task_id": task_id, "kept": True}
        command.connection.execute(update(schema.attachment).where(_a.id.in_(fresh)).values(**place))


def _settle(command: Command, task_id: str | None, named: Sequence[str]) -> None:
    """Of the task's other files: those beside the form are kept with it, those taken out of a field again are gone."""
    if task_id is None:
        return
    mine = (_a.task_id == task_id, _a.kept.is_(False))
    command.connection.execute(update(schema.attachment).where(*mine, _a.field.is_(None)).values(kept=True))
    _drop(command, [_a.task_id == task_id, _a.id.not_in(named)])


def named(fields: Iterable[str], submission: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The ids that a submission holds under these fields for files, as ``keep`` wants them."""
    return [
        (field, [each for each in submission[field] if isinstance(each, str)])
        for field in fields
        if isinstance(submission.get(field), list)
    ]


def digests(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """The digest of the content of each of these files that is there."""
    if not ids:
        return {}
    rows = connection.execute(select(_a.id, _a.sha256).where(_a.id.in_(sorted(ids))))
    return {row.id: row.sha256 for row in rows}


def _belongs(row: Row[Any], command: Command, instance_id: str, task_id: str | None) -> bool:
    if row.instance_id == NOWHERE:
        return bool(row.person_id == command.actor.person)
    # A later step may hand on what an earlier one submitted; what is not submitted belongs to its task alone.
    return bool(row.instance_id == instance_id and (row.kept or row.task_id == task_id))


def _of(row: Any) -> Attachment:
    names = ("id", "instance_id", "task_id", "field", "name", "media_type", "size", "sha256", "person_id", "kept")
    return Attachment(**{name: row[name] for name in names}, cls=row["class"], at=clock.instant(row["at"]))
