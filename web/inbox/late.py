"""What somebody is told who comes to a task that is no longer theirs, because a colleague was faster."""

from __future__ import annotations

from flask import Response, request

from engine import turn
from engine.errors import Conflict, NotFound
from web import db, errors
from web.inbox.room import bp


@bp.errorhandler(NotFound)
def not_there(error: NotFound) -> Response:
    """Nothing there; unless it is a task that had been offered to the reader: then who did what with it, and when.

    The question is asked about every task that is not there for the reader, so that nobody can tell from it which are.
    """
    task_id = (request.view_args or {}).get("task_id")
    if task_id is not None:
        try:
            with db.read() as view:
                turn.explain(view, task_id)
        except Conflict as late:
            return errors.refused(late)
    return errors.refused(error)
