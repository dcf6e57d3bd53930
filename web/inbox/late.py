"""What somebody is told who comes to a task that has moved on, because a colleague was faster."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import turn
from engine.errors import Conflict, NotFound
from engine.query import task_page
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


@bp.errorhandler(Conflict)
def moved_on(error: Conflict) -> AnyResponse:
    """What a button of a task's page was too late for: back to the task as it stands now, which says what happened.

    A page of its own under the address of the button would be sent again by whoever reloads it.
    """
    task_id = (request.view_args or {}).get("task_id")
    if task_id is None or request.method != "POST" or errors.is_fetch():
        return errors.refused(error)
    try:
        with db.read() as view:
            task_page.must_be_visible(view, task_id)
    except NotFound:
        return errors.refused(error)
    flash(errors.said(error), "warning")
    return redirect(url_for("inbox.task", task_id=task_id), 303)
