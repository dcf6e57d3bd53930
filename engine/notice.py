"""待阅: what is laid before a person for information: copies, reminders, notes from a diagram.

Reading one is all there is to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import case, exists, select, update

from engine import access, clock, ident, schema
from engine.errors import Invalid, NotFound
from engine.evidence import chain
from engine.prepared import upsert

if TYPE_CHECKING:
    from engine.runtime import Command

KINDS = ("copy", "reminder", "note")
LIMIT = 1000
_n, _i = schema.notice.c, schema.instance.c


def send(
    command: Command,
    persons: Iterable[str],
    kind: str,
    instance_id: str,
    *,
    task_id: str | None = None,
    text: str | None = None,
    source: str | None = None,
) -> int:
    """Lay something before people; returns how many got it now.

    The caller has checked that the actor may: this only writes the rows.

    Args:
        kind: ``copy`` 抄送, ``reminder`` 催办 or ``note`` (from a diagram).
        source: what this comes from, such as a job's id: the same source reaches a person once, however often it is
            sent.

    Raises:
        Invalid: the text has more than 1 000 characters.
    """
    text = (text or "").strip() or None
    if text is not None and len(text) > LIMIT:
        raise Invalid("A note has at most {limit} characters.", limit=LIMIT)
    rows = [
        {
            "id": ident.new(),
            "person_id": person,
            "instance_id": instance_id,
            "task_id": task_id,
            "kind": kind,
            "by": command.actor.person,
            "at": clock.micros(command.now),
            "text": text,
            "read_at": None,
            "source": None if source is None else hashlib.sha256(f"{source}/{person}".encode()).hexdigest(),
        }
        for person in dict.fromkeys(persons)
    ]
    if source is not None and rows:
        known = select(_n.source).where(_n.source.in_([row["source"] for row in rows]))
        have = set(command.connection.execute(known).scalars())
        rows = [row for row in rows if row["source"] not in have]
    if rows:
        command.connection.execute(upsert(command.connection.dialect.name, schema.notice, update=False), rows)
        chain.note(command.connection, schema.notice, [row["id"] for row in rows], command.actor)
    return len(rows)


def mark_read(command: Command, notice_id: str) -> tuple[str | None, str | None]:
    """The actor has read a notice; the first time counts. Returns instance, unless it is not theirs to see: a note
    reaches people who know nothing else of a case; and, if it is about one, task.

    Raises:
        NotFound: the actor has none such.
    """
    own = (_n.id == notice_id, access.visible(command.actor, "notice"))
    open_to = exists().where(_i.id == _n.instance_id, access.visible(command.actor, "instance"))
    wanted = select(case((open_to, _n.instance_id)).label("instance_id"), _n.task_id).where(*own)
    about = command.connection.execute(wanted).one_or_none()
    if about is None:
        raise NotFound("You have no such notice.")
    read = update(schema.notice).where(_n.id == notice_id, _n.read_at.is_(None))
    command.connection.execute(read.values(read_at=clock.micros(command.now)))
    return about.instance_id, about.task_id


def mark_all_read(command: Command) -> int:
    """The actor has read everything laid before them; returns how many were still unread."""
    unread = (access.visible(command.actor, "notice"), _n.read_at.is_(None))
    statement = update(schema.notice).where(*unread).values(read_at=clock.micros(command.now))
    return command.connection.execute(statement).rowcount
