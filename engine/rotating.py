"""Keys are rotated: from a moment on, what is written stands under a new one; the database knows which that is.

A machine with other key files than those that the database has been written under, or older ones, must not write: its
lines would look like forged ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from engine import clock, keys, schema
from engine.errors import Unavailable
from engine.evidence import chain
from engine.evidence.unchanged import must_stand
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
    # Whoever rotates at the same time waits here: a file is read and replaced by one after the other.
    must_stand(command.connection, schema.meta, [_PREFIX + name for name in names])
    newest = {name: keys.rotate(state, name, since).newest for name in dict.fromkeys(names)}
    _note(command, newest)
    return {name: each.number for name, each in newest.items()}


def begin(command: Command) -> None:
    """Write down which keys a database is written under, where that is not known yet."""
    rings, known = command.runtime.keys, _known(command.connection)
    _note(command, {name: getattr(rings, name).newest for name in keys.ROTATING if name not in known})


def _known(connection: Connection) -> dict[str, tuple[str, str]]:
    """Number and fingerprint of the key that the database has been written under, by its name."""
    m = schema.meta.c
    query = select(m.key, m.value).where(m.key.in_([_PREFIX + name for name in keys.ROTATING]))
    found = {row.key.removeprefix(_PREFIX): row.value.partition(" ") for row in connection.execute(query)}
    return {name: (number, fingerprint) for name, (number, _, fingerprint) in found.items()}


def _note(command: Command, newest: Mapping[str, keys.Generation]) -> None:
    rows = [{"key": _PREFIX + name, "value": f"{each.number} {each.fingerprint}"} for name, each in newest.items()]
    if not rows:
        return
    must_stand(command.connection, schema.meta, [row["key"] for row in rows])
    upserting(schema.meta).run(command.connection, rows)
    chain.note(command.connection, schema.meta, [row["key"] for row in rows], command.actor)


def check(runtime: Runtime) -> None:
    """Refuse to work with key files that are older than the database, or not its own.

    Raises:
        Unavailable: naming the file.
    """
    rings = runtime.keys
    with runtime.database.read() as connection:
        known = _known(connection)
    for name, (number, fingerprint) in known.items():
        ring: keys.Ring = getattr(rings, name)
        path, mine = str(runtime.state / keys.FOLDER / name), ring.get(int(number))
        if mine is None:
            raise Unavailable(_BEHIND, path=path)
        if mine.fingerprint != fingerprint:
            raise Unavailable(keys.OTHER, path=path)
