"""What can be said of an expression without running it: its names, the functions it calls, what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.errors import Problem
from engine.feel import isolate
from engine.feel.sentences import problem

_MOST = 20_000
_known: dict[tuple[str, bool], Reading] = {}


@dataclass(frozen=True, slots=True)
class Reading:
    """An expression, read by feelin's own parser.

    Attributes:
        names: variables it needs, without what it defines itself and without built-in functions; of ``a.b.c`` only
            ``a``.
        loose: those of them met only inside a filter's brackets, where they may as well be entries of the list's items.
        calls: built-in functions it calls.
        clock: those of them that answer by clock or calendar.
        problems: what is wrong with it; an expression with problems is never run.
    """

    names: frozenset[str]
    loose: frozenset[str]
    calls: frozenset[str]
    clock: frozenset[str]
    problems: tuple[Problem, ...]


def body(text: str) -> str:
    """An expression without the ``=`` that marks it as one in attributes."""
    stripped = text.strip()
    return stripped[1:].strip() if stripped.startswith("=") else stripped


def names(expression: str) -> frozenset[str]:
    """The variables an expression needs (`Reading.names`); empty for one that cannot be read."""
    return read(expression).names


def check(expression: str) -> list[str]:
    """What is wrong with an expression, as English sentences with the place; empty if nothing."""
    return [str(each) for each in problems(expression)]


def problems(expression: str, *, unary: bool = False) -> tuple[Problem, ...]:
    """What is wrong with an expression, or with a cell of a decision table if `unary`."""
    return read(expression, unary=unary).problems


def read(expression: str, *, unary: bool = False) -> Reading:
    """Read an expression, or a cell of a decision table if `unary`; remembered."""
    key = (body(expression), unary)
    return _known.get(key) or read_all([expression], unary=unary)[0]


def read_all(expressions: Iterable[str], *, unary: bool = False) -> list[Reading]:
    """Read many in one call to V8."""
    keys = [(body(each), unary) for each in expressions]
    # Another thread may clear what is remembered at any time.
    found = {key: _known.get(key) for key in keys}
    missing = [key for key, reading in found.items() if reading is None]
    if missing:
        if len(_known) + len(missing) > _MOST:
            _known.clear()
        learnt = dict(zip(missing, _ask(missing), strict=True))
        _known.update(learnt)
        found |= learnt
    return [reading for key in keys if (reading := found[key]) is not None]


def _ask(texts: list[tuple[str, bool]]) -> list[Reading]:
    request = json.dumps({"do": "read", "texts": [[text, unary] for text, unary in texts]}, ensure_ascii=False)
    try:
        answers = isolate.call(request, isolate.SECONDS + 0.005 * len(texts), {})
    except isolate.Stopped as stopped:
        if len(texts) > 1:
            return [reading for each in texts for reading in _ask([each])]
        answers = [{"code": stopped.code, "params": {}}]
    return [_reading(text, answer) for (text, _), answer in zip(texts, answers, strict=True)]


def _reading(text: str, answer: dict[str, Any]) -> Reading:
    if "value" not in answer:
        nothing: frozenset[str] = frozenset()
        return Reading(nothing, nothing, nothing, nothing, (problem(text, answer["code"], 0, answer["params"]),))
    found = answer["value"]
    wrong = tuple(problem(text, each["code"], each["at"], each["params"]) for each in found["problems"])
    every = frozenset(found["names"]) | frozenset(found["loose"])
    return Reading(every, frozenset(found["loose"]), frozenset(found["calls"]), frozenset(found["clock"]), wrong)
