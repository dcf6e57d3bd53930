"""The README's example is run as it stands there, on an empty folder."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.house.sources import ROOT

READMES = ("README.md", "README.zh.md")


def fence(name: str, language: str) -> str:
    """The one code block of a language in a README."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", (ROOT / name).read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the example prints, line by line, on a folder that holds the README's diagram and nothing else."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "leave.bpmn").write_text(fence("README.md", "xml"))
    (folder / "leave.py").write_text(fence("README.md", "python"))
    ran = subprocess.run(
        [sys.executable, "leave.py"], cwd=folder, capture_output=True, text=True, timeout=120,
        env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return ran.stdout.splitlines()


def kinds(told: list[str]) -> list[str]:
    """Kind and element of each line of the story."""
    return [" ".join(line.split()[1:-1]) for line in told if line[:1].isdigit()]


def test_the_example_shows_the_task_that_waits_for_who_started(told: list[str]) -> None:
    assert told[0] == "ask_leave waits for ida"


def test_the_example_tells_the_whole_story_in_its_order(told: list[str]) -> None:
    steps = [
        "instance.started",
        "task.completed ask_leave",
        "timer.opened think_over",
        "message.received hear_decision",
    ]
    assert [each for each in kinds(told) if each in steps] == steps
    assert kinds(told)[-1] == "instance.ended"


def test_the_example_names_who_did_what(told: list[str]) -> None:
    by = {line.split()[1]: line.split()[-1] for line in told if line[:1].isdigit()}
    assert (by["task.completed"], by["message.received"]) == ("ida", "engine")


def test_both_languages_show_the_same_example() -> None:
    assert fence(READMES[0], "python") == fence(READMES[1], "python")
    assert fence(READMES[0], "xml") == fence(READMES[1], "xml")


def test_both_languages_lead_to_the_same_pages() -> None:
    # A page of the demonstration is shown in the README's own language.
    first, second = (set(re.findall(r"\]\((docs/[^)#]*)", (ROOT / name).read_text())) for name in READMES)
    assert {re.sub(r"\.(en|zh)\.webp$", "", each) for each in first} == {
        re.sub(r"\.(en|zh)\.webp$", "", each) for each in second
    }
