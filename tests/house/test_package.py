"""What is installed: locks that name no address, and a wheel that carries all that runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.house.sources import ROOT, committed


def pinned(requirements: list[str]) -> dict[str, str]:
    """`Name[extra]==version` as name → version; what is not pinned is not in it."""
    found = (re.fullmatch(r"([\w.-]+)(?:\[\w+\])?==([\w.]+)", each) for each in requirements)
    return {each.group(1).lower().replace("_", "-").replace(".", "-"): each.group(2) for each in found if each}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a freshly built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        ".",
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    (built,) = folder.glob("xuncha-*.whl")
    return set(zipfile.ZipFile(built).namelist())


def test_every_direct_dependency_is_pinned_and_stands_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    direct = [*project["project"]["dependencies"], *extras["test"], *extras["build"]]
    locked = set(re.findall(r"^([\w.-]+==[\w.]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert len(pinned(direct)) == len(set(direct))
    assert {f"{name}=={version}" for name, version in pinned(direct).items()} <= {each.lower() for each in locked}
    assert extras["build"] == project["build-system"]["requires"]


def test_every_package_of_the_lock_has_a_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", lock) if entry.strip() and not entry.startswith("#")]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_locks_name_no_address() -> None:
    packages = json.loads((ROOT / "web/frontend/package-lock.json").read_text())["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []
    for lock in ("requirements.lock", "web/frontend/package-lock.json"):
        assert "://" not in (ROOT / lock).read_text()


def test_every_browser_package_is_pinned() -> None:
    wanted = json.loads((ROOT / "web/frontend/package.json").read_text())
    versions = {**wanted["dependencies"], **wanted["devDependencies"]}
    assert {name: version for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)} == {}


def test_the_wheel_carries_everything_that_runs(wheel: set[str]) -> None:
    rooms = ("engine/", "web/", "processes/")
    wanted = {name for name in committed() if name.startswith(rooms) and not name.startswith("web/frontend/")}
    assert wanted - wheel == set()


def test_the_wheel_carries_the_bundles_and_their_licences(wheel: set[str]) -> None:
    pages = {
        f"web/static/dist/{name}" for name in ("site.js", "site.css", "form.js", "form.css", "viewer.js", "viewer.css")
    }
    assert pages | {"engine/dist/feel.js", "web/static/dist/THIRD_PARTY_NOTICES.txt"} <= wheel


def test_the_wheel_carries_nothing_else(wheel: set[str]) -> None:
    assert {name for name in wheel if not name.startswith(("engine/", "web/", "processes/", "xuncha-"))} == set()
    assert {
        name for name in wheel if name.startswith("web/frontend/") or "node_modules" in name or "tests/" in name
    } == set()


def test_every_bundled_package_has_its_licence_text() -> None:
    notices = (ROOT / "web/static/dist/THIRD_PARTY_NOTICES.txt").read_text()
    entries = [entry.strip() for entry in notices.split("-" * 80)]
    assert {entry.split()[0] for entry in entries} >= {
        "bpmn-js",
        "htmx.org",
        "preact",
        "@bpmn-io/feelin",
        "@bpmn-io/form-js-viewer",
    }
    assert [entry.splitlines()[0] for entry in entries if len(entry.splitlines()) < 3] == []


def test_ci_runs_what_people_run() -> None:
    script = ROOT / ".ci/run"
    commands = [line for line in script.read_text().splitlines() if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["exec make test"]
    assert Path(script).stat().st_mode & 0o111


def test_a_dependency_without_a_version_is_not_taken_for_pinned() -> None:
    assert pinned(["Flask==3.1.3", "psycopg[binary]==3.3.9", "lxml>=6", "click"]) == {
        "flask": "3.1.3",
        "psycopg": "3.3.9",
    }
