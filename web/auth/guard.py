"""What happens before every request: who is it, may they be here, and is the request really theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask, current_app, g, request
from sqlalchemy import Connection

from engine.errors import EngineError
from web import db
from web.auth import bearer, cookies, csrf, current, session, throttle
from web.config import LOCALES

# Sent by pages that ask again by themselves; such a request keeps no session alive.
AUTOMATIC = "X-Automatic"


def init_app(app: Flask) -> None:
    """Ask before every request."""
    app.before_request(admit)
    app.jinja_env.globals.update(me=current.session_or_none)


def limits() -> session.Limits:
    """How long sessions live here."""
    settings = db.settings()
    return session.Limits(timedelta(minutes=settings.idle_minutes), timedelta(hours=settings.session_hours))


def guesses() -> throttle.Guesses:
    """How often one may guess here."""
    settings = db.settings()
    return throttle.Guesses(settings.guesses, settings.account_guesses, settings.address_guesses)


def admit() -> None:
    """Find the session; refuse a closed route without one, and an unsafe request without its token.

    Raises:
        SignedOut: the route is not for visitors.
        Forged: the token is missing or another session's.
        Unknown: a program brought no token that opens anything.
    """
    if current.is_program():
        _admit_program()
        return
    if request.endpoint in ("static", "admin.health", "admin.ready"):
        return
    g.session = _session()
    if g.session:
        g.language = g.session.locale
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return
    if not current.is_public(view):
        current.session()
    csrf.check()


def _admit_program() -> None:
    """The same for ``/api``, where cookies say nothing: who has no session there, nobody can send requests for."""
    wish = _wish()
    g.language = wish or current_app.extensions["xuncha.locale"]
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or current.is_public(view):
        return
    if token := bearer.brought():
        with db.database().read() as connection:
            g.bearer = bearer.load(connection, token)
    found = current.bearer()
    g.language = wish or found.locale or g.language
    if found.stale:
        _touch(bearer.touch, found.id)


def _wish() -> str | None:
    """The first language asked for that is spoken here; ``zh-CN`` asks for Chinese."""
    asked = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality)
    return next((each for each in asked if each in LOCALES), None)


def _session() -> session.Session | None:
    token = request.cookies.get(cookies.name(cookies.SESSION))
    if not token:
        return None
    database = db.database()
    with database.read() as connection:
        found = session.load(connection, token, limits())
    if found and found.stale and AUTOMATIC not in request.headers:
        _touch(session.touch, found.digest)
    return found


def _touch(touch: Callable[[Connection, str], None], key: str) -> None:
    try:
        with db.database().write() as connection:
            touch(connection, key)
    except EngineError:
        # A database that is busy with others must not keep anyone from reading; the next request tries again.
        current_app.logger.debug("not touched")
