"""Backups: the whole database as it stood at one moment, taken while everybody works, and put back whole.

SQLite is copied by its own means, PostgreSQL by ``pg_dump``. What stands encrypted stays encrypted; the keys are files
of the state folder and go along only when asked for, since a backup that holds them opens everything.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, select
from sqlalchemy.engine import URL

from engine import anchor, clock, keys, private, schema
from engine.database import Database
from engine.database import address as address_of
from engine.errors import Conflict, Invalid, NotFound, Tampered, Unavailable
from engine.prepared import upserting

if TYPE_CHECKING:
    from engine.runtime import Runtime, View

KEYS = ".keys"
"""Ends the name of the folder beside a backup that holds its keys."""
_SQLITE, _POSTGRESQL = b"SQLite format 3\0", b"PGDMP"
_MARK = "backed_up_at"
_THERE = "{path} is there already and is not overwritten. Choose another name."
_UNUSABLE = "{path} cannot be used: {reason}."


def make(runtime: Runtime, target: Path, *, with_keys: bool = False) -> datetime:
    """Write a backup, for its owner's eyes only; returns the business time as of which nothing is missing in it.

    Args:
        target: a file that is not there yet.
        with_keys: put the keys beside it, into ``<target>.keys``.

    Raises:
        Conflict: the file or the folder is there already.
        Unavailable: it cannot be written, the copy is damaged, or ``pg_dump`` is missing or fails.
    """
    beside = target.with_name(target.name + KEYS)
    for path in (target, *([beside] if with_keys else [])):
        if path.exists():
            raise Conflict(_THERE, path=str(path))
    with runtime.database.write() as connection:
        at = clock.now(connection)
        upserting(schema.meta).run(connection, [{"key": _MARK, "value": str(clock.micros(at))}])
    with _becoming(target) as fresh:
        if runtime.database.is_sqlite:
            _copied(Path(str(runtime.database.engine.url.database)), fresh)
            examine(fresh)
        else:
            _run("pg_dump", runtime.database.engine.url, ["--format=custom", f"--file={fresh}"])
    if with_keys:
        _keys(runtime.state / keys.FOLDER, beside)
    return at


def restore(url: str, state: Path, source: Path) -> None:
    """Put a backup back where there is nothing yet; its keys too, if they lie beside it and the state folder has none.

    Raises:
        NotFound: there is no such file, or no keys.
        Conflict: there is a database already, or the backup is of the other kind.
        Invalid: the file is no backup, or is damaged.
        Unavailable: it cannot be written, or ``pg_restore`` is missing or fails.
    """
    address, is_sqlite = address_of(url), _is_sqlite(source)
    if is_sqlite != (address.get_backend_name() == "sqlite"):
        raise Conflict(_OTHER, path=str(source), kind="SQLite" if is_sqlite else "PostgreSQL")
    private.folder(state)
    folder, beside = state / keys.FOLDER, source.with_name(source.name + KEYS)
    if not any((folder / name).exists() for name in keys.ROTATING) and not beside.is_dir():
        raise NotFound(_NO_KEYS, folder=str(folder))
    if is_sqlite:
        _put_back(source, Path(str(address.database)))
    else:
        with closing(Database(url)) as database, database.read() as connection:
            _must_be_empty(connection, address)
        words = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(source)]
        _run("pg_restore", address, words)
    if not folder.exists():
        _keys(beside, folder)


_OTHER = "{path} is a backup of {kind}, and the database's address is of another kind. Set XUNCHA_DATABASE_URL."
_NO_KEYS = "The keys are missing: put the key files from the time of the backup into {folder} first."


def made_at(connection: Connection) -> datetime | None:
    """As of when the newest backup was made that this database knows of: in a restored one, its own."""
    m = schema.meta.c
    value = connection.execute(select(m.value).where(m.key == _MARK)).scalar()
    return None if value is None else clock.instant(int(value))


@dataclass(frozen=True, slots=True)
class Behind:
    """An anchor is newer than the backup: how many cases had gone on, and what else the anchor says is wrong."""

    made_at: datetime
    anchored_at: datetime
    cases: int
    faults: tuple[Tampered, ...]


def behind(view: View, text: str) -> Behind | None:
    """Compare a database that was just restored with an anchor; None if the anchor is not newer than the backup.

    Raises:
        Invalid: the text is no anchor of this installation.
    """
    faults, made = anchor.check(view, text), made_at(view.connection)
    told = json.loads(text)
    anchored = clock.instant(told["at"])
    if made is None or anchored <= made:
        return None
    i, c = schema.instance.c, schema.chain.c
    both = select(i.id, i.sequence).union_all(select(c.name, c.sequence))
    stand: dict[Any, int] = {row[0]: row[1] for row in view.connection.execute(both)}
    later = [each for each in faults if each.params.get("number", 0) > stand.get(each.params.get("instance"), 0)]
    cases = [each for each in later if each.params.get("instance") in told["heads"]]
    return Behind(made, anchored, len(cases), tuple(each for each in faults if each not in later))


def examine(path: Path) -> None:
    """Look through an SQLite file for damage.

    Raises:
        Invalid: there is some.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found == "ok" and connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                found = "foreign keys"
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise Invalid("The backup {path} is damaged: {reason}.", path=str(path), reason=found)


