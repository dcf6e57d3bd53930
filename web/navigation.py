"""The lists in the head of every page, in their order, and how many are unread in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask, current_app, request
from flask_babel import lazy_gettext


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the endpoint it leads to, its name, and whether what is unread is counted beside it."""

    endpoint: str
    title: object
    counts: bool = False


ENTRIES = (
    Entry("inbox.todo", lazy_gettext("To do"), counts=True),
    Entry("inbox.done", lazy_gettext("Done")),
    Entry("inbox.started", lazy_gettext("Started by me")),
    Entry("inbox.notices", lazy_gettext("For information"), counts=True),
    Entry("inbox.start", lazy_gettext("Start a process")),
)
_COUNTS = "xuncha.counts"
# What an address says once: that something was handed in or started just now.
_ONCE = ("after_task", "started")


def init_app(app: Flask) -> None:
    """Put the entries into every page."""
    app.extensions[_COUNTS] = dict[str, int]
    app.jinja_env.globals.update(navigation=shown, is_here=is_here, back_here=back_here)


def count_with(app: Flask, counts: Callable[[], dict[str, int]]) -> None:
    """Say how the numbers beside the entries are found: unread by endpoint, for the person of this request."""
    app.extensions[_COUNTS] = counts


def shown() -> list[tuple[Entry, int]]:
    """The entries, each with the number beside it."""
    counts = current_app.extensions[_COUNTS]()
    return [(entry, counts.get(entry.endpoint, 0)) for entry in ENTRIES]


def is_here(endpoint: str) -> bool:
    """Whether the page shown belongs to this entry."""
    return bool(request.endpoint == endpoint or (request.endpoint or "").startswith(f"{endpoint}_"))


def back_here() -> str:
    """Where a form that every page has leads back to: this page, without what was news when it opened."""
    if request.method != "GET":
        return "/"
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in _ONCE]
    return f"{request.path}?{urlencode(kept)}" if kept else request.path
