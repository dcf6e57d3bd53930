"""One piece of a long list, and where the next one begins."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, or_

Item = TypeVar("Item")
SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items of a list.

    Attributes:
        next: where the following piece begins, to be handed back as ``after``; None at the end.
    """

    items: tuple[Item, ...]
    next: str | None = None


def mark(key: Sequence[Any]) -> str:
    """A place in a list, as text that fits into an address."""
    return base64.urlsafe_b64encode(json.dumps(list(key), ensure_ascii=False).encode()).decode().rstrip("=")


def key(after: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The place that ``mark`` wrote; None for the beginning, and for text that ``mark`` did not write."""
    if not after:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except ValueError:
        return None
    if not isinstance(found, list) or len(found) != len(kinds):
        return None
    return tuple(found) if all(map(_fits, found, kinds)) else None


def _fits(value: Any, kind: type) -> bool:
    # Microseconds fit into 63 bits; whatever does not was not written here and would only make the database complain.
    return type(value) is kind and (not isinstance(value, int) or abs(value) < 1 << 62)


def beyond(
    columns: Sequence[ColumnElement[Any]], place: Sequence[Any] | None, *, descending: bool = False
) -> list[ColumnElement[bool]]:
    """Conditions for the rows behind a place, in the order of two columns; none for the beginning."""
    if place is None:
        return []
    (first, second), (a, b) = columns, place
    if descending:
        return [first <= a, or_(first < a, and_(first == a, second < b))]
    return [first >= a, or_(first > a, and_(first == a, second > b))]
