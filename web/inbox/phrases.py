"""常用意见: my own stock phrases."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engine import phrase
from web import db, once
from web.inbox.room import bp


@bp.get("/phrases")
def phrases() -> str:
    """My phrases, to be added to, ordered and thinned out."""
    with db.read() as view:
        mine = phrase.mine(view)
    return render_template("inbox/phrases.html", phrases=mine, limit=phrase.LIMIT, length=phrase.LENGTH)


@bp.post("/phrases")
def add_phrase() -> Response:
    """Keep another one."""
    once.act(lambda command: phrase.add(command, request.form.get("text", "")).id)
    flash(str(_("The phrase was kept.")), "success")
    return redirect(url_for("inbox.phrases"), 303)


@bp.post("/phrases/<phrase_id>/delete")
def delete_phrase(phrase_id: str) -> Response:
    """Delete one of mine."""
    with db.write() as command:
        phrase.remove(command, phrase_id)
    return redirect(url_for("inbox.phrases"), 303)


@bp.post("/phrases/<phrase_id>/move")
def move_phrase(phrase_id: str) -> Response:
    """Move one of mine up, or down with ``down``."""
    with db.write() as command:
        order = [each.id for each in phrase.mine(command)]
        if phrase_id in order:
            at = order.index(phrase_id)
            order.insert(max(0, at + (1 if "down" in request.form else -1)), order.pop(at))
        phrase.arrange(command, order)
    return redirect(url_for("inbox.phrases", _anchor=f"phrase-{phrase_id}"), 303)
