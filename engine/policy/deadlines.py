"""deadlines.toml and calendar/*.toml: by when things are due, and which days count."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from engine.calendar import Calendar, Rule
from engine.policy.table import Table

_KINDS: tuple[Literal["W", "C", "M", "H"], ...] = ("W", "C", "M", "H")
_ROLLS: tuple[Literal["N", "P", "K"], ...] = ("N", "P", "K")
_DIRECTIONS: tuple[Literal["after", "before"], ...] = ("after", "before")
_DAYS: tuple[Literal["working", "free"], ...] = ("working", "free")


def read_deadlines(file: Table) -> tuple[dict[str, Rule], dict[str, str]]:
    """Every rule, and their English titles."""
    rules, english = {}, {}
    for key, table in file.sections():
        kind, roll = table.choice("kind", _KINDS), table.choice("roll", _ROLLS, "N")
        direction, at = table.choice("direction", _DIRECTIONS, "after"), table.moment("at")
        if kind == "H" and at is not None:
            table.fault("at", "A rule in hours has no time of day. Leave one of the two out.")
        rules[key] = Rule(
            key=key,
            amount=table.whole("amount"),
            kind=next(k for k in _KINDS if k == kind),
            roll=next(r for r in _ROLLS if r == roll),
            direction=next(d for d in _DIRECTIONS if d == direction),
            at=at,
            basis=table.text("basis"),
            title=table.text("title"),
        )
        english[key] = table.text("en")
        table.close()
    return rules, english


def read_calendar(files: Iterable[Table]) -> Calendar:
    """The published calendar with the days that the files set otherwise; its version names all of theirs."""
    days: dict[date, Literal["working", "free"]] = {}
    versions = []
    for file in files:
        versions.append(file.text("version"))
        for text, word in file.names("days").items():
            day = _day(text)
            if day is None:
                file.fault(f"days.{text}", "This is no date. Write it like 2026-10-01.")
            elif word not in _DAYS:
                file.fault(f"days.{text}", "A day is either 'working' or 'free'.")
            elif day in days:
                file.fault(f"days.{text}", "Another file sets this day already. Leave one out.")
            else:
                days[day] = word
        file.close()
    return Calendar("CN", days, "+".join(versions) or "0")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
