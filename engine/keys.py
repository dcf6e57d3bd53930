"""The secrets of an installation: files in its state folder, made on first use, never in the database.

A key that signs or seals has *generations*. What is new is written under the newest; older ones stay in the same file,
one a line with the moment from which it counts, so that what was written under them is still checked and opened.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine import private
from engine.errors import Invalid, Problem, Unavailable

FOLDER = "keys"
SIZE = 32
OVERLAP = 5 * 60 * 1_000_000
"""For so long after a newer generation a line may stand under the one before: its command had begun."""
ROTATING = ("history", "seal", "anchor")
_BROKEN = "The key file {path} is not in the form this program writes. Put the right file into the state folder."

OTHER = (
    "The key file {path} is not the one with which this database has been written. "
    "Put the right file there, from where the keys are kept or from the machine that has it."
)


@dataclass(frozen=True, slots=True)
class Generation:
    """One key of a ring.

    Attributes:
        number: from 1.
        key: 32 bytes.
        since: business time from which it is the newest; 0 for the first.
    """

    number: int
    key: bytes
    since: int = 0

    @property
    def fingerprint(self) -> str:
        """What tells this key from others, and nothing about it."""
        return _mac(self.key, b"fingerprint")[:32]


@dataclass(frozen=True, slots=True)
class Ring:
    """The generations of one key, oldest first; there is always one."""

    generations: tuple[Generation, ...]

    @classmethod
    def of(cls, *keys: bytes) -> Ring:
        """A ring of keys that all count from the beginning."""
        return cls(tuple(Generation(number, key) for number, key in enumerate(keys, 1)))

    @property
    def newest(self) -> Generation:
        """What is written under now."""
        return self.generations[-1]

    def get(self, number: int) -> Generation | None:
        """A generation by its number."""
        return self.generations[number - 1] if 0 < number <= len(self.generations) else None

    def at(self, moment: int) -> Iterator[Generation]:
        """Under which keys something of this moment may stand, newest first: a key that has been replaced counts for
        nothing that is said to have happened later."""
        newer: Generation | None = None
        for each in reversed(self.generations):
            if newer is None or moment <= newer.since + OVERLAP:
                yield each
            newer = each

    def mac(self, content: bytes) -> str:
        """HMAC-SHA-256 under the newest key, in hex: what is appended to a chain now."""
        return _mac(self.newest.key, content)

    def fits(self, content: bytes, moment: int, mac: str) -> bool:
        """Whether a MAC was made of this content, under a key that counted at this moment."""
        return any(hmac.compare_digest(_mac(each.key, content), mac) for each in self.at(moment))


def _mac(key: bytes, content: bytes) -> str:
    return hmac.digest(key, content, "sha256").hex()


@dataclass(frozen=True, slots=True)
class Keys:
    """What the engine signs and encrypts with.

    Attributes:
        history: the HMAC keys of every instance's chain.
        seal: AES-GCM keys of sealed values.
        anchor: seeds of the Ed25519 keys that sign anchors.
        session: 32 bytes; for whoever serves pages.
    """

    history: Ring
    seal: Ring
    anchor: Ring
    session: bytes


def load(state: Path) -> Keys:
    """The keys in ``state/keys``; those that are missing are made. All are readable by their owner only afterwards.

    Raises:
        Unavailable: a file is not to be read, or is no key.
    """
    folder = state / FOLDER
    private.folder(folder)
    try:
        history, seal, anchor, session = (_ring(folder / name) for name in (*ROTATING, "session"))
    except OSError as error:
        raise Unavailable(private.NO_FOLDER, folder=str(state), reason=error.strerror or str(error)) from error
    return Keys(history, seal, anchor, session.newest.key)


def rotate(state: Path, name: str, since: int) -> Ring:
    """Begin a new generation of a key; what is written from now on stands under it. Older ones stay.

    Args:
        name: ``history``, ``seal`` or ``anchor``.
        since: business time, microseconds: now.

    Raises:
        Invalid: there is no such key.
    """
    if name not in ROTATING:
        problem = Problem(
            "key", "There is no key {name}. Known: {known}.", {"name": name, "known": ", ".join(ROTATING)}
        )
        raise Invalid("The key cannot be rotated.", [problem])
    path = state / FOLDER / name
    older = _ring(path)
    added = Generation(older.newest.number + 1, secrets.token_bytes(SIZE), since)
    ring = Ring((*older.generations, added))
    fresh = _written(path, "\n".join(_line(each) for each in ring.generations))
    fresh.replace(path)
    return ring


def reload(state: Path, before: Keys) -> Keys:
    """The keys as the files have them now; a key may have got newer generations, and nothing else.

    Raises:
        Unavailable: a file is gone, or is that of another key.
    """
    for name in ROTATING:
        path, known = state / FOLDER / name, getattr(before, name).generations
        if not path.exists() or _ring(path).generations[: len(known)] != known:
            raise Unavailable(OTHER, path=str(path))
    return load(state)


def changed(state: Path) -> int:
    """Differs from what it was as soon as a file of keys has been replaced; cheap enough to ask for every command."""
    return (state / FOLDER).stat().st_mtime_ns


def _line(each: Generation) -> str:
    return f"{each.key.hex()} {each.since}" if each.since else each.key.hex()


def _ring(path: Path) -> Ring:
    # Two processes may start at once: whoever links first wins, and both read the same file.
    if not path.exists():
        fresh = _written(path, secrets.token_hex(SIZE))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    private.mend(path)
    try:
        lines = [line.split() for line in path.read_text("ascii").splitlines() if line.strip()]
        found = [Generation(n, bytes.fromhex(key), int(*since or (0,))) for n, (key, *since) in enumerate(lines, 1)]
    except (ValueError, TypeError) as error:
        raise Unavailable(_BROKEN, path=str(path)) from error
    if not found or any(len(each.key) != SIZE for each in found):
        raise Unavailable(_BROKEN, path=str(path))
    return Ring(tuple(found))


def _written(path: Path, text: str) -> Path:
    """A file beside the one that it is to become: whole and on the disk before it takes its name."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return fresh
