"""What an archive unpacks to, read within bounds: a small file can hold a very large one, and say that it does not.

Every part is unpacked piece by piece and counted as it comes; what its directory claims is believed of nothing. An
archive within an archive counts towards the same bounds.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from engine.errors import Invalid

PIECE = 64 * 1024
_ZIP = b"PK\x03\x04"
_HEADER, _LENGTHS = 30, slice(26, 30)
_ENCRYPTED = 0x1
_TOO_MANY = "The file {name} holds more than {limit} parts. Send it by parts."
_TOO_MUCH = "The file {name} unpacks to more than {limit} MB. Send it by parts, or make its pictures smaller."
_TOO_DENSE = "The file {name} unpacks to more than {limit} times its size. Open it, save it once more and try again."
_TOO_DEEP = "The file {name} holds archives within archives, more than {limit} deep. Unpack it first."


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an archive may hold.

    Attributes:
        parts: files in it and in the archives within it.
        size: bytes of them all, unpacked.
        times: so many times the bytes of the archive itself, where they are more than ``free``.
        deep: archives within one another, the outermost counted.
    """

    parts: int = 10_000
    size: int = 100 * 1024 * 1024
    times: int = 100
    free: int = 10 * 1024 * 1024
    deep: int = 3


class Damaged(Exception):
    """It is no archive, or not one that can be unpacked."""


class _Count:
    """What has been unpacked so far, of the outermost archive."""

    def __init__(self, name: str, packed: int, bounds: Bounds) -> None:
        self.name, self.packed, self.bounds = name, packed, bounds
        self.parts = self.size = 0

    def part(self) -> None:
        self.parts += 1
        if self.parts > self.bounds.parts:
            raise Invalid(_TOO_MANY, name=self.name, limit=self.bounds.parts)

    def add(self, size: int) -> None:
        self.size += size
        if self.size > self.bounds.size:
            raise Invalid(_TOO_MUCH, name=self.name, limit=self.bounds.size // 1024 // 1024)
        if self.size > max(self.bounds.free, self.packed * self.bounds.times):
            raise Invalid(_TOO_DENSE, name=self.name, limit=self.bounds.times)


def weigh(name: str, body: bytes, bounds: Bounds, *, locked: bool = False) -> list[str]:
    """The names of an archive's parts, once all of it was unpacked and found to be within bounds.

    Args:
        locked: take also what needs a password or is packed in a way that is not read here; it counts with the size
            that it claims, since nothing here will ever open it.

    Raises:
        Invalid: it holds too much, for whoever is to be told.
        Damaged: it is no archive that can be unpacked.
    """
    return _weigh(body, _Count(name, len(body), bounds), 1, locked)


def _weigh(body: bytes, count: _Count, deep: int, locked: bool) -> list[str]:
    if deep > count.bounds.deep:
        raise Invalid(_TOO_DEEP, name=count.name, limit=count.bounds.deep)
    names = []
    for part in _parts(body, count):
        names.append(part.filename)
        if not _is_read(part):
            if not locked:
                raise Damaged
            count.add(part.file_size)
            continue
        inner = bytearray()
        for piece in _pieces(body, part, count):
            if inner or piece.startswith(_ZIP):
                inner += piece
        if inner:
            try:
                _weigh(bytes(inner), count, deep + 1, True)
            except Damaged:
                continue  # it only begins like an archive
    return names


def unpacked(name: str, body: bytes, bounds: Bounds) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The parts of an archive, each with its content piece by piece; archives within it stay as they are.

    Raises:
        Invalid: it holds too much.
        Damaged: it cannot be unpacked, or needs a password.
    """
    count = _Count(name, len(body), bounds)
    for part in _parts(body, count):
        if not _is_read(part):
            raise Damaged
        yield part.filename, _pieces(body, part, count)


def _is_read(part: zipfile.ZipInfo) -> bool:
    """Whether a part is packed as office files are, without a password."""
    return part.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not part.flag_bits & _ENCRYPTED


def _parts(body: bytes, count: _Count) -> Iterator[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Damaged from error
    for part in parts:
        count.part()
        yield part


def _pieces(body: bytes, part: zipfile.ZipInfo, count: _Count) -> Iterator[bytes]:
    """The content of a part. ``zipfile`` stops where the directory says that it ends, others do not."""
    header = body[part.header_offset : part.header_offset + _HEADER]
    if len(header) < _HEADER or not header.startswith(_ZIP):
        raise Damaged
    name, extra = (int.from_bytes(header[_LENGTHS][at : at + 2], "little") for at in (0, 2))
    begin = part.header_offset + _HEADER + name + extra
    packed = memoryview(body)[begin : begin + part.compress_size]
    found = 0
    for piece in _inflated(packed) if part.compress_type == zipfile.ZIP_DEFLATED else _slices(packed):
        found += len(piece)
        count.add(len(piece))
        yield piece
    if found != part.file_size:
        raise Damaged


def _slices(packed: memoryview) -> Iterator[bytes]:
    for at in range(0, len(packed), PIECE):
        yield bytes(packed[at : at + PIECE])


def _inflated(packed: memoryview) -> Iterator[bytes]:
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for slice_ in _slices(packed):
            rest = slice_
            while rest and not inflating.eof:
                if piece := inflating.decompress(rest, PIECE):
                    yield piece
                rest = inflating.unconsumed_tail
    except zlib.error as error:
        raise Damaged from error
    # What is left over, at most a piece's worth of repetition, comes without further input.
    while not inflating.eof and (piece := inflating.decompress(b"", PIECE)):
        yield piece
    if not inflating.eof:
        raise Damaged
