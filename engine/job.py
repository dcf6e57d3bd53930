"""Work the engine owes: timers, service tasks, messages to deliver, children to start, parents to resume.

A job is written in the transaction that owes it. Whoever carries it out opens a command: instance lock first, then
the job is deleted by id and fence; no row means that somebody else has it. A lease only keeps workers out of each
other's way, it decides nothing.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from engine import clock, ident, schema
from engine.actor import ENGINE
from engine.errors import EngineError, Unavailable

if TYPE_CHECKING:
    from engine.runtime import Command, Runtime, View

LEASE_US = 60_000_000
BACKOFF_US = 5_000_000
AT_ONCE = 20
AT_ONCE_S = 0.15
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One leased piece of work; ``text`` is its content as it stands in the row.

    Attributes:
        message_id: the message that a job is about, which stands as long as the job does.
    """

    id: str
    kind: str
    instance_id: str | None
    root_id: str | None
    token: int | None
    arm: int | None
    element: str | None
    due_at: int
    text: str
    attempts: int
    retries: int
    fence: int
    message_id: str | None

    @property
    def content(self) -> dict[str, Any]:
        """Plain JSON. Read when it is asked for, so that a row nobody can read fails alone."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def spot(self) -> tuple[str, int, int]:
        """Instance, token and arm of a job that is for one token; arm 0 where there is none."""
        assert self.instance_id is not None and self.token is not None
        return self.instance_id, self.token, self.arm or 0


class Hopeless(EngineError):
    """Trying again cannot help: the job becomes an incident at once."""


Handler = Callable[["Command", Job], None]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of job is carried out.

    Attributes:
        work: runs in the command that deletes the job.
        before: runs in a transaction of its own before that one, at least once, with the job's id as idempotency key.
        when_over: still runs when its instance has ended.
        steers: still runs when its instance is suspended.
    """

    work: Callable[..., None]
    before: Callable[[Runtime, Job], Any] | None = None
    when_over: bool = False
    steers: bool = False


_KINDS: dict[str, _Kind] = {}


def handler(kind: str, *, when_over: bool = False, steers: bool = False) -> Callable[[Handler], Handler]:
    """Register what a kind of job does."""

    def register(work: Handler) -> Handler:
        _KINDS[kind] = _Kind(work, when_over=when_over, steers=steers)
        return work

    return register


def handler_in_two_steps(kind: str, before: Callable[[Runtime, Job], Any]) -> Callable[[Callable[..., None]], Any]:
    """Register a kind whose work is done outside the instance's transaction, and whose answer is then taken in."""

    def register(work: Callable[..., None]) -> Callable[..., None]:
        _KINDS[kind] = _Kind(work, before=before)
        return work

    return register


def plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """What a sentence is filled in with, as JSON has it."""
    found: dict[str, Any] = json.loads(json.dumps(params, ensure_ascii=False, default=str))
    return found


def row(
    command: Command,
    kind: str,
    *,
    instance_id: str | None = None,
    root_id: str | None = None,
    token: int | None = None,
    arm: int | None = None,
    element: str | None = None,
    due_at: int | None = None,
    content: Mapping[str, Any] | None = None,
    retries: int = 3,
    message_id: str | None = None,
) -> dict[str, Any]:
    """A row of table ``job``; without ``due_at`` it is due at once and run right after the commit.

    Args:
        message_id: a message that has to stand as long as this is owed.
    """
    if due_at is None and root_id is not None:
        command.owing.add(root_id)
    return {
        "id": ident.new(),
        "kind": kind,
        "instance_id": instance_id,
        "root_id": root_id,
        "token": token,
        "arm": arm,
        "element": element,
        "due_at": clock.micros(command.now) if due_at is None else due_at,
        "content": json.dumps(content or {}, ensure_ascii=False),
        "state": "ready",
        "attempts": 0,
        "retries": retries,
        "fence": 0,
        "leased_until": None,
        "message_id": message_id,
    }


