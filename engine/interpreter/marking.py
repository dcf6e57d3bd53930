"""Where the tokens of an instance stand, as one small blob: what ``Progress.marking`` holds between two commands.

Open tokens, the scopes they stand in and what can be compensated; never specs, history or variables. The one
exception: a completed sub-process that can be undone keeps a copy of its variables, because its rows are gone.

Layout: version byte, packing byte, then msgpack of ``[body, called, next number, scopes]`` with

- a scope: ``[number, host token, detail, done, tokens]``, the instance first, an outer scope before the ones in it;
- a token: ``[number, element id, state, detail]``; ``detail`` is a dict of plain values, or None.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgpack
import zstandard

from engine.errors import EngineError

VERSION = 1
_RAW, _PACKED = 0, 1
_WORTH_PACKING = 600

Detail = dict[str, Any]
_STATES: Final = {8: "waiting", 16: "ready", 32: "started", 128: "failed"}


class State(NamedTuple):
    """A decoded marking.

    Attributes:
        body: element id of the multi-instance whose iteration this is; None: a whole process.
        called: whether a caller waits for the instance, so that errors nobody catches go there.
        following: the next number of a token or scope.
        scopes: rows as in the module's description.
    """

    body: str | None
    called: bool
    following: int
    scopes: list[list[Any]]


def encode(state: State) -> bytes:
    """The blob of a state."""
    raw: bytes = msgpack.packb([state.body, state.called, state.following, state.scopes])
    if len(raw) <= _WORTH_PACKING:
        return bytes((VERSION, _RAW)) + raw
    return bytes((VERSION, _PACKED)) + zstandard.ZstdCompressor(level=1).compress(raw)


def decode(blob: bytes) -> State:
    """The state of a blob.

    Raises:
        EngineError: the blob is of a version that this engine does not read.
    """
    if len(blob) < 2 or blob[0] != VERSION:
        raise EngineError(
            "The marking has version {version}; this engine reads {known}.", version=blob[:1].hex(), known=VERSION
        )
    raw = blob[2:] if blob[1] == _RAW else zstandard.ZstdDecompressor().decompress(blob[2:])
    return State(*msgpack.unpackb(raw, strict_map_key=False))


class OpenToken(NamedTuple):
    """A token that stands somewhere.

    Attributes:
        state: ``ready`` a task waits for a person; ``waiting`` for an event or other tokens; ``started`` for a job, a
            child or what is inside it; ``failed`` for somebody to help.
        armed: nothing stands there: an event on a border, or an event sub-process, waits for what may come.
        holds: what stands there stands inside it.
    """

    token: int
    element: str
    scope: int
    state: str
    armed: bool = False
    holds: bool = False


def open_tokens(blob: bytes) -> list[OpenToken]:
    """All open tokens of a marking, by number."""
    scopes = decode(blob).scopes
    hosts = {scope[1] for scope in scopes}
    return sorted(
        OpenToken(
            number, element, scope[0], _STATES[state], not {"host", "passive"}.isdisjoint(more or ()), number in hosts
        )
        for scope in scopes
        for number, element, state, more in scope[4]
    )


def path(blob: bytes, token: int) -> tuple[int, ...]:
    """The scopes in which a token looks names up, innermost first; its own, if it has one, included. Empty if there
    is no such token.
    """
    rows = {row[0]: (scope, row) for scope in decode(blob).scopes for row in scope[4]}
    found: list[int] = []
    while token in rows:
        scope, row = rows[token]
        if (row[3] or {}).get("own") and token not in found:
            found.append(token)
        found.append(scope[0])
        token = scope[1]
    return tuple(found)
