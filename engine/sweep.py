"""Tasks that somebody has taken and may no longer do: they go back to everybody they are offered to.

A role is taken away, a grant or a substitution runs out, a remit is closed to a person, somebody leaves: from then on
they cannot even see what they had taken, and it would lie there. Whatever takes rights away owes a ``sweep`` for the
person; that looks for what they hold and owes a ``put_back`` for each task, since a command touches one instance only.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, insert, not_, or_, select, update

from engine import access, clock, held, job, schema
from engine.actor import ENGINE_KEY

if TYPE_CHECKING:
    from engine.runtime import Command

_t, _s = schema.task.c, schema.substitution.c
_NOBODY = (
    "“{step}” waits for {person}, who may no longer do it, and nobody else is named for it. "
    "Give back what {person} has lost and try again, or end the case."
)


def owe(command: Command, persons: Iterable[str], at: datetime | None = None) -> None:
    """Look at a moment, at once unless said otherwise, what these persons hold and may no longer do."""
    due = None if at is None else clock.micros(at)
    rows = [job.row(command, "sweep", due_at=due, content={"person": person}) for person in persons]
    if rows:
        command.connection.execute(insert(schema.job), rows)


@job.handler("sweep")
def _sweep(command: Command, work: job.Job) -> None:
    person = work.content["person"]
    lost = select(_t.id, _t.instance_id, schema.instance.c.root_id).join(
        schema.instance, schema.instance.c.id == _t.instance_id
    )
    lost = lost.where(_t.assignee == person, _t.state == "open", not_(_may_do(command, person)))
    found = command.connection.execute(lost.order_by(_t.id)).all()
    owed = _owed(command, {row.instance_id for row in found})
    rows = [
        job.row(
            command,
            "put_back",
            instance_id=row.instance_id,
            root_id=row.root_id,
            content={"task": row.id, "person": person},
        )
        for row in found
        if (row.id, person) not in owed
    ]
    if rows:
        command.connection.execute(insert(schema.job), rows)


def _owed(command: Command, instances: Collection[str]) -> set[tuple[str, str]]:
    """Whose tasks in these cases are being put back, or could not be: losing two rights at once is one loss."""
    if not instances:
        return set()
    j = schema.job.c
    query = select(j.content).where(j.kind == "put_back", j.instance_id.in_(sorted(instances)))
    contents = map(json.loads, command.connection.execute(query).scalars())
    return {(content["task"], content["person"]) for content in contents}


def _may_do(command: Command, person: str) -> ColumnElement[bool]:
    """A row of ``task`` is the person's to do: in their own name, or for somebody they stand in for now."""
    now = clock.micros(command.now)
    principals = select(_s.person_id).where(_s.substitute_id == person, _s.from_at <= now, _s.until_at > now)
    names = [None, *sorted(set(command.connection.execute(principals).scalars()))]
    return or_(*(access.may_do(access.actor(command.connection, person, command.now, name)) for name in names))


@job.handler("put_back")
def _put_back(command: Command, work: job.Job) -> None:
    """Everything is looked at again, with the case locked: they may have done it, or have got the role back.

    Raises:
        Hopeless: nobody else could take it, so that it would be lost from every list: an incident, which asks again
            when it is tried again. Whom the diagram names in person, a lost role takes nothing from; a recusal does.
    """
    person, task_id = work.content["person"], work.content["task"]
    of = held.lock(command, str(work.instance_id))
    query = select(schema.task, _may_do(command, person).label("theirs")).where(_t.id == task_id)
    task = command.connection.execute(query).one()
    if task.state != "open" or task.assignee != person or task.theirs:
        return
    if not _others(command, task_id):
        raise job.Hopeless(_NOBODY, step=task.name, person=person)
    free = update(schema.task).where(_t.id == task_id)
    free = free.values(assignee=None, stamp=task.stamp + 1, seen_at=None, change="unclaimed")
    command.connection.execute(free.values(changed_by=ENGINE_KEY, changed_at=of.moment(command)))
    given = {"token": task.token, "task": task_id, "assignee": None, "stamp": task.stamp + 1}
    of.record("task.unclaimed", task.element, **given, lost=person)
    of.save(command)


def _others(command: Command, task_id: str) -> bool:
    """A role that nobody holds now may be given to somebody; a person who is named is there or is not."""
    found = access.offers_role(command.connection, task_id)
    return found or bool(access.holders(command.connection, task_id, command.now))
