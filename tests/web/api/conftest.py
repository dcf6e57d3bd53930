"""The hospital served to programs, opened once for all tests of a module, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from flask import Flask
from sqlalchemy import insert

from engine import assembly, schema
from tests.engine.query.hospital import PEOPLE, Hospital
from tests.provision.databases import Databases
from tests.web.api.programs import Described, Program, token
from tests.web.browsing import PASSWORD
from web import create_app
from web.auth import account, password
from web.config import Settings

ADMINISTRATOR = "ada"


@pytest.fixture(scope="module")
def hospital(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """The hospital; each test begins cases of its own. Ada looks after it and holds no role."""
    folder = tmp_path_factory.mktemp("hospital")
    with databases.ready() as url, closing(assembly.open(url, folder / "state")) as runtime:
        hospital = Hospital(runtime)
        hospital.open()
        stored = password.hashed(PASSWORD)
        with runtime.write() as command:
            accounts = [{"person_id": key, "password": stored, "locale": "zh"} for key in PEOPLE]
            command.connection.execute(insert(schema.account), accounts)
            account.add(command, ADMINISTRATOR, "安达", None, administrator=True)
        yield hospital


@pytest.fixture(scope="module")
def wards(hospital: Hospital) -> Flask:
    """The application."""
    return create_app(Settings(state=hospital.runtime.state), hospital.runtime)


@pytest.fixture(scope="module")
def described(wards: Flask) -> Described:
    """What the description promises."""
    return Described(wards)


@pytest.fixture(scope="module")
def program(wards: Flask, hospital: Hospital, described: Described) -> Callable[..., Program]:
    """A program with a token of this person, narrowed to a remit if one is named; ``None``: without any."""
    known: dict[tuple[str | None, str | None], Program] = {}

    def of(who: str | None, remit: str | None = None) -> Program:
        if (who, remit) not in known:
            brought = None if who is None else token(hospital.runtime, who, remit=remit)
            known[who, remit] = Program(wards, described, brought)
        return known[who, remit]

    return of
