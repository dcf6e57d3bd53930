"""The command: it sets up, serves, stops without losing anything, and says what it refuses."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, delete, select, text, update

from engine import anchor, assembly, database, instance, release, revisions, schema, task
from engine.actor import person
from engine.database import Database
from engine.errors import Unavailable
from tests.provision.databases import PostgresDatabases, SqliteFiles
from web import cli, i18n, installing, terminal

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
             targetNamespace="http://example.org/leave">
  <process id="leave" name="Leave" isExecutable="true">
    <startEvent id="asked"/><sequenceFlow id="a" sourceRef="asked" targetRef="approve"/>
    <userTask id="approve" name="Approve"/><sequenceFlow id="b" sourceRef="approve" targetRef="answered"/>
    <endEvent id="answered"/>
  </process>
</definitions>
"""


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """One kind is enough where the other is not asked for by name."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing has been set up: its settings point into a folder of this test."""
    for name in [name for name in os.environ if name.startswith("XUNCHA_")]:
        monkeypatch.delenv(name)
    processes = tmp_path / "processes"
    processes.mkdir()
    (processes / "leave.bpmn").write_text(DIAGRAM)
    for name, value in {"STATE": tmp_path / "state", "PROCESSES": processes, "LOG_LEVEL": "error"}.items():
        monkeypatch.setenv(f"XUNCHA_{name}", str(value))
    monkeypatch.setattr(terminal, "language", lambda: "en")
    return tmp_path


def xuncha(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli.main, words, input=typed, catch_exceptions=False)


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


# ---- help and refusals


def is_translated(said: str | None) -> bool:
    """Whether a help text has its Chinese, or is the Chinese, as the machine of the test has it."""
    chinese = i18n.catalogue("zh").ugettext(said or "")
    return chinese != said or any("\u4e00" <= each <= "\u9fff" for each in chinese)


def test_every_command_and_option_says_what_it_is_for_in_both_languages():
    for path, command in commands(cli.main):
        assert command.help and is_translated(command.help), path
        for option in command.params:
            assert isinstance(option, click.Argument) or is_translated(option.help), (path, option.name)
        assert xuncha(*path, "--help").exit_code == 0


