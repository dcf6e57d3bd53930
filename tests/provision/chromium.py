"""A browser and a font for its pages."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.provision import debian

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# No network chatter of the browser's own, and no graphics card on a test machine.
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
)


def find() -> Path | None:
    """The browser that is on this machine, if any."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    return next((Path(place) for place in PLACES if Path(place).exists()), None)


def provide() -> Path:
    """The browser found, else Debian's."""
    with debian.in_turn():
        if (found := find()) is None:
            debian.install("chromium", "fonts-noto-cjk", purpose="Chromium, in which the pages are tested,")
            found = find()
    assert found is not None, "Debian's chromium package brings a program of that name"
    return found


def fonts() -> list[str]:
    """Font files on this machine that hold simplified Chinese."""
    if shutil.which("fc-list") is None:
        return []
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "file"], capture_output=True, check=False, text=True)
    return [line.rstrip(": ") for line in listed.stdout.splitlines() if line]


def provide_font() -> str:
    """A font with Chinese characters, found or Debian's: without one a page is boxes and its picture proves nothing."""
    with debian.in_turn():
        if not fonts():
            debian.install("fonts-noto-cjk", "fontconfig", purpose="A font with Chinese characters")
    return fonts()[0]
