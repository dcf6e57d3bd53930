"""The application on a database of its own: a real one, and a demonstration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import insert

from engine import assembly, schema
from engine.database import Database
from engine.runtime import Runtime
from tests.provision.databases import Databases
from tests.web.browsing import PASSWORD, Browser
from web import create_app
from web import logging as log
from web.auth.password import hashed
from web.config import Settings

HASH = hashed(PASSWORD)


class Compiled(BytecodeCache):
    """Templates compiled once for all tests, not once for each application."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What this process has logged since it was last asked, at the most talkative level."""
    log.configure("debug")
    yield lambda: capsys.readouterr().err
    log.configure("error")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Where keys are kept."""
    return tmp_path / "state"


@pytest.fixture
def runtime(databases: Databases, state: Path) -> Iterator[Runtime]:
    """The engine on a real, empty database."""
    with databases.ready() as url, closing(assembly.open(url, state)) as opened:
        yield opened


@pytest.fixture
def demo_runtime(databases: Databases, state: Path) -> Iterator[Runtime]:
    """The engine on a database made as a demonstration."""
    with databases.empty() as url:
        with closing(Database(url)) as database:
            database.create(demo="1")
        with closing(assembly.open(url, state)) as opened:
            yield opened


@pytest.fixture
def make_app(state: Path) -> Callable[..., Flask]:
    """The application on an engine, with settings of the test's choice."""

    def make(runtime: Runtime, **settings: object) -> Flask:
        app = create_app(Settings(state=state, **settings), runtime)  # type: ignore[arg-type]
        app.jinja_env.bytecode_cache = COMPILED
        return app

    return make


@pytest.fixture
def app(runtime: Runtime, make_app: Callable[..., Flask]) -> Flask:
    """The application on a real database in which Ida and Bo may sign in."""
    enter(runtime, "ida", "艾达", "Ida")
    enter(runtime, "bo", "薄伟", "Bo")
    return make_app(runtime)


@pytest.fixture
def demo_app(demo_runtime: Runtime, make_app: Callable[..., Flask]) -> Flask:
    """The application on a demonstration in which Ida takes part."""
    enter(demo_runtime, "ida", "艾达", "Ida", password=None)
    return make_app(demo_runtime)


@pytest.fixture
def visitor(app: Flask) -> Browser:
    """A browser in which nobody has signed in."""
    return Browser(app)


@pytest.fixture
def ida(app: Flask) -> Browser:
    """A browser in which Ida has signed in."""
    browser = Browser(app)
    assert browser.sign_in("ida").status_code == 303
    return browser


def enter(runtime: Runtime, key: str, name: str, name_en: str, *, password: str | None = HASH) -> None:
    """Put a person with an account into the database; ``password`` as the database keeps it."""
    with runtime.database.write() as connection:
        connection.execute(
            insert(schema.person).values(id=key, name=name, name_en=name_en, post="科员", sort=key, active=True)
        )
        connection.execute(insert(schema.account).values(person_id=key, password=password))
