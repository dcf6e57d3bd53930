"""What a scenario's file says, as steps one by one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import Invalid

_KEYS = {"task", "by", "where", "every", "submit", "refused", "clock", "message", "expect", "start", "case"}
_NAMED = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as read; steps are plain tables."""

    title: str
    process: str
    by: str
    variables: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    number: str | None = None
    begun: bool = False
    at: str | None = None


def read(content: bytes, source: str = "") -> Scenario:
    """A scenario from its file.

    Raises:
        Invalid: it is not TOML, a step has words that are not known, or it names a case that none has begun.
    """
    try:
        data = tomllib.loads(content.decode())
        start = data["start"]
        steps = list(_steps(data.get("step", [])))
        unknown = sorted({word for step in steps for word in step} - _KEYS)
        if unknown:
            raise Invalid("{source}: a step does not know {words}.", source=source, words=", ".join(unknown))
        _must_be_begun(steps, source)
        return beginning(start, data.get("title", source), steps)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
        raise Invalid("{source} is not a scenario: {reason}.", source=source, reason=str(error)) from error


def beginning(start: Mapping[str, Any], title: str = "", steps: Sequence[Mapping[str, Any]] = ()) -> Scenario:
    """How a case begins, in the words of ``[start]``, with what happens in it."""
    return Scenario(
        title,
        start["process"],
        start["by"],
        start.get("variables", {}),
        steps,
        start.get("number"),
        start.get("begun", False),
        start.get("at"),
    )


def _must_be_begun(steps: Sequence[Mapping[str, Any]], source: str) -> None:
    """Every step that names a case comes after the one that begins it, and a case is begun once."""
    begun: set[str] = set()
    for step in steps:
        name = step.get("case")
        if ("start" in step) != (name is not None and name not in begun):
            raise Invalid("{source}: case {name} is to be begun by one step, before others.", source=source, name=name)
        if name is not None:
            begun.add(name)
        if "start" in step:
            beginning(step["start"])


def _steps(written: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Steps one by one: what stands for several is taken once a row."""
    for step in written:
        for row in step.get("each", [{}]):
            plain = {word: value for word, value in step.items() if word not in ("each", "do")}
            for inner in step.get("do", [plain]):
                filled = _put_in(inner, row)
                yield from _steps([filled]) if "each" in filled else [filled]


def _put_in(value: Any, row: Mapping[str, Any]) -> Any:
    """A step with the names of a row replaced; a text that is one name and no more becomes the row's own value."""
    if isinstance(value, dict):
        return {key: _put_in(each, row) for key, each in value.items()}
    if isinstance(value, list):
        return [_put_in(each, row) for each in value]
    if not isinstance(value, str):
        return value
    whole = _NAMED.fullmatch(value)
    if whole and whole[1] in row:
        return row[whole[1]]
    return _NAMED.sub(lambda found: str(row.get(found[1], found[0])), value)
