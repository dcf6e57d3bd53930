"""Questions to a marking that change nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from engine.errors import NotFound
from engine.interpreter import marking as markings
from engine.interpreter.marking import Detail
from engine.interpreter.progress import Value
from engine.interpreter.scope import Context, Variables


def is_open(marking: bytes, token: int) -> bool:
    """Whether a token still stands."""
    return _detail(marking, token) is not None


def waits(marking: bytes, token: int, arm: int) -> bool:
    """Whether an arm of a token is still waited for."""
    return any(one["n"] == arm for one in (_detail(marking, token) or {}).get("arms", ()))


def hears(marking: bytes, token: int, signal: str) -> int | None:
    """The arm by which a token waits for a signal now: what fires more than once has another one each time."""
    arms = (_detail(marking, token) or {}).get("arms", ())
    return next((one["n"] for one in arms if one["k"] == "signal" and one["name"] == signal), None)


def lookup(marking: bytes, context: Context, token: int, names: Collection[str]) -> dict[str, Value]:
    """Those of the names that have a value where a token stands: what a form sees.

    Raises:
        NotFound: there is no such token any more.
    """
    chain = markings.path(marking, token)
    if not chain:
        raise NotFound("Nothing waits there any more.")
    return Variables(context.values).find(chain, names)


def _detail(marking: bytes, token: int) -> Detail | None:
    rows: list[Any] = [row for scope in markings.decode(marking).scopes for row in scope[4]]
    return next((row[3] or {} for row in rows if row[0] == token), None)
