"""Keys are rotated: from a moment on, what is written stands under a new one; the database knows how far that went.

A machine whose key files lack a generation that the database has been written under must not write: its lines would
look like forged ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine import clock, keys, schema
from engine.errors import Unavailable
from engine.evidence import chain
from engine.prepared import upserting

if TYPE_CHECKING:
    from engine.runtime import Command, Runtime

_PREFIX = "key."
_BEHIND = (
    "The key file {path} is older than the database, which has been written under a newer key. "
    "Copy the key files from the machine on which the keys were rotated, or from where they are kept."
)


def rotate(command: Command, names: Sequence[str] = keys.ROTATING) -> dict[str, int]:
    """Begin a new generation of each of these keys; returns their numbers.

    Raises:
        Invalid: there is no such key.
    """
    since, state = clock.micros(command.now), command.runtime.state
    numbers = {name: keys.rotate(state, name, since).newest.number for name in dict.fromkeys(names)}
    rows = [{"key": _PREFIX + name, "value": str(number)} for name, number in numbers.items()]
    upserting(schema.meta).run(command.connection, rows)
    chain.note(command.connection, schema.meta, [row["key"] for row in rows], command.actor)
    return numbers


def check(runtime: Runtime) -> None:
    """Refuse to work with key files that are older than the database.

    Raises:
        Unavailable: naming the file that is behind.
    """
    m, rings = schema.meta.c, runtime.keys
    with runtime.database.read() as connection:
        found = connection.execute(select(m.key, m.value).where(m.key.in_([_PREFIX + name for name in keys.ROTATING])))
        written = {row.key.removeprefix(_PREFIX): int(row.value) for row in found}
    for name, number in written.items():
        ring: keys.Ring = getattr(rings, name)
        if ring.newest.number < number:
            raise Unavailable(_BEHIND, path=str(runtime.state / keys.FOLDER / name))
