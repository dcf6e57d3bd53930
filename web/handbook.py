"""The handbook behind "?": one page for each role that the reader holds, and one for everybody.

Its words stand in ``handbook.toml`` within the folder of the processes: ``[[page]]`` with ``role`` (``*``: everybody)
and the lists ``does``, ``minds`` and ``finds`` of sentences with their English beside them. They are data: nothing of
them is ever HTML.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app, render_template

from engine import policy
from engine.errors import NotFound
from web import db, i18n
from web.auth import current

FILE = "handbook.toml"
EVERYBODY = "*"
bp = Blueprint("handbook", __name__, url_prefix="/handbook")


@dataclass(frozen=True, slots=True)
class Page:
    """One page in the language of the reader; ``title`` is empty on everybody's."""

    title: str
    does: Sequence[str]
    minds: Sequence[str]
    finds: Sequence[str]


def init_app(app: Flask) -> None:
    """Register the page, and tell every other page whether there is one."""
    app.register_blueprint(bp)
    app.jinja_env.globals.update(has_handbook=lambda: _path().exists())


@bp.get("/")
def show() -> str:
    """The pages for whoever reads.

    Raises:
        NotFound: this installation has no handbook.
    """
    if not _path().exists():
        raise NotFound("There is no such page.")
    return render_template("handbook.html", sheets=pages())


def pages() -> list[Page]:
    """Everybody's page and those of the roles that the reader holds now, in the order of the file."""
    held = {EVERYBODY} | {each.partition("@")[0] for each in current.actor().audiences}
    with db.database().read() as connection:
        roles = policy.current(connection).roles
    found = []
    for page in _read(_path(), _path().stat().st_mtime):
        role = roles.get(page["role"])
        if page["role"] in held and (role or page["role"] == EVERYBODY):
            title = i18n.named({"name": role.title, "name_en": role.en}) if role else ""
            found.append(Page(title, *(i18n.beside(page.get(part, [])) for part in ("does", "minds", "finds"))))
    return found


def _path() -> Path:
    folder: Path = current_app.extensions["xuncha.settings"].processes
    return folder / FILE


@cache
def _read(path: Path, _changed: float) -> list[dict[str, Any]]:
    content: dict[str, list[dict[str, Any]]] = tomllib.loads(path.read_text("utf-8"))
    return content.get("page", [])
