"""What one can do with a task beside handing it in: take it, put it back, 转办, 撤回, 催办, 抄送."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from engine import task
from engine.query import task_page
from web import db, once
from web.inbox import entries
from web.inbox.room import bp, on_to

TEXT_LIMIT = 1000
FOUND_LIMIT = 12


@bp.post("/tasks/<task_id>/claim")
def claim(task_id: str) -> Response:
    """Reserve a task for me."""
    once.act(lambda command: task.claim(command, task_id, stamp=_stamp()))
    return _back(task_id, _("The task is yours now."))


@bp.post("/tasks/<task_id>/unclaim")
def unclaim(task_id: str) -> Response:
    """Put a task back for the others."""
    once.act(lambda command: task.unclaim(command, task_id, stamp=_stamp()))
    flash(str(_("The task is open to the others again.")), "success")
    return on_to(url_for("inbox.todo"))


@bp.post("/tasks/<task_id>/assign")
def assign(task_id: str) -> Response:
    """转办: hand a task over to somebody else, with a reason."""
    person, reason = request.form.get("person", ""), _text("reason")
    once.act(lambda command: task.assign(command, task_id, person, reason, stamp=_stamp()))
    flash(str(_("The task was handed over.")), "success")
    return on_to(url_for("inbox.todo"))


@bp.post("/tasks/<task_id>/withdraw")
def withdraw(task_id: str) -> Response:
    """撤回: take back what I have handed in, while nobody has opened the next step."""
    again = once.act(lambda command: task.withdraw(command, task_id, _text("reason")))
    return _back(again, _("You have it back. What you had filled in is still there."))


@bp.post("/tasks/<task_id>/remind")
def remind(task_id: str) -> Response:
    """催办: ask whoever has a task to get on with it."""
    count = once.act(lambda command: task.remind(command, task_id, _text("text")))
    return _back(task_id, ngettext("%(num)s person was reminded.", "%(num)s persons were reminded.", count))


@bp.post("/tasks/<task_id>/copy")
def copy(task_id: str) -> Response:
    """抄送: lay the case before others for information."""
    once.act(lambda command: task.copy(command, task_id, request.form.getlist("person"), _text("text")))
    return _back(task_id, _("It was sent for information."))


@bp.get("/tasks/<task_id>/people")
def people(task_id: str) -> str:
    """Persons to choose among, as check boxes: those chosen already, then those that a search finds."""
    chosen, text = request.args.getlist("person")[:FOUND_LIMIT], request.args.get("q", "").strip()[:50]
    with db.read() as view:
        task_page.must_be_visible(view, task_id)
        kept = entries.by_key(view, "person", chosen)
        found = entries.search(view, "person", text)[:FOUND_LIMIT] if text else []
    known = {each.key for each in kept}
    return render_template(
        "inbox/_people.html", chosen=kept, found=[each for each in found if each.key not in known], text=text
    )


def _stamp() -> int | None:
    stamp = request.form.get("stamp", "")
    return int(stamp) if stamp.isdecimal() and len(stamp) < 10 else None


def _text(name: str) -> str:
    return request.form.get(name, "").strip()[:TEXT_LIMIT]


def _back(task_id: str, said: object) -> Response:
    flash(str(said), "success")
    return on_to(url_for("inbox.task", task_id=task_id))