def add(command: Command, kind: str, **options: Any) -> None:
    """Owe one job; options as for ``row``."""
    command.connection.execute(insert(schema.job), [row(command, kind, **options)])


# ---- taking


def due(connection: Connection) -> bool:
    """Whether anything waits to be leased: a cheap look that locks nothing."""
    j = schema.job.c
    query = select(j.id).where(*_leasable(connection, clock.micros(clock.now(connection)))).limit(1)
    return connection.execute(query).first() is not None


def lease(connection: Connection, limit: int, *, roots: Collection[str] | None = None) -> list[Job]:
    """Take up to ``limit`` due jobs for a minute, oldest first.

    Args:
        roots: only jobs of these families, and no service tasks: what may run in the process that owes it.
    """
    j = schema.job.c
    chosen = select(j.id).where(*_leasable(connection, clock.micros(clock.now(connection))))
    if roots is not None:
        chosen = chosen.where(j.root_id.in_(roots), j.kind != "connector")
    chosen = chosen.order_by(j.due_at, j.id).limit(limit).with_for_update(skip_locked=True)
    taken = (
        update(schema.job)
        .where(j.id.in_(chosen))
        .values(fence=j.fence + 1, leased_until=clock.lease_now(connection) + LEASE_US)
        .returning(schema.job)
    )
    rows = sorted(connection.execute(taken).all(), key=lambda r: (r.due_at, r.id))
    return [_job(r) for r in rows]


def _leasable(connection: Connection, now: int) -> tuple[Any, ...]:
    j, lease_now = schema.job.c, clock.lease_now(connection)
    # A lease that reaches further ahead than one can was taken before the clock was set back.
    free = or_(j.leased_until.is_(None), j.leased_until < lease_now, j.leased_until > lease_now + LEASE_US)
    return j.state == "ready", j.due_at <= now, free


def _job(r: Any) -> Job:
    return Job(
        r.id,
        r.kind,
        r.instance_id,
        r.root_id,
        r.token,
        r.arm,
        r.element,
        r.due_at,
        r.content,
        r.attempts,
        r.retries,
        r.fence,
        r.message_id,
    )


# ---- carrying out


def run(runtime: Runtime, job: Job) -> None:
    """Carry out one leased job; a failure is counted, tried again later, and in the end becomes an incident."""
    try:
        kind = _kind(job)
        answer = kind.before(runtime, job) if kind.before is not None else None
        with runtime.write(ENGINE, follow_up=False) as command:
            if _take(command, job, kind):
                kind.work(command, job, answer) if kind.before is not None else kind.work(command, job)
    except Unavailable:
        raise
    except (Exception, SystemExit) as error:  # a service of somebody's may ask for the program's end
        if not isinstance(error, EngineError):
            _log.exception("job failed: kind=%s id=%s", job.kind, job.id)
        _failed(runtime, job, error)


def _kind(job: Job) -> _Kind:
    if job.kind not in _KINDS:
        raise Hopeless(
            "Nothing here knows how to do work of the kind {kind}. Stop what is older than the rest, then try again.",
            kind=job.kind,
        )
    return _KINDS[job.kind]


def _take(command: Command, job: Job, kind: _Kind) -> bool:
    """Lock the job's instance, then the job itself; False when there is nothing to do."""
    mine, state = _mine(job), _lock(command, job)
    if state == "suspended" and not kind.steers:
        command.connection.execute(update(schema.job).where(*mine).values(state="held", leased_until=None))
        return False
    if command.connection.execute(delete(schema.job).where(*mine)).rowcount == 0:
        return False
    return job.instance_id is None or state in ("active", "suspended") or kind.when_over


def _mine(job: Job) -> tuple[Any, ...]:
    """The job as it was leased: nobody has taken it over since."""
    j = schema.job.c
    return j.id == job.id, j.fence == job.fence, j.state == "ready"


