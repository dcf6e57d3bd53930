"""How the process is: for whoever watches over it."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask, Response, current_app, jsonify, make_response

from engine.worker import Worker
from web import db
from web.admin.readiness import LATE_US, Readiness
from web.auth import current

_KEY, WORKER = "xuncha.readiness", "xuncha.worker"
bp = Blueprint("admin", __name__)


def init_app(app: Flask) -> None:
    """Register the pages; the application's engine has to be there already."""
    app.register_blueprint(bp)
    with app.app_context():
        app.extensions[_KEY] = Readiness(db.database(), db.settings().ready_seconds)


def watch(app: Flask, worker: Worker) -> None:
    """Say that this process runs jobs too: without them it is not ready."""
    app.extensions[WORKER] = worker


@bp.get("/health")
@current.public
def health() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/ready")
@current.public
def ready() -> Response:
    """Whether a command would get through, and whether a worker is at work.

    Pages can be served while no worker is there, so that alone is ``degraded``: timers and messages wait. A process
    whose own worker has ended is about to end itself.
    """
    worker = cast("Worker | None", current_app.extensions.get(WORKER))
    if worker is not None and worker.broke:
        return _unavailable("The worker of this process has ended.")
    found = cast(Readiness, current_app.extensions[_KEY]).now()
    if found.refusal is not None:
        return _unavailable(found.refusal)
    if found.worker_seen_us is None:
        return jsonify(status="degraded", worker="never seen")
    if found.worker_seen_us > LATE_US:
        return jsonify(status="degraded", worker=f"not seen for {found.worker_seen_us // 1_000_000} s")
    return jsonify(status="ok", worker="seen")


def _unavailable(reason: str) -> Response:
    return make_response(jsonify(status="unavailable", reason=reason), 503)
