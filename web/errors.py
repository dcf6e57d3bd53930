"""Every refusal becomes an answer that says what to do: a page, a fragment for htmx, or JSON, in the right language."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, flash, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as AnyResponse

from engine import access
from engine import errors as engine
from engine.actor import ENGINE_KEY
from engine.query import people
from web import db, i18n
from web import logging as log
from web.auth import current
from web.auth.csrf import Forged
from web.auth.current import SignedOut, Unknown, is_program, is_somebody

STATUS: Mapping[type[engine.EngineError], int] = {
    engine.NotFound: 404,
    engine.Forbidden: 403,
    engine.Conflict: 409,
    engine.KeyReused: 422,
    engine.Invalid: 422,
    engine.Unsure: 503,
    engine.Unavailable: 503,
    engine.Broken: 503,
    engine.Tampered: 500,
}
Faults = list[dict[str, str]]
# Parameters of sentences that hold keys of persons.
PERSONS = frozenset({"who", "person", "by", "assignee", "substitute"})
NAVIGATE = "navigate"
# What can stand there, named here so that a translation is asked for.
SPOKEN = (
    *(lazy_gettext("opened"), lazy_gettext("claimed"), lazy_gettext("unclaimed"), lazy_gettext("assigned")),
    *(lazy_gettext("completed"), lazy_gettext("cancelled"), lazy_gettext("withdrawn"), lazy_gettext("migrated")),
    *(lazy_gettext("diagram"), lazy_gettext("form"), lazy_gettext("decision"), lazy_gettext("message")),
    *(lazy_gettext("signal"), lazy_gettext("team"), lazy_gettext("unit"), lazy_gettext("organisation")),
    lazy_gettext("person"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """What the page of a status says when the error itself says nothing."""

    title: object
    advice: object


PAGES: Mapping[int, Page] = {
    400: Page(lazy_gettext("The request could not be read"), lazy_gettext("Go back, reload the page and try again.")),
    403: Page(
        lazy_gettext("This is not open to you"),
        lazy_gettext("If you need it for your work, ask your administrator for the role that goes with it."),
    ),
    404: Page(
        lazy_gettext("There is nothing here"),
        lazy_gettext("The address may be mistyped, or what it showed is not open to you. Start from your list."),
    ),
    405: Page(lazy_gettext("This cannot be done here"), lazy_gettext("Go back and use the buttons of the page.")),
    409: Page(
        lazy_gettext("Somebody was faster"),
        lazy_gettext("Nothing was changed. See how it stands now, then decide again."),
    ),
    413: Page(
        lazy_gettext("That is too large"),
        lazy_gettext("A file may have 20 MB, everything else 1 MB. Make it smaller or split it."),
    ),
    422: Page(
        lazy_gettext("Something does not fit yet"),
        lazy_gettext("Go back, put right what is named here and send it again."),
    ),
    429: Page(lazy_gettext("Too many attempts"), lazy_gettext("Wait a quarter of an hour and try again.")),
    500: Page(
        lazy_gettext("Something went wrong on our side"),
        lazy_gettext(
            "Nothing was half-written. Look how it stands and try again; if it comes back, tell your administrator the "
            "number below."
        ),
    ),
    503: Page(
        lazy_gettext("The system is not available at the moment"),
        lazy_gettext("Wait a minute and reload the page; what you had typed is kept as a draft."),
    ),
}
KEPT = lazy_gettext(
    "What you sent has been done; only the page that shows it could not be made. Wait a minute and look again."
)
# What reading or storing hostile input ends in, wherever that happens.
UNREADABLE = (RecursionError, UnicodeEncodeError, DataError)
SOMEBODY_ELSE = lazy_gettext("Somebody else")
STALE = lazy_gettext("This page is from an earlier session. Reload it and try again; nothing was changed.")
NO_TOKEN = lazy_gettext("This needs a bearer token that is valid. Ask your administrator for one.")
SIGNED_OUT = lazy_gettext("Your session has ended. Sign in again to go on; nothing is lost.")


def init_app(app: Flask) -> None:
    """Answer for every kind of error."""
    app.register_error_handler(engine.EngineError, refused)
    app.register_error_handler(HTTPException, rejected)
    app.register_error_handler(SignedOut, signed_out)
    app.register_error_handler(Unknown, unknown)
    app.register_error_handler(Forged, forged)
    for kind in UNREADABLE:
        app.register_error_handler(kind, unreadable)
    app.register_error_handler(Exception, unexpected)


def wants_json() -> bool:
    """Whether the caller is a script that reads JSON."""
    if is_program():
        return True
    if request.headers.get("HX-Request"):
        return False
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def is_fetch() -> bool:
    """Whether a page asks on its own, without leaving: htmx, ``fetch``, a picture.

    Browsers say so of what they load (``Sec-Fetch-Mode``, Fetch Metadata §2.2) where the address is one they trust.
    """
    mode = request.headers.get("Sec-Fetch-Mode", NAVIGATE)
    return wants_json() or "HX-Request" in request.headers or mode != NAVIGATE


def status_of(error: engine.EngineError) -> int:
    """The HTTP status of an error of the engine: that of the nearest class in ``STATUS``."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def sentence(message: str, params: Mapping[str, Any], *, names: Mapping[str, str] | None = None) -> str:
    """An error's template in the language of the request, its parameters written for people."""
    own = i18n.in_own_words(params, i18n.language())
    spoken = {key: _spoken(key, value, names or {}) for key, value in own.items()}
    return _Lenient().vformat(i18n.catalogue(i18n.language()).ugettext(message), (), spoken)


