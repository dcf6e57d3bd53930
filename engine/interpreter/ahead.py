"""What will be asked next: the FEEL that follows an element until everything waits again, so that one call can answer
all of it.

This is a guess that costs nothing when it is wrong: an answer is only used for the values it was worked out with.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from engine import feel
from engine.interpreter import formulas
from engine.interpreter.gateways import Parallel
from engine.interpreter.loops import Fan, Passes
from engine.interpreter.steps import ScopeSpec, Step

_ENOUGH = 32
"""Expressions worked out ahead at most: beyond that, what is not asked costs more than a second call."""
_FAR = 200
"""Steps looked at ahead at most."""

_Turn = tuple[Literal["enter", "leave", "end"], Step]


class Ahead(NamedTuple):
    """What is asked until everything waits again.

    Attributes:
        expressions: in the order in which they are likely to be asked.
        places: how many questions they are; what is one question is one call anyway.
    """

    expressions: tuple[str, ...] = ()
    places: int = 0


def all_after(scopes: Sequence[ScopeSpec]) -> dict[str, Ahead]:
    """For each element at which a token waits what is asked after it.

    Args:
        scopes: the process first, then the bodies of its loops; what is inside them is found from there.

    Returns:
        By element id; ``""`` for the start of the process, ``<element>[]`` for the start of an iteration.
    """
    hosts = {id(step.inner): step for scope in scopes for step in _below(scope) if step.inner is not None}
    found: dict[str, Ahead] = {}
    for number, scope in enumerate(scopes):
        starts: list[_Turn] = [("enter", step) for step in (*scope.event_subs, *scope.starts)]
        found[scope.name if number else ""] = _walk(starts, hosts)
        for step in (step for step in _below(scope) if step.waits):
            before, after = found.get(step.bpmn_id, Ahead()), _walk([("leave", step)], hosts)
            expressions = tuple(dict.fromkeys((*before.expressions, *after.expressions)))
            found[step.bpmn_id] = Ahead(expressions, max(before.places, after.places))
    return found


def _below(scope: ScopeSpec) -> Iterator[Step]:
    for step in scope.by_id.values():
        yield step
        if step.inner is not None and not step.around:
            yield from _below(step.inner)


def _walk(turns: list[_Turn], hosts: dict[int, Step]) -> Ahead:
    todo, seen, found, places = deque(turns), set[tuple[str, int]](), dict[str, None](), 0
    while todo and len(found) < _ENOUGH and len(seen) < _FAR:
        kind, step = todo.popleft()
        if (kind, id(step)) in seen:
            continue
        seen.add((kind, id(step)))
        if kind == "enter":
            asked = [*_asked_on_entry(step)]
            todo.extend(_from_entry(step))
        elif kind == "leave":
            asked = [*_asked_on_leaving(step)]
            todo.extend(("enter", way.target) for way in step.ways)
            host = hosts.get(id(step.scope))
            todo.extend([("end", host)] if host is not None and not step.ways else [])
        else:
            asked = [formulas.repetition(step.element)] if step.around else []
            todo.extend(_from_end(step))
        places += sum(map(bool, asked))
        found.update(dict.fromkeys(expression for question in asked for expression in question))
    return Ahead(tuple(found), places)


def _asked_on_entry(step: Step) -> Iterator[list[str]]:
    if step.around:
        yield formulas.repetition(step.element)
    else:
        yield formulas.inputs(step.element)
        yield formulas.entry(step.element)
    for event in step.boundary:
        yield formulas.entry(event.element)
    for sub in step.inner.event_subs if step.inner is not None else ():
        starts = sub.inner.by_id.values() if sub.inner is not None else ()
        yield from (formulas.entry(start.element) for start in starts if start.element.tag == "startEvent")


def _from_entry(step: Step) -> Iterator[_Turn]:
    if step.element.tag == "eventBasedGateway":
        yield from (("enter", way.target) for way in step.ways)
    elif step.inner is not None and not step.waits:
        yield from (("enter", start) for start in step.inner.starts)
    elif not step.waits:
        yield "leave", step


def _from_end(step: Step) -> Iterator[_Turn]:
    if isinstance(step, Fan):
        return
    if isinstance(step, Passes) and step.inner is not None:
        yield from (("enter", start) for start in step.inner.starts)
    yield "leave", step


def _asked_on_leaving(step: Step) -> Iterator[list[str]]:
    scope = step.scope
    if not step.around:
        yield formulas.outputs(step.element)
    if scope.model is None and scope.result is not None:
        yield [feel.body(scope.result)]
    if scope.completion:
        yield [feel.body(scope.completion)]
    if not isinstance(step, Parallel):
        conditions = (way.flow.condition for way in step.ways if way.flow.id != step.element.default)
        yield [feel.body(condition) for condition in conditions if condition]
