"""A hospital in the browser, opened once for all tests of a module, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from flask import Flask
from sqlalchemy import insert

from engine import assembly, schema
from tests.engine.query.hospital import PEOPLE, Hospital
from tests.provision.databases import Databases
from tests.web.browsing import PASSWORD, Browser
from web import create_app
from web.auth import password
from web.config import Settings


@pytest.fixture(scope="module")
def hospital(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """The hospital; each test begins cases of its own."""
    folder = tmp_path_factory.mktemp("hospital")
    with databases.ready() as url, closing(assembly.open(url, folder / "state")) as runtime:
        hospital = Hospital(runtime)
        hospital.open()
        stored = password.hashed(PASSWORD)
        with runtime.database.write() as connection:
            accounts = [{"person_id": key, "password": stored, "locale": "zh"} for key in PEOPLE]
            connection.execute(insert(schema.account), accounts)
        yield hospital


@pytest.fixture(scope="module")
def wards(hospital: Hospital) -> Flask:
    """The application in which the people of the hospital work."""
    return create_app(Settings(state=hospital.runtime.state), hospital.runtime)


@pytest.fixture(scope="module")
def sign_in(wards: Flask) -> Callable[[str], Browser]:
    """The browser in which this person has signed in."""
    browsers: dict[str, Browser] = {}

    def of(who: str) -> Browser:
        if who not in browsers:
            browser = Browser(wards)
            assert browser.sign_in(who).status_code == 303
            browsers[who] = browser
        return browsers[who]

    return of
