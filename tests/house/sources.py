"""The project's own files as the rules see them. A rule is a function from a source to the sentences it has to say."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "web")


@dataclass(frozen=True)
class Import:
    """One imported module, e.g. `engine.history`, with the line that asks for it."""

    module: str
    line: int
    is_late: bool  # inside a function
    is_type: bool  # under `if TYPE_CHECKING`


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the root and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text)

    @property
    def module(self) -> str:
        """`engine/bpmn/diagram.py` as `engine.bpmn.diagram`."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Every import, also the late ones; relative ones made whole."""
        return tuple(self._imports(self.tree, is_late=False, is_type=False))

    def within(self, *prefixes: str) -> bool:
        """Whether the file lies under one of these paths."""
        return any(self.path == prefix or self.path.startswith(prefix.rstrip("/") + "/") for prefix in prefixes)

    def _imports(self, node: ast.AST, *, is_late: bool, is_type: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(alias.name, child.lineno, is_late, is_type) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = self._base(child)
                yield from (Import(f"{base}.{alias.name}", child.lineno, is_late, is_type) for alias in child.names)
            else:
                late = is_late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                typing = is_type or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test))
                yield from self._imports(child, is_late=late, is_type=typing)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.module.split(".") if self.path.endswith("__init__.py") else self.module.split(".")[:-1]
        up = package[: len(package) - node.level + 1]
        return ".".join([*up, *([node.module] if node.module else [])])


@cache
def committed() -> tuple[str, ...]:
    """Every file that is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    return tuple(sorted({name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}))


@cache
def python(*rooms: str) -> tuple[Source, ...]:
    """The Python files of some rooms (all if none is named)."""
    wanted = tuple(f"{room}/" for room in rooms)
    files = (name for name in committed() if name.endswith(".py"))
    return tuple(Source(name, (ROOT / name).read_text()) for name in files if not wanted or name.startswith(wanted))


def said(rule: object, sources: Iterable[Source]) -> list[str]:
    """Everything that a rule has to say about these sources."""
    assert callable(rule)
    return [sentence for source in sources for sentence in rule(source)]


def resolve(name: str, modules: frozenset[str]) -> str | None:
    """The module that an imported dotted name belongs to: `engine.errors.Invalid` is of `engine.errors`."""
    while name:
        if name in modules:
            return name
        name = name.rpartition(".")[0]
    return None
