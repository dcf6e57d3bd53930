"""The web application: pages for the people who work with the engine."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from functools import cache
from pathlib import Path

from flask import Flask, redirect, url_for
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from engine.allowance import MEGABYTE, Allowance
from engine.runtime import Runtime
from web import admin, api, db, demo, errors, handbook, i18n, inbox, installing, logging, navigation, packed, security
from web.auth import csrf, current, guard, password, routes
from web.config import Settings, release_number


def create_app(settings: Settings | None = None, runtime: Runtime | None = None) -> Flask:
    """Put the application together.

    Args:
        settings: read from the environment when left out.
        runtime: the engine; made from the settings when left out.

    Raises:
        Unavailable: the database is away, empty or of another revision, or the state folder cannot be used.
    """
    settings = settings or Settings()
    runtime = runtime or installing.open_runtime(settings)
    runtime.confirms = password.is_own
    runtime.unsent = Allowance(settings.unsent_files, settings.unsent_megabytes * MEGABYTE)
    app = Flask(__name__)
    app.extensions["xuncha.settings"] = settings
    app.config.update(
        SECRET_KEY=hmac.new(runtime.keys.session, b"flask", hashlib.sha256).digest(),
        SESSION_COOKIE_NAME="__Host-xuncha-flash" if settings.is_secure else "xuncha-flash",
        SESSION_COOKIE_SECURE=settings.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.proxies:
        n = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    # Order matters: a request is numbered, limited, then asked who it is.
    logging.init_app(app)
    security.init_app(app, hosts=settings.hosts, is_secure=settings.is_secure)
    db.init_app(app, runtime)
    i18n.init_app(app, locale=settings.locale, zone=settings.zone)
    errors.init_app(app)
    guard.init_app(app)
    csrf.init_app(app)
    navigation.init_app(app)
    packed.init_app(app)
    _register(app)
    return app


def _register(app: Flask) -> None:
    app.register_blueprint(routes.bp)
    admin.init_app(app)
    demo.init_app(app)
    handbook.init_app(app)
    app.register_blueprint(inbox.bp)
    api.init_app(app)
    app.add_url_rule("/", "home", home)
    app.jinja_env.globals.update(
        asset=asset,
        zone=app.extensions["xuncha.settings"].zone,
        version=release_number(),
        brand=app.extensions["xuncha.settings"].title,
        acting_name=acting_name,
    )


def acting_name() -> str:
    """Name of the person for whom the one signed in acts."""
    me = current.session()
    return i18n.named({"name": me.acting_for_name or me.acting_for, "name_en": me.acting_for_name_en})


def home() -> Response:
    """Where everybody begins: what waits for them."""
    return redirect(url_for(navigation.ENTRIES[0].endpoint), 303)


@cache
def _mark(path: Path, _changed: float) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """Address of a static file that changes when the file does, so that browsers may keep it for a year."""
    path = Path(__file__).parent / "static" / name
    mark = _mark(path, path.stat().st_mtime) if path.exists() else "missing"
    return url_for("static", filename=name, v=mark)
