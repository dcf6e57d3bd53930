"""What is called by a word: persons, organisations, items of lists, processes, steps, labels, terms, as keys.

Directory and released versions are small beside what refers to them; they are looked through once for a search, and
what it finds is joined by key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, String, cast, func, literal, select, union_all

from engine import directory, schema, vocabulary

if TYPE_CHECKING:
    from engine.runtime import View

PERSON, ORGANISATION = "person", "organisation"
_w, _x = schema.word.c, schema.listing.c


class Called:
    """The keys that one word names.

    Attributes:
        keys: by source: ``person``, ``organisation`` or the key of a list.
        processes: ids of definitions whose process is called so.
        elements, labels: ``<definition's id>/<key>``.
        terms: values whose translation, or whose own word, has it as a part.
    """

    def __init__(self) -> None:
        self.keys: dict[str, list[str]] = defaultdict(list)
        self.processes: list[str] = []
        self.elements: list[str] = []
        self.labels: list[str] = []
        self.terms: list[str] = []

    @property
    def names_steps(self) -> bool:
        """Whether rows are found by it that show no column with it."""
        return bool(self.processes or self.elements or self.labels or self.keys.get(PERSON))

    def learn(self, kind: str, within: str, key: str) -> None:
        """Take in one row of what was found."""
        if kind == vocabulary.PROCESS:
            self.processes.append(within)
        elif kind == vocabulary.ELEMENT:
            self.elements.append(f"{within}/{key}")
        elif kind == vocabulary.LABEL:
            self.labels.append(f"{within}/{key}")
        elif kind == vocabulary.VALUE:
            self.terms.append(key)
        else:
            self.keys[within].append(key)


def by(view: View, words: Sequence[str]) -> list[Called]:
    """What each of these words names, in one statement."""
    found = [Called() for _ in words]
    parts = [part for at, word in enumerate(words) for part in _parts(at, word)]
    for row in view.connection.execute(union_all(*parts)):
        found[row.at].learn(row.kind, row.within, row.key)
    return found


def has(column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
    """The word, in small letters, is a part of what stands in a column."""
    return func.lower(column).contains(word, autoescape=True)


def _parts(at: int, word: str) -> Iterator[Select[Any]]:
    yield _said(at, _w.kind, _w.definition_id, _w.key).where(has(_w.text, word))
    for source, table in ((PERSON, schema.person), (ORGANISATION, schema.organisation)):
        yield _said(at, _text(""), _text(source), table.c.id).where(directory.called(table, word))
    yield _said(at, _text(""), _x.list, _x.id).where(directory.called(schema.listing, word))


def _said(at: int, kind: ColumnElement[str], within: ColumnElement[str], key: ColumnElement[str]) -> Select[Any]:
    told: list[ColumnElement[Any]] = [literal(at).label("at"), kind.label("kind"), within.label("within")]
    return select(*told, key.label("key"))


def _text(value: str) -> ColumnElement[str]:
    return cast(literal(value), String)
