"""An engine on a database of its own, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import assembly
from engine.runtime import Runtime
from tests.engine.desk import Desk
from tests.provision.databases import Databases


@pytest.fixture
def runtime(databases: Databases, tmp_path: Path) -> Iterator[Runtime]:
    """A runtime on an empty database."""
    with databases.ready() as url:
        opened = assembly.open(url, tmp_path / "state")
        yield opened
        opened.close()


@pytest.fixture
def desk(runtime: Runtime) -> Iterator[Desk]:
    """The engine in few words; after the test every history must verify and fold to what stands in the tables."""
    desk = Desk(runtime)
    yield desk
    desk.must_be_sound()


@pytest.fixture
def desk_unsound(runtime: Runtime) -> Desk:
    """A desk for tests that spoil what stands, on purpose."""
    return Desk(runtime)
