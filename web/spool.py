"""Where requests and answers wait that are too long for memory: on disk, but never in the clear.

A file for a sealed field is encrypted when it is kept. Before that it is a part of a request, and servers put long
ones into temporary files. Here these are encrypted under a key that only this process knows, one for each file.
"""

from __future__ import annotations

import io
import secrets
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, cast

import waitress.buffers  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from flask import Request

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_BLOCK = 16


class _Encrypted(io.RawIOBase):
    """A temporary file that is written once at each place and read anywhere, under a key of its own."""

    def __init__(self) -> None:
        self._file = TemporaryFile("w+b", buffering=0)  # noqa: SIM115 - closed with this
        self._key = AES256(secrets.token_bytes(32))

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer).cast("B")
        at = self._file.tell()
        found = self._file.read(len(target)) or b""
        target[: len(found)] = self._turned(at, found)
        return len(found)

    def write(self, buffer: ReadableBuffer) -> int:
        at, turned = self._file.tell(), memoryview(buffer).cast("B").tobytes()
        return int(self._file.write(self._turned(at, turned)) or 0)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _turned(self, at: int, content: bytes) -> bytes:
        """Clear text to what stands at this place of the file, and back: the same in counter mode."""
        stream = Cipher(self._key, CTR((at // _BLOCK).to_bytes(_BLOCK, "big"))).encryptor()
        stream.update(bytes(at % _BLOCK))
        return stream.update(content)


class _Buffer(waitress.buffers.TempfileBasedBuffer):  # type: ignore[misc]
    """What the server puts a long request or answer into."""

    def newfile(self) -> IO[bytes]:
        return cast("IO[bytes]", io.BufferedRandom(_Encrypted()))


class InMemory(Request):
    """A request whose files stay in memory while they are looked at: their size is limited before they are read."""

    def _get_file_stream(self, *_args: object, **_kwargs: object) -> IO[bytes]:
        return io.BytesIO()


def encrypt() -> None:
    """From now on the server of this process puts into temporary files only what it has encrypted."""
    # Its own buffers name the class by this name, and have no other way to be given one.
    waitress.buffers.TempfileBasedBuffer = _Buffer
