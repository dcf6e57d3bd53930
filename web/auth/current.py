"""Who is there, in this request. Routes ask here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import g, request

from engine.actor import Actor
from web.auth.bearer import Bearer
from web.auth.session import Session

View = TypeVar("View", bound=Callable[..., Any])
API = "/api"
_PUBLIC = "__open_to_everybody__"


class SignedOut(Exception):
    """The request needs a person, and there is none: the session has ended or never began."""


class Unknown(Exception):
    """A program came without a token that opens anything: it brought none, or one that is over, gone or nobody's."""


def is_program() -> bool:
    """Whether a program asks: under ``/api`` tokens count and cookies do not, elsewhere the reverse."""
    return request.path == API or request.path.startswith(f"{API}/")


def public(view: View) -> View:
    """Open a route to people who are not signed in; every other route is closed to them."""
    setattr(view, _PUBLIC, True)
    return view


def is_public(view: Callable[..., Any]) -> bool:
    """Whether a route is open to people who are not signed in."""
    return bool(getattr(view, _PUBLIC, False))


def session_or_none() -> Session | None:
    """The session of this request, if somebody is signed in."""
    return cast("Session | None", g.get("session"))


def session() -> Session:
    """The session of this request.

    Raises:
        SignedOut: nobody is signed in.
    """
    found = session_or_none()
    if found is None:
        raise SignedOut
    return found


def bearer_or_none() -> Bearer | None:
    """The token of this request, if a program brought one that opens something."""
    return cast("Bearer | None", g.get("bearer"))


def bearer() -> Bearer:
    """The token of this request.

    Raises:
        Unknown: there is none.
    """
    found = bearer_or_none()
    if found is None:
        raise Unknown
    return found


def is_somebody() -> bool:
    """Whether anybody is there: signed in, or with a token."""
    return session_or_none() is not None or bearer_or_none() is not None


def actor() -> Actor:
    """Who acts in this request, with everything granted to them, or as much of it as the token lets them have.

    Raises:
        SignedOut, Unknown: nobody is there.
    """
    return bearer().actor if is_program() else session().actor
