"""Running a definition: start, suspend, resume, cancel. A command touches one instance; what reaches others is a
job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sqlalchemy import delete, select

from engine import access, assigning, definition, feel, held, interpreter, job, schema, variables
from engine import submission as submissions
from engine.actor import person_audience
from engine.errors import Conflict, Forbidden, Invalid, NotFound
from engine.held import Held
from engine.prepared import upsert
from engine.writing import write

if TYPE_CHECKING:
    from engine.definition import Definition
    from engine.runtime import Command, View

Values = Mapping[str, feel.Value]
NUMBER_MOST = 255


class Identified(Protocol):
    """Anything that is, or is a row of, one instance's own."""

    @property
    def instance_id(self) -> str:
        """The instance's id."""


def context(view: View, of: Identified, read: Definition) -> interpreter.Context:
    """What the interpreter may ask while it runs this instance: the moment, variables, FEEL, decisions."""
    return interpreter.Context(
        now=view.now,
        values=variables.Stored(view.connection, of.instance_id),
        evaluator=view.evaluator,
        decisions=read.decide(view.evaluator),
        own=lambda element, names: assigning.deadline(view, read, element) if "deadline" in names else {},
    )


def start(
    command: Command, process_key: str, values: Values, *, business_key: str | None = None, key: str | None = None
) -> str:
    """Start the newest released definition of a process; returns the instance's id.

    Args:
        values: variables it begins with; the remits that its catalogue entry names must be among them.
        business_key: the number people know it by.
        key: idempotency key: the same key gives the same instance.

    Raises:
        NotFound: no such process, or not the actor's to start.
        Invalid: a remit is missing, or a name or the number is none.
        KeyReused: the key came before with other values.
    """

    variables.must_be_names(values)
    if business_key is not None and not (0 < len(business_key) <= NUMBER_MOST and feel.is_text(business_key)):
        raise Invalid("The number of a case has 1 to {most} characters.", most=NUMBER_MOST)

    def begun() -> str:
        latest = definition.latest(command, process_key)
        if latest is None or not _may_start(command, latest, values):
            raise NotFound("There is no process {process} that you may start.", process=process_key)
        return begin(command, latest, values, business_key=business_key).id

    told = submissions.digest({"values": values, "number": business_key})
    return str(submissions.once(command, "start", process_key, key, told, begun))


def _may_start(command: Command, latest: Definition, values: Values) -> bool:
    if latest.plain or command.actor.is_engine:
        return command.actor.within is None  # what stands under no remit lies outside of every one
    entry = command.rules.processes[latest.process_key]
    return access.may_start(command.actor, entry, values)


def begin(
    command: Command,
    of: Definition,
    values: Values,
    *,
    business_key: str | None = None,
    parent: Held | None = None,
    token: int | None = None,
    index: int | None = None,
    body: str | None = None,
    at: str | None = None,
    payload: Values | None = None,
    wanted: list[str] | None = None,
) -> Held:
    """Make an instance and run it to its first rest.

    Args:
        parent, token, index: whose child it is, of which parked token, the how-manieth.
        body: run only this body of the definition: one iteration of a parallel multi-instance.
        at: the start event that caused it, with its ``payload``.
        wanted: names whose values the caller asks for at the end.
    """
    new = held.fresh(
        command,
        definition_id=of.id,
        process_key=of.process_key,
        body=body,
        root_id=parent.root_id if parent else "",
        parent_id=parent.id if parent else None,
        parent_token=token,
        parent_index=index,
        # A called process may have other readers, and the number of its caller's case is not theirs to know.
        business_key=business_key or (parent.business_key if parent and body else None),
        remits=dict(parent.remits) if parent and body else _remits(command, of, values),
        wanted=wanted,
    )
    new.root_id = new.root_id or new.id
    if parent is not None:
        new.started_by = parent.started_by
    readers, under = _open_to(command, new, of, values, parent if body or of.plain else None)
    new.record(
        "instance.started",
        at,
        definition=of.id,
        process=of.process_key,
        version=of.version,
        business=new.business_key,
        parent=new.parent_id,
        token=token,
        index=index,
        remits=new.remits,
        readers=sorted(readers),
        under=sorted(under),
        root=new.root_id,
        body=new.body,
        wanted=new.wanted,
        starter=new.started_by,
        columns=sorted(of.columns),
    )
    run = context(command, new, of)
    called = parent is not None
    # What the start form asks for is known from the start, as null where nothing was said.
    asked = {} if body or at else dict.fromkeys(of.asked_at_start)
    known = variables.hidden(command, of.sealed, {**asked, **values})
    progress = interpreter.start(of.spec, run, known, at=at, payload=payload, body=body, called=called)
    write(command, new, of, progress)
    new.save(command)
    return new