def problems(error: engine.EngineError) -> Faults:
    """Every fault of something handed in, translated: ``{"where", "message"}``."""
    found = error.problems if isinstance(error, engine.Invalid) else ()
    return [
        {"where": each.where, "message": sentence(each.message, each.params, names=_names(each.params))}
        for each in found
    ]


def refused(error: engine.EngineError) -> Response:
    """An answer to what the engine refused."""
    status = status_of(error)
    if status >= 500:
        log.failure(error)
    kind = next(kind.__name__ for kind in type(error).__mro__ if kind in STATUS)
    # Of a request that has done what it came for, it is only the answer that could not be made.
    is_done = db.has_kept() and isinstance(error, engine.Unavailable) and not isinstance(error, engine.Unsure)
    message = str(KEPT) if is_done else said(error)
    return answer(status, kind=_snake(kind), message=message, faults=problems(error))


def said(error: engine.EngineError) -> str:
    """What an error says, in the language of the request, with persons by name."""
    return sentence(error.message, error.params, names=_names(error.params))


def rejected(error: HTTPException) -> AnyResponse:
    """An answer to what Flask itself refused: no such page, too large, unreadable."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()
    if status >= 500:
        log.failure(error)
    response = answer(status, kind=_snake(error.name))
    response.headers.extend((key, value) for key, value in error.get_headers() if key in ("Allow", "Retry-After"))
    return response


def signed_out(_error: SignedOut) -> AnyResponse:
    """To the sign-in page; a page that asks on its own is told so, and signs in over itself."""
    if is_fetch():
        return answer(401, kind="signed_out", message=str(SIGNED_OUT))
    if request.method == "GET":
        target = request.full_path.rstrip("?") if request.path != "/" else ""
        return redirect(url_for("auth.sign_in_page", next=target or None), 303)
    flash(str(SIGNED_OUT), "warning")
    return redirect(url_for("auth.sign_in_page"), 303)


def unknown(_error: Unknown) -> Response:
    """Whatever is wrong with a token, the answer is the same."""
    response = answer(401, kind="no_token", message=str(NO_TOKEN))
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def forged(_error: Forged) -> Response:
    """The token was missing or stale. A sign-in page that lay open overnight sees this, so the sentence is calm."""
    return answer(403, kind="stale_page", message=str(STALE))


def unreadable(_error: Exception) -> Response:
    """The request holds what no page sends: nesting without end, half a character, a text that no column takes."""
    return answer(400, kind="bad_request")


def unexpected(error: Exception) -> Response:
    """A fault of ours: the number on the page is the number in the log, and nothing else leaves."""
    log.failure(error)
    return answer(500, kind="unexpected")


def answer(status: int, *, kind: str, message: str | None = None, faults: Faults | None = None) -> Response:
    """The response in the shape that the caller reads."""
    page = _page(status)
    told = message or str(page.title if is_program() else page.advice)  # the advice is for who sits before a page
    number = g.get("request_id") if status >= 500 else None
    if wants_json():
        body: dict[str, Any] = {"error": kind, "message": told, "problems": faults or []}
        if number:
            body["number"] = number
        return make_response(jsonify(body), status)
    return make_response(_html(status, message, faults or [], number), status)


def _page(status: int) -> Page:
    return PAGES.get(status) or PAGES[500 if status >= 500 else 400]


def _html(status: int, message: str | None, faults: Faults, number: str | None) -> str:
    page = _page(status)
    template = "errors/fragment.html" if is_fetch() else "errors/page.html"
    if isinstance(request.routing_exception, SecurityError):
        # Under a host name that nobody vouched for no address can be made, so no link either.
        template = "errors/bare.html"
    try:
        return render_template(template, status=status, page=page, message=message, problems=faults, number=number)
    except Exception as error:
        # The frame of our pages may be what failed (the database is away): say the same without it.
        log.failure(error)
        return render_template("errors/bare.html", page=page, message=message, number=number)


def _spoken(key: str, value: object, names: Mapping[str, str]) -> str:
    if key in PERSONS and value == ENGINE_KEY:
        return str(gettext("The system"))
    if key in PERSONS and isinstance(value, str):
        return names.get(value, value)
    return i18n.spoken(value)


def _names(params: Mapping[str, Any]) -> dict[str, str]:
    """Names of the persons in a sentence; keys are good enough where the database is away or nobody is signed in.

    A reader who is not told everybody's name is told the organisation, as on pages, where the sentence says by
    ``process`` of whose cases it speaks; else, and where the database is away, no more than that it was somebody else.
    """
    keys = {value for key, value in params.items() if key in PERSONS and isinstance(value, str)}
    if not keys or not is_somebody():
        return {}
    reader, process = current.actor(), params.get("process")
    veiled = access.is_veiled(reader)
    names = dict.fromkeys(keys - reader.persons, str(SOMEBODY_ELSE)) if veiled else {}
    if veiled and process is None:
        return names
    try:
        with db.read() as view:
            return {key: i18n.named(each) for key, each in people.named(view, keys, str(process)).items()}
    except engine.EngineError:
        return names


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name)).replace(" ", "")


class _Lenient(string.Formatter):
    """Fills a template; a name it does not know stays as it is, so that a sentence never fails to be said."""

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), "{" + str(key) + "}")
