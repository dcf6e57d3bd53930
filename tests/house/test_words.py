"""Words: the trade stays in its data, names say what a thing is, and no file points at somebody's machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.sources import ROOT, Source, committed, python, said

# The trade of the processes, which engine and web serve without knowing it. `inspect` alone is a word of Python.
TRADE = re.compile(
    r"巡察|巡视|线索|底稿|整改|立行立改|移交|信访|inspection|inspector|\bclues?\b|rectif|handover", re.IGNORECASE
)
# The name of the product and of its folders may stand anywhere.
PRODUCT = re.compile(r"Xuncha 巡察|巡察 Xuncha")
VAGUE = re.compile(
    r"(Service|Manager|Helper|Utils?)$|^(utils?|helpers?|managers?|services?|common|misc)$|_(utils?|helpers?|manager|service)$"
)
TEXTS = (".py", ".html", ".js", ".jsx", ".mjs", ".css", ".po", ".txt", ".toml", ".json", ".svg")
SKIPPED = ("package-lock.json",)

# Written in two halves, so that this file does not break its own rule.
HOSTS = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "mirror.com",
    "tuna" + ".tsinghua",
    "registry" + ".yarn",
)
MACHINE = re.compile(
    r"(?<![\w.])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers", "t" + "mp")) + r")/\w"
)
BINARY = (".png", ".ico", ".woff", ".woff2", ".xlsx", ".pdf", ".mo", ".docx", ".zip")


def trade(path: str, text: str) -> Iterator[str]:
    """Engine and web never name the trade."""
    if not path.startswith(("engine/", "web/")):
        return
    for number, line in enumerate(text.splitlines(), 1):
        for found in TRADE.finditer(PRODUCT.sub("", line)):
            yield f"{path}:{number} says {found.group()!r}; engine and web know nothing of the trade"


def vague(source: Source) -> Iterator[str]:
    """No name that could mean anything."""
    for part in source.module.split("."):
        if VAGUE.search(part):
            yield f"{source.path}:1 is called {part}; say what it holds"
    for node in ast.walk(source.tree):
        # A function called `service` makes a service task, which is a word of BPMN.
        if isinstance(node, ast.ClassDef) and VAGUE.search(node.name):
            yield f"{source.path}:{node.lineno} is called {node.name}; say what it is"


def addresses(path: str, text: str) -> Iterator[str]:
    """No registry and no folder of somebody's machine."""
    for number, line in enumerate(text.splitlines(), 1):
        for host in HOSTS:
            if host in line:
                yield f"{path}:{number} names the registry {host}"
        if found := MACHINE.search(line):
            yield f"{path}:{number} names a place on somebody's machine: {found.group()}…"


def texts() -> Iterator[tuple[str, str]]:
    for name in committed():
        if not name.endswith(BINARY):
            yield name, (ROOT / name).read_text(errors="replace")


def test_engine_and_web_know_nothing_of_the_trade() -> None:
    kept = ((name, text) for name, text in texts() if name.endswith(TEXTS) and not name.endswith(SKIPPED))
    assert [sentence for name, text in kept for sentence in trade(name, text)] == []


def test_no_name_could_mean_anything() -> None:
    assert said(vague, python()) == []


def test_no_committed_file_names_a_registry_or_a_machine() -> None:
    assert [sentence for name, text in texts() for sentence in addresses(name, text)] == []


def test_nothing_that_is_built_or_fetched_is_committed() -> None:
    built = re.compile(r"(^|/)(node_modules|dist|\.venv|__pycache__)/|\.(mo|pyc|whl|min\.js)$")
    assert [name for name in committed() if built.search(name)] == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("engine/task.py", "# the clue is handed on"),
        ("web/inbox/routes.py", 'title = "巡察组"'),
        ("web/templates/a.html", "<h1>Rectification</h1>"),
    ],
)
def test_a_word_of_the_trade_is_found(path: str, text: str) -> None:
    assert len(list(trade(path, text))) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("engine/database.py", "from sqlalchemy import inspect"),
        ("web/config.py", 'title = "Xuncha 巡察"'),
        ("processes/roles.toml", "巡察组"),
    ],
)
def test_other_words_are_left_alone(path: str, text: str) -> None:
    assert list(trade(path, text)) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("engine/utils.py", ""),
        ("engine/task_helper.py", ""),
        ("engine/a.py", "class TaskService: ..."),
        ("engine/a.py", "class C:\n    class TimerManager: ..."),
    ],
)
def test_a_vague_name_is_found(path: str, text: str) -> None:
    assert len(said(vague, [Source(path, text)])) == 1


@pytest.mark.parametrize("text", [f"see https://{HOSTS[0]}/x", "open " + "/wo" + "rk/x", "'/t" + "mp/x'"])
def test_an_address_is_found(text: str) -> None:
    assert len(list(addresses("README.md", text))) == 1


@pytest.mark.parametrize("text", ["/workers/x", "see docs/work/x", "https://example.org/home/", "/api/tasks"])
def test_other_paths_are_left_alone(text: str) -> None:
    assert list(addresses("README.md", text)) == []
