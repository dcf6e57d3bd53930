"""Setting an installation up: tables, keys, what is released from disk, who may come in first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from enum import Enum
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from engine import assembly, policy, private, release, revisions, rotating, schema
from engine.actor import ENGINE
from engine.database import Database
from engine.errors import Conflict, Invalid, NotFound, Unavailable
from engine.evidence import beginning
from engine.release import Released
from engine.retention import Retention
from engine.runtime import Command, Runtime
from web.config import MEGABYTE, Settings

KINDS = frozenset({".bpmn", ".dmn", ".json", ".toml"})
# Scenarios are tests of a process; the people of a demonstration and what is said to readers are nobody's policy.
LEFT_OUT = frozenset({"scenarios", "demo", "handbook.toml"})
CAST, CASES = Path("demo", "cast.toml"), Path("demo", "cases.toml")
# Evidence is added to, never changed: the application's role on PostgreSQL may not even try.
EVIDENCE = ("event", "chain_line", "access_record", "anchor", "register_entry")


class Kind(Enum):
    """What a database is."""

    EMPTY = "empty"
    DEMO = "demo"
    REAL = "real"


def open_runtime(settings: Settings) -> Runtime:
    """The engine that the settings describe.

    Raises:
        Unavailable: the database is away, empty or of another revision, or the state folder cannot be used.
    """
    private.folder(settings.state)
    runtime = assembly.open(
        settings.url,
        settings.state,
        zone=settings.zone,
        synchronous=settings.synchronous,
        limit_s=settings.database_seconds,
    )
    runtime.retention = Retention(settings.answer_days, settings.message_days)
    return runtime


def create(settings: Settings, *, demo: bool = False) -> bool:
    """Make the tables of an empty database; returns whether there was anything to make.

    Raises:
        Unavailable: the database is away, of another revision, or the state folder cannot be used.
    """
    private.folder(settings.state)
    with _database(settings) as database:
        fresh = _is_empty(database)
        if fresh:
            database.create(**({"demo": "1"} if demo else {}))
        database.check()
    if fresh:
        _chain(settings)
    return fresh


def revise(settings: Settings) -> bool:
    """Bring an older database to this program's revision; returns whether it was older.

    Raises:
        Unavailable: the database is away, empty, newer or of no revision.
    """
    private.folder(settings.state)
    with _database(settings) as database:
        older = database.revise()
    if older is not None:
        _chain(settings, older)
    return older is not None


def _chain(settings: Settings, came_from: str | None = None) -> None:
    """What stands in the database is evidence from now on."""
    with closing(open_runtime(settings)) as runtime, runtime.write(ENGINE) as command:
        beginning.begin(command, came_from)
        rotating.begin(command)


def kind(settings: Settings) -> Kind:
    """What the settings lead to: nothing yet, a demonstration, or the real thing."""
    private.folder(settings.state)
    with _database(settings) as database:
        if _is_empty(database):
            return Kind.EMPTY
        return Kind.DEMO if database.fact("demo") == "1" else Kind.REAL


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    try:
        database = Database(settings.url)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise Unavailable("XUNCHA_DATABASE_URL is not an address of SQLite or PostgreSQL.") from error
    with closing(database):
        yield database


def _is_empty(database: Database) -> bool:
    with database.read() as connection:
        return not inspect(connection).has_table(schema.meta.name)


def files_in(folder: Path) -> dict[str, bytes]:
    """Everything in a folder that can be released: ``{path within it: content}``; of a single diagram, what belongs to
    it.

    Raises:
        NotFound: there is no such folder, or nothing in it.
        Invalid: a file is larger than any diagram, form or table may be.
    """
    if folder.is_file():
        return {
            path.relative_to(folder.absolute().parent.parent).as_posix(): _content(path) for path in _belonging(folder)
        }
    found = {
        path.relative_to(folder).as_posix(): _content(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in KINDS and not LEFT_OUT & set(path.relative_to(folder).parts)
    }
    if not found:
        raise NotFound("There is nothing to release in {folder}.", folder=str(folder))
    return found


def _belonging(diagram: Path) -> list[Path]:
    """A diagram, its forms and decisions beside it, and what all processes around it share."""
    own, around = diagram.absolute().parent, diagram.absolute().parent.parent
    shared = (*own.glob("*.dmn"), *own.glob("*.json"), *own.glob("forms/*.json"))
    return sorted({diagram.absolute(), *shared, *around.glob("_shared/*.dmn"), *around.glob("locales/*.toml")})


def _content(path: Path) -> bytes:
    if path.stat().st_size > 8 * MEGABYTE:
        raise Invalid("The file {name} is larger than {limit} MB.", name=path.name, limit=8)
    return path.read_bytes()


def release_from(runtime: Runtime, folder: Path, *, plain: bool = False) -> list[Released]:
    """Release policy and processes of a folder in one transaction; what has not changed keeps its version.

    Args:
        runtime: where to.
        folder: or a single diagram.
        plain: without roles: every task is open to whoever started the case. So it is, too, where no roles have ever
            been released.

    Raises:
        Invalid: with every fault found; then nothing was released.
    """
    files = files_in(folder)
    with runtime.write(ENGINE) as command:
        return release_files(command, files, plain=plain)


class _TakenBack(Exception):
    """Nothing of what was done is to be kept."""


def judged(runtime: Runtime, folder: Path, *, plain: bool = False) -> list[Released]:
    """What ``release_from`` would release: it is done and taken back.

    Raises:
        Invalid: with every fault found.
    """
    files, found = files_in(folder), list[Released]()
    with suppress(_TakenBack), runtime.write(ENGINE) as command:
        found = release_files(command, files, plain=plain)
        raise _TakenBack
    return found


def release_files(command: Command, files: Mapping[str, bytes], *, plain: bool = False) -> list[Released]:
    """The same for files at hand, ``{path: content}``, in the transaction of whoever releases them."""
    if "roles.toml" in files:
        policy.release(command, files)
    without_roles = policy.current(command.connection).version == 0
    return release.release(command, files, plain=plain or without_roles)


def grant(connection: Connection, role: str) -> None:
    """On PostgreSQL, give the application's role what it needs on our tables, and take whatever else it had.

    Raises:
        Conflict: the database is not PostgreSQL.
        NotFound: there is no such role.
    """
    if connection.dialect.name != "postgresql":
        raise Conflict("Roles are a matter of PostgreSQL; this database has none.")
    if connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first() is None:
        raise NotFound("PostgreSQL has no role {role}.", role=role)
    quoted = connection.dialect.identifier_preparer.quote_identifier(role)
    rights = {table.name: "SELECT, INSERT, UPDATE, DELETE" for table in schema.metadata.sorted_tables}
    rights |= dict.fromkeys(EVIDENCE, "SELECT, INSERT") | {revisions.TABLE: "SELECT"}
    for table, allowed in rights.items():
        name = _quote(connection, table)
        connection.exec_driver_sql(f"REVOKE ALL ON {name} FROM PUBLIC, {quoted}")
        connection.exec_driver_sql(f"GRANT {allowed} ON {name} TO {quoted}")
    # Before PostgreSQL 15, everybody may make tables beside ours.
    connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}")


def _quote(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def owns_tables(connection: Connection) -> bool:
    """Whether this PostgreSQL role could change the tables themselves: one role for everything."""
    if connection.dialect.name != "postgresql":
        return False
    owner = text("SELECT tableowner = current_user FROM pg_tables WHERE tablename = 'event'")
    return bool(connection.execute(owner).scalar())


def throw_away(settings: Settings) -> None:
    """Throw a demonstration away, tables and all; nothing happens where there is none.

    Raises:
        Conflict: the database is not a demonstration.
    """
    found = kind(settings)
    if found is Kind.REAL:
        raise Conflict("This database is no demonstration and is not thrown away.")
    if found is Kind.DEMO:
        with _database(settings) as database, database.write() as connection:
            schema.metadata.drop_all(connection)
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {revisions.TABLE}")
