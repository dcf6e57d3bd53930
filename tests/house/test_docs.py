"""Docs and code agree: what exists is explained, and what is explained exists."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import pytest

from tests.house.sources import ROOT, Source, committed, python
from web.cli import main
from web.config import Settings

LINKED = re.compile(r"(?<!!)\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
SETTING = re.compile(r"\bXUNCHA_[A-Z_]+\b")
COMMAND = re.compile(r"(?:^|\s|/)xuncha (?!xuncha )((?:[a-z]+)(?: [a-z]+)?)", re.MULTILINE)
TARGET = re.compile(r"^(?:\$ )?make ([a-z]+)", re.MULTILINE)
RULE = re.compile(r"^[a-z]+(-[a-z0-9]+)+$")
PAGE_OF_RULE = re.compile(r"^[a-z]+(-[a-z0-9]+)*$")
# Read by tests only; a person who runs the application never sets it.
NOT_SETTINGS = {"XUNCHA_HYPOTHESIS"}


def pages() -> dict[str, str]:
    """Every Markdown file, by path."""
    return {name: (ROOT / name).read_text() for name in committed() if name.endswith(".md")}


def page(name: str) -> str:
    """One file of the docs, which has to be there."""
    assert (ROOT / name).is_file(), f"{name} is missing"
    return (ROOT / name).read_text()


def code(text: str) -> str:
    """What stands in code fences and between backticks, line by line."""
    fences = [body for _, body in FENCED.findall(text)]
    return "\n".join([*fences, *INLINE.findall(FENCED.sub("", text))])


def commands(group: click.Group = main, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command under its full name, `user add`."""
    for name, command in group.commands.items():
        yield f"{before}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")


def unknown_commands(text: str, known: Iterable[str]) -> list[str]:
    """Commands that a text tells people to type and that do not exist."""
    names = set(known)
    typed = (found.group(1) for found in COMMAND.finditer(code(text)))
    return sorted({each for each in typed if each not in names and each.split()[0] not in names})


def dead_links(path: str, text: str) -> list[str]:
    """Relative links of a page that lead nowhere."""
    folder = (ROOT / path).parent
    return [f"{path} → {target}" for target in LINKED.findall(text) if not (folder / target).exists()]


def rules(source: Source) -> Iterator[str]:
    """Codes of the findings that a file can make: `found.error("dangling-flow", …)` or `rule="dangling-flow"`."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        first = (
            [node.args[0]]
            if node.args and isinstance(node.func, ast.Attribute) and node.func.attr in ("error", "warning")
            else []
        )
        for given in [*first, *(keyword.value for keyword in node.keywords if keyword.arg == "rule")]:
            if isinstance(given, ast.Constant) and isinstance(given.value, str) and RULE.match(given.value):
                yield given.value


def quoted(source: Source) -> Iterator[str]:
    """Every word that stands in a file as a text of its own and could be a rule."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and PAGE_OF_RULE.match(node.value):
            yield node.value


def words(glossary: str) -> list[str]:
    """First column of the glossary's tables, `run, instance` being two words."""
    rows = re.findall(r"^\|\s*([^|]+?)\s*\|", glossary, re.MULTILINE)
    return [word.strip(" *`") for row in rows if not set(row) <= set("-: ") for word in row.split(",")]


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    rows = set(re.findall(r"^\| `(XUNCHA_[A-Z_]+)`", page("docs/settings.md"), re.MULTILINE))
    assert rows == {f"XUNCHA_{name.upper()}" for name in Settings.model_fields}


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_docs_name_no_setting_that_does_not_exist() -> None:
    known = {f"XUNCHA_{name.upper()}" for name in Settings.model_fields} | NOT_SETTINGS
    found = {f"{path}: {name}" for path, text in pages().items() for name in SETTING.findall(text) if name not in known}
    assert found == set()


def test_every_command_has_help_and_stands_in_the_docs() -> None:
    told = code("\n".join(pages().values()))
    assert [name for name, command in commands() if not (command.help or command.short_help)] == []
    assert [
        name for name, command in commands() if not isinstance(command, click.Group) and f"xuncha {name}" not in told
    ] == []


