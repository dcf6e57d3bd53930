"""Processes that begin themselves at once: each case would begin the next, as fast as the machine can, without end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.lint.sheet import BY_HAND, CATCH, THROW, Place, Sheet
from engine.bpmn.model import Element, Scope

Name = tuple[str, str]
"""Kind and name of what is thrown: a message or a signal."""
_WAITS = BY_HAND | {CATCH, "receiveTask", "eventBasedGateway", "callActivity", "adHocSubProcess"}
_CHOOSES = frozenset({"exclusiveGateway", "inclusiveGateway", "complexGateway"})
_THROWS = frozenset({THROW, "endEvent", "sendTask"})


def check(sheet: Sheet) -> None:
    """Rule begins-itself: from a start event, past nothing that waits or chooses, to what throws its own event."""
    begun = {place.id: _names(place.element) for place in sheet.places if _is_begun(place)}
    throws: dict[str, dict[Name, Element]] = {}
    for place in sheet.places:
        if place.id in begun:
            reached = list(_at_once(place.scope, place.element))
            throws[place.id] = {name: each for each in reached if each.tag in _THROWS for name in _names(each)}
    for start in begun:
        way = _way(start, begun, throws)
        if way is not None:
            last = way[-1]
            sheet.error(
                last,
                "begins-itself",
                "{id} throws what begins the process again, and nothing waits between: cases without end.",
                "Let a person, a timer or a choice stand between, or go back by a flow.",
                id=last.id,
            )


def _is_begun(place: Place) -> bool:
    return place.element.tag == "startEvent" and not place.around and bool(_names(place.element))


def _names(element: Element) -> set[Name]:
    found = ((event.kind, event.name or "") for event in element.events if event.kind in ("message", "signal"))
    return {(kind, name) for kind, name in found if name and not name.startswith("=")}


def _at_once(scope: Scope, begin: Element) -> Iterator[Element]:
    """What a token from here comes to in one go, whatever the values are."""
    stack, seen = [begin], set[str]()
    while stack:
        element = stack.pop()
        if element.id in seen or (element is not begin and not _passes(element)):
            continue
        seen.add(element.id)
        if element.inner is None or element is begin:
            yield element
        else:
            inside = [each for start in _starts(element.inner) for each in _at_once(element.inner, start)]
            yield from inside
            if not any(each.tag == "endEvent" for each in inside):
                continue
        if element.tag not in _CHOOSES or len(element.outgoing) == 1:
            flows = (scope.flows[key] for key in element.outgoing)
            stack.extend(scope.elements[flow.target] for flow in flows if not flow.condition)


def _passes(element: Element) -> bool:
    joins = element.tag in ("parallelGateway", "inclusiveGateway", "complexGateway") and len(element.incoming) > 1
    return element.tag not in _WAITS and not joins and element.loop is None and element.start_quantity == 1


def _starts(scope: Scope) -> Iterator[Element]:
    return (element for element in scope.elements.values() if element.tag == "startEvent" and not element.events)


def _way(
    start: str, begun: Mapping[str, set[Name]], throws: Mapping[str, Mapping[Name, Element]]
) -> list[Element] | None:
    """The throws that lead from a start event to itself, through the start events of other processes or none."""
    stack: list[tuple[str, list[Element]]] = [(start, [])]
    seen = set[str]()
    while stack:
        at, way = stack.pop()
        for name, thrown in throws[at].items():
            for other in (key for key, names in begun.items() if name in names):
                if other == start:
                    return [*way, thrown]
                if other not in seen:
                    seen.add(other)
                    stack.append((other, [*way, thrown]))
    return None
