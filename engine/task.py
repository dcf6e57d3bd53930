"""User tasks: what people can do with the work that waits for them.

Every command locks the task's instance first. What a page carries is the task's own stamp, which changes only when
that task does, so a colleague elsewhere in the same case is no conflict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from engine import (
    access,
    attachment,
    clock,
    definition,
    handing,
    held,
    ident,
    instance,
    interpreter,
    schema,
    separation,
    withdrawal,
)
from engine import submission as submissions
from engine.access import doing
from engine.errors import Conflict, Forbidden, FormInvalid, NotFound, Problem
from engine.evidence import chain
from engine.held import Held
from engine.prepared import Prepared, together
from engine.writing import write

if TYPE_CHECKING:
    from engine.runtime import Command

_t, _i = schema.task.c, schema.instance.c
_STALE = (
    "{who} {change} this task at {at}, after your page was opened. What you typed still stands there: copy what you "
    "need before you reload it."
)
_GONE = "There is no such task, or it is not yours to see."


@dataclass(frozen=True, slots=True)
class Answer:
    """What completing a task led to.

    Attributes:
        next_task: a task this opened that the same person may do, if there is one.
        ended: the instance is over.
    """

    instance_id: str
    next_task: str | None
    ended: bool


# ---- completing


def complete(
    command: Command, task_id: str, submission: Mapping[str, Any], *, stamp: int | None = None, key: str | None = None
) -> Answer:
    """Hand a task's form in; the instance moves to its next rest in the same transaction.

    Args:
        submission: values by field key, as a form sends them.
        stamp: of the task as the page showed it; None if the caller does not mind.
        key: idempotency key.

    Raises:
        NotFound: no such task, or not the actor's.
        Conflict: somebody was faster, or the instance is suspended.
        Forbidden: the actor did what the diagram says must be somebody else's, or another person has claimed it.
        FormInvalid: with one problem for each field at fault.
        KeyReused: the key came before with another submission.
    """
    of, task = _lock(command, task_id)
    if task.state != "open" and (known := submissions.answered(command, "complete", task_id, key, submission)):
        return Answer(**known)
    _must_be_open(of, task, stamp)
    _must_be_theirs(command, task)
    read = definition.load(command, of.definition_id)
    separation.must_not_have_done(command, of, read, task.element)
    run = instance.context(command, of, read)
    values = handing.taken(command, of, read, run, task, submission)
    progress = interpreter.complete(read.spec, of.marking, run, task.token, values)
    rows = write(command, of, read, progress, completed=task_id)
    mine = next((t["id"] for t in rows.opened if _for_me(command, rows, t)), None)
    answer = Answer(of.id, mine, not of.is_active)
    kept = {"instance_id": answer.instance_id, "next_task": answer.next_task, "ended": answer.ended}
    with together(command.connection):
        _forget_drafts(command, task)
        of.save(command)
        submissions.keep(command, "complete", task_id, key, submission, kept)
    return answer


def _for_me(command: Command, rows: Any, task: Mapping[str, Any]) -> bool:
    if task["assignee"] is not None:
        return bool(task["assignee"] == command.actor.person)
    audiences = {c["audience"] for c in rows.inserts[schema.candidate] if c["task_id"] == task["id"]}
    return bool(audiences & command.actor.audiences)


def _forget_drafts(command: Command, task: Any) -> None:
    if task.has_drafts:
        command.connection.execute(delete(schema.draft).where(schema.draft.c.task_id == task.id))


# ---- taking and giving


def claim(command: Command, task_id: str, *, stamp: int | None = None) -> None:
    """Reserve a task for oneself."""
    of, task = _lock(command, task_id)
    _must_be_open(of, task, stamp)
    if task.assignee == command.actor.person:
        return
    _must_be_theirs(command, task)
    read = definition.load(command, of.definition_id)
    separation.must_not_have_done(command, of, read, task.element)
    if not access.may_still_take(command.connection, task_id, command.actor.persons, command.now):
        raise Forbidden("This task is for others to do.")
    _give(command, of, task, "claimed", command.actor.person)


def unclaim(command: Command, task_id: str, *, stamp: int | None = None) -> None:
    """Put a task back for whoever else may do it."""
    of, task = _lock(command, task_id)
    _must_be_open(of, task, stamp)
    if task.assignee not in command.actor.persons:
        raise Forbidden("Only who has claimed a task can put it back.")
    if not task.candidates:
        raise Conflict("This task is for you alone; hand it over to somebody instead.")
    _give(command, of, task, "unclaimed", None)


def assign(command: Command, task_id: str, person: str, reason: str, *, stamp: int | None = None) -> None:
    """Hand a task over to another person; the reason stands in the story.

    The person must be one of those who may do it.
    """
    if not reason.strip():
        raise FormInvalid("Say why.", [Problem("reason", "A reason is needed.")])
    of, task = _lock(command, task_id)
    _must_be_open(of, task, stamp)
    _must_be_theirs(command, task)
    if not access.may_take(command.connection, task_id, person, command.now):
        raise FormInvalid("The task cannot be handed over.", [Problem("person", "This person may not do the task.")])
    read = definition.load(command, of.definition_id)
    separation.must_not_have_done(command, of, read, task.element, person)
    _give(command, of, task, "assigned", person, reason=reason)
    attachment.hand_over(command, task_id, person)


def _give(command: Command, of: Held, task: Any, change: str, assignee: str | None, **data: Any) -> None:
    command.connection.execute(
        update(schema.task)
        .where(_t.id == task.id)
        .values(
            assignee=assignee,
            stamp=task.stamp + 1,
            change=change,
            changed_by=command.actor.person,
            changed_at=of.moment(command),
            seen_at=None if change == "assigned" else task.seen_at,
        )
    )
    given = {"token": task.token, "task": task.id, "assignee": assignee, "stamp": task.stamp + 1}
    of.record(f"task.{change}", task.element, **given, **data)
    of.save(command)


def seen(command: Command, task_id: str) -> None:
    """The task was opened by somebody who may do it: from now on it cannot be taken back silently."""
    shown = select(_t.id).where(_t.id == task_id, access.visible(command.actor, "task")).scalar_subquery()
    statement = update(schema.task).where(_t.id == shown, _t.seen_at.is_(None), _t.state == "open")
    command.connection.execute(statement.values(seen_at=clock.reading(command.connection.dialect.name)))


def withdraw(command: Command, task_id: str, reason: str) -> str:
    """Take back a task one has completed, while nobody has opened what it led to; returns the new task's id.

    Raises:
        Conflict: somebody has opened the next task, or what the completion did cannot all be put back.
    """
    of, task = _lock(command, task_id)
    if task.state != "completed" or task.closed_by not in command.actor.persons:
        raise Conflict("Only a task that you completed yourself can be taken back.")
    return withdrawal.take_back(command, of, task, reason)


# ---- telling others


def remind(command: Command, task_id: str, text: str) -> int:
    """Ask those who have a task to get on with it; returns how many were told."""
    of, task = _lock(command, task_id, of_case=True)
    if task.state != "open":
        raise Conflict("This task is already done.")
    persons = [task.assignee] if task.assignee else access.holders(command.connection, task_id, command.now)
    _tell(command, of, task, persons, "reminder", text)
    of.record("task.reminded", task.element, task=task_id, persons=sorted(persons), text=text)
    of.save(command)
    return len(persons)


def copy(command: Command, task_id: str, persons: Sequence[str], text: str) -> None:
    """Send a case to others for their information: to those who may see it anyhow; it opens nothing to anybody."""
    of, task = _lock(command, task_id)
    if not persons:
        raise FormInvalid("Nobody was chosen.", [Problem("persons", "Choose at least one person.")])
    if barred := access.may_not_be_told(command.connection, of.id, persons):
        faults = [Problem("persons", "{who} may not see this case.", {"who": each}) for each in barred]
        raise FormInvalid("It cannot be sent.", faults)
    _tell(command, of, task, persons, "copy", text)
    of.record("task.copied", task.element, task=task_id, persons=sorted(persons), text=text)
    of.save(command)


def _tell(command: Command, of: Held, task: Any, persons: Sequence[str], kind: str, text: str) -> None:
    rows = [
        {
            "id": ident.new(),
            "person_id": person,
            "instance_id": of.id,
            "task_id": task.id,
            "kind": kind,
            "by": command.actor.person,
            "at": clock.micros(command.now),
            "text": text,
        }
        for person in persons
    ]
    if rows:
        command.connection.execute(insert(schema.notice), rows)
        chain.note(command.connection, schema.notice, [row["id"] for row in rows], command.actor)


# ---- guards


def _lock(command: Command, task_id: str, *, of_case: bool = False) -> tuple[Held, Any]:
    """Instance and task, both locked, in one statement that also reads the clock and whether the task is the actor's.

    Args:
        of_case: seeing the case is enough; otherwise the task itself must be the actor's to see.
    """
    row = _LOCK.row(command.connection, {"b_task": task_id, **doing.bindings(command.actor)})
    # What is not there and what is not the actor's are found out by the same two statements.
    if (row is None or not row.theirs) and not (_is_seen(command, task_id, of_case) and row is not None):
        raise NotFound(_GONE)
    assert row is not None
    command.at(clock.instant(row.now_))
    command.governed_by(row.policy_version, row.policy_digest)
    return held.of_columns(row[: len(schema.instance.columns)]), row


def _is_seen(command: Command, task_id: str, of_case: bool) -> bool:
    mine = access.visible(command.actor, "task")
    if of_case:
        mine = or_(mine, access.visible(command.actor, "instance"))
    query = select(_t.id).join(schema.instance, _i.id == _t.instance_id).where(_t.id == task_id, mine)
    return command.connection.execute(query).first() is not None


_p, _a = schema.policy.c, schema.attachment.c
_NEWEST = select(func.max(_p.version)).scalar_subquery()
_POLICY = (
    _NEWEST.label("policy_version"),
    select(_p.digest).where(_p.version == _NEWEST).scalar_subquery().label("policy_digest"),
)
_LOCKED = (
    *(column.label(f"i_{column.name}") for column in schema.instance.columns),
    *schema.task.columns,
    access.is_offered_at_all(_t.id).label("candidates"),
    select(_a.id).where(_a.task_id == _t.id).exists().label("files"),
)
_LOCK = Prepared(
    lambda dialect: (
        select(*_LOCKED, *_POLICY, doing.OFFERED.label("theirs"), clock.reading(dialect).label("now_"))
        .join(schema.instance, _i.id == _t.instance_id)
        .where(_t.id == bindparam("b_task"))
        .with_for_update(of=[schema.instance, schema.task])
    )
)


def _must_be_open(of: Held, task: Any, stamp: int | None) -> None:
    """Refuse a task that has moved on, saying who moved it and when."""
    if task.state != "open" or (stamp is not None and stamp != task.stamp):
        moved = {"change": task.change, "at": clock.instant(task.changed_at)}
        raise Conflict(_STALE, who=task.changed_by, process=task.process_key, **moved)
    of.must_be_active()


def _must_be_theirs(command: Command, task: Any) -> None:
    if task.assignee is not None and task.assignee not in command.actor.persons:
        sentence = "{who} has this task. Ask for it to be handed over."
        raise Forbidden(sentence, who=task.assignee, process=task.process_key)
    if not task.theirs:
        raise Forbidden("This task is for others to do.")
