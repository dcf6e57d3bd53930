"""Cookies: never readable by scripts, never sent along from other sites, bound to the host outside loopback."""

from __future__ import annotations

from flask import Response

from web import db

SESSION = "session"


def name(what: str) -> str:
    """Full name of a cookie: ``__Host-xuncha-session`` wherever cookies travel over HTTPS only."""
    return f"{'__Host-' if db.settings().is_secure else ''}xuncha-{what}"


def put(response: Response, what: str, value: str, *, days: int | None = None) -> None:
    """Hand a cookie to the browser; it forgets it when it is closed unless ``days`` are given."""
    response.set_cookie(
        name(what),
        value,
        max_age=None if days is None else days * 86400,
        path="/",
        secure=db.settings().is_secure,
        httponly=True,
        samesite="Lax",
    )


def drop(response: Response, what: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(name(what), path="/", secure=db.settings().is_secure, httponly=True, samesite="Lax")
