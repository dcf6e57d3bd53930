"""The hospital, opened once for all tests of a module, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from engine import assembly
from tests.engine.query.hospital import Hospital
from tests.engine.query.ward import Ward, opened
from tests.provision.databases import Databases


@pytest.fixture(scope="module")
def hospital(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """The hospital; each test begins cases of its own."""
    folder = tmp_path_factory.mktemp("hospital")
    with databases.ready() as url, closing(assembly.open(url, folder / "state")) as runtime:
        hospital = Hospital(runtime)
        hospital.open()
        yield hospital


@pytest.fixture(scope="module")
def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    """The clinic as rows."""
    with opened(databases, tmp_path_factory.mktemp("ward")) as ward:
        yield ward


@pytest.fixture
def ward(house: Ward) -> Ward:
    """The clinic as it was opened."""
    house.reset()
    return house
