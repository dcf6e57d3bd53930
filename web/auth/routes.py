"""Sign in, sign out, change the password, choose a language, act for someone else."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from engine import schema
from engine.errors import Forbidden, Invalid, Problem
from web import db, i18n
from web.auth import account, cookies, csrf, current, guard, password, session, throttle
from web.config import LOCALES
from web.errors import problems, wants_json

bp = Blueprint("auth", __name__, template_folder="templates")
REFUSED = lazy_gettext(
    "Name and password do not go together, or the account is resting after several wrong attempts. "
    "Check both; after five wrong attempts wait a few minutes."
)
THROTTLED = lazy_gettext("Too many attempts came from this address. Wait a quarter of an hour and try again.")


@bp.get("/sign-in")
@current.public
def sign_in_page() -> AnyResponse | str:
    """The sign-in page; as JSON, the token that a sign-in over the page has to bring."""
    if wants_json():
        return jsonify(csrf=csrf.token())
    if current.session_or_none():
        return redirect(local(request.args.get("next")), 303)
    return render_template("auth/sign_in.html", next=request.args.get("next", ""), name="")


@bp.post("/sign-in")
@current.public
def sign_in() -> AnyResponse:
    """Begin a session. As JSON, answers with the person and the new token, so that a page can carry on where it was."""
    name, secret = _typed()
    with db.database().write() as connection:
        outcome = password.attempt(connection, name, secret, request.remote_addr or "", guard.guesses())
        token = begin(connection, name) if outcome is password.Attempt.ACCEPTED else None
    if token is None:
        throttled = outcome is password.Attempt.THROTTLED
        return _refuse(str(THROTTLED if throttled else REFUSED), 429 if throttled else 401, name)
    return signed_in(token, local(request.form.get("next")))


def _typed() -> tuple[str, str]:
    sent = request.get_json() if request.is_json else request.form
    if not isinstance(sent, Mapping):
        abort(400)
    # PostgreSQL takes no NUL in a text; nobody has one in a name, so it may as well be another character.
    return str(sent.get("name", "")).strip().replace("\0", "\ufffd"), str(sent.get("password", ""))


def begin(connection, name: str) -> str:  # type: ignore[no-untyped-def]
    """Rotate: whatever session this browser had ends with the new one's beginning."""
    old = request.cookies.get(cookies.name(cookies.SESSION))
    if old:
        session.end(connection, session.digest(old))
    session.sweep(connection, guard.limits())
    throttle.sweep(connection)
    return session.start(connection, name, locale=request.cookies.get(cookies.name(i18n.COOKIE)))


def signed_in(token: str, target: str) -> Response:
    """The answer that carries a fresh session to the browser."""
    with db.database().read() as connection:
        g.session = session.load(connection, token, guard.limits())
    if wants_json():
        response = jsonify(person=current.session().person, csrf=csrf.token())
    else:
        response = make_response(redirect(target, 303))
    cookies.put(response, cookies.SESSION, token)
    return response


def _refuse(sentence: str, status: int, name: str) -> Response:
    if wants_json():
        return make_response(jsonify(error="refused", message=sentence), status)
    page = render_template("auth/sign_in.html", refusal=sentence, next=request.form.get("next", ""), name=name)
    return make_response(page, status)


@bp.post("/sign-out")
def sign_out() -> AnyResponse:
    """End this session."""
    with db.database().write() as connection:
        session.end(connection, current.session().digest)
    flash(_("You have signed out."), "success")
    response = make_response(redirect(url_for("auth.sign_in_page"), 303))
    cookies.drop(response, cookies.SESSION)
    return response


@bp.get("/password")
def password_page() -> str:
    """Where a person changes the password."""
    return render_template("auth/password.html", problems=())


@bp.post("/password")
def change_password() -> AnyResponse:
    """A new password, confirmed with the old one; ends all sessions but a fresh one for this browser."""
    me = current.session().person
    old, new, again = (request.form.get(each, "") for each in ("old", "new", "again"))
    try:
        if new != again:
            raise Invalid("The password was not accepted.", [Problem("again", "The two new passwords differ.")])
        with db.database().write() as connection:
            outcome = password.confirm(connection, me, old, request.remote_addr or "", guard.guesses())
        if outcome is not password.Attempt.ACCEPTED:
            raise Invalid("The password was not accepted.", [Problem("old", "The old password is not right.")])
        with db.database().write() as connection:
            account.set_password(connection, me, new)
            token = begin(connection, me)
    except Invalid as refused:
        return make_response(render_template("auth/password.html", problems=problems(refused)), 422)
    flash(_("The password has been changed; everywhere else you have been signed out."), "success")
    return signed_in(token, url_for("auth.password_page"))


@bp.post("/language")
@current.public
def choose_language() -> AnyResponse:
    """Speak another language from now on: kept with the account, before sign-in in a cookie."""
    wish = request.form.get("language", "")
    me = current.session_or_none()
    if me and wish in LOCALES:
        with db.database().write() as connection:
            account.set_language(connection, me.person, wish)
    response = make_response(redirect(local(request.form.get("next")), 303))
    if wish in LOCALES:
        cookies.put(response, i18n.COOKIE, wish, days=365)
    return response


@bp.get("/acting")
def acting_page() -> str:
    """Those for whom this person may act today."""
    me = current.session()
    with db.database().read() as connection:
        keys = session.substitutes(connection, me.person, me.now)
        person = schema.person
        rows = connection.execute(select(person).where(person.c.id.in_(keys)).order_by(person.c.sort, person.c.id))
        others = rows.mappings().all()
    return render_template("auth/acting.html", others=others)


@bp.post("/acting")
def act_for() -> AnyResponse:
    """Act in one's own name on behalf of another, or for oneself again."""
    me, wish = current.session(), request.form.get("person") or None
    with db.database().write() as connection:
        if wish and not session.substitutes(connection, me.person, me.now, wish):
            raise Forbidden("You do not stand in for this person at the moment.")
        session.act_for(connection, me.digest, wish)
    return redirect(local(request.form.get("next")), 303)


def local(target: str | None) -> str:
    """A place inside this application to go on to; anything else becomes the start page."""
    parts = urlsplit((target or "").replace("\\", "/"))
    if any(ord(each) < 32 or ord(each) == 127 for each in target or ""):
        return url_for("home")  # no address, and nothing that a header may hold
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith("//"):
        return url_for("home")
    return target or url_for("home")