def _is_sqlite(source: Path) -> bool:
    try:
        with source.open("rb") as file:
            head = file.read(len(_SQLITE))
    except OSError as error:
        raise NotFound(_UNUSABLE, path=str(source), reason=error.strerror or str(error)) from error
    if not head.startswith((_SQLITE, _POSTGRESQL)):
        raise Invalid("{path} is no backup.", path=str(source))
    return head == _SQLITE


# ---- SQLite


def _copied(source: Path, fresh: Path) -> None:
    # All pages in one step: a reader keeps nobody from writing, and what is written meanwhile does not begin it anew.
    with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(fresh)) as here:
        there.backup(here)
        here.execute("PRAGMA journal_mode=DELETE")  # one file, without another beside it


def _put_back(source: Path, target: Path) -> None:
    beside = [target.with_name(target.name + end) for end in ("-wal", "-shm")]
    if not _holds_nothing(target):
        raise Conflict(_DATABASE, path=str(target))
    examine(source)
    for path in (target, *beside):
        path.unlink(missing_ok=True)
    with _becoming(target) as fresh:
        shutil.copyfile(source, fresh)
        examine(fresh)


def _holds_nothing(target: Path) -> bool:
    """Whether there is no file, or one without tables: whoever has looked for a database leaves that behind."""
    if not target.exists():
        return True
    try:
        with closing(sqlite3.connect(target)) as connection:
            return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    except sqlite3.Error:
        return False


_DATABASE = "There is a database already at {path}. A backup is put back only where there is none; move it away first."


@contextmanager
def _becoming(target: Path) -> Iterator[Path]:
    """A file that takes its name once it is whole and on the disk; another of that name is not overwritten."""
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield fresh
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        os.link(fresh, target)
    except FileExistsError as error:
        raise Conflict(_THERE, path=str(target)) from error
    except (OSError, sqlite3.Error) as error:
        raise Unavailable(_UNUSABLE, path=str(target), reason=getattr(error, "strerror", None) or str(error)) from error
    finally:
        with suppress(OSError):
            fresh.unlink()


def _keys(source: Path, target: Path) -> None:
    private.folder(target)
    for name in (*keys.ROTATING, "session"):
        if (source / name).exists():
            private.make(target / name)
            shutil.copyfile(source / name, target / name)


# ---- PostgreSQL


def _must_be_empty(connection: Connection, address: URL) -> None:
    if inspect(connection).has_table(schema.meta.name):
        raise Conflict(_DATABASE, path=address.render_as_string(hide_password=True))


def _run(program: str, address: URL, words: Sequence[str]) -> None:
    """Run a program of PostgreSQL's; the password goes by the environment, where no list of processes shows it."""
    shown = address.set(drivername="postgresql", password=None).render_as_string()
    command = [program, f"--dbname={shown}", *words]
    found = shutil.which(program)
    if found is None:
        raise Unavailable(_NO_PROGRAM, program=program, command=" ".join(command))
    password = {} if address.password is None else {"PGPASSWORD": str(address.password)}
    # The words are ours and reach no shell.
    ran = subprocess.run(  # noqa: S603
        [found, *command[1:]], env={**os.environ, **password}, capture_output=True, check=False
    )
    if ran.returncode != 0:
        said = ran.stderr.decode(errors="replace").strip().splitlines()
        raise Unavailable(_FAILED, program=program, reason=said[0] if said else str(ran.returncode))


_NO_PROGRAM = (
    "{program} is not on this machine's PATH. Install PostgreSQL's client programs of the server's version, "
    "or run it where they are: “{command}”."
)
_FAILED = "{program} refused: “{reason}”."