@pytest.mark.parametrize(
    ("variables", "spoken"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_TW"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "XUNCHA_LOCALE": "en"}, "en"),
        ({}, "en"),
    ],
)
def test_the_command_speaks_the_language_of_the_terminal(variables: dict[str, str], spoken: str, monkeypatch):
    for name in ("XUNCHA_LOCALE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert terminal.language() == spoken


def test_what_the_command_says_has_its_chinese(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(terminal, "language", lambda: "zh")

    assert terminal.t("Serve the pages; a worker runs beside them.") == "提供页面服务，并同时执行作业。"
    assert "第 3 版" in terminal.t("{process}: version {version}, unchanged.", process="leave", version=3)


def test_a_setting_that_cannot_be_meant_is_named(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XUNCHA_PORT", "high")

    refused = xuncha("serve")

    assert refused.exit_code == 1 and "XUNCHA_PORT" in refused.stderr


@pytest.mark.parametrize("command", ["serve", "worker", "verify", "anchor"])
def test_before_init_a_command_says_that_init_is_needed(command: str, home: Path):
    refused = xuncha(command)

    assert refused.exit_code == 3 and "xuncha init" in refused.stderr


def test_a_database_that_is_away_or_no_database_is_said_in_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch):
    for url in ("postgresql+psycopg://nobody@127.0.0.1:1/none", "mysql://x/y", "nonsense"):
        monkeypatch.setenv("XUNCHA_DATABASE_URL", url)
        refused = xuncha("init")
        assert refused.exit_code == 3 and len(refused.stderr.splitlines()) == 1, url
        assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("command", ["init", "revise", "run", "serve", "worker"])
def test_a_file_that_is_no_database_is_left_alone(command: str, home: Path):
    (home / "state").mkdir()
    (home / "state" / "xuncha.db").write_text("minutes of the meeting\n" * 100)

    refused = xuncha(command)

    assert refused.exit_code == 3 and "is no database" in refused.stderr
    assert len((home / "state" / "xuncha.db").read_text().splitlines()) == 100


@pytest.mark.parametrize("words", [["init"], ["revise"], ["user", "add", "bo"], ["anchor"]], ids=" ".join)
def test_a_database_that_another_program_keeps_locked_is_said_after_a_while(
    words: list[str], home: Path, monkeypatch: pytest.MonkeyPatch
):
    xuncha("init")
    monkeypatch.setattr(database, "BUSY_MS", 200)

    with opened(home) as locking, locking.write():
        refused = xuncha(*words)

    assert refused.exit_code == 3 and "Nothing was changed; please try again." in refused.stderr
    assert xuncha(*words).exit_code == 0


def test_a_state_folder_that_cannot_be_made_is_named(home: Path, monkeypatch: pytest.MonkeyPatch):
    (home / "file").write_text("")
    monkeypatch.setenv("XUNCHA_STATE", str(home / "file" / "state"))

    refused = xuncha("init")

    assert refused.exit_code == 3 and str(home / "file") in refused.stderr


# ---- set-up


def test_init_makes_the_database_and_releases_and_doing_it_again_changes_nothing(home: Path):
    first, second = xuncha("init"), xuncha("init")

    assert first.exit_code == second.exit_code == 0
    assert "leave: version 1 released." in first.output and "leave: version 1, unchanged." in second.output
    assert "xuncha user add" in first.output


def test_keys_and_state_are_readable_by_their_owner_only(home: Path):
    xuncha("init")

    state = home / "state"
    assert state.stat().st_mode & 0o077 == 0
    assert all(key.stat().st_mode & 0o077 == 0 for key in (state / "keys").iterdir())


def test_a_faulty_diagram_releases_nothing_and_names_file_and_element(home: Path):
    xuncha("init")
    (home / "processes" / "other.bpmn").write_text(DIAGRAM.replace("leave", "sick").replace('targetRef="approve"', ""))

    refused = xuncha("release", str(home / "processes"))

    assert refused.exit_code == 1 and "other.bpmn" in refused.stderr
    with opened(home) as database, database.read() as connection:
        assert connection.execute(select(schema.definition.c.process_key)).scalars().all() == ["leave"]


def test_a_single_diagram_is_released_with_what_stands_beside_it(home: Path):
    xuncha("init")
    own = home / "processes" / "leave"
    (own / "forms").mkdir(parents=True)
    (home / "processes" / "leave.bpmn").rename(own / "leave.bpmn")
    form = {"type": "default", "components": [{"type": "textfield", "key": "why", "label": "why"}]}
    (own / "forms" / "approve.json").write_text(json.dumps(form))

    released = xuncha("release", str(own / "leave.bpmn"))

    assert released.exit_code == 0, released.stderr
    with opened(home) as database, database.read() as connection:
        kept = select(schema.part.c.name).where(schema.part.c.kind == "form")
        assert connection.execute(kept).scalars().all() == ["approve"]


def test_what_a_release_would_do_is_said_and_not_done(home: Path):
    xuncha("init")
    diagram = home / "processes" / "leave.bpmn"
    diagram.write_text(DIAGRAM.replace('name="Approve"', 'name="Decide"'))

    said = xuncha("release", str(home / "processes"), "--check")

    assert said.exit_code == 0 and "leave: version 2 would be released." in said.output
    with opened(home) as database, database.read() as connection:
        assert connection.execute(select(schema.definition.c.version)).scalars().all() == [1]
    diagram.write_text(DIAGRAM.replace('targetRef="approve"', ""))
    assert xuncha("release", str(home / "processes"), "--check").exit_code == 1


def test_a_fault_of_a_form_names_its_file(home: Path):
    xuncha("init")
    own = home / "processes" / "leave" / "forms"
    own.mkdir(parents=True)
    (home / "processes" / "leave.bpmn").rename(own.parent / "leave.bpmn")
    (own / "approve.json").write_text('{"type":"default","components":[{"type":"gauge","key":"a2"}]}')

    refused = xuncha("release", str(home / "processes"))

    assert refused.exit_code == 1 and "forms/approve.json a2: A component of type gauge" in refused.stderr


def test_release_of_a_folder_without_processes_is_refused(home: Path):
    xuncha("init")
    (home / "empty").mkdir()

    assert xuncha("release", str(home / "empty")).exit_code == 1


@contextmanager
def opened(home: Path) -> Iterator[Database]:
    with closing(Database(f"sqlite:///{home / 'state' / 'xuncha.db'}")) as database:
        yield database


def test_an_account_is_made_with_a_password_shown_once_locked_out_and_let_in_again(home: Path):
    xuncha("init")

    made = xuncha("user", "add", "ida", "--name", "艾达", "--administrator")
    assert made.exit_code == 0 and "shown this once: " in made.output
    secret = made.output.split("shown this once: ")[1].split()[0]
    with opened(home) as database, database.read() as connection:
        account = connection.execute(select(schema.account)).mappings().one()
    assert account["administrator"] and secret not in account["password"]

    assert xuncha("user", "add", "ida").exit_code == 1
    assert xuncha("user", "add", "eva", "--administrator").exit_code == 0
    assert xuncha("user", "disable", "ida").exit_code == 0
    assert xuncha("user", "enable", "ida").exit_code == 0
    assert xuncha("user", "password", "ida", "--password-stdin", typed="quiet winter 77\n").exit_code == 0
    assert xuncha("user", "password", "ida", "--password-stdin", typed="short\n").exit_code == 1
    assert xuncha("user", "disable", "nobody").exit_code == 1


@pytest.mark.parametrize("where", ["me:sesame@127.0.0.1/work", "me@/work?host=127.0.0.1&password=sesame"])
def test_settings_are_listed_without_the_databases_password(home: Path, monkeypatch: pytest.MonkeyPatch, where: str):
    monkeypatch.setenv("XUNCHA_DATABASE_URL", f"postgresql+psycopg://{where}")

    listed = xuncha("settings")

    assert "XUNCHA_ZONE = Asia/Shanghai" in listed.output and "sesame" not in listed.output


def test_verify_finds_a_line_that_was_changed(home: Path):
    xuncha("init")
    start_a_case(home)
    assert xuncha("verify").exit_code == 0
    (home / "anchor.json").write_text(xuncha("anchor").output)
    assert xuncha("verify", "--anchor", str(home / "anchor.json")).exit_code == 0
    (home / "deep.json").write_text("[" * 100_000)
    assert xuncha("verify", "--anchor", str(home / "deep.json")).exit_code == 1

    with opened(home) as database, database.write() as connection:
        connection.execute(update(schema.event).where(schema.event.c.number == 1).values(actor="somebody"))

    found = xuncha("verify")
    assert found.exit_code == 4 and "1" in found.stderr


def test_what_verify_finds_is_said_in_the_language_of_the_terminal(home: Path, monkeypatch: pytest.MonkeyPatch):
    xuncha("init")
    changed, gone = start_a_case(home), start_a_case(home)
    (home / "anchor.json").write_text(xuncha("anchor").output)
    with opened(home) as database, database.write() as connection:
        connection.execute(update(schema.task).where(schema.task.c.instance_id == changed).values(state="completed"))
        connection.execute(delete(schema.instance).where(schema.instance.c.id == gone))
        connection.execute(delete(schema.event).where(schema.event.c.instance_id == gone, schema.event.c.number > 1))
    monkeypatch.setattr(terminal, "language", lambda: "zh")

    said = xuncha("verify", "--anchor", str(home / "anchor.json")).stderr.splitlines()

    assert len(said) == 4 and changed in said[0] and gone in said[1] and gone in said[2]
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in line) for line in said)


