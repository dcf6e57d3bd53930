"""Every expression of an element, and whether it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine import feel
from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.model import Element, Loop
from engine.bpmn.reading import xml


@dataclass(frozen=True, slots=True)
class Expression:
    """A FEEL expression where it stands.

    Attributes:
        where: attribute or tag that holds it.
        text: as written, with ``=`` if it has one.
        inside: it is worked out in the iteration or with the inputs of its element, not before them.
    """

    where: str
    text: str
    line: int
    inside: bool = True


def of(place: Place) -> Iterator[Expression]:
    """The FEEL expressions of an element and of the flows that leave it."""
    element = place.element
    for flow in place.flows_out():
        if flow.condition:
            yield Expression("conditionExpression", flow.condition, flow.line, False)
    yield from _always(element)
    for where, text, line, inside in _perhaps(element):
        if text is not None and text.startswith("="):
            yield Expression(where, text, line, inside)


def _always(element: Element) -> Iterator[Expression]:
    """What is FEEL with or without an equals sign."""
    for event in element.events:
        if event.kind == "conditional" and event.expression:
            yield Expression("condition", event.expression, event.line, False)
    if element.script is not None and element.script.expression:
        yield Expression("script", element.script.expression, element.line)
    if element.activation_condition:
        yield Expression("activationCondition", element.activation_condition, element.line, False)
    if element.inner is not None and element.inner.completion_condition:
        yield Expression("completionCondition", element.inner.completion_condition, element.inner.line)
    if element.loop is not None:
        yield from _loop(element.loop)


def _loop(loop: Loop) -> Iterator[Expression]:
    before = (("inputCollection", loop.collection), ("loopCardinality", loop.cardinality))
    during = (
        ("outputElement", loop.output_element),
        ("completionCondition", loop.completion_condition),
        ("loopCondition", loop.loop_condition),
    )
    for inside, texts in ((False, before), (True, during)):
        for where, text in texts:
            if text:
                yield Expression(where, text, loop.line, inside)


def _perhaps(element: Element) -> Iterator[tuple[str, str | None, int, bool]]:
    """What is FEEL if it begins with an equals sign, else text."""
    for event in element.events:
        yield "name", event.name, event.line, True
        yield "correlationKey", event.key, event.line, True
        yield "timeToLive", event.ttl, event.line, True
        if event.kind == "timer":
            yield event.time_form or "timer", event.expression, event.line, False
    for mapping in element.inputs:
        yield "input", mapping.source, mapping.line, True
    for mapping in element.outputs:
        yield "output", mapping.source, mapping.line, True
    if element.assignment is not None:
        yield "assignee", element.assignment.assignee, element.assignment.line, True
        yield "candidateUsers", element.assignment.candidate_users, element.assignment.line, True
        yield "candidateGroups", element.assignment.candidate_groups, element.assignment.line, True
    if element.schedule is not None:
        yield "dueDate", element.schedule.due, element.line, True
        yield "followUpDate", element.schedule.follow_up, element.line, True
    yield "priority", element.priority, element.line, True
    if element.job is not None:
        yield "type", element.job.type, element.line, True
        yield "retries", element.job.retries, element.line, True
    if element.decision is not None:
        yield "decisionId", element.decision.id, element.line, True
    if element.called is not None:
        yield "processId", element.called.process, element.called.line, True


def must(sheet: Sheet) -> None:
    """Rules script-not-feel and condition-missing (of events)."""
    for place in sheet.places:
        _script(sheet, place.element)
        _conditional(sheet, place.element)


def check(sheet: Sheet) -> None:
    """Rules expression-invalid and start-without-variables."""
    found = [(place, expression) for place in sheet.places for expression in of(place)]
    # All in one call to V8; each is remembered for the rules that ask again.
    feel.read_all(expression.text for _, expression in found)
    for place, expression in found:
        _readable(sheet, place, expression)
    for place in sheet.places:
        if place.element.tag == "startEvent" and place.host is None:
            _start(sheet, place)


def _readable(sheet: Sheet, place: Place, expression: Expression) -> None:
    for problem in feel.check(expression.text):
        sheet.findings.error(
            "expression-invalid",
            place.id,
            expression.line,
            "The expression {expression} ({where} of {id}) cannot be read: {problem}",
            "Correct it.",
            expression=expression.text[:200],
            where=expression.where,
            id=place.id,
            problem=problem,
        )


def _script(sheet: Sheet, element: Element) -> None:
    if element.tag != "scriptTask":
        return
    source = sheet.source(element.id)
    body = None if source is None else xml.text(xml.child(source, "script"))
    language = "" if source is None else source.get("scriptFormat") or source.get("scriptLanguage") or ""
    if body or language.lower() not in ("", "feel") or element.script is None or not element.script.expression:
        sheet.error(
            element,
            "script-not-feel",
            "The script task {id} has no FEEL expression to run.",
            "Write zeebe:script with an expression and a result variable; programs are not run: delete them.",
            id=element.id,
        )
    elif not element.script.result:
        sheet.error(
            element,
            "script-not-feel",
            "The script task {id} does not say which variable receives the result.",
            "Name it in resultVariable.",
            id=element.id,
        )


def _conditional(sheet: Sheet, element: Element) -> None:
    for event in element.events:
        if event.kind == "conditional" and not event.expression:
            sheet.error(
                element, "condition-missing", "The event {id} has no condition.", "Write its condition.", id=element.id
            )


def _start(sheet: Sheet, place: Place) -> None:
    """Before an instance begins there are no variables that its start could be told by."""
    for event in place.element.events:
        for text in (event.name, event.expression):
            if text is None or not text.startswith("="):
                continue
            needed = sorted(names(text) - set(sheet.around.functions))
            if needed:
                sheet.error(
                    place,
                    "start-without-variables",
                    "{id} starts an instance, but its expression needs {names}, which no instance has yet.",
                    "Write it without variables.",
                    id=place.id,
                    names=", ".join(needed),
                )


def names(text: str) -> frozenset[str]:
    """The names that an expression certainly needs; none if it cannot be read, which another rule says."""
    reading = feel.read(text)
    return frozenset() if reading.problems else reading.names - reading.loose
