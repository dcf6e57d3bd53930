"""Persons as pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine import schema

if TYPE_CHECKING:
    from engine.runtime import View

_p = schema.person.c


@dataclass(frozen=True, slots=True)
class Person:
    """A name for a key; the key itself where the directory has no such person."""

    id: str
    name: str
    name_en: str | None = None


def named(view: View, keys: Iterable[str | None]) -> dict[str, Person]:
    """The persons with these keys, in one statement; every key asked for is in the answer."""
    wanted = sorted({key for key in keys if key})
    if not wanted:
        return {}
    rows = view.connection.execute(select(_p.id, _p.name, _p.name_en).where(_p.id.in_(wanted)))
    found = {row.id: Person(row.id, row.name, row.name_en) for row in rows}
    return {key: found.get(key) or Person(key, key) for key in wanted}
