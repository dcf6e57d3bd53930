"""``python -m tests.pictures`` takes every picture of the README anew."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.pictures import FOLDER, taking
from tests.provision import chromium
from web import logging as log


def main() -> None:
    """Take them all."""
    log.configure("error")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    program = chromium.provide()
    chromium.provide_font()
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=program, chromium_sandbox=os.geteuid() != 0, args=[*chromium.ARGUMENTS]
        )
        taking.diagrams(browser)
        with taking.demonstration(Path(folder)) as address:
            taking.pages(browser, address)
        browser.close()


if __name__ == "__main__":
    main()
