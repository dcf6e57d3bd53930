"""Type-ahead for the forms' ``entry`` fields, and for choosing whom to tell."""

from __future__ import annotations

from dataclasses import dataclass

from flask import jsonify, request
from werkzeug.wrappers import Response

from engine import directory
from engine.query import titles
from engine.runtime import View
from web import db, i18n
from web.inbox.room import bp

KEYS = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to choose: its key, how it is called, and what tells it from others of that name."""

    key: str
    title: str
    note: str


@bp.get("/entries")
def entries() -> Response:
    """``?source&q`` or ``?source&key=a&key=b`` → ``{"entries": [{"key", "title", "note"}]}``."""
    source, keys = request.args.get("source", "")[:64], request.args.getlist("key")
    with db.read() as view:
        found = by_key(view, source, keys) if keys else search(view, source, request.args.get("q", "")[:50])
    return jsonify(entries=[{"key": each.key, "title": each.title, "note": each.note} for each in found])


def search(view: View, source: str, text: str) -> list[Entry]:
    """What the reader may choose, by name, pinyin or initials."""
    found = directory.search(view, source, text)
    return [Entry(each.key, i18n.named({"name": each.name, "name_en": each.en}), each.detail) for each in found]


def by_key(view: View, source: str, keys: list[str]) -> list[Entry]:
    """Those of these keys that the reader may choose."""
    offered = directory.offered(view, source, keys[:KEYS])
    return [Entry(key, i18n.named(title), "") for key, title in titles.of(view, source, offered).items()]
