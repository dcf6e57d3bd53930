"""What browsers are told to refuse, and how much the server takes in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, request

from web.config import MEGABYTE
from web.spool import InMemory

View = TypeVar("View", bound=Callable[..., Any])
REQUEST_LIMIT, UPLOAD_LIMIT = MEGABYTE, 25 * MEGABYTE
_LARGE = "__takes_files__"
_IPV6 = re.compile(r"(\[[0-9A-Fa-f:.]+\])(?::[1-9][0-9]{0,4})?")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; "
    # The style sheet draws its check marks and arrows as data: pictures.
    "img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Request(InMemory):
    """A request whose host may be an IPv6 address: Werkzeug cuts what it is told to trust at the first colon."""

    _trusted: list[str] | None = None

    @property
    def trusted_hosts(self) -> list[str] | None:
        """Hosts to compare with; ``None`` where the one that the client names is an address among them."""
        found = _IPV6.fullmatch(self.headers.get("Host", ""))
        is_ours = found is not None and found[1].lower() in [each.lower() for each in self._trusted or ()]
        return None if is_ours else self._trusted

    @trusted_hosts.setter
    def trusted_hosts(self, hosts: list[str] | None) -> None:
        self._trusted = hosts


def init_app(app: Flask, *, hosts: list[str], is_secure: bool) -> None:
    """Set limits and headers for every answer."""
    app.request_class = Request
    app.config.update(
        TRUSTED_HOSTS=hosts,
        MAX_CONTENT_LENGTH=REQUEST_LIMIT,
        MAX_FORM_MEMORY_SIZE=REQUEST_LIMIT,
        MAX_FORM_PARTS=2000,
    )
    app.before_request(_limit)
    app.after_request(_protect)
    if is_secure:
        app.after_request(_insist_on_https)


def takes_files(view: View) -> View:
    """Let a route take a file of up to 25 MB; every other takes 1 MB."""
    setattr(view, _LARGE, True)
    return view


def _limit() -> None:
    if hasattr(current_app.view_functions.get(request.endpoint or ""), _LARGE):
        request.max_content_length = UPLOAD_LIMIT + MEGABYTE  # the file, and the form around it


def _protect(response: Response) -> Response:
    for header, value in HEADERS.items():
        response.headers.setdefault(header, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _insist_on_https(response: Response) -> Response:
    response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response
