"""Reading what somebody may have written by hand: values that no program writes blind nobody to the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import NoResultFound

from engine.errors import Tampered

UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, NoResultFound)
"""What comes of a text where a number should stand, of broken JSON, of brackets without end."""
_BROKEN = "Of {what} something cannot be read: a value was changed to what no program writes."


@contextmanager
def whatever_stands_there(connection: Connection) -> Iterator[None]:
    """SQLite takes any bytes for text: what is no UTF-8 is read with marks in its place, and differs from its line."""
    driver: Any = connection.connection.driver_connection
    before = getattr(driver, "text_factory", None)
    if before is not None:
        driver.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        yield
    finally:
        if before is not None:
            driver.text_factory = before


def to_the_end(what: str, faults: Iterable[Tampered]) -> Iterator[Tampered]:
    """The faults; and one more, where something could not be read, instead of those that might have followed."""
    try:
        yield from faults
    except UNREADABLE:
        yield Tampered(_BROKEN, what=what)
