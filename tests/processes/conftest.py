"""The district office that scenarios are played in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from engine import assembly, clock, policy, release, scenario, schema
from engine.actor import ENGINE
from engine.runtime import Runtime
from tests.processes.procedure import ROOT
from tests.provision.databases import Databases
from web import cast, installing

WHOLE_ROUND = ROOT / "demo" / "whole_round.toml"
# Where the clock of the district stands before anything of the round has happened.
BEGINS = datetime.fromisoformat("2026-02-24T09:00:00+08:00")
A_FRIDAY = datetime.fromisoformat("2026-11-27T09:00:00+08:00")


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder whose keys the office was made with."""
    return tmp_path_factory.mktemp("office") / "state"


@pytest.fixture
def office(databases: Databases, secrets: Path, tmp_path: Path) -> Iterator[Runtime]:
    """The district office: policy and processes released, the cast entered. Made once, then copied.

    It begins on one and the same day, so that no test hangs on how holidays lie from today on.
    """

    def make(runtime: Runtime) -> None:
        with runtime.write(ENGINE) as command:
            clock.begin(command.connection, A_FRIDAY)
        furnish(runtime)

    with _copied(databases, "office", secrets, tmp_path, make) as runtime:
        yield runtime


@pytest.fixture
def after_the_round(databases: Databases, secrets: Path, tmp_path: Path) -> Iterator[Runtime]:
    """A district in which the round of the demonstration has run its course. Played once, then copied."""

    def play(runtime: Runtime) -> None:
        with runtime.write(ENGINE) as command:
            clock.begin(command.connection, BEGINS)
        furnish(runtime)
        told = scenario.read(WHOLE_ROUND.read_bytes(), WHOLE_ROUND.name)
        for _ in scenario.Player(runtime, "known").play(told):
            pass

    with _copied(databases, "after the round", secrets, tmp_path, play) as runtime:
        yield runtime


def furnish(runtime: Runtime) -> None:
    """Release policy and processes and enter the cast."""
    with runtime.write(ENGINE) as command:
        files = installing.files_in(ROOT)
        command.connection.execute(insert(schema.meta).values(key="demo", value="1"))
        policy.release(command, files)
        release.release(command, files)
    cast.enter(runtime, ROOT / installing.CAST)


@contextmanager
def _copied(
    databases: Databases, what: str, secrets: Path, folder: Path, prepare: Callable[[Runtime], None]
) -> Iterator[Runtime]:
    def fill(url: str) -> None:
        with _opened(url, secrets) as runtime:
            prepare(runtime)

    with databases.filled(what, fill) as url:
        shutil.copytree(secrets, folder / "state")
        with _opened(url, folder / "state") as runtime:
            yield runtime


@contextmanager
def _opened(url: str, state: Path) -> Iterator[Runtime]:
    with closing(assembly.open(url, state)) as runtime:
        runtime.confirms = lambda _view, _person, password: password == "known"
        yield runtime
