"""From a request to a transaction of the engine, and back: the one place under ``web/`` where anything is committed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import cast

from flask import Flask, current_app, g, has_app_context
from sqlalchemy import event

from engine.database import Database
from engine.runtime import Command, Runtime, View
from web.auth import current
from web.config import Settings

_KEY = "xuncha.runtime"


def init_app(app: Flask, runtime: Runtime) -> None:
    """Give the application its engine; count the statements of each request."""
    app.extensions[_KEY] = runtime
    event.listen(runtime.database.engine, "before_cursor_execute", _count)


def runtime() -> Runtime:
    """The engine of this process."""
    return cast(Runtime, current_app.extensions[_KEY])


def database() -> Database:
    """The database of this process, for what is not a command of the engine: sessions, accounts."""
    return runtime().database


def settings() -> Settings:
    """The settings of this process."""
    return cast(Settings, current_app.extensions["xuncha.settings"])


def read() -> AbstractContextManager[View]:
    """Look as the person who is signed in: ``with db.read() as view: …``."""
    return runtime().read(current.actor())


@contextmanager
def write() -> Iterator[Command]:
    """Act as the person who is signed in, in one transaction: ``with db.write() as command: …``."""
    with runtime().write(current.actor()) as command:
        yield command
    g.kept = True


def has_kept() -> bool:
    """Whether something that this request came to do has been done, whatever happens to its answer."""
    return bool(g.get("kept"))


def statements() -> int:
    """How many statements this request has sent to the database so far."""
    return int(g.get("statements", 0))


def _count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
    # Beginning a transaction is a statement on SQLite only, and is counted on neither.
    if has_app_context() and not statement.startswith("BEGIN"):
        g.statements = g.get("statements", 0) + 1
