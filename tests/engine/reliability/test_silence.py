"""What a session of PostgreSQL is told about how long it may take."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text

from engine.database import LIMIT_S, Database, unhurried
from engine.errors import Unavailable
from tests.engine.bpmn.drawing import straight
from tests.provision.databases import PostgresDatabases
from web.config import Settings

_SERVER = multiprocessing.get_context("forkserver")
PLAIN = straight('<userTask id="a"/>')


@pytest.fixture
def url(postgresql_databases: PostgresDatabases) -> Iterator[str]:
    """PostgreSQL only: on SQLite all processes are on one machine, and who is silent is stopped."""
    with postgresql_databases.ready() as url:
        yield url


def test_a_statement_that_takes_too_long_is_ended_and_said(url: str) -> None:
    with closing(Database(url, limit_s=1)) as database:
        began = time.monotonic()
        with pytest.raises(Unavailable), database.write() as connection:
            connection.execute(text("SELECT pg_sleep(20)"))
        assert time.monotonic() - began < 10
        with database.write() as connection:
            unhurried(connection)
            connection.execute(text("SELECT pg_sleep(1.5)"))
        with database.read() as connection:
            assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "1s"


def test_as_set_no_case_stays_locked_for_longer_than_a_minute(url: str) -> None:
    limits = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout", "tcp_user_timeout")
    longest = next(each.le for each in Settings.model_fields["database_seconds"].metadata if hasattr(each, "le"))
    assert LIMIT_S == Settings().database_seconds == 30 and longest < 60
    with closing(Database(url)) as database, database.read() as one:
        said = {each: one.execute(text(f"SHOW {each}")).scalar_one() for each in limits}
    assert said == {
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "30s",
        "lock_timeout": "20s",
        "tcp_user_timeout": "0",  # of a socket on this machine there is no such thing
    }
