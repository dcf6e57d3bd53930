"""The fictitious district, served on this machine for a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from engine import assembly, clock
from engine.actor import ENGINE
from engine.database import Database
from engine.runtime import Runtime
from tests.journeys.words import PROCESSES
from tests.provision.databases import SqliteFiles
from web import cast, create_app, installing
from web.config import Settings

PATIENCE_MS = 60_000


@pytest.fixture
def district(tmp_path: Path) -> Iterator[Runtime]:
    """A demonstration's database with the processes and the cast, and nothing done yet."""
    with founded(tmp_path) as runtime:
        yield runtime


@pytest.fixture
def address(district: Runtime) -> Iterator[str]:
    """Where the district's pages are served."""
    with served(district) as where:
        yield where


@pytest.fixture
def page(page: Page) -> Page:
    """Patient with a busy machine."""
    page.set_default_timeout(PATIENCE_MS)
    return page


@contextmanager
def founded(folder: Path, begins: datetime | None = None) -> Iterator[Runtime]:
    """A district whose clock begins at a moment, or now.

    On SQLite: what the pages ask of the engine is tested on both databases without a browser.
    """
    state = folder / "state"
    with SqliteFiles(folder).empty() as url:
        with closing(Database(url)) as database:
            database.create(demo="1")
        with closing(assembly.open(url, state)) as runtime:
            if begins is not None:
                with runtime.write(ENGINE) as command:
                    clock.begin(command.connection, begins)
            installing.release_from(runtime, PROCESSES)
            cast.enter(runtime, PROCESSES / installing.CAST)
            yield runtime


@contextmanager
def served(district: Runtime) -> Iterator[str]:
    """The district's pages, at the address that is yielded."""
    app = create_app(Settings(state=district.state), district)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
