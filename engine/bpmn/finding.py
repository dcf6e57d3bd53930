"""One sentence about a diagram: what is wrong where, by which rule, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from engine.errors import Problem

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Problem):
    """A fault (``error``: the diagram is not released) or a doubt (``warning``) about one element of a diagram.

    ``message`` and ``help`` are English sentences with ``{placeholders}`` for ``params``; both are translation keys.

    Attributes:
        rule: kebab-case code; ``docs/lint/<rule>.md`` explains it.
        source: name of the file, where several are judged together.
        line: line in the source, counted from 1; 0 where the source has none.
        help: what to do about it.
    """

    rule: str
    source: str = ""
    line: int = 0
    severity: Severity = "error"
    help: str = ""

    @property
    def element(self) -> str:
        """The id of the element it is about; empty if it is about the whole diagram."""
        return self.where

    @property
    def place(self) -> str:
        """File, line and element, as far as they are known."""
        file = f"{self.source}:{self.line}" if self.source and self.line else self.source
        return ", ".join(part for part in (file, self.where) if part)

    @property
    def sentence(self) -> str:
        """The message in English with its parameters put in."""
        return self.message.format(**self.params)

    @property
    def advice(self) -> str:
        """The help in English with its parameters put in."""
        return self.help.format(**self.params)

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.where, f"line {self.line}" if self.line else "") if part)
        words = " ".join(part for part in (self.sentence, self.advice) if part)
        return f"{place}: {words} [{self.rule}]" if place else f"{words} [{self.rule}]"


class Findings:
    """Collects findings, so that all faults of a diagram are told at once."""

    def __init__(self) -> None:
        self._all: list[Finding] = []

    def error(self, rule: str, element: str, line: int, message: str, advice: str = "", /, **params: Any) -> None:
        """Notes a fault that keeps the diagram from being released."""
        self._all.append(Finding(element, message, params, rule=rule, line=line, severity="error", help=advice))

    def warning(self, rule: str, element: str, line: int, message: str, advice: str = "", /, **params: Any) -> None:
        """Notes a doubt that does not keep the diagram from being released."""
        self._all.append(Finding(element, message, params, rule=rule, line=line, severity="warning", help=advice))

    def extend(self, findings: Iterable[Finding]) -> None:
        """Takes over findings noted elsewhere."""
        self._all.extend(findings)

    @property
    def refuse(self) -> bool:
        """Whether one of them is a fault."""
        return any(finding.severity == "error" for finding in self._all)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)
