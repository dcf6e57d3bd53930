"""A decision table as V8 takes it: which rules fire for the values of the inputs, and what they put out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property

from engine.feel.syntax import read_all
from engine.feel.values import Value


@dataclass(frozen=True, slots=True)
class Column:
    """An input or an output.

    Attributes:
        text: the input's expression; empty for an output.
        type: its ``typeRef`` (``string``, ``number``, ``boolean``, ``date``, ``time``, ``dateTime``, …), or empty for
            any. Text becomes
            a date where it says so; any other difference is an error.
        allowed: unary tests that a value must pass, or empty.
    """

    text: str
    type: str = ""
    allowed: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: a cell for every input (unary tests) and an expression for every output, both may be empty."""

    when: tuple[str, ...]
    then: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired: its index from 0, and the values of its outputs."""

    rule: int
    outputs: tuple[Value, ...]


@dataclass(frozen=True)
class Table:
    """The whole table; `first` if the rules after the first that fires do not matter."""

    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rules: tuple[Rule, ...]
    first: bool = False

    @cached_property
    def json(self) -> str:
        """The table as V8 keeps it."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def key(self) -> str:
        """Names the table by its content."""
        return hashlib.sha256(self.json.encode()).hexdigest()[:24]

    @cached_property
    def names(self) -> frozenset[str]:
        """Every variable that its expressions and cells need."""
        plain = [column.text for column in self.inputs] + [text for rule in self.rules for text in rule.then if text]
        columns = (*self.inputs, *self.outputs)
        tests = [cell for rule in self.rules for cell in rule.when] + [column.allowed for column in columns]
        readings = read_all(plain) + read_all((cell for cell in tests if cell not in ("", "-")), unary=True)
        return frozenset().union(*(reading.names for reading in readings))
