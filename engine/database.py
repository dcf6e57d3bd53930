"""From a URL to transactions: ``read()`` never writes, ``write()`` commits whole or not at all.

SQLite runs in WAL mode; a read opens a plain BEGIN and a write BEGIN IMMEDIATE, so that a read never has to be
upgraded.
PostgreSQL runs READ COMMITTED: correctness rests on row locks, not on the isolation level.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, create_engine, delete, event, insert, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError

from engine import private, revisions, schema
from engine.errors import Unavailable, Unsure
from engine.evidence import chain
from engine.prepared import say
from engine.turnstile import NoTurn, Turnstile

BUSY_MS = 20_000
FULL, NORMAL = "full", "normal"
RESTED_S = 1.0
LIMIT_S = 30.0
# As many as a process may have threads, beside those of the pool: none of them waits for another's connection.
THREADS_MOST = 64
TRIED_BYTES = 8192
_NOT_ALLOWED = (
    "The database's role may not work with the tables. Run 'xuncha revise --grant-to ROLE' as the role that owns them."
)
_FOREIGN = "What stands at the database's address is no database. Check XUNCHA_DATABASE_URL and XUNCHA_STATE."
_CLOSED = "The database takes nothing in at the moment: it is read-only or full. Nothing was changed; please try again."
_AWAY = "The database cannot be used at the moment. Nothing was changed; please try again."
_UNSURE = (
    "The database went away while it was keeping this. It may have been done, or not. Send it again, or look how it "
    "stands: what comes twice from the same page, or under the same key, is done once."
)
# By the beginning of SQLite's name of an error, or of PostgreSQL's code.
_FAULTS = {
    "SQLITE_NOTADB": _FOREIGN,
    "SQLITE_READONLY": _CLOSED,
    "SQLITE_FULL": _CLOSED,
    "42P01": _AWAY,
    "42501": _NOT_ALLOWED,
    "25006": _CLOSED,
    "53100": _CLOSED,
}
# Whoever makes or revises tables holds this until it commits: two at a time would trip over one another.
_REVISING = "SELECT pg_advisory_xact_lock(7882345)"


class Database:
    """One database, shared by the threads of a process.

    Attributes:
        before_commit: does what belongs to every transaction that writes, as its last act.
    """

    unless_said: ClassVar[str] = FULL
    """How SQLite writes where nobody says; tests, whose machines lose no power, say once that ``normal`` will do."""

    def __init__(self, url: str, *, pool: int = 10, synchronous: str | None = None, limit_s: float = LIMIT_S) -> None:
        """Open it.

        Args:
            url: as SQLAlchemy writes it.
            pool: connections kept open, on PostgreSQL.
            synchronous: of SQLite. ``full``: what is committed is on the disk; ``normal``: it outlives a process that
                dies, not a machine that loses power.
            limit_s: how long one statement may take, and how long a machine may be silent in the middle of a command,
                before PostgreSQL ends it and frees the case.
        """
        options: dict[str, Any] = {} if url.startswith("sqlite") else _postgresql(pool, limit_s)
        self.engine: Engine = create_engine(address(url), **options)
        self.before_commit: Callable[[Connection], None] | None = None
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if self.is_sqlite and self.engine.url.database not in (None, "", ":memory:"):
            _close_to_others(Path(str(self.engine.url.database)))
        # SQLite lets one write at a time and leaves it to chance who is next: a thread with much to write would make
        # all others wait.
        self._door = Turnstile(BUSY_MS / 1000) if self.is_sqlite else nullcontext()
        if self.is_sqlite:
            event.listen(self.engine, "connect", partial(_sqlite_connect, synchronous or self.unless_said))
        else:
            event.listen(self.engine, "checkout", _still_there)

    @contextmanager
    def read(self, *, snapshot: bool = False) -> Iterator[Connection]:
        """A transaction that is rolled back at its end, whatever happened in it.

        Args:
            snapshot: every statement sees the database as it is at the first. SQLite does so anyway.
        """
        with _TRANSLATED, self.engine.connect() as connection:
            connection.begin()
            if self.is_sqlite:
                say(connection, "BEGIN")
            elif snapshot:
                say(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield connection
            finally:
                connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits when the block ends and vanishes when it raises."""
        with _TRANSLATED, self._door, self.engine.connect() as connection:
            connection.begin()
            if self.is_sqlite:
                say(connection, "BEGIN IMMEDIATE")
            chain.forget(connection)
            try:
                yield connection
                if self.before_commit is not None:
                    self.before_commit(connection)
            except BaseException:
                connection.rollback()
                raise
            _commit(connection)

    def create(self, **facts: str) -> None:
        """Make every table in an empty database and write down what kind of database this is."""
        with self._revising() as connection:
            revisions.upgrade(connection)
            if connection.execute(select(schema.clock.c.id)).first() is None:
                connection.execute(insert(schema.clock).values(id=1, clock_offset=0))
                if facts:
                    connection.execute(insert(schema.meta), [{"key": k, "value": v} for k, v in facts.items()])

    def revise(self) -> str | None:
        """Bring an older database to the newest revision, whole or not at all; returns the one it was of, if older.

        Raises:
            Unavailable: it is away, empty, newer or of no revision.
        """
        with self._revising() as connection:
            older = revisions.found(connection) if revisions.is_older(connection) else None
            if older is not None:
                revisions.upgrade(connection)
            revisions.check(connection)
        return older

    @contextmanager
    def _revising(self) -> Iterator[Connection]:
        """As ``write``. SQLite changes a table by making it anew, and would take the rows that point to it along."""
        with _TRANSLATED, self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                unhurried(connection)
                connection.exec_driver_sql(_REVISING)
            try:
                yield connection
                connection.commit()
            finally:
                connection.rollback()
                if self.is_sqlite:
                    connection.exec_driver_sql("PRAGMA foreign_keys=ON")

    def check(self) -> None:
        """Refuse a database that is away, empty or of another revision.

        Raises:
            Unavailable: with a sentence that says which, and what to do.
        """
        with self.read() as connection:
            revisions.check(connection)

    def try_writing(self) -> None:
        """Write something of the size of a command's rows, commit it, and leave nothing behind.

        Raises:
            Unavailable: a command would not get through: the database is away, read-only or full.
        """
        m, row = schema.meta.c, {"key": f"tried:{secrets.token_hex(8)}", "value": secrets.token_hex(TRIED_BYTES // 2)}
        with self.write() as connection:
            connection.execute(insert(schema.meta).values(row))
            connection.execute(delete(schema.meta).where(m.key == row["key"]))

    def fact(self, key: str) -> str | None:
        """What was written down about this database when it was made, e.g. ``demo``."""
        with self.read() as connection:
            return connection.execute(select(schema.meta.c.value).where(schema.meta.c.key == key)).scalar()

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def address(url: str) -> URL:
    """An address as SQLAlchemy reads it, with the password where it belongs, so that it is hidden where others are."""
    found = make_url(url)
    inside = found.query.get("password")
    if inside is None:
        return found
    plain = found.difference_update_query(["password"])
    return plain.set(password=inside if isinstance(inside, str) else inside[0])


def _close_to_others(path: Path) -> None:
    """The file and what SQLite keeps beside it are their owner's alone; what SQLite makes later is as the file is."""
    if path.parent.is_dir() and not path.is_dir():
        private.make(path)
    for each in (path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        private.mend(each)


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except DBAPIError as error:
        if _may_be_kept(error):
            raise Unsure(_UNSURE) from error
        raise


def _may_be_kept(error: DBAPIError) -> bool:
    """Whether a failed commit may have come to pass: the line broke, or the disk did, before that was said."""
    if name := getattr(error.orig, "sqlite_errorname", None):
        return str(name).startswith("SQLITE_IOERR")
    code = getattr(error.orig, "sqlstate", None)
    return code is None or str(code).startswith(("08", "57P"))


def unhurried(connection: Connection) -> None:
    """Let this transaction take as long as it needs: one that reads or makes everything, and holds no case."""
    if connection.dialect.name == "postgresql":
        limits = ("statement_timeout", "idle_in_transaction_session_timeout")
        connection.exec_driver_sql("SELECT " + ", ".join(f"set_config('{each}', '0', true)" for each in limits))


def _sqlite_connect(synchronous: str, connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        f"synchronous={'FULL' if synchronous == FULL else 'NORMAL'}",
        f"busy_timeout={BUSY_MS}",
        "foreign_keys=ON",
        "cache_size=-32000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _postgresql(pool: int, limit_s: float) -> dict[str, Any]:
    limit_ms, third_s = int(limit_s * 1000), max(1, int(limit_s / 3))
    told = {
        "jit": "off",  # compiling a query takes PostgreSQL a hundred times as long as running one of ours
        "lock_timeout": BUSY_MS,
        "statement_timeout": limit_ms,
        "idle_in_transaction_session_timeout": limit_ms,
        # Both ends ask whether the other is still there, and give up on what is not acknowledged.
        "tcp_user_timeout": limit_ms,
        "tcp_keepalives_idle": third_s,
        "tcp_keepalives_interval": third_s,
        "tcp_keepalives_count": 2,
    }
    ours = {
        "options": " ".join(f"-c {name}={value}" for name, value in told.items()),
        "connect_timeout": max(2, int(limit_s)),
        "tcp_user_timeout": limit_ms,
        "keepalives_idle": third_s,
        "keepalives_interval": third_s,
        "keepalives_count": 2,
    }
    return {"pool_size": pool, "max_overflow": THREADS_MOST, "connect_args": ours}


def _still_there(connection: Any, record: Any, _proxy: object) -> None:
    """Ask a connection that has rested whether its server is still there; one that was in use just now is not asked,
    since every question is a journey to the server and back."""
    now = time.monotonic()
    if now - record.info.get("used", now) > RESTED_S:
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except connection.Error as error:
            raise DisconnectionError from error
    record.info["used"] = now


class _Translated:
    """Faults of the database, not of the command, become one sentence."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        sentence = _AWAY if isinstance(error, NoTurn) else _said(error) if isinstance(error, DBAPIError) else None
        if sentence is not None:
            raise Unavailable(sentence) from error


def _said(error: DBAPIError) -> str | None:
    """What people are told of a fault of the database; ``None`` where the fault is the command's."""
    name = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or ""
    for known, sentence in _FAULTS.items():
        if name.startswith(known):
            return sentence
    away = isinstance(error, OperationalError) or error.connection_invalidated
    return _AWAY if away else None


_TRANSLATED = _Translated()
