"""A file that somebody sends: read within its limit and looked at, before any transaction begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from engine import filetype
from engine.errors import Invalid
from engine.filetype import Kind

LIMIT = 20 * 1024 * 1024
_CHUNK = 256 * 1024
_TOO_LARGE = "The file {name} is larger than {limit} MB."


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has come and been looked at, and is written nowhere yet."""

    name: str
    kind: Kind
    body: bytes


def receive(stream: IO[bytes], name: str, limit: int = LIMIT) -> bytes:
    """The whole content of an upload, read before any transaction begins.

    Raises:
        Invalid: it is larger than ``limit`` bytes, 20 MB unless told; reading stops there.
    """
    body = bytearray()
    while chunk := stream.read(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise Invalid(_TOO_LARGE, name=filetype.clean(name), limit=limit // 1024 // 1024)
    return bytes(body)


def examined(name: str, body: bytes) -> Upload:
    """A file as it may be kept; to be asked before a transaction begins, for looking into an archive takes its time.

    Raises:
        Invalid: too large, empty, of a kind not taken, or not what its name says.
    """
    name = filetype.clean(name)
    if len(body) > LIMIT:
        raise Invalid(_TOO_LARGE, name=name, limit=LIMIT // 1024 // 1024)
    return Upload(name, filetype.examine(name, body), body)
