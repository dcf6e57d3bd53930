"""Messages and signals: how one instance, or the outside, reaches another.

Publisher and subscriber meet on a locked row ``channel(name, key)``: without it, each could miss the other under
READ COMMITTED. A message pairs with at most one open subscription per process, oldest first, or is kept for its
time-to-live. Pairing consumes the subscription and owes a ``deliver`` job; only that one locks the receiving
instance. A receiver that is gone by then gives the message back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Insert, and_, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine import clock, feel, held, ident, job, schema, variables
from engine.errors import KeyReused
from engine.prepared import upsert

if TYPE_CHECKING:
    from engine.held import Held
    from engine.runtime import Command

KEPT_FOR = timedelta(hours=1)
OVER = ("taken", "expired")
"""States in which a message waits for nobody; what a job still names may yet be given back."""
_DAY_US = 86_400_000_000
Content = Mapping[str, feel.Value]
_m, _s, _r = schema.message.c, schema.subscription.c, schema.receipt.c


def key(value: feel.Value) -> str:
    """A correlation key as it stands in the database: texts as they are, other values as FEEL prints them."""
    return "" if value is None else value if isinstance(value, str) else feel.dump(value)[1]


def publish(
    command: Command,
    name: str,
    correlation: feel.Value,
    content: Content,
    *,
    ttl: timedelta | None = None,
    message_id: str | None = None,
    sender: str | None = None,
) -> str:
    """Send a message; returns its id.

    Args:
        correlation: the key that a receiver must have under this name.
        ttl: how long it waits for a receiver when none is there; an hour if not given.
        message_id: sending twice under one id sends once.
        sender: instance whose story says so when nobody took it.

    Raises:
        KeyReused: the id came before with another content.
    """
    variables.must_be_names(content)
    channel = (name, key(correlation))
    message_id = message_id or ident.new()
    text = json.dumps({n: feel.dump(v) for n, v in content.items()}, ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(f"{channel!r}{text}".encode()).hexdigest()
    lock_channel(command, *channel)
    known = command.connection.execute(select(_m.digest).where(_m.id == message_id)).scalar_one_or_none()
    if known is not None:
        if known != digest:
            raise KeyReused("Message {id} was sent before with another content.", id=message_id)
        return message_id
    at = clock.micros(command.now)
    row = {
        "id": message_id,
        "name": name,
        "key": channel[1],
        "content": text,
        "digest": digest,
        "sent_at": at,
        "expires_at": at + (KEPT_FOR if ttl is None else ttl) // timedelta(microseconds=1),
        "instance_id": sender,
        "state": "waiting",
    }
    command.connection.execute(insert(schema.message), [row])
    _route(command, row)
    return message_id


def lock_channel(command: Command, name: str, correlation: str) -> None:
    """Whoever meets under this name and key comes one after the other."""
    used = {"name": name, "key": correlation, "used_at": clock.micros(command.now)}
    command.connection.execute(_locking(command.connection.dialect.name), used)


@cache
def _locking(dialect: str) -> Insert:
    """One statement makes the row or locks the one that is there: between two, the row could be cleared away, and
    nothing would be locked. PostgreSQL locks it also where there is nothing to update."""
    into = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(schema.channel)
    c, used_at = schema.channel.c, into.excluded.used_at
    return into.on_conflict_do_update(
        index_elements=[c.name, c.key], set_={"used_at": used_at}, where=c.used_at < used_at - _DAY_US
    )


def _route(command: Command, message: Mapping[str, Any]) -> None:
    """Pair a waiting message with receivers, start a process with it, or let it wait. The channel is locked."""
    receivers = _receivers(command, message)
    for receiver in receivers:
        _pair(command, receiver, message["id"])
    started = False if receivers else _start(command, message)
    if receivers or started:
        command.connection.execute(update(schema.message).where(_m.id == message["id"]).values(state="taken"))
    else:
        job.add(command, "expire", due_at=message["expires_at"], message_id=message["id"])


def _receivers(command: Command, message: Mapping[str, Any]) -> list[Any]:
    """The oldest open subscription of each process that this message has not entered before."""
    query = (
        select(schema.subscription, schema.instance.c.root_id)
        .join(schema.instance, schema.instance.c.id == _s.instance_id)
        .where(_s.kind == "message", _s.name == message["name"], _s.key == message["key"])
        .where(~select(schema.receipt).where(_r.message_id == message["id"], _r.instance_id == _s.instance_id).exists())
        .order_by(_s.id)
    )
    first: dict[str, Any] = {}
    for row in command.connection.execute(query):
        first.setdefault(row.process_key, row)
    return list(first.values())


def _pair(command: Command, receiver: Any, message_id: str) -> None:
    """Consume a subscription and owe the delivery."""
    command.connection.execute(delete(schema.subscription).where(_s.id == receiver.id))
    job.add(
        command,
        "deliver",
        instance_id=receiver.instance_id,
        root_id=receiver.root_id,
        token=receiver.token,
        arm=receiver.arm,
        message_id=message_id,
        content={"name": receiver.name, "key": receiver.key},
    )


def _start(command: Command, message: Mapping[str, Any]) -> bool:
    """A message start event fires only if no instance of that process and key runs already."""
    e = schema.start_event.c
    started = False
    for event in command.connection.execute(
        select(schema.start_event).where(e.kind == "message", e.name == message["name"])
    ):
        if not is_running(command, event.process_key, message["key"]):
            content = {"process": event.process_key, "element": event.element}
            made = job.row(command, "message_start", root_id=ident.new(), message_id=message["id"], content=content)
            command.connection.execute(insert(schema.job), [made])
            started = True
    return started


def is_running(command: Command, process_key: str, correlation: str) -> bool:
    """Whether an instance of a process runs under a key; without a key every message is about something else."""
    i = schema.instance.c
    running = select(i.id).where(
        i.process_key == process_key, i.business_key == correlation, i.state.in_(("active", "suspended"))
    )
    return bool(correlation) and command.connection.execute(running.limit(1)).first() is not None


def hold(command: Command, message_id: str) -> Any:
    """The row of a message, its channel locked: nobody else pairs or starts anything with it meanwhile."""
    row = command.connection.execute(select(schema.message).where(_m.id == message_id)).one()
    lock_channel(command, row.name, row.key)
    return row


def subscribe(command: Command, held: Held, rows: Sequence[Mapping[str, Any]]) -> None:
    """Open subscriptions of a locked instance; a message that waits for one of them is taken at once."""
    for row in sorted(rows, key=lambda r: (r["kind"], r["name"], r["key"], r["element"])):
        if row["kind"] == "message":
            lock_channel(command, row["name"], row["key"])
        values = {
            "instance_id": held.id,
            "token": row["token"],
            "arm": row["arm"],
            "process_key": held.process_key,
            "kind": row["kind"],
            "name": row["name"],
            "key": row["key"] if row["kind"] == "message" else "",
        }
        opened = command.connection.execute(insert(schema.subscription).returning(_s.id), values).scalar_one()
        if row["kind"] == "message":
            _take_waiting(command, held, opened, values)


def _take_waiting(command: Command, held: Held, subscription_id: int, row: Mapping[str, Any]) -> None:
    """Pair a new subscription with the oldest message that waits on its channel."""
    received = select(_r.message_id).where(_r.message_id == _m.id, _r.instance_id == held.id)
    query = (
        select(_m.id)
        .where(_m.name == row["name"], _m.key == row["key"], _m.state == "waiting")
        .where(_m.expires_at > clock.micros(command.now), ~received.exists())
        .order_by(_m.sent_at, _m.id)
        .limit(1)
    )
    waiting = command.connection.execute(query).scalar_one_or_none()
    if waiting is None:
        return
    command.connection.execute(update(schema.message).where(_m.id == waiting).values(state="taken"))
    command.connection.execute(delete(schema.subscription).where(_s.id == subscription_id))
    job.add(
        command,
        "deliver",
        instance_id=held.id,
        root_id=held.root_id,
        token=row["token"],
        arm=row["arm"],
        message_id=waiting,
        content={"name": row["name"], "key": row["key"]},
    )


def content(command: Command, message_id: str) -> dict[str, feel.Value]:
    """What a message carries."""
    text = command.connection.execute(select(_m.content).where(_m.id == message_id)).scalar_one()
    return {name: feel.load(*dumped) for name, dumped in json.loads(text).items()}


def received(command: Command, message_id: str, instance_id: str) -> bool:
    """Note that a message enters an instance; False if it has been there before."""
    row = {"message_id": message_id, "instance_id": instance_id}
    statement = upsert(command.connection.dialect.name, schema.receipt, update=False)
    return command.connection.execute(statement, row).rowcount > 0


def give_back(command: Command, message_id: str) -> None:
    """The receiver was gone: the message looks for another one."""
    row = hold(command, message_id)
    command.connection.execute(update(schema.message).where(_m.id == message_id).values(state="waiting"))
    _route(command, dict(row._mapping))


# ---- jobs


@job.handler("publish", when_over=True)
def _publish(command: Command, work: job.Job) -> None:
    c = work.content
    publish(
        command,
        c["name"],
        c["key"],
        {n: feel.load(*v) for n, v in c["content"].items()},
        ttl=None if c["ttl"] is None else timedelta(microseconds=c["ttl"]),
        message_id=c["id"],
        sender=c["sender"],
    )


@job.handler("broadcast", when_over=True)
def _broadcast(command: Command, work: job.Job) -> None:
    """A signal reaches everybody who waits for it, each by a job of its own."""
    c = work.content
    broadcast(command, c["name"], {n: feel.load(*v) for n, v in c["content"].items()}, sender=c["sender"])


def broadcast(command: Command, name: str, content: Content, *, sender: str | None = None) -> int:
    """Send a signal; returns how many wait for it.

    Args:
        sender: instance that has thrown it, and has heard it in itself already.
    """
    carried = {n: feel.dump(v) for n, v in content.items()}
    query = (
        select(schema.subscription, schema.instance.c.root_id)
        .join(schema.instance, schema.instance.c.id == _s.instance_id)
        .where(_s.kind == "signal", _s.name == name, _s.instance_id != (sender or ""))
        .order_by(_s.id)
    )
    rows = [
        job.row(
            command,
            "signal",
            instance_id=r.instance_id,
            root_id=r.root_id,
            token=r.token,
            arm=r.arm,
            content={"content": carried, "name": name},
        )
        for r in command.connection.execute(query)
    ]
    e = schema.start_event.c
    for event in command.connection.execute(select(schema.start_event).where(and_(e.kind == "signal", e.name == name))):
        content_ = {"process": event.process_key, "element": event.element, "content": carried}
        rows.append(job.row(command, "signal_start", root_id=ident.new(), content=content_))
    if rows:
        command.connection.execute(insert(schema.job), rows)
    return len(rows)


@job.handler("expire", when_over=True)
def _expire(command: Command, work: job.Job) -> None:
    """Nobody took the message in time: that stands in its sender's story."""
    row = command.connection.execute(select(schema.message).where(_m.id == work.message_id)).one()
    if row.state != "waiting":
        return
    if row.instance_id is not None:
        sender = held.lock(command, row.instance_id)
        sender.record("message.expired", None, name=row.name, key=row.key, message=row.id)
        sender.save(command)
    lock_channel(command, row.name, row.key)
    command.connection.execute(
        update(schema.message).where(_m.id == row.id, _m.state == "waiting").values(state="expired")
    )
