"""How the process is: for whoever watches over it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response
from sqlalchemy import Connection, select

from engine import clock, schema
from engine.errors import Unavailable
from web import db
from web.auth import current

LATE_S = 60
bp = Blueprint("admin", __name__)


@bp.get("/health")
@current.public
def health() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/ready")
@current.public
def ready() -> Response:
    """Whether the database is there and of the right revision, and whether a worker is at work.

    Pages can be served while no worker is there, so that alone is ``degraded``: timers and messages wait.
    """
    try:
        database = db.database()
        database.check()
        with database.read() as connection:
            seen, now = worker_seen(connection), clock.lease_now(connection)
    except Unavailable as error:
        return make_response(jsonify(status="unavailable", reason=str(error)), 503)
    if seen is None:
        return jsonify(status="degraded", worker="never seen")
    if now - seen > LATE_S * 1_000_000:
        return jsonify(status="degraded", worker=f"not seen for {(now - seen) // 1_000_000} s")
    return jsonify(status="ok", worker="seen")


def worker_seen(connection: Connection) -> int | None:
    """When a worker was last seen, in the database's own microseconds."""
    value = connection.execute(select(schema.meta.c.value).where(schema.meta.c.key == "worker_seen")).scalar()
    return None if value is None else int(value)
