"""Fetching a package on a machine where that is allowed."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.provision.missing import Missing


@contextmanager
def in_turn() -> Iterator[None]:
    """One process at a time of those that test side by side: what another fetches is there when it is done."""
    with (Path(tempfile.gettempdir()) / f"xuncha-provision-{os.geteuid()}").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def install(*packages: str, purpose: str) -> None:
    """Install Debian packages when root on a Debian machine.

    Raises:
        Missing: with the sentence that says what to install for `purpose`.
    """
    wanted = f"{purpose} is missing. Install it; on Debian or Ubuntu: apt-get install {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Missing(wanted)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", "--quiet", *command], capture_output=True, check=False, env=environment)
        if done.returncode != 0:
            raise Missing(f"{wanted} (tried just now, but: {done.stderr.decode(errors='replace').strip()})")
