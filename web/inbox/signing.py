"""Signatures: a person confirms the content with the password; the engine writes down who, when and what.

The password is asked about in a transaction of its own, before the command: a wrong guess counts though nothing else
is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import g, has_request_context, request

from engine.runtime import View
from web import db
from web.auth import current, guard
from web.auth import password as passwords


def ask(values: Mapping[str, Any]) -> None:
    """Look for passwords among the values of a form, and see whether they are the person's own."""
    typed = set(_passwords(values))
    if len(typed) == 1 and _is_mine(next(iter(typed))):
        g.confirmed = next(iter(typed))


def confirms(_view: View, person: str, password: str) -> bool:
    """Whether the person of this request has just confirmed with this password; the engine asks while it signs."""
    confirmed = str(g.get("confirmed", "")) if has_request_context() else ""
    return bool(confirmed) and person == current.actor().person and confirmed == password


def _passwords(values: Mapping[str, Any]) -> Iterator[str]:
    for value in values.values():
        if isinstance(value, dict) and isinstance(value.get("password"), str) and value["password"]:
            yield value["password"]


def _is_mine(password: str) -> bool:
    me = current.actor().person
    with db.database().write() as connection:
        outcome = passwords.confirm(connection, me, password, request.remote_addr or "", guard.guesses())
    return outcome is passwords.Attempt.ACCEPTED
