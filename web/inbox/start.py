"""Starting a process that one may start."""

from __future__ import annotations

import json
from typing import Any

from flask import jsonify, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engine import instance, opening, phrase
from engine.query import start_list
from engine.query.start_list import Startable
from engine.runtime import Command
from web import db, i18n, once
from web.inbox import onward
from web.inbox.room import bp
from web.inbox.tasks import body_of, values_of


@bp.get("/start")
def start() -> str:
    """What I may start."""
    with db.read() as view:
        found = start_list.all_of(view, i18n.language())
    return render_template("inbox/start.html", processes=found)


@bp.get("/start/<process_key>")
def start_one(process_key: str) -> str:
    """The form that starts a process."""
    with db.read() as view:
        chosen = start_list.one(view, process_key, i18n.language())
        phrases = [each.text for each in phrase.mine(view)]
    island = {
        "form": json.dumps(chosen.form or _asking(chosen), ensure_ascii=False),
        "values": "{}",
        "locale": i18n.language(),
        "submit-url": url_for("inbox.start_now", process_key=process_key),
        "submit-label": str(_("Start")),
        "upload-url": url_for("inbox.upload_for_start", process_key=process_key),
        "entries-url": url_for("inbox.entries"),
        "stock-phrases": json.dumps(phrases, ensure_ascii=False),
    }
    return render_template("inbox/start_one.html", chosen=chosen, island=island)


@bp.post("/start/<process_key>")
def start_now(process_key: str) -> Response:
    """Start it: ``{"values"}`` with the header Idempotency-Key; answers ``{"location"}``."""
    values = values_of(body_of())
    return jsonify(location=onward.after_start(*once.act(lambda command: begin(command, process_key, values))))


def begin(command: Command, process_key: str, values: dict[str, Any]) -> tuple[str, str | None, bool]:
    """Start a case; its id, what the starter has to do first, if anything, and whether the case is theirs to see."""
    instance_id = opening.begin(command, process_key, values)
    return instance_id, *opening.onward(command, instance_id)


def _asking(chosen: Startable) -> dict[str, Any]:
    """A form for a process that has none of its own: its number, and what decides who may see the case."""
    number = {
        "type": "textfield",
        "id": opening.NUMBER,
        "key": opening.NUMBER,
        "label": str(_("Number or title")),
        "description": str(_("People will know the case by it.")),
        "validate": {"maxLength": instance.NUMBER_MOST},
    }
    remits = [
        {
            "type": "entry",
            "id": each.variable,
            "key": each.variable,
            "label": each.label,
            "source": each.source,
            "validate": {"required": each.required},
        }
        for each in chosen.asks
    ]
    return {"type": "default", "schemaVersion": 16, "components": [number, *remits]}
