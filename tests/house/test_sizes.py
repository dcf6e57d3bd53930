"""Files and functions stay small: one that grows has two nouns in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house.sources import ROOT, Source, committed, python, said

FILE_LINES = 400
FUNCTION_LINES = 50
SCRIPT_LINES = 260
# Every table on one page is what the first is for; revisions are lists of statements that nobody changes any more.
WHOLE = ("engine/schema.py", "engine/revisions/versions/")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def long_file(source: Source) -> Iterator[str]:
    """A file that one cannot read at a sitting."""
    count = len(source.text.splitlines())
    if count > FILE_LINES and not source.path.startswith(WHOLE):
        yield f"{source.path} has {count} lines; which second noun is in it?"


def long_function(source: Source) -> Iterator[str]:
    """A function that does not fit on a page, its docstring aside."""
    for node in () if source.path.startswith(WHOLE) else ast.walk(source.tree):
        if isinstance(node, Function) and (count := lines_of(node)) > FUNCTION_LINES:
            yield f"{source.path}:{node.lineno} {node.name} has {count} lines; which second verb is in it?"


def lines_of(node: Function) -> int:
    """Lines from the first to the last statement."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_files_are_read_at_a_sitting() -> None:
    assert said(long_file, python("engine", "web", "bench")) == []


def test_functions_fit_on_a_page() -> None:
    assert said(long_function, python("engine", "web", "bench")) == []


def test_scripts_of_the_pages_are_small() -> None:
    scripts = (name for name in committed() if name.startswith("web/") and name.endswith((".js", ".jsx", ".mjs")))
    long = [name for name in scripts if len((ROOT / name).read_text().splitlines()) > SCRIPT_LINES]
    assert long == []


def test_a_long_file_is_named() -> None:
    assert len(said(long_file, [Source("engine/a.py", "x = 1\n" * (FILE_LINES + 1))])) == 1


@pytest.mark.parametrize(("lines", "found"), [(FUNCTION_LINES, 0), (FUNCTION_LINES + 1, 1)])
def test_a_long_function_is_named_and_its_docstring_does_not_count(lines: int, found: int) -> None:
    text = 'def f():\n    """One.\n\n    Two.\n    """\n' + "    x = 1\n" * lines
    assert len(said(long_function, [Source("engine/a.py", text)])) == found