def start_a_case(home: Path, url: str = "") -> str:
    url = url or f"sqlite:///{home / 'state' / 'xuncha.db'}"
    with closing(assembly.open(url, home / "state")) as runtime, runtime.write(person("ida")) as command:
        release.release(command, {"leave.bpmn": DIAGRAM.encode()}, plain=True)
        return instance.start(command, "leave", {})


# ---- demonstrations


def test_a_real_database_is_neither_run_as_a_demonstration_nor_thrown_away(home: Path):
    xuncha("init")

    assert xuncha("run").exit_code == 1
    assert xuncha("demo", "--reset").exit_code == 1
    with opened(home) as database:
        database.check()


def test_a_demonstration_has_a_state_folder_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("XUNCHA_STATE")
    monkeypatch.chdir(home)

    assert cli.demo_settings().state == Path("state", "demo")
    monkeypatch.setenv("XUNCHA_STATE", "elsewhere")
    assert cli.demo_settings().state == Path("elsewhere")


def test_a_demonstration_is_made_once_reset_on_demand_and_served_on_this_machine_only(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    (home / "processes" / "demo").mkdir()
    (home / "processes" / "demo" / "cast.toml").write_text('[people.ida]\nname = "艾达"\n[people.bo]\nname = "薄伟"\n')

    assert "2 people" in xuncha("demo").output
    assert xuncha("demo").exit_code == 1
    assert xuncha("demo", "--reset").exit_code == 0
    for name, value in (("HOST", "0.0.0.0"), ("PROXIES", "1")):
        monkeypatch.setenv(f"XUNCHA_{name}", value)
        refused = xuncha("serve")
        assert refused.exit_code == 1 and "this machine only" in refused.stderr
        monkeypatch.delenv(f"XUNCHA_{name}")


# ---- serving


class Serving:
    """A process of ``xuncha serve``, with what it says on standard error."""

    def __init__(self, *words: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = {**os.environ, "XUNCHA_PORT": str(self.port), "XUNCHA_LOCALE": "en", "XUNCHA_LOG_LEVEL": "info"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "web.cli", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment,
        )  # fmt: skip

    def get(self, path: str) -> str:
        """The body at an address, once the process answers."""
        for _ in range(1200):  # a slow machine takes its time to load the program
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                    return answer.read().decode()
            except (ConnectionError, urllib.error.URLError):
                assert self.process.poll() is None, self.process.communicate()
                time.sleep(0.05)
        raise AssertionError("it does not answer")

    def lets_nobody_in(self) -> bool:
        """Whether it has stopped listening; a slow machine takes its time to hear of a signal."""
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
            except OSError:
                return True
            time.sleep(0.05)
        return False

    def ready(self) -> dict[str, str]:
        """What it says of itself, once a worker has been seen: pages may be there a moment before."""
        said: dict[str, str] = {}
        for _ in range(1200):
            said = json.loads(self.get("/ready"))
            if said["status"] == "ok":
                break
            time.sleep(0.05)
        return said

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Ask it to end; exit code and what it said."""
        self.process.send_signal(how)
        said = self.process.communicate(timeout=30)
        return self.process.returncode, *said


@contextmanager
def serving(*words: str) -> Iterator[Serving]:
    process = Serving(*words)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.process.kill()
            process.process.communicate()


@pytest.mark.workers
def test_pages_and_jobs_may_be_served_by_processes_of_their_own(home: Path):
    xuncha("init")

    with serving("serve", "--no-worker") as pages, ExitStack() as later:
        pages.get("/health")
        assert json.loads(pages.get("/ready"))["worker"] == "never seen"
        jobs = later.enter_context(serving("worker"))
        ready = pages.ready()
        ends = [pages.stop(signal.SIGINT), jobs.stop(signal.SIGTERM)]

    assert ready == {"status": "ok", "worker": "seen"}
    for code, said, logged in ends:
        assert code == 0 and "Stopped." in said
        assert "Traceback" not in logged and '"event": "stopped"' in logged
    assert '"worker": false' in ends[0][2]


@pytest.mark.workers
def test_a_request_that_has_begun_is_answered_although_the_process_was_asked_to_stop(home: Path):
    xuncha("init")
    xuncha("user", "add", "ida", "--password-stdin", typed="quiet winter 77\n")

    with serving("serve") as process:
        assert process.ready()["status"] == "ok"
        body = b"x" * 200_000
        with socket.create_connection(("127.0.0.1", process.port), timeout=20) as wire:
            head = (
                f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            wire.sendall(head.encode() + body[:100_000])
            time.sleep(0.5)
            process.process.send_signal(signal.SIGTERM)
            assert process.lets_nobody_in()
            wire.sendall(body[100_000:])
            answer = b"".join(iter(lambda: wire.recv(65536), b""))
        said = process.process.communicate(timeout=30)

    assert f"http://127.0.0.1:{process.port}" in said[0]
    assert answer.startswith(b"HTTP/1.1 403") and b"</html>" in answer
    assert process.process.returncode == 0 and "Traceback" not in said[1]


def test_a_port_in_use_is_said_and_no_worker_has_begun(home: Path, monkeypatch: pytest.MonkeyPatch):
    xuncha("init")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("XUNCHA_PORT", str(taken.getsockname()[1]))
        before = threading.active_count()
        refused = xuncha("serve")

    assert refused.exit_code == 3 and "XUNCHA_PORT" in refused.stderr
    assert threading.active_count() == before
    with opened(home) as database:
        assert database.fact("worker_seen") is None


# ---- revisions


@pytest.fixture
def older(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A program with one more revision than the installation that it finds."""
    xuncha("init")
    start_a_case(home)
    with opened(home) as database, database.write() as connection:
        connection.execute(text("ALTER TABLE person DROP COLUMN post"))
    folder = home / "later"
    folder.mkdir()
    (folder / "r9999_later.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\nrevision = '9999'\n"
        f"down_revision = '{revisions.newest()}'\n"
        "def upgrade():\n    op.add_column('person', sa.Column('post', sa.String(255)))\n"
    )
    monkeypatch.setattr(revisions, "FOLDERS", (*revisions.FOLDERS, folder))
    yield
    revisions._scripts.cache_clear()


@pytest.mark.parametrize("command", ["init", "serve", "worker", "verify", "anchor"])
def test_an_older_database_is_not_touched_until_revise_is_run(older: None, command: str):
    refused = xuncha(command)

    assert refused.exit_code == 3 and "'xuncha revise'" in refused.stderr
    assert xuncha("revise").output == "The database has been brought up to date.\n"
    assert xuncha("revise").output == "The database is there and up to date.\n"
    assert xuncha("verify").exit_code == 0
    assert xuncha("init").exit_code == 0


def test_before_init_there_is_nothing_to_revise(home: Path):
    refused = xuncha("revise")

    assert refused.exit_code == 3 and "xuncha init" in refused.stderr


# ---- two roles on PostgreSQL


@pytest.fixture
def two_roles(home: Path, postgres_server, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """Addresses of one database for the role that owns it and for the application's; nothing is granted yet."""
    with PostgresDatabases(postgres_server).empty() as url:
        monkeypatch.setenv("XUNCHA_DATABASE_URL", url)
        with closing(Database(url)) as owner:
            with owner.write() as connection:
                connection.execute(text("CREATE ROLE xuncha_app LOGIN"))
            yield url, url.replace("postgres@", "xuncha_app@")
            with owner.write() as connection:
                connection.execute(text("DROP OWNED BY xuncha_app"))
                connection.execute(text("DROP ROLE xuncha_app"))


def test_a_role_that_was_granted_nothing_is_told_what_its_owner_has_to_run(
    home: Path, two_roles: tuple[str, str], monkeypatch: pytest.MonkeyPatch
):
    xuncha("init")
    monkeypatch.setenv("XUNCHA_DATABASE_URL", two_roles[1])

    refused = xuncha("worker")

    assert refused.exit_code == 3 and "xuncha revise --grant-to ROLE" in refused.stderr


@pytest.mark.parametrize("command", ["init", "revise"])
def test_the_applications_role_works_with_the_tables_but_can_change_neither_them_nor_evidence(
    home: Path, two_roles: tuple[str, str], command: str
):
    url, limited = two_roles
    xuncha("init")
    with closing(Database(url)) as owner, owner.write() as connection:
        connection.execute(text("GRANT ALL ON event TO xuncha_app"))
        connection.execute(text("GRANT UPDATE ON anchor TO PUBLIC"))
        connection.execute(text("GRANT CREATE ON SCHEMA public TO PUBLIC"))
    granted = xuncha(command, "--grant-to", "xuncha_app")
    assert granted.exit_code == 0, granted.stderr
    assert xuncha(command, "--grant-to", "nobody").exit_code == 1

    case = start_a_case(home, limited)
    with closing(assembly.open(limited, home / "state")) as runtime:
        with runtime.read() as view:
            assert not installing.owns_tables(view.connection)
        with runtime.write(person("ida")) as command_:
            task.complete(command_, the_task(command_.connection, case), {})
            anchor.make(command_)
    with closing(Database(limited)) as database:
        for statement in REFUSED:
            with pytest.raises(Unavailable, match="may not work with the tables"), database.write() as connection:
                connection.execute(text(statement))


REFUSED = [
    *(f"UPDATE {table} SET at = 0" for table in installing.EVIDENCE),
    *(f"{verb} {table}" for verb in ("DELETE FROM", "TRUNCATE", "DROP TABLE") for table in installing.EVIDENCE),
    "ALTER TABLE event ADD COLUMN note TEXT",
    "ALTER TABLE task DROP COLUMN state",
    "CREATE RULE silent AS ON INSERT TO event DO INSTEAD NOTHING",
    "CREATE TABLE public.beside (id INTEGER)",
    f"UPDATE {revisions.TABLE} SET version_num = '0'",
]


def the_task(connection: Connection, case: str) -> str:
    t = schema.task.c
    return str(connection.execute(select(t.id).where(t.instance_id == case, t.state == "open")).scalar_one())
