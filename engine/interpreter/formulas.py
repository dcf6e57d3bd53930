"""Which FEEL an element holds, by when it is asked: what a command can have worked out in one call before it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine import feel
from engine.bpmn.diagram import Element, EventDefinition, Scope, walk


def inputs(element: Element) -> list[str]:
    """Input mappings."""
    return [*_formulas(mapping.source for mapping in element.inputs)]


def outputs(element: Element) -> list[str]:
    """Output mappings."""
    return [*_formulas(mapping.source for mapping in element.outputs)]


def entry(element: Element) -> list[str]:
    """What is asked when a token comes: who and when, what to do or to wait for."""
    who, when, job = element.assignment, element.schedule, element.job
    texts: list[str | None] = [element.priority]
    texts += [who.assignee, who.candidate_users, who.candidate_groups] if who else []
    texts += [when.due, when.follow_up] if when else []
    texts += [job.type, job.retries] if job else []
    texts += [element.decision.id] if element.decision else []
    texts += [element.called.process] if element.called else []
    found = [*_formulas(texts)]
    if element.script is not None:
        found.append(feel.body(element.script.expression))
    for definition in element.events:
        found.extend(_of_event(definition))
    return found


def repetition(element: Element) -> list[str]:
    """What a loop or multi-instance asks around its iterations."""
    loop = element.loop
    if loop is None:
        return []
    texts = (loop.collection, loop.cardinality, loop.completion_condition, loop.loop_condition, loop.output_element)
    return [feel.body(text) for text in texts if text]


def everything(scope: Scope) -> Iterator[tuple[str, str]]:
    """Every expression in and below a scope, with the id of its element."""
    for inside, element in walk(scope):
        conditions = (inside.flows[flow].condition for flow in element.outgoing)
        others = (element.activation_condition, inside.completion_condition, *conditions)
        found = [feel.body(text) for text in others if text]
        for formula in (*inputs(element), *entry(element), *repetition(element), *outputs(element), *found):
            yield element.id, formula


def _of_event(definition: EventDefinition) -> Iterator[str]:
    if definition.kind == "conditional":
        if definition.expression:
            yield feel.body(definition.expression)
        return
    yield from _formulas((definition.name, definition.key, definition.ttl, definition.expression))


def _formulas(texts: Iterable[str | None]) -> Iterator[str]:
    return (feel.body(text) for text in texts if text is not None and text.lstrip().startswith("="))
