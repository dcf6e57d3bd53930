"""What a page or a program sends is done once, however often it comes: every command of theirs goes through here.

Forms carry a fresh key in a hidden field beside the forgery token, scripts and programs in the header Idempotency-Key.
The key and the answer stand in the transaction that does the work. A page's key goes with its content: who comes back
to a page and writes something else means something else. A program's key with another content is refused.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from typing import TypeVar

from flask import request
from markupsafe import Markup

from engine import submission
from engine.runtime import Command
from web import db
from web.auth import current

Answer = TypeVar("Answer")
HEADER, FIELD, LIMIT = "Idempotency-Key", "idempotency_key", 200
_OBJECT_LIMIT = 64


def act(work: Callable[[Command], Answer], *, about: object = None) -> Answer:
    """Carry out a command of this request in one transaction, unless it has been before.

    Args:
        work: does it; its answer is plain JSON, and is what comes back both times.
        about: what was sent, where it is neither JSON nor the fields of a form.
    """
    brought = key()
    with db.write() as command:
        if brought is None:
            return work(command)
        told = _digest(_sent() if about is None else about)
        if not current.is_program():
            brought = f"{brought}.{told[:32]}"
        name, thing = f"{request.method} {request.endpoint}", "/".join((request.view_args or {}).values())
        if len(thing) > _OBJECT_LIMIT:
            thing = _digest(thing)
        done: Answer = submission.once(command, name[:64], thing, brought, told, lambda: work(command))
        return done


def key() -> str | None:
    """The key that this request brought."""
    return (request.headers.get(HEADER) or request.form.get(FIELD, ""))[:LIMIT] or None


def field() -> Markup:
    """A fresh key as a hidden field."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, secrets.token_urlsafe(16))


def _sent() -> object:
    if request.is_json:
        return request.get_json()
    return sorted((name, value) for name, value in request.form.items(multi=True) if name not in (FIELD, "csrf_token"))


def _digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
