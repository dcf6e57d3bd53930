"""What a participant has typed and not yet submitted: one draft per task and person, saved as they type.

Saving takes no lock on the instance. Each save names the revision it was made from; when the same person has saved
from another window meanwhile, both versions are shown and neither is lost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from engine import clock, policy, schema, turn
from engine.errors import Conflict, Invalid
from engine.prepared import upsert

if TYPE_CHECKING:
    from engine.runtime import Command, View

LIMIT = 1_000_000
Content = dict[str, Any]
_d, _t = schema.draft.c, schema.task.c


@dataclass(frozen=True, slots=True)
class Draft:
    """One saved state.

    Attributes:
        content: field values as the page holds them (plain JSON), without sealed ones.
        revision: counts the saves; the page sends it with the next one.
        withheld: names of sealed fields that were not saved: they must not stand anywhere unencrypted.
    """

    content: Content
    revision: int
    saved_at: datetime
    withheld: tuple[str, ...] = ()


class SavedElsewhere(Conflict):
    """The same draft was saved from another window; ``other`` is that version."""

    def __init__(self, other: Draft) -> None:
        super().__init__("You saved this draft from another window at {at}.", at=other.saved_at)
        self.other = other


def read(view: View, task_id: str) -> Draft | None:
    """The actor's own draft of a task."""
    query = select(schema.draft).where(_d.task_id == task_id, _d.person_id == view.actor.person)
    row = view.connection.execute(query).one_or_none()
    return None if row is None else Draft(json.loads(row.content), row.revision, clock.instant(row.saved_at))


def save(command: Command, task_id: str, content: Content, *, revision: int) -> Draft:
    """Save what has been typed so far; nothing is validated but its size.

    Args:
        content: field values; a password in it is dropped.
        revision: that the page was working from; 0 when it knew of no draft.

    Raises:
        NotFound, Forbidden, Conflict: it is not, or no longer, the actor's task.
        SavedElsewhere: another window of the same person was faster.
        Invalid: it is larger than 1 MB.
    """
    task = turn.take(command, task_id)
    sealed = _sealed_names(command, task.process_key)
    withheld = tuple(sorted(sealed & content.keys()))
    text = json.dumps({k: _without_passwords(v) for k, v in content.items() if k not in sealed}, ensure_ascii=False)
    if len(text.encode()) > LIMIT:
        raise Invalid("This draft is too large to be saved ({limit} kB at most).", limit=LIMIT // 1000)
    row = {
        "task_id": task_id,
        "person_id": command.actor.person,
        "revision": revision + 1,
        "content": text,
        "saved_at": clock.micros(command.now),
    }
    if revision == 0:  # a later one has a row that whoever completes the task deletes, before or after
        _hold(command, task_id)
    if not _stored(command, row, revision):
        other = read(command, task_id)
        if other is None:  # it was discarded, which is no other version
            return save(command, task_id, content, revision=0)
        raise SavedElsewhere(other)
    return Draft(json.loads(text), revision + 1, command.now, withheld)


def _hold(command: Command, task_id: str) -> None:
    """Tell the task of it. Whoever completes it at this moment comes before, and this is refused, or after."""
    told = update(schema.task).where(_t.id == task_id, _t.state == "open").values(has_drafts=True)
    if command.connection.execute(told).rowcount == 0:
        turn.take(command, task_id)


def _stored(command: Command, row: dict[str, Any], revision: int) -> bool:
    execute = command.connection.execute
    if revision == 0:
        fresh = upsert(command.connection.dialect.name, schema.draft, update=False).returning(_d.revision)
        return execute(fresh, row).first() is not None
    same = (_d.task_id == row["task_id"], _d.person_id == row["person_id"], _d.revision == revision)
    changed = {name: row[name] for name in ("revision", "content", "saved_at")}
    return execute(update(schema.draft).where(*same).values(**changed)).rowcount == 1


def discard(command: Command, task_id: str) -> None:
    """Throw the actor's own draft away; it is no fault when there is none."""
    command.connection.execute(delete(schema.draft).where(_d.task_id == task_id, _d.person_id == command.actor.person))


def _sealed_names(view: View, process_key: str) -> frozenset[str]:
    process = policy.current(view.connection).processes.get(process_key)
    return frozenset() if process is None else process.sealed


def _without_passwords(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_passwords(v) for k, v in value.items() if k != "password"}
    return [_without_passwords(each) for each in value] if isinstance(value, list) else value
