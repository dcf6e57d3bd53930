"""What keys inside values stand for: persons, organisations, items of lists.

Whoever is shown a value is shown what it names; looking around in the directory is another matter (``entries``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, String, cast, literal, null, or_, select, union_all

from engine import access, schema

if TYPE_CHECKING:
    from engine.query.wording import Field
    from engine.runtime import View

FILE = "file"
_AT_ONCE = 500
_TABLES = {"person": (schema.person, "person"), "organisation": (schema.organisation, "organisation")}
_p, _o, _x = schema.person.c, schema.organisation.c, schema.listing.c


@dataclass(frozen=True, slots=True)
class Title:
    """A name, and in English where there is one; of a person, also that of the organisation they belong to."""

    name: str
    name_en: str | None
    within: Title | None = None


class Names:
    """The titles that one page needs: said one by one what is wanted, read all at once.

    Attributes:
        known: (source, key) → title; a key that names nothing is absent.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._wanted: dict[str, set[str]] = defaultdict(set)
        self.known: dict[tuple[str, str], Title] = {}

    def want(self, source: str, key: str) -> None:
        """This key will be shown; ``source`` is ``person``, ``organisation`` or the key of a list."""
        if (source, key) not in self.known:
            self._wanted[source].add(key)

    def gather(self, values: Iterable[tuple[Field, Any]]) -> set[str]:
        """Want whatever fields with their values name; returns the ids of files among it, which have no title."""
        files = set()
        for field, value in values:
            for source, key in keys_in(field, value):
                if source == FILE:
                    files.add(key)
                else:
                    self.want(source, key)
        return files

    def read(self) -> None:
        """Look up whatever is wanted and not known yet, in one statement, or in none."""
        if self._wanted:
            parts = [_query(source, keys) for source, keys in sorted(self._wanted.items())]
            for row in self._view.connection.execute(union_all(*parts) if len(parts) > 1 else parts[0]):
                within = None if row.within is None else Title(row.within, row.within_en)
                self.known[row.source, row.id] = Title(row.name, row.name_en, within)
            self._wanted.clear()


def of(view: View, source: str, keys: Collection[str]) -> dict[str, Title]:
    """The titles of these keys, in one statement; a key that names nothing is absent.

    Args:
        source: ``person``, ``organisation`` or the key of a list.
    """
    names = Names(view)
    for key in keys:
        names.want(source, key)
    names.read()
    return {key: title for (_, key), title in names.known.items()}


def keys_in(of: Field, value: Any) -> Iterator[tuple[str, str]]:
    """What a field's value names: (source, key) of its entries and of who signed, (``FILE``, id) of its files."""
    if of.type == "grid" and isinstance(value, list):
        rows = [row for row in value if isinstance(row, dict)]
        yield from (found for row in rows for column in of.columns for found in keys_in(column, row.get(column.key)))
    elif of.type == "signature" and isinstance(value, dict):
        signers = (value.get("person"), value.get("onBehalfOf"))
        yield from (("person", str(each)) for each in signers if each)
    elif of.type in ("entry", "files"):
        source = FILE if of.type == "files" else of.source or ""
        yield from ((source, key) for key in (value if isinstance(value, list) else [value]) if isinstance(key, str))


def _query(source: str, keys: Collection[str]) -> Select[Any]:
    said = cast(literal(source), String).label("source")
    nowhere = (cast(null(), String).label("within"), cast(null(), String).label("within_en"))
    if source == "person":
        within = (_o.name.label("within"), _o.name_en.label("within_en"))
        belonging = schema.person.outerjoin(schema.organisation, _o.id == _p.organisation_id)
        query = select(said, _p.id, _p.name, _p.name_en, *within).select_from(belonging)
        return query.where(_p.id.in_(sorted(keys)))
    if source == "organisation":
        return select(said, _o.id, _o.name, _o.name_en, *nowhere).where(_o.id.in_(sorted(keys)))
    return select(said, _x.id, _x.name, _x.name_en, *nowhere).where(_x.list == source, _x.id.in_(sorted(keys)))


def keys_of(view: View, source: str, texts: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What the actor may choose that is called exactly so, in either language, or has this very key: text → keys."""
    table, kind = _TABLES.get(source, (schema.listing, "listing"))
    c, wanted = table.c, sorted(texts)
    found: dict[str, set[str]] = defaultdict(set)
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        called = or_(c.name.in_(some), c.name_en.in_(some), c.id.in_(some))
        query = select(c.id, c.name, c.name_en).where(called, c.active, access.visible(view.actor, kind))
        for row in view.connection.execute(query.where(c.list == source) if table is schema.listing else query):
            for text in {row.id, row.name, row.name_en} & set(some):
                found[text].add(row.id)
    return {text: tuple(sorted(keys)) for text, keys in found.items()}