def _remits(command: Command, of: Definition, values: Values) -> dict[str, str]:
    return {} if of.plain else access.remits_of(command.rules, of.process_key, values)


def _open_to(
    command: Command, new: Held, of: Definition, values: Values, like: Held | None
) -> tuple[set[str], tuple[str, ...]]:
    """Write who may see the new instance, and under which remits it stands, resolved once; returns both."""
    dialect = command.connection.dialect.name
    starters = () if command.actor.is_engine else command.actor.persons
    if like is not None:
        r = schema.reader.c
        query = select(r.audience).where(r.instance_id == like.id)
        readers = set(command.connection.execute(query).scalars())
    elif of.plain:
        readers = {person_audience(p) for p in starters}
    else:
        rules = command.rules
        decide = partial(command.evaluator.decide, context=values) if rules.processes[of.process_key].when else None
        readers = set(access.audiences_of(rules, of.process_key, new.remits, starters, decide))
    if readers:
        rows = [{"instance_id": new.id, "audience": a} for a in sorted(readers)]
        command.connection.execute(upsert(dialect, schema.reader, update=False), rows)
    remits = access.remit_rows(command.rules, of.process_key, new.remits) if new.remits else ()
    if remits:
        rows = [{"instance_id": new.id, "remit": remit} for remit in remits]
        command.connection.execute(upsert(dialect, schema.remit, update=False), rows)
    return readers, remits


# ---- stop, go on, end


def suspend(command: Command, instance_id: str, reason: str) -> None:
    """Stop an instance and its children where they stand; nobody can work on them until they are resumed."""
    of = for_steward(command, instance_id)
    of.must_be_active()
    stop(command, of, reason)


def stop(command: Command, of: Held, reason: str | None) -> None:
    """Suspend a locked instance, and see that its children follow."""
    of.state = "suspended"
    of.record("instance.suspended", reason=reason)
    job.hold(command, of.id)
    of.save(command)
    _tell_children(command, of, "suspend", reason)


def resume(command: Command, instance_id: str, reason: str) -> None:
    """Let a suspended instance and its children go on; timers that came due meanwhile fire now."""
    of = for_steward(command, instance_id)
    if of.state != "suspended":
        raise Conflict("This case is not suspended.")
    go_on(command, of, reason)


def go_on(command: Command, of: Held, reason: str | None) -> None:
    """Resume a locked instance, and see that its children follow."""
    of.state = "active"
    of.record("instance.resumed", reason=reason)
    job.release(command, of.id)
    command.owing.add(of.root_id)
    of.save(command)
    _tell_children(command, of, "resume", reason)


def cancel(command: Command, instance_id: str, reason: str) -> None:
    """End an instance and its children; what has been done stays in the story."""
    of = for_steward(command, instance_id)
    if of.state not in ("active", "suspended"):
        of.must_be_active()
    if of.parent_id is not None:
        raise Conflict("This case belongs to another one. Cancel that one, or finish what is open here.")
    end(command, of, reason)


def end(command: Command, of: Held, reason: str | None) -> None:
    """Cancel a locked instance; the interpreter says what that takes away, its children among it."""
    of.record("instance.ending", reason=reason)
    advance(command, of, lambda run: interpreter.cancel(*run))
    j = schema.job.c
    # A message on its way here is given back by its own job.
    command.connection.execute(delete(schema.job).where(j.instance_id == of.id, j.kind != "deliver"))


def for_steward(command: Command, instance_id: str) -> Held:
    """Locked, for a person who may steer the process.

    Raises:
        NotFound: there is no such case, or it is not the actor's to see.
        Forbidden: it is not the actor's to steer.
    """
    of = held.lock(command, instance_id, access.visible(command.actor, "instance"))
    if not access.may_steer(command, of.process_key, of.started_by):
        raise Forbidden("Only a steward of this process may do this.")
    return of


def _tell_children(command: Command, of: Held, do: str, reason: str | None) -> None:
    job.add(command, "family", root_id=of.root_id, content={"do": do, "parent": of.id, "token": None, "reason": reason})


# ---- moving


class Run(NamedTuple):
    """What every command of the interpreter is given first."""

    spec: interpreter.Spec
    marking: bytes
    context: interpreter.Context


Step = Callable[[Run], interpreter.Progress | None]


def move(command: Command, instance_id: str, step: Step) -> None:
    """Lock an instance, let the interpreter move it, write what happened; nothing when it is over."""
    of = held.lock(command, instance_id)
    if of.is_active:
        advance(command, of, step)


def advance(command: Command, of: Held, step: Step) -> None:
    """The same for an instance that is locked already."""
    read = definition.load(command, of.definition_id)
    progress = step(Run(read.spec, of.marking, context(command, of, read)))
    if progress is not None:
        write(command, of, read, progress)
        of.save(command)
