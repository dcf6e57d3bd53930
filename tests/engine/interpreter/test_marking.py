"""The marking, and the specs that it is read with."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Conflict, EngineError
from engine.interpreter import Spec, complete, open_tokens, path
from engine.interpreter.steps import ScopeSpec, Step
from tests.engine.interpreter.building import ext, flows, io, loop, process, several, start, sub, user
from tests.engine.interpreter.playing import Case

NESTED = process(
    start(),
    sub(
        "S",
        ext(io({"x": "=1"})),
        start("is"),
        user("a", ext(io({"y": "=2"}))),
        user("b"),
        flows("is", "a"),
        flows("is", "b"),
    ),
    user("c", several("=[1, 2]", "i", sequential=True)),
    flows("s", "S"),
    flows("s", "c"),
)


def test_open_tokens_say_where_they_stand() -> None:
    case = Case(NESTED)
    found = {(token.element, token.scope, token.state) for token in open_tokens(case.marking)}
    host = next(token.token for token in open_tokens(case.marking) if token.element == "S")
    assert ("S", 0, "started") in found
    assert ("a", host, "ready") in found
    assert ("c", 0, "started") in found


def test_the_path_of_a_token_is_the_scopes_it_sees() -> None:
    case = Case(NESTED)
    host = next(token.token for token in open_tokens(case.marking) if token.element == "S")
    assert path(case.marking, case.task("a")) == (case.task("a"), host, 0)
    assert path(case.marking, case.task("b")) == (host, 0)
    assert path(case.marking, 999) == ()


def test_a_marking_of_another_version_is_refused() -> None:
    case = Case(NESTED)
    with pytest.raises(EngineError, match="version"):
        open_tokens(b"\xff" + case.marking[1:])


def test_a_marking_of_another_diagram_is_refused_by_the_name_of_the_element() -> None:
    case = Case(NESTED)
    other = Case(process(start(), user("z"), flows("s", "z"))).spec
    with pytest.raises(Conflict, match="not in this diagram"):
        complete(other, case.marking, case.context(), case.task("a"), {})


def test_running_changes_nothing_in_the_specs() -> None:
    case = Case(
        process(
            start(), user("a", loop("n < 3")), user("c", several("=[1, 2]", "i", sequential=True)), flows("s", "a", "c")
        ),
        {"n": 0},
    )
    before = picture(case.spec)
    for n in (1, 2, 3):
        case.complete("a", n=n)
    case.complete("c").complete("c")
    assert case.over == "completed"
    assert picture(case.spec) == before


def picture(thing: Any, seen: dict[int, int] | None = None) -> Any:
    """All that a spec holds, as text and numbers; what comes again is a number."""
    known: dict[int, int] = {} if seen is None else seen
    if not isinstance(thing, dict | list | tuple | Step | ScopeSpec | Spec):
        return repr(thing)
    if id(thing) in known:
        return known[id(thing)]
    known[id(thing)] = len(known)
    if isinstance(thing, list | tuple):
        return [picture(value, known) for value in thing]
    held = thing if isinstance(thing, dict) else vars(thing)
    return [(str(key), picture(value, known)) for key, value in held.items() if not str(key).endswith("_event")]
