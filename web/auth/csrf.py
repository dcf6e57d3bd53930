"""Forged requests: every unsafe request brings a token that another site cannot know, the sign-in included.

With a session, the token stands in its row. Before sign-in it is derived from a random cookie under a key of the
installation, so that it cannot be planted. It travels in the field ``csrf_token`` or the header ``X-CSRFToken``.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from flask import Flask, Response, g, request
from markupsafe import Markup

from web import db, once
from web.auth import cookies, current

FIELD, HEADER = "csrf_token", "X-CSRFToken"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Forged(Exception):
    """The request brought no token, or that of another session."""


def init_app(app: Flask) -> None:
    """Put the token into templates and the visitor's cookie on its way."""
    app.jinja_env.globals.update(csrf_token=token, csrf_field=field)
    app.after_request(_remember_visitor)


def token() -> str:
    """What the next unsafe request from this browser must bring."""
    session = current.session_or_none()
    return session.csrf if session else _of_visitor(_visitor())


def field() -> Markup:
    """The token as a hidden field, and beside it the key under which what the form sends is done once."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token()) + once.field()


def check() -> None:
    """Refuse an unsafe request without the right token.

    Raises:
        Forged: it has none, or another one.
    """
    if request.method in SAFE:
        return
    brought = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if not hmac.compare_digest(brought.encode(), token().encode()):
        raise Forged


def _visitor() -> str:
    known = g.get("visitor") or request.cookies.get(cookies.name("visitor"))
    if not known:
        known = g.fresh_visitor = secrets.token_urlsafe(32)
    g.visitor = known
    return str(known)


def _of_visitor(visitor: str) -> str:
    return hmac.new(db.runtime().keys.session, b"visitor\0" + visitor.encode(), hashlib.sha256).hexdigest()


def _remember_visitor(response: Response) -> Response:
    fresh = g.get("fresh_visitor")
    if fresh:
        cookies.put(response, "visitor", fresh)
    return response
