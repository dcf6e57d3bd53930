"""Revisions: how the tables came to be what ``schema`` says, one file for each change, applied by Alembic.

An empty database is made by the same files that bring an older one up to date, so there is one way only. Everything
from one revision to the newest is one transaction, on SQLite too: a database is of the old revision or of the new one.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from engine import schema
from engine.errors import Unavailable

HOME = Path(__file__).parent
# Where the files stand; a test adds a folder with a change that is yet to come.
FOLDERS: tuple[Path, ...] = (HOME / "versions",)
TABLE = "alembic_version"

_EMPTY = "The database is empty. Run 'xuncha init' to make its tables."
_OLDER = (
    "The database is of revision {found}; this program needs {needed}. "
    "Keep a copy of the database, then run 'xuncha revise' to bring it up to date."
)
_UNKNOWN = (
    "The database is of revision {found}, which this program does not know; its newest is {needed}. "
    "A newer version of the program has used the database: install that one."
)
_BEFORE = (
    "The database was made by a version of the program that kept no revisions, and cannot be brought up to date. "
    "Make a new one; for a demonstration, run 'xuncha demo --reset'."
)


def newest() -> str:
    """The revision that this program needs."""
    return str(_scripts(FOLDERS).get_current_head())


def found(connection: Connection) -> str | None:
    """The revision that a database is of; None where none was ever written down."""
    return MigrationContext.configure(connection).get_current_revision()


def check(connection: Connection) -> None:
    """Refuse a database that this program cannot work with.

    Raises:
        Unavailable: it is empty, older, newer or of no revision; the sentence says what to run.
    """
    of, needed = found(connection), newest()
    if of == needed:
        return
    if of is None:
        raise Unavailable(_BEFORE if inspect(connection).has_table(schema.meta.name) else _EMPTY)
    raise Unavailable(_OLDER if is_older(connection) else _UNKNOWN, found=of, needed=needed)


def is_older(connection: Connection) -> bool:
    """Whether ``upgrade`` would change it: an earlier revision, which this program knows."""
    return found(connection) in _known(FOLDERS) - {newest()}


def upgrade(connection: Connection) -> None:
    """Bring an empty or older database to the newest revision, within the caller's transaction."""
    config = configured(FOLDERS)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def configured(folders: tuple[Path, ...]) -> Config:
    """What Alembic wants to know, without a file of settings."""
    config = Config()
    config.set_main_option("script_location", _literal(str(HOME)))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", _literal("\n".join(str(folder) for folder in folders)))
    config.set_main_option("file_template", "r%%(rev)s_%%(slug)s")
    return config


def _literal(text: str) -> str:
    # Settings of Alembic give a meaning to the percent sign; folders may have one in their names.
    return text.replace("%", "%%")


@lru_cache(maxsize=4)
def _scripts(folders: tuple[Path, ...]) -> ScriptDirectory:
    return ScriptDirectory.from_config(configured(folders))


@lru_cache(maxsize=4)
def _known(folders: tuple[Path, ...]) -> frozenset[str]:
    return frozenset(script.revision for script in _scripts(folders).walk_revisions())