def _lock(command: Command, job: Job) -> str | None:
    """Lock the job's instance, which comes before the job; its state."""
    if job.instance_id is None:
        return None
    query = select(schema.instance.c.state).where(schema.instance.c.id == job.instance_id).with_for_update()
    return command.connection.execute(query).scalar_one_or_none()


def _failed(runtime: Runtime, job: Job, error: BaseException) -> None:
    try:
        _count(runtime, job, error)
    except Unavailable:
        raise
    except Exception:
        # Its case cannot be told of it: without an end here it would come back every minute for ever.
        _log.exception("failed job not told of: kind=%s id=%s", job.kind, job.id)
        with runtime.database.write() as connection:
            gone = update(schema.job).where(*_mine(job))
            connection.execute(gone.values(state="failed", leased_until=None))


def _count(runtime: Runtime, job: Job, error: BaseException) -> None:
    attempts = job.attempts + 1
    lost = attempts >= job.retries or isinstance(error, Hopeless)
    with runtime.write(ENGINE, follow_up=False) as command:
        _lock(command, job)
        values: dict[str, Any] = {"attempts": attempts, "leased_until": None}
        values |= {"state": "failed"} if lost else {"due_at": clock.micros(command.now) + _pause(attempts)}
        counted = command.connection.execute(update(schema.job).where(*_mine(job)).values(**values)).rowcount
        if counted and lost and "failed" in _KINDS:
            _KINDS["failed"].work(command, job, error)


def _pause(attempts: int) -> int:
    """Microseconds before the next try."""
    return int(BACKOFF_US * 4 ** (attempts - 1))


def on_failed(work: Callable[[Command, Job, BaseException], None]) -> Callable[[Command, Job, BaseException], None]:
    """Register what happens when a job has used up its retries."""
    _KINDS["failed"] = _Kind(work)
    return work


def drain(runtime: Runtime, roots: frozenset[str]) -> None:
    """Run what a committed command owes to its own families: at most 20 jobs or 150 ms, never service tasks."""
    end, left = time.monotonic() + AT_ONCE_S, AT_ONCE
    while left > 0 and time.monotonic() < end:
        with runtime.database.write() as connection:
            jobs = lease(connection, min(left, 5), roots=roots)
        if not jobs:
            return
        for job in jobs:
            run(runtime, job)
        left -= len(jobs)


def run_due(runtime: Runtime, limit: int = 20) -> int:
    """Lease and run up to ``limit`` due jobs of any kind; returns how many there were."""
    with runtime.read() as view:
        if not due(view.connection):
            return 0
    with runtime.database.write() as connection:
        jobs = lease(connection, limit)
    for job in jobs:
        run(runtime, job)
    return len(jobs)


def is_owed(view: View, instance_id: str) -> bool:
    """Whether work of the instance's family is due now, or being done."""
    j, i = schema.job.c, schema.instance.c
    root = select(i.root_id).where(i.id == instance_id).scalar_subquery()
    due_now = (j.state.in_(("ready", "leased")), j.due_at <= clock.micros(view.now))
    return view.connection.execute(select(j.id).where(j.root_id == root, *due_now).limit(1)).first() is not None


def hold(command: Command, instance_id: str) -> None:
    """Suspended: what is owed to the instance waits."""
    _move(command, instance_id, "ready", "held")


def release(command: Command, instance_id: str) -> None:
    """Resumed: what waited is due again."""
    _move(command, instance_id, "held", "ready")


def _move(command: Command, instance_id: str, old: str, new: str) -> None:
    j = schema.job.c
    statement = update(schema.job).where(j.instance_id == instance_id, j.state == old)
    command.connection.execute(statement.values(state=new, leased_until=None))


def failed(view: Any, instance_id: str) -> Sequence[Any]:
    """Jobs of an instance that have used up their retries."""
    j = schema.job.c
    query = select(schema.job).where(j.instance_id == instance_id, j.state == "failed")
    return tuple(view.connection.execute(query).all())
