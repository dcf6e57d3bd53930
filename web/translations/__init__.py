"""Which sentences need a translation, and in which catalogue it belongs.

A sentence is found where it stands: in templates and in Python under ``web/`` inside gettext calls; and, since errors
are raised by code that knows no gettext, every string of Python that is a whole sentence.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
TRANSLATED = ("zh",)
KEYWORDS = {
    "_": None,
    "t": None,
    "say": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
}
_SENTENCE = re.compile(r"^[A-Z{“(][^\n]* [^\n]*[.?!]”?$")
# Folders under web/ whose sentences stand in the catalogue of the application itself.
_COMMON = frozenset({"auth", "admin", "templates", "translations", "static", "frontend"})
MessageId = str | tuple[str, str]


def wanted() -> dict[Path, dict[MessageId, list[str]]]:
    """Every sentence, by the folder of its catalogue: ``{folder: {message id: [files]}}``."""
    found: dict[Path, dict[MessageId, list[str]]] = defaultdict(dict)
    for folder, file, message in (*_of_pages(), *_of_engine()):
        found[folder].setdefault(message, []).append(file)
    common = found[catalogue_of(ROOT / "web")]
    for folder, messages in found.items():
        if messages is not common:
            found[folder] = {each: files for each, files in messages.items() if each not in common}
    return dict(found)


def catalogue_of(source: Path) -> Path:
    """The catalogue, without language, in which sentences of a file stand: ``<folder>/translations/*/<name>.po``."""
    relative = source.relative_to(ROOT).parts
    if relative[0] == "engine":
        return ROOT / "web" / "translations" / "engine"
    if len(relative) > 2 and relative[1] not in _COMMON:
        return ROOT / "web" / relative[1] / "translations" / relative[1]
    return ROOT / "web" / "translations" / "base"


def path_of(catalogue: Path, locale: str) -> Path:
    """The file of one catalogue in one language."""
    return catalogue.parent / locale / f"{catalogue.name}.po"


def load(path: Path, locale: str) -> Catalog:
    """What a file holds; an empty catalogue where there is none."""
    if not path.exists():
        return Catalog(locale=locale)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def update(locale: str) -> dict[Path, int]:
    """Add what is missing to every catalogue of a language, take out what nobody says any more.

    Returns:
        how many entries of each file still wait for a translation.
    """
    waiting = {}
    for catalogue, messages in sorted(wanted().items()):
        path = path_of(catalogue, locale)
        old, new = load(path, locale), Catalog(locale=locale, charset="utf-8")
        for message in sorted(messages, key=lambda each: (messages[each][0], str(each))):
            known = old.get(message)
            new.add(message, known.string if known else "", auto_comments=[Path(messages[message][0]).name])
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, new, width=0, no_location=True, omit_header=True)
        waiting[path] = sum(not each.string or each.string == ("",) for each in new if each.id)
    return waiting


def _of_pages() -> Iterator[tuple[Path, str, MessageId]]:
    for source in sorted((ROOT / "web").rglob("*")):
        relative = source.relative_to(ROOT / "web").parts
        if relative[0] in ("frontend", "static"):
            continue
        method = {".py": "python", ".html": "jinja2.ext:babel_extract"}.get(source.suffix)
        if method is None:
            continue
        with source.open("rb") as file:
            for _line, message, _comments, _context in extract(method, file, keywords=KEYWORDS):
                identity = tuple(message) if isinstance(message, tuple) else message
                yield catalogue_of(source), source.relative_to(ROOT).as_posix(), identity  # type: ignore[misc]
        if source.suffix == ".py":
            for sentence in sentences(source):
                yield catalogue_of(source), source.relative_to(ROOT).as_posix(), sentence


def _of_engine() -> Iterator[tuple[Path, str, MessageId]]:
    for source in sorted((ROOT / "engine").rglob("*.py")):
        for sentence in sentences(source):
            yield catalogue_of(source), source.relative_to(ROOT).as_posix(), sentence


def sentences(source: Path) -> Iterator[str]:
    """Whole sentences among the strings of a module; neither docstrings nor pieces of longer strings."""
    tree = ast.parse(source.read_text("utf-8"))
    silent = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    silent |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in silent:
            continue
        if isinstance(node.value, str) and _SENTENCE.match(node.value):
            yield node.value
