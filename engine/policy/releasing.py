"""The policy in force: released by one person, approved by another where one is named, kept in every version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Select, String, cast, func, insert, literal, select
from sqlalchemy.exc import IntegrityError

from engine import clock, schema
from engine.errors import Conflict, Forbidden, NotFound, PolicyInvalid, Problem
from engine.evidence import chain
from engine.policy.model import Policy
from engine.policy.reading import belongs, digest, read, read_released, text

if TYPE_CHECKING:
    from engine.runtime import Command

_KEPT = 32
_p = schema.policy.c
# A version's content never changes, so neither does what has been read from it. The digest keeps apart the databases of
# one process.
_read: dict[tuple[int, str], Policy] = {}


def release(command: Command, files: Mapping[str, bytes], approved_by: str | None = None) -> int:
    """Put a policy into force; returns its version. Releasing what is in force already changes nothing.

    Args:
        files: as for ``read``.
        approved_by: key of the second person, who has looked at it.

    Raises:
        PolicyInvalid: the files have faults.
        Forbidden: the second person is the first.
        Conflict: another release came in between.
    """
    if approved_by is not None and approved_by in command.actor.persons:
        raise Forbidden("A policy is approved by somebody other than who releases it.")
    new, before = read(files), current(command.connection)
    if before.version and before.digest == new.digest:
        return before.version
    _count_up(before, new)
    row = {
        "version": before.version + 1,
        "digest": new.digest,
        "content": text({path: body for path, body in files.items() if belongs(path)}),
        "released_at": clock.micros(command.now),
        "released_by": command.actor.person,
        "approved_by": approved_by,
    }
    try:
        command.connection.execute(insert(schema.policy), row)
        chain.note(command.connection, schema.policy, [row["version"]], command.actor)
    except IntegrityError as error:
        raise Conflict("Somebody else has just released a policy. Look at it, then release again.") from error
    return before.version + 1


def _count_up(before: Policy, new: Policy) -> None:
    """Due dates keep the version of the calendar they were counted with: two calendars must not share one."""
    changed = before.calendar.overrides != new.calendar.overrides
    if before.version and changed and before.calendar.version == new.calendar.version:
        sentence = "The days have changed but the version is still {version}. Count it up."
        problem = Problem("calendar version", sentence, {"version": new.calendar.version})
        raise PolicyInvalid("The policy has faults. Nothing was released.", [problem])


def current(connection: Connection) -> Policy:
    """The policy in force; an empty one of version 0 where none was released. One small statement, unless it is new."""
    row = connection.execute(select(_p.version, _p.digest).order_by(_p.version.desc()).limit(1)).one_or_none()
    return Policy() if row is None else known(connection, row.version, row.digest)


def newest(kind: str) -> Select[tuple[str, str, str]]:
    """Version (as text) and digest of the policy in force behind a word, for a statement that reads them along."""
    last = select(func.max(_p.version)).scalar_subquery()
    return select(literal(kind).label("kind"), cast(_p.version, String), _p.digest).where(_p.version == last)


def at(connection: Connection, version: int) -> Policy:
    """The policy as it was released under a version.

    Raises:
        NotFound: there is no such version.
    """
    found = connection.execute(select(_p.digest).where(_p.version == version)).scalar()
    if found is None:
        raise NotFound("There is no policy of version {version}.", version=version)
    return known(connection, version, found)


def known(connection: Connection, version: int, fingerprint: str) -> Policy:
    """The policy of a version and digest that another statement has read along: no statement, unless it is new."""
    kept = _read.get((version, fingerprint))
    if kept is not None:
        return kept
    content = connection.execute(select(_p.content).where(_p.version == version)).scalar_one()
    files = {path: body.encode() for path, body in json.loads(content).items()}
    made = replace(read_released(files), version=version, digest=fingerprint)
    while len(_read) >= _KEPT:
        _read.pop(next(iter(_read)), None)
    _read[version, fingerprint] = made
    return made


__all__ = ["at", "current", "digest", "known", "newest", "release"]
