"""A stage for every test, and a browser that may say nothing on its console."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import ConsoleMessage, Page

from tests.frontend.stage import Stage, serving


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A bare page and its server."""
    with serving(Stage()) as running:
        yield running


@pytest.fixture
def opened(stage: Stage, page: Page) -> Iterator[Callable[[], Page]]:
    """Opens the stage; afterwards no script may have failed and no policy may have been broken."""
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A refused request is the server's answer, not a fault of the page.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            said.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: said.append(str(error)))

    def open_it() -> Page:
        page.goto(stage.address)
        page.wait_for_selector("[data-ready=true]", state="attached")
        return page

    yield open_it
    assert said == []
