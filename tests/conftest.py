"""What every test may ask for: databases of both kinds, a server, a browser. What is absent fails, it never skips."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

from engine.database import NORMAL, Database
from tests.provision import chromium, postgres
from tests.provision.databases import KINDS, Databases, PostgresDatabases, SqliteFiles
from tests.provision.missing import Missing

Found = TypeVar("Found")

# The same examples on every machine; `XUNCHA_HYPOTHESIS=search` looks for new ones, as long as you let it.
settings.register_profile(
    "same",
    max_examples=25,
    stateful_step_count=25,
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "search", settings.get_profile("same"), max_examples=1000, stateful_step_count=60, derandomize=False
)
# Waiting for the disk proves nothing here either; tests of a lost machine open a database of their own.
Database.unless_said = NORMAL
settings.load_profile(os.environ.get("XUNCHA_HYPOTHESIS", "same"))


def provided(find: Callable[[], Found]) -> Found:
    """What `find` gives, or a failed test with one sentence that says what to install."""
    try:
        return find()
    except Missing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server of this session's own."""
    programs = provided(postgres.find)
    with postgres.running(programs) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """Maker of fresh databases on SQLite."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases(postgres_server: postgres.Server) -> PostgresDatabases:
    """Maker of fresh databases on PostgreSQL."""
    return PostgresDatabases(postgres_server)


@pytest.fixture(scope="session", params=KINDS)
def databases(request: pytest.FixtureRequest) -> Databases:
    """Maker of fresh databases, once for SQLite and once for PostgreSQL. For tests that need several.

    Each module goes from one to the other, and a fixture with parameters forgets what it made for the last one. What
    has been filled once is kept by the makers, which have none.
    """
    made: Databases = request.getfixturevalue(f"{request.param}_databases")
    return made


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """Address of an empty database, this test's own; the test runs on both kinds."""
    with databases.empty() as url:
        yield url


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """A database that has its tables, this test's own; quicker than making them in `database_url`."""
    with databases.ready() as url, closing(Database(url)) as opened:
        yield opened


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How playwright starts the browser of this machine."""
    found = provided(chromium.provide)
    provided(chromium.provide_font)
    # The browser's sandbox refuses root, which is who runs tests in most containers.
    sandbox = os.geteuid() != 0
    return {
        **browser_type_launch_args,
        "executable_path": found,
        "chromium_sandbox": sandbox,
        "args": [*chromium.ARGUMENTS],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Pages are Chinese unless a test says otherwise."""
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
