"""One line of the dialect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Word = Literal["run", "kept", "refused"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One element of the dialect.

    Attributes:
        within: tags of the elements it may stand in; anywhere, if empty.
        run, kept, refused: its attributes.
        note: a sentence: what to do instead, or what its meaning hangs on. Lint says it as advice.
    """

    word: Word
    within: frozenset[str] = frozenset()
    run: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    note: str = ""

    def attribute(self, name: str) -> Word:
        """What becomes of an attribute."""
        return "run" if name in self.run else "kept" if name in self.kept else "refused"


def entry(
    word: Word, within: str | frozenset[str] = "", run: str = "", kept: str = "", refused: str = "", note: str = ""
) -> Entry:
    """An entry from words with spaces between; every element may have an id."""
    places = frozenset(within.split()) if isinstance(within, str) else within
    return Entry(
        word, places, frozenset(["id", *run.split()]), frozenset(kept.split()), frozenset(refused.split()), note
    )
