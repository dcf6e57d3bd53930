"""Tables of a form as workbooks: a sheet is read for the form to show, and what the form shows is given out as one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from flask import Response, jsonify, send_file
from flask_babel import gettext as _

from engine import access, sheet
from engine.errors import Conflict, Invalid
from engine.form.model import ROWS_LIMIT
from engine.query import grids, titles
from engine.query.titles import Names
from engine.runtime import View
from engine.sheet import Headed, Taken
from web import db, errors, i18n, security
from web.auth import current
from web.inbox.files import received
from web.inbox.room import bp
from web.inbox.tasks import body_of

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


_reading: set[str] = set()
_guard = threading.Lock()


@contextmanager
def alone(person: str) -> Iterator[None]:
    """One workbook at a time for one person: reading one takes a whole thread of the server for a while.

    Raises:
        Conflict: another one of theirs is being read.
    """
    with _guard:
        if person in _reading:
            raise Conflict("Another workbook of yours is being read. Wait until it is there, then try again.")
        _reading.add(person)
    try:
        yield
    finally:
        with _guard:
            _reading.discard(person)


@bp.post("/tasks/<task_id>/sheets/<field>")
@security.takes_files
def take_sheet(task_id: str, field: str) -> Response:
    """Read a workbook (multipart ``file``) for a grid of a task: ``{"rows", "titles", "problems", "more"}``.

    Nothing is kept: the form shows the rows, and whoever fills it in checks and sends them.
    """
    name, body = received(sheet.LIMIT)
    with alone(current.actor().person):
        found = sheet.read(name, body)
    with db.read() as view:
        grid = grids.to_fill(view, task_id, field, i18n.language())
        head = sheet.headed(found, grid.field, grid.names)
        keys = {(source, text): each for source, text, each in _called(view, head)}
        taken = sheet.fitted(head, keys, view.runtime.zone)
        named = _titles(view, keys)
    return jsonify(rows=taken.rows, titles=named, problems=_said(taken), more=taken.more)


@bp.post("/tasks/<task_id>/sheets/<field>/out")
def give_sheet(task_id: str, field: str) -> Response:
    """What the form shows in a grid, ``{"rows"}`` with names in place of keys, as a workbook; that is written down."""
    rows = _rows(body_of())
    with db.write() as command:
        grid = grids.to_give_out(command, task_id, field, i18n.language())
        access.record(command, "exported", task_id, field)
    words = {"yes": str(_("yes")), "no": str(_("no"))}
    title = grid.field.label or field
    content = sheet.write(title, grid.field.columns, rows, words, db.runtime().zone)
    response = send_file(BytesIO(content), mimetype=_TYPE, as_attachment=True, download_name=f"{title}.xlsx")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _called(view: View, head: Headed) -> list[tuple[str, str, tuple[str, ...]]]:
    return [
        (source, text, keys)
        for source, texts in head.entries().items()
        for text, keys in titles.keys_of(view, source, texts).items()
    ]


def _titles(view: View, keys: dict[tuple[str, str], tuple[str, ...]]) -> dict[str, dict[str, str]]:
    names = Names(view)
    for (source, _text), found in keys.items():
        names.want(source, found[0])
    names.read()
    titles_: dict[str, dict[str, str]] = {}
    for (source, key), title in names.known.items():
        titles_.setdefault(source, {})[key] = i18n.named(title)
    return titles_


def _said(taken: Taken) -> list[dict[str, str]]:
    return [{"where": each.where, "message": errors.sentence(each.message, each.params)} for each in taken.problems]


def _rows(body: dict[str, Any]) -> list[dict[str, Any]]:
    rows = body.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Invalid("The request has no rows.")
    if len(rows) > ROWS_LIMIT:
        raise Invalid("These are {count} rows; at most {limit} are allowed.", count=len(rows), limit=ROWS_LIMIT)
    return rows
