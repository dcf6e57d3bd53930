"""The same work over JSON, for programs: ``/api``, with bearer tokens; ``/api/openapi.json`` describes it.

Nothing here decides who sees what: rows, values and refusals are those of the pages.
"""

from __future__ import annotations

from flask import Flask

from web import demo
from web.api import clock, files, openapi, routes


def init_app(app: Flask) -> None:
    """Open the room; the clock only in a demonstration."""
    with app.app_context():
        rooms = (routes.room, files.room, *((clock.room,) if demo.is_demo() else ()))
    for each in rooms:
        app.register_blueprint(each.blueprint)
    openapi.init_app(app, [operation for each in rooms for operation in each.operations])


__all__ = ["init_app"]
