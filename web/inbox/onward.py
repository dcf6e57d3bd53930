"""Where somebody goes on who has handed a step in or begun a case: to what waits for them next.

What a service task does between two steps is done by a worker. The page waits a moment for it, so that nobody is told
that nothing waits for them when a moment later something does.
"""

from __future__ import annotations

import time

from flask import url_for

from engine import job, opening, task
from engine.query import task_page
from web import db

PATIENCE_S, LOOK_S = 0.6, 0.05


def after_task(answer: task.Answer, task_id: str) -> str:
    """Straight to the next step if it is the same person's; else back to the list, with a way to take it back."""
    first = answer.next_task or (None if answer.ended else _in_a_moment(answer.instance_id))
    if first is not None:
        return url_for("inbox.task", task_id=first, after=task_id)
    with db.read() as view:
        may = task_page.may_be_taken_back(view, task_id)
    return url_for("inbox.todo", after_task=task_id, recall="yes" if may else None)


def after_start(instance_id: str, first: str | None, sees_case: bool) -> str:
    """To what the starter has to do first; else to the case, if it is theirs to see; else to their list."""
    first = first or _in_a_moment(instance_id)
    if first is not None:
        return url_for("inbox.task", task_id=first)
    return url_for("inbox.case", instance_id=instance_id) if sees_case else url_for("inbox.todo", started="yes")


def _in_a_moment(instance_id: str) -> str | None:
    """The first task of the case that waits for the actor once what is owed is done; None where nothing was owed."""
    until, was_owed = time.monotonic() + PATIENCE_S, False
    while True:
        with db.read() as view:
            owed = job.is_owed(view, instance_id)
            was_owed = was_owed or owed
            if not owed or time.monotonic() > until:
                return opening.onward(view, instance_id)[0] if was_owed else None
        time.sleep(LOOK_S)