def test_docs_name_no_command_that_does_not_exist() -> None:
    known = [name for name, _ in commands()]
    assert {path: found for path, text in pages().items() if (found := unknown_commands(text, known))} == {}


def test_docs_name_no_make_target_that_does_not_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    typed = {target for text in pages().values() for target in TARGET.findall(code(text))}
    assert typed <= targets


def test_every_lint_rule_has_its_page_and_every_page_its_rule() -> None:
    pages_of_rules = (name for name in committed() if name.startswith("docs/lint/"))
    explained = {Path(name).stem for name in pages_of_rules} - {"README", "index"}
    sources = python("engine")
    made = {rule for source in sources for rule in rules(source)}
    # Some rules are read from tables; a page's rule must at least be written somewhere in the engine.
    written = {word for source in sources for word in quoted(source)}
    assert (made - explained, explained - written) == (set(), set())


def test_the_glossary_explains_every_module_of_the_engine() -> None:
    known = {word.lower() for word in words(page("docs/glossary.md"))}
    modules = {source.path.split("/")[1].removesuffix(".py") for source in python("engine")} - {"__init__"}
    written = page("docs/glossary.md").lower()
    assert sorted(name for name in modules if name not in known and f"`{name}" not in written) == []


def test_the_glossary_names_no_file_that_does_not_exist() -> None:
    named = re.findall(r"`((?:engine|web|processes|docs|tests)/[\w./-]+)`", page("docs/glossary.md"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_no_word_is_explained_twice() -> None:
    listed = words(page("docs/glossary.md"))
    assert sorted({word for word in listed if listed.count(word) > 1 and word not in ("word", "")}) == []


def test_links_lead_somewhere() -> None:
    assert [link for path, text in pages().items() for link in dead_links(path, text)] == []


def test_python_in_the_docs_imports_only_what_exists() -> None:
    modules = {source.module for source in python()}
    missing = []
    for path, text in pages().items():
        for language, body in FENCED.findall(text):
            if language == "python":
                found = Source(path, body).imports
                missing += [
                    f"{path}: {each.module}"
                    for each in found
                    if each.module.split(".")[0] in ("engine", "web")
                    and not {each.module, each.module.rpartition(".")[0]} & modules
                ]
    assert missing == []


def test_everything_public_has_a_docstring() -> None:
    """Ruff looks at each; here only that nobody told it to look away."""
    lint = tomllib.loads(page("pyproject.toml"))["tool"]["ruff"]["lint"]
    assert "D1" in lint["select"]
    assert not {rule for rule in lint["ignore"] if rule.startswith("D1") and rule not in ("D105", "D107")}
    assert not {place for place in lint["per-file-ignores"] if place.startswith(("engine", "web", "**", "*"))}


def test_a_command_that_does_not_exist_is_found() -> None:
    text = (
        "`xuncha serve`, then `xuncha fly`. Prose: xuncha talks.\n```\n$ xuncha user add zhang\nxuncha dance now\n```"
    )
    assert unknown_commands(text, ["serve", "user", "user add"]) == ["dance now", "fly"]


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    assert dead_links("README.md", "[a](Makefile) [b](docs/nowhere.md#x) [c](https://example.org)") == [
        "README.md → docs/nowhere.md"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('found.error("dangling-flow", "id", 3, "…")', ["dangling-flow"]),
        ('Finding("id", "…", {}, rule="two-words")', ["two-words"]),
        ('log.error("Something broke")', []),
    ],
)
def test_a_rule_is_read_from_where_it_is_made(text: str, expected: list[str]) -> None:
    assert list(rules(Source("engine/bpmn/a.py", text))) == expected


def test_words_of_a_glossary_are_read_from_its_tables() -> None:
    assert words("| word | means |\n|---|---|\n| **run**, instance | one |\n") == ["word", "run", "instance"]


def test_each_decision_has_a_number_of_its_own() -> None:
    numbers = [name.split("/")[-1][:4] for name in committed() if name.startswith("docs/decisions/")]
    assert sorted(set(numbers)) == sorted(numbers)
