"""One answer for one key: a second click, a retry after a cut line, a double delivery change nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from engine import canonical, clock, feel, schema
from engine.errors import KeyReused
from engine.prepared import inserting, upsert

if TYPE_CHECKING:
    from engine.runtime import Command

_s = schema.submission.c
_REUSED = "This was sent before with another content. Reload the page and send it again."


def digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of what was sent, in one spelling."""
    return hashlib.sha256(feel.dump(dict(body))[1].encode()).hexdigest()


def answered(command: Command, name: str, object_id: str, key: str | None, body: Mapping[str, Any]) -> Any | None:
    """The answer given before under this key; ``None`` when the key is new or there is none.

    Raises:
        KeyReused: it came before with another content.
    """
    if key is None:
        return None
    query = select(_s.digest, _s.answer).where(
        _s.actor == command.actor.person, _s.command == name, _s.object == object_id, _s.key == key
    )
    row = command.connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.digest != digest(body):
        raise KeyReused(_REUSED)
    return json.loads(row.answer)


def keep(command: Command, name: str, object_id: str, key: str | None, body: Mapping[str, Any], answer: Any) -> None:
    """Remember the answer under this key, in the transaction that earns it.

    Only for what locks its object before it looks: of two that come at the same moment, the second looks when the first
    is through. All else is done ``once``.
    """
    if key is None:
        return
    row = {
        "actor": command.actor.person,
        "command": name,
        "object": object_id,
        "key": key,
        "digest": digest(body),
        "answer": canonical.text(answer),
        "at": clock.micros(command.now),
    }
    inserting(schema.submission).run(command.connection, [row])


def once(command: Command, name: str, object_id: str, key: str | None, told: str, work: Callable[[], Any]) -> Any:
    """Do something unless it has been done under this key; the answer is the same both times.

    The key is taken first: who comes with it at the same moment waits until the other is through.

    Args:
        key: None where there is none; then it is simply done.
        told: digest of what was sent.
        work: does it; its answer is plain JSON.

    Raises:
        KeyReused: the key came before with another content.
    """
    if key is None:
        return work()
    mine = {"actor": command.actor.person, "command": name, "object": object_id, "key": key}
    row = {**mine, "digest": told, "answer": "null", "at": clock.micros(command.now)}
    where = [_s[each] == value for each, value in mine.items()]
    taking = upsert(command.connection.dialect.name, schema.submission, update=False).returning(_s.key)
    # One so old that it is cleared away between the two looks is new again.
    while command.connection.execute(taking, row).first() is None:
        known = command.connection.execute(select(_s.digest, _s.answer).where(*where)).one_or_none()
        if known is not None and known.digest != told:
            raise KeyReused(_REUSED)
        if known is not None:
            return json.loads(known.answer)
    answer = work()
    if answer is not None:
        command.connection.execute(update(schema.submission).where(*where).values(answer=canonical.text(answer)))
    return answer
