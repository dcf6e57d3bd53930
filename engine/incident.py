"""What needs a person: a step or a job that failed for good, and the ways to help it on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, insert, select, update

from engine import clock, definition, feel, held, ident, instance, interpreter, job, schema, variables
from engine.errors import Conflict, EngineError, NotFound
from engine.held import Held
from engine.writing import write

if TYPE_CHECKING:
    from engine.runtime import Command

_n = schema.incident.c
_FOR_A_STEP = ("connector", "call", "fan")
"""Jobs that a step of the diagram waits for."""


@job.on_failed
def _job_failed(command: Command, work: job.Job, error: BaseException) -> None:
    """A job has used up its retries: say so in its instance's story and wait for a person."""
    message, given = _told(error)
    params = job.plain(given)
    of = None if work.instance_id is None else held.lock(command, work.instance_id)
    row = {
        "id": ident.new(),
        "instance_id": work.instance_id or work.content.get("parent") or "",
        "token": work.token,
        "job_id": work.id,
        "element": work.element,
        "message": message,
        "params": json.dumps(params, ensure_ascii=False),
        "opened_at": clock.micros(command.now) if of is None else of.moment(command),
    }
    if of is not None:
        told = {"id": row["id"], "token": work.token, "message": message, "params": params}
        of.record("incident.opened", work.element, incident=f"job:{work.id}", **told)
        of.save(command)
    command.connection.execute(insert(schema.incident), row)


def _told(error: BaseException) -> tuple[str, dict[str, Any]]:
    """What may be told of a failure: our own sentences, but never the text of a stranger's exception (it may hold
    contents)."""
    if isinstance(error, EngineError):
        return error.message, dict(error.params)
    return "The work failed inside the program. The log says more.", {}


def retry(command: Command, incident_id: str, *, operating: bool = False) -> None:
    """Try the failed step or job again.

    Args:
        operating: by whoever looks after the installation, whatever the case; else by a steward of its process.
    """
    of, row = _open(command, incident_id, operating)
    if row.job_id is not None:
        j = schema.job.c
        again = update(schema.job).where(j.id == row.job_id, j.state == "failed")
        command.connection.execute(
            again.values(state="ready", attempts=0, leased_until=None, due_at=clock.micros(command.now))
        )
        command.owing.add(of.root_id)
        _close(command, of, row, "retried")
    else:
        read = definition.load(command, of.definition_id)
        run = instance.context(command, of, read)
        write(command, of, read, interpreter.retry(read.spec, of.marking, run, row.token))
    of.save(command)


def skip(
    command: Command, incident_id: str, values: Mapping[str, feel.Value], reason: str, *, operating: bool = False
) -> None:
    """Take the token past the failed step, with these values in place of what it would have given.

    Args:
        operating: as in ``retry``.
    """
    variables.must_be_names(values)
    of, row = _open(command, incident_id, operating)
    read = definition.load(command, of.definition_id)
    of.record("incident.skipped", row.element, token=row.token, reason=reason)
    if row.job_id is not None:
        j = schema.job.c
        gone = schema.job.delete().where(j.id == row.job_id, j.kind.in_(_FOR_A_STEP))
        if command.connection.execute(gone).rowcount == 0:
            raise Conflict("This is no step of the diagram: it can be tried again, but not passed by.")
        _close(command, of, row, "skipped")
    run = instance.context(command, of, read)
    write(command, of, read, interpreter.skip(read.spec, of.marking, run, row.token, values))
    of.save(command)


def _open(command: Command, incident_id: str, operating: bool) -> tuple[Held, Row[Any]]:
    row = command.connection.execute(select(schema.incident).where(_n.id == incident_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such incident, or it is not yours to see.")
    of = held.lock(command, row.instance_id) if operating else instance.for_steward(command, row.instance_id)
    row = command.connection.execute(select(schema.incident).where(_n.id == incident_id)).one()
    if row.closed_at is not None:
        raise Conflict("{who} has already dealt with this.", who=row.closed_by)
    if not of.is_active:
        of.must_be_active()
    return of, row


def _close(command: Command, of: Held, row: Row[Any], how: str) -> None:
    gone = {"closed_at": of.moment(command), "closed_by": command.actor.person, "closed_how": how}
    command.connection.execute(update(schema.incident).where(_n.id == row.id).values(**gone))
    of.record("incident.closed", row.element, incident=f"job:{row.job_id}", how=how)
