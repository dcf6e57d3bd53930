"""Reading one TOML table: each known key is taken out; what is missing, mistyped or left over becomes a Problem."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterator
from datetime import time
from typing import Any, TypeVar

from engine.errors import Problem

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SECTION = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
Expected = TypeVar("Expected")
_WORDS: dict[type, str] = {str: "text in quotes", bool: "true or false", int: "a whole number", list: "a list"}
_WORDS |= {dict: "a table", time: "a time like 20:00:00"}


def near(wrong: str, known: Collection[str]) -> str:
    """The known words, the likeliest first; for sentences that say what could have been meant."""
    likely = difflib.get_close_matches(wrong, known, n=3)
    return ", ".join([*likely, *(word for word in known if word not in likely)]) or "-"


class Table:
    """One table of one file, and where its faults are written down."""

    def __init__(self, file: str, path: str, content: dict[str, Any], problems: list[Problem]) -> None:
        self.file = file
        self.path = path
        self._content = content
        self._problems = problems
        self._asked: list[str] = []

    def fault(self, key: str, message: str, /, **params: Any) -> None:
        """Write down a fault of a key of this table."""
        within = f"[{self.path}]" if self.path else ""
        where = " ".join(part for part in (self.file, within, key) if part)
        self._problems.append(Problem(where, message, params))

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def _take(self, key: str, kind: type[Expected]) -> Expected | None:
        self._asked.append(key)
        if key not in self._content:
            return None
        value = self._content[key]
        # True is an int to Python, but not to whoever wrote the file.
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        self.fault(key, "This must be {expected}.", expected=_WORDS[kind])
        return None

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty; without a default it must be there."""
        value = self._take(key, str)
        if value is not None and value.strip():
            return value
        if default is None and (value is not None or key not in self):
            self.fault(key, "This is missing. Write {key} = '...'.", key=key)
        return default or ""

    def optional(self, key: str) -> str | None:
        """A text, or None where the key is not there."""
        return self.text(key) or None if key in self else self._take(key, str)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """A truth."""
        value = self._take(key, bool)
        return default if value is None else value

    def whole(self, key: str) -> int:
        """A whole number of at least 0 that must be there."""
        value = self._take(key, int)
        if value is None and key not in self:
            self.fault(key, "This is missing. Write {key} = 10, for instance.", key=key)
        if value is not None and value < 0:
            self.fault(key, "This must not be negative.")
        return max(value or 0, 0)

    def moment(self, key: str) -> time | None:
        """A time of day, or None where the key is not there."""
        return self._take(key, time)

    def choice(self, key: str, known: Collection[str], default: str | None = None) -> str:
        """One of the known words."""
        if key not in self and default is not None:
            self._asked.append(key)
            return default
        value = self.text(key)
        if value and value not in known:
            self.fault(key, "'{value}' is not known here. Known: {known}.", value=value, known=near(value, known))
            return next(iter(known))
        return value or next(iter(known))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, each once; empty where the key is not there."""
        found: list[str] = []
        for each in self._take(key, list) or ():
            if not isinstance(each, str) or not each:
                self.fault(key, "Every entry of this list must be {expected}.", expected=_WORDS[str])
            elif each in found:
                self.fault(key, "'{value}' stands here twice. Leave one out.", value=each)
            else:
                found.append(each)
        return tuple(found)

    def lists(self, key: str) -> list[list[str]]:
        """A list of lists of texts; empty where the key is not there."""
        found = []
        for each in self._take(key, list) or ():
            if isinstance(each, list) and each and all(isinstance(word, str) for word in each):
                found.append(each)
            else:
                self.fault(key, "Every entry of this list must be a list of texts in quotes.")
        return found

    def is_list(self, key: str) -> bool:
        """Whether a list stands under the key, where a table would do as well."""
        return isinstance(self._content.get(key), list)

    def names(self, key: str) -> dict[str, Any]:
        """A table of names to anything."""
        return self._take(key, dict) or {}

    def tables(self, key: str) -> Iterator[Table]:
        """A list of tables."""
        for number, each in enumerate(self._take(key, list) or (), 1):
            if isinstance(each, dict):
                yield Table(self.file, f"{self._under(key)} #{number}", each, self._problems)
            else:
                self.fault(key, "Every entry of this list must be {expected}.", expected=_WORDS[dict])

    def sections(self) -> Iterator[tuple[str, Table]]:
        """Every table directly under this one, by its key; the keys may be freely chosen words."""
        for key, value in self._content.items():
            self._asked.append(key)
            if not _SECTION.fullmatch(key):
                self.fault(key, "A key is made of Latin letters, digits, _, - and ., and begins with a letter.")
            elif not isinstance(value, dict):
                self.fault(key, "This must be {expected}.", expected=_WORDS[dict])
            else:
                yield key, Table(self.file, self._under(key), value, self._problems)

    def section(self, key: str) -> Table:
        """One table directly under this one; empty where it is not there."""
        return Table(self.file, self._under(key), self._take(key, dict) or {}, self._problems)

    def close(self) -> None:
        """Nothing is silently ignored: a key that nobody asked for is a fault."""
        for key in self._content:
            if key not in self._asked:
                self.fault(key, "'{key}' is not known here. Known: {known}.", key=key, known=near(key, self._asked))

    def _under(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def parse(file: str, body: bytes, problems: list[Problem]) -> Table:
    """The whole of one file; an empty table, and a Problem, where it is not TOML."""
    content: dict[str, Any] = {}
    try:
        content = tomllib.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        problems.append(Problem(file, "This file is not UTF-8. Save it as UTF-8."))
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(file, "This file is not TOML: {reason}.", {"reason": str(error)}))
    return Table(file, "", content, problems)
