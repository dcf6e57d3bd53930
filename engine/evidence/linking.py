"""Lines that hang together: each one's hash is made, under a key, of the hash before it and of all its fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from engine.errors import Tampered
from engine.keys import Ring

GENESIS = "0" * 64


def content(previous: str, values: Iterable[Any]) -> bytes:
    """What the hash of a line with these fields, in their order, is made of."""
    # Lengths go in front of the fields, so that no two different lines have the same bytes.
    parts = ["\x1f-:" if value is None else f"\x1f{len(text := str(value))}:{text}" for value in values]
    return (previous + "".join(parts)).encode("utf-8", "surrogatepass")


class Walk:
    """Going along one chain from its first line, to see whether it holds.

    Args:
        name: what the chain is called in what is said of it.
        fields: of a line, in the order in which they are hashed; the second is its number.
    """

    def __init__(self, key: Ring, name: str, fields: Sequence[str]) -> None:
        self.number = 0
        self.head = GENESIS
        self._key, self._name, self._fields = key, name, fields

    def step(self, line: Any) -> None:
        """Take the next line.

        Raises:
            Tampered: it was edited, removed, inserted or moved.
        """
        self.number += 1
        if line.number != self.number:
            raise Tampered("Line {number} of {instance} is missing.", number=self.number, instance=self._name)
        told = content(self.head, [line._mapping[name] for name in self._fields])
        # SQLite may have bytes where a hash should stand, and a text where a moment should.
        fits = isinstance(line.at, int) and isinstance(line.hash, str) and self._key.fits(told, line.at, line.hash)
        if not fits:
            raise Tampered("Line {number} of {instance} was changed.", number=self.number, instance=self._name)
        self.head = line.hash

    def end(self, number: int | None, head: str | None) -> None:
        """There is no further line.

        Raises:
            Tampered: the chain is known to have gone further.
        """
        if (number, head) != (self.number, self.head):
            cut = "The last lines of {instance} after {number} were cut off."
            raise Tampered(cut, number=self.number, instance=self._name)
