"""The four lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import flash, g, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engine import notice, turn
from engine.query import inbox
from engine.query.inbox import Filter, Overview
from engine.query.paging import Page
from engine.runtime import View
from web import db
from web.auth.current import session_or_none
from web.inbox import first_steps, speech
from web.inbox.room import bp

List = Callable[[View, Filter, str | None], Page[Any]]
_SAID_ONCE = ("after", "after_task", "recall", "started")


@bp.get("/todo")
def todo() -> str:
    """待办."""
    return _page("inbox/todo.html", inbox.todo, choices=True)


@bp.get("/done")
def done() -> str:
    """已办."""
    return _page("inbox/done.html", inbox.done)


@bp.get("/started")
def started() -> str:
    """我发起的."""
    return _page("inbox/started.html", inbox.started)


@bp.get("/notices")
def notices() -> str:
    """待阅."""
    return _page("inbox/notices.html", inbox.notices)


@bp.get("/notices/<notice_id>")
def notices_open(notice_id: str) -> Response:
    """Read a notice: it leads to what it is about."""
    with db.write() as command:
        instance_id, task_id = notice.mark_read(command, notice_id)
        waits = task_id is not None and turn.is_mine(command, task_id)
    if waits:
        return redirect(url_for("inbox.task", task_id=task_id), 303)
    if instance_id is None:
        flash(_("You have read it. This line is all of the case that is open to you."), "info")
        return redirect(url_for("inbox.notices"), 303)
    return redirect(url_for("inbox.case", instance_id=instance_id), 303)


@bp.post("/notices/read")
def notices_read() -> Response:
    """Everything laid before me is read."""
    with db.write() as command:
        notice.mark_all_read(command)
    return redirect(url_for("inbox.notices"), 303)


@bp.get("/counts")
def counts() -> Response:
    """What is unread, by endpoint: pages ask for it by themselves now and then."""
    return jsonify(unread())


def unread() -> dict[str, int]:
    """The numbers beside the lists in the head of each page."""
    if session_or_none() is None:
        return {}
    if "overview" not in g:
        with db.read() as view:
            g.overview = inbox.overview(view)
    seen: Overview = g.overview
    return {"inbox.todo": seen.todo_unread, "inbox.notices": seen.notices_unread}


def _asked(name: str, limit: int) -> str:
    """What the address asks for under ``name``; a character that no database can compare with stands as U+FFFD."""
    return request.args.get(name, "").strip()[:limit].replace("\0", "\ufffd")


def _page(template: str, read: List, *, choices: bool = False) -> str:
    wanted = Filter(
        process=_asked("process", 64),
        overdue=request.args.get("overdue") == "yes",
        drafted=request.args.get("drafted") == "yes",
        text=_asked("text", 100),
        order="arrival" if request.args.get("order") == "arrival" else "due",
    )
    with db.read() as view:
        g.overview = inbox.overview(view)
        page = read(view, wanted, request.args.get("after"))
        words = speech.Words(view)
        words.learn(item.definition_id for item in page.items)
        nothing = choices and not page.items and wanted == Filter() and not request.args.get("after")
        steps = first_steps.needed(view) if nothing else ()
        names = [(key, words.of(definition).process) for key, definition in g.overview.processes] if choices else []
    here = {
        key: value for key, value in request.args.items() if key not in ("after", "after_task", "recall", "started")
    }
    later = f"{request.path}?{urlencode({**here, 'after': page.next})}" if page.next else ""
    first = f"{request.path}?{urlencode(here)}"
    return render_template(
        template,
        page=page,
        steps=steps,
        wanted=wanted,
        words=words,
        overview=g.overview,
        states=speech.STATES,
        kinds=speech.NOTICES,
        processes=names,
        later=later,
        first=first if request.args.get("after") else "",
        filtered=any((wanted.process, wanted.overdue, wanted.drafted, wanted.text)),
    )
