"""Files that people hand in with a task: taken at once, deleted as they please before submitting, then part of the
case.

A file belongs to one task and one field from its first byte, or to one person, process and field until a case begins
with it; its class is that field's, and what is sealed is encrypted before it is written anywhere. It is addressed by
its id and given out through the access predicate; its name is never a path. Its content is stored once per digest,
and what belongs to a sealed field by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine import access, clock, definition, filetype, ident, job, policy, schema, sealing, turn
from engine.errors import Conflict, FormInvalid, Invalid, NotFound, Problem, Tampered
from engine.evidence import chain
from engine.evidence.unchanged import must_stand

if TYPE_CHECKING:
    from engine.actor import Actor
    from engine.definition import Definition
    from engine.form import Form
    from engine.runtime import Command, View
    from engine.upload import Upload

AT_ONE_TASK = 200
NOWHERE = ""
UNSENT_FOR = timedelta(days=1)
"""How long a file for a case that is to be started waits for its start."""
_a, _b, _t = schema.attachment.c, schema.attachment_body.c, schema.task.c
_GONE = "There is no such file, or it is not yours to see."
_NO_FIELD = "The form has no field {field} for files. Attach {name} to one that it has."
_NOT_HERE = "This file is not among those handed in here; attach it again."
_OTHER_FIELD = "The file {name} was attached to another field. Attach it to this one again."
_OTHER_STEP = "The file {name} was attached to another step or process. Attach it here again."
_OTHER_CLASS = "Who may see this field was changed after {name} had been attached. Attach it again."
_TOO_MANY = "You have {limit} files that are attached but not handed in. Hand some in or delete them first."
_TOO_MUCH = "Your files that are attached but not handed in may have {limit} MB together. Hand some in or delete them."
_CHANGED = "The file {name} is no longer what was handed in: its content was changed in the database, so it is not given out. Tell your administrator."  # noqa: E501


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


def add(command: Command, task_id: str, upload: Upload, *, field: str | None = None) -> Attachment:
    """Attach a file to a task that it is the actor's turn to do.

    Args:
        field: key of the field for files that it belongs to, which decides who may see it; None: beside the form.

    Raises:
        NotFound, Forbidden, Conflict: it is not, or no longer, the actor's task.
        Invalid: the form has no such field, or there are too many files already.
    """
    task = turn.take(command, task_id)
    count = select(func.count()).select_from(schema.attachment).where(_a.task_id == task_id)
    if command.connection.execute(count).scalar_one() >= AT_ONE_TASK:
        raise Invalid("There are {limit} files at this task already.", limit=AT_ONE_TASK)
    of = definition.load(command, task.definition_id) if field is not None else None
    if of is not None:
        _must_ask(of.form(of.elements[task.element]), field, upload)
    cls = _class(command, task.process_key, field, of)
    return _store(command, upload, cls, instance_id=task.instance_id, task_id=task_id, field=field)


def add_for_start(command: Command, of: Definition, upload: Upload, *, field: str | None) -> Attachment:
    """Take a file for a case that is only about to be started; until then it is its owner's alone, and for a day.

    Args:
        of: what is to be started; whether the actor may is asked before.

    Raises:
        Invalid: the form has no such field, or there are too many files already.
    """
    _must_ask(None if of.start_form is None else of.forms[of.start_form], field, upload)
    cls, key = _class(command, of.process_key, field, of), of.process_key
    added = _store(command, upload, cls, instance_id=NOWHERE, task_id=None, field=field, process_key=key)
    job.add(command, "drop_unsent", due_at=clock.micros(command.now + UNSENT_FOR), content={"file": added.id})
    return added


def _must_ask(form: Form | None, field: str | None, upload: Upload) -> None:
    asked = form.by_key.get(field or "") if form is not None else None
    if asked is None or asked.type != "files":
        raise Invalid(_NO_FIELD, [Problem(field or "", _NO_FIELD, {"field": field or "", "name": upload.name})])


def _store(command: Command, upload: Upload, cls: str, **place: Any) -> Attachment:
    _must_have_room(command, len(upload.body))
    stored = sealing.seal(command.runtime.keys.seal, upload.body) if cls == "sealed" else upload.body
    row = {
        "id": ident.new(),
        "process_key": None,
        **place,
        "name": upload.name,
        "media_type": upload.kind.media_type,
        "size": len(upload.body),
        "sha256": hashlib.sha256(stored).hexdigest(),
        "class": cls,
        "person_id": command.actor.person,
        "at": clock.micros(command.now),
        "kept": False,
    }
    _keep_body(command, row["sha256"], stored)
    command.connection.execute(insert(schema.attachment).values(row))
    return _of(row)


def _must_have_room(command: Command, size: int) -> None:
    """Refuse what goes beyond the person's allowance; files left at tasks that are over make room first."""
    person, allowed = command.actor.person, command.runtime.unsent
    p = schema.person.c
    # Two uploads of one person at the same moment must not pass the limit together.
    command.connection.execute(select(p.id).where(p.id == person).with_for_update())
    over = select(_t.id).where(_t.id == _a.task_id, _t.state != "open").exists()
    _drop(command, [_a.person_id == person, over])
    unsent = (_a.person_id == person, _a.kept.is_(False))
    count = select(func.count(), func.coalesce(func.sum(_a.size), 0)).where(*unsent)
    files, total = command.connection.execute(count).one()
    if files >= allowed.files:
        raise Invalid(_TOO_MANY, limit=allowed.files)
    if total + size > allowed.size:
        raise Invalid(_TOO_MUCH, limit=allowed.size // 1024 // 1024)


def _keep_body(command: Command, digest: str, stored: bytes) -> None:
    # DO UPDATE, though it changes nothing: it locks the row, so that nobody deletes the body between here and our
    # commit.
    into = sqlite.insert if command.connection.dialect.name == "sqlite" else postgresql.insert
    statement = into(schema.attachment_body).values(sha256=digest, body=stored)
    statement = statement.on_conflict_do_update(index_elements=["sha256"], set_={"sha256": statement.excluded.sha256})
    command.connection.execute(statement)


def _class(view: View, process_key: str, field: str | None, of: Definition | None = None) -> str:
    """The class of a field as the catalogue has it; what was sealed when the definition was read stays so."""
    if of is not None and field in of.sealed:
        return "sealed"
    process = policy.current(view.connection).processes.get(process_key)
    if process is None:
        return "internal"
    return (process.otherwise if field is None else process.field(field)).cls


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
    """The content of a file that ``find`` has given.

    Raises:
        Tampered: it is not the content that was handed in.
    """
    stored = view.connection.execute(select(_b.body).where(_b.sha256 == found.sha256)).scalar_one_or_none()
    if stored is None or hashlib.sha256(stored).hexdigest() != found.sha256:
        raise Tampered(_CHANGED, name=found.name)
    return sealing.open(view.runtime.keys.seal, stored) if found.cls == "sealed" else bytes(stored)


def visible(actor: Actor) -> ColumnElement[bool]:
    """Files that the actor may see: those of their cases, and their own for a case not yet started."""
    return access.visible(actor, "attachment")


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


@job.handler("drop_unsent")
def _drop_unsent(command: Command, work: job.Job) -> None:
    """A case was never begun with this file."""
    _drop(command, [_a.id == work.content["file"], _a.instance_id == NOWHERE])


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


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a submission hands files in."""

    process_key: str
    instance_id: str
    task_id: str | None


def keep(
    command: Command,
    of: Definition,
    instance_id: str,
    task_id: str | None,
    fields: Iterable[tuple[str, Collection[str]]],
) -> None:
    """Make the files of a submission part of the case; called by whoever completes a task or starts an instance.

    Args:
        of: the case's definition.
        task_id: of the task that is being completed; None at a start.
        fields: key of a field and the ids in it.

    Raises:
        FormInvalid: a field names a file that was not attached to it here.
    """
    wanted = [(field, each) for field, ids in fields for each in ids]
    _settle(command, task_id, [each for _, each in wanted])
    if not wanted:
        return
    place = _Place(of.process_key, instance_id, task_id)
    rows = command.connection.execute(select(schema.attachment).where(_a.id.in_([each for _, each in wanted]))).all()
    known, problems, fresh = {row.id: row for row in rows}, [], []
    for field, each in wanted:
        row = known.get(each)
        fault = _NOT_HERE if row is None else _fault(command, row, place, field, of)
        if fault is not None:
            problems.append(Problem(field, fault, {} if row is None or fault == _NOT_HERE else {"name": row.name}))
        elif row is not None and not row.kept:
            fresh.append(each)
    if problems:
        raise FormInvalid("Some files cannot be submitted.", problems)
    if fresh:
        kept = {"instance_id": instance_id, "task_id": task_id, "kept": True}
        command.connection.execute(update(schema.attachment).where(_a.id.in_(fresh)).values(**kept))
        chain.note(command.connection, schema.attachment, fresh, command.actor)


def _settle(command: Command, task_id: str | None, named: Sequence[str]) -> None:
    """Of the task's other files: the actor's beside the form are kept with it; what was taken out of a field again, and
    what others have put there and not handed over, is gone.
    """
    if task_id is None:
        return
    persons = sorted(command.actor.persons)
    mine = (_a.task_id == task_id, _a.kept.is_(False), _a.person_id.in_(persons), _a.field.is_(None))
    beside = update(schema.attachment).where(*mine).values(kept=True).returning(_a.id)
    chain.note(command.connection, schema.attachment, command.connection.execute(beside).scalars().all(), command.actor)
    _drop(command, [_a.task_id == task_id, _a.id.not_in(named)])


def hand_over(command: Command, task_id: str, person: str) -> None:
    """What the actor has put beside the form goes with a task that is handed over; what stands in its fields is typed
    anew.
    """
    mine = (_a.task_id == task_id, _a.person_id.in_(sorted(command.actor.persons)))
    beside = (*mine, _a.kept.is_(False), _a.field.is_(None))
    command.connection.execute(update(schema.attachment).where(*beside).values(person_id=person))


def give_back(command: Command, task_id: str, anew: str) -> None:
    """What was handed in with a task that is taken back is its owner's alone again, at the task that stands now."""
    mine = (_a.task_id == task_id, _a.kept)
    ids = list(command.connection.execute(select(_a.id).where(*mine).order_by(_a.id)).scalars())
    if ids:
        must_stand(command.connection, schema.attachment, ids)
        moved = update(schema.attachment).where(_a.id.in_(ids)).values(kept=False, task_id=anew)
        command.connection.execute(moved)
        chain.note(command.connection, schema.attachment, ids, command.actor)


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


def _fault(command: Command, row: Row[Any], place: _Place, field: str, of: Definition) -> str | None:
    """Why a file is not handed in here under this field; of files of others nothing is told."""
    if row.kept:
        # A later step may hand on what an earlier one submitted, under the same name only.
        if row.instance_id != place.instance_id:
            return _NOT_HERE
        return None if row.field == field else _OTHER_FIELD
    if row.person_id not in command.actor.persons:
        return _NOT_HERE
    begins = row.instance_id == NOWHERE and place.task_id is None and row.process_key in (place.process_key, None)
    if not begins and (place.task_id is None or row.task_id != place.task_id):
        return _OTHER_STEP
    if row.field != field:
        return _OTHER_FIELD
    return None if row._mapping["class"] == _class(command, place.process_key, field, of) else _OTHER_CLASS


def _of(row: Any) -> Attachment:
    names = ("id", "instance_id", "task_id", "field", "name", "media_type", "size", "sha256", "person_id", "kept")
    return Attachment(**{name: row[name] for name in names}, cls=row["class"], at=clock.instant(row["at"]))
