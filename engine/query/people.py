"""Persons as pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, FromClause, Label, RowMapping, literal, select

from engine import access, schema

if TYPE_CHECKING:
    from engine.runtime import View

_p = schema.person.c


@dataclass(frozen=True, slots=True)
class Person:
    """A name for a key; the key itself where the directory has no such person.

    Attributes:
        id: None: the reader is told the organisation in place of the person, who has no key for them.
    """

    id: str | None
    name: str
    name_en: str | None = None


def columns(
    view: View, p: FromClause, key: ColumnElement[Any], process_key: ColumnElement[Any], what: str
) -> tuple[Label[Any], ...]:
    """Columns of what the reader is told of a person in a case of a process; ``of`` reads them from a row.

    Args:
        p: ``person`` or an alias of it, joined by the key.
        what: begins the columns' names.
    """
    told = access.named(view.actor, p, key, process_key)
    return told.key.label(f"{what}_key"), told.name.label(f"{what}_name"), told.name_en.label(f"{what}_name_en")


def of(row: RowMapping, what: str) -> Person | None:
    """The person whom ``columns`` tell of; None: there is nobody."""
    key, name = row[f"{what}_key"], row[f"{what}_name"]
    return None if key is None and name is None else Person(key, name or key or "", row[f"{what}_name_en"])


def named(view: View, keys: Iterable[str | None], process_key: str) -> dict[str, Person]:
    """What the reader is told of these persons in a case of a process, in one statement; every key is in the answer."""
    wanted = sorted({key for key in keys if key})
    if not wanted:
        return {}
    told = columns(view, schema.person, _p.id, literal(process_key), "person")
    rows = view.connection.execute(select(_p.id, *told).where(_p.id.in_(wanted))).mappings()
    found = {row["id"]: of(row, "person") for row in rows}
    front = access.front(view.actor, process_key)
    return {
        key: found.get(key) or (Person(key, key) if front is None else Person(None, front.title, front.en))
        for key in wanted
    }
