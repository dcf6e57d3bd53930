"""Where a process begins, what can be reached, and whether it can end."""

from __future__ import annotations

from collections.abc import Iterable

from engine.bpmn.lint.sheet import CATCH, THROW, Place, Sheet
from engine.bpmn.model import EVENTS, Element, Scope


def must(sheet: Sheet) -> None:
    """Rules flow-not-allowed-here and no-start."""
    for place in sheet.places:
        _flows(sheet, place)
    for _, scope, _ in sheet.scopes:
        if scope.kind != "adHocSubProcess" and not entries(scope):
            sheet.findings.error(
                "no-start",
                scope.id,
                scope.line,
                "{id} has nowhere to begin.",
                "Draw a start event with a flow to the first step.",
                id=scope.id,
            )


def check(sheet: Sheet) -> None:
    """Rules unreachable-element, dead-end and never-ends."""
    for _, scope, _ in sheet.scopes:
        begin = entries(scope)
        if scope.kind != "adHocSubProcess" and begin:
            _reach(sheet, scope, begin)


def _flows(sheet: Sheet, place: Place) -> None:
    element = place.element
    into, out = _why_no_flow(element)
    for why, flows in ((into, element.incoming), (out, element.outgoing)):
        if why and flows:
            sheet.error(place, "flow-not-allowed-here", why, "Delete the flow.", id=element.id)


def _why_no_flow(element: Element) -> tuple[str, str]:
    """Why no flow can lead to an element, and why none can leave it; empty where one can."""
    if passive(element):
        return ("The event sub-process {id} is begun by its event; no flow leads to it or leaves it.",) * 2
    if element.for_compensation:
        return ("{id} is begun by a compensation; no flow leads to it or leaves it.",) * 2
    linked = any(event.kind == "link" for event in element.events)
    into = out = ""
    if element.tag == "startEvent":
        into = "No flow can lead to the start event {id}."
    elif element.tag == "boundaryEvent":
        into = "No flow can lead to {id}, which is on the border of an activity."
        out = "The compensation event {id} leads to its handler by an association, not by a flow."
        out = out if _compensates(element) else ""
    elif element.tag == "endEvent":
        out = "No flow can leave the end event {id}."
    elif linked and element.tag == CATCH:
        into = "No flow can lead to {id}: its link does."
    elif linked and element.tag == THROW:
        out = "No flow can leave {id}: it goes on at the other end of its link."
    return into, out


def passive(element: Element) -> bool:
    """An event sub-process: begun by its event."""
    return element.inner is not None and element.inner.triggered_by_event


def _compensates(element: Element) -> bool:
    return any(event.kind == "compensate" for event in element.events)


def entries(scope: Scope) -> tuple[Element, ...]:
    """Where tokens come from without a flow: the start events, or, if there are none, whatever no flow leads to."""
    members = scope.elements.values()
    starts = tuple(element for element in members if element.tag == "startEvent")
    loose = tuple(element for element in members if not element.incoming and not _waits_for_other(element))
    instantiating = tuple(element for element in loose if element.instantiate)
    return starts + instantiating if starts else loose


def _waits_for_other(element: Element) -> bool:
    """Begun by something else than a flow or the beginning of the scope."""
    linked = element.tag == CATCH and any(event.kind == "link" for event in element.events)
    return element.tag == "boundaryEvent" or passive(element) or element.for_compensation or linked


def successors(sheet: Sheet, scope: Scope, element: Element) -> Iterable[str]:
    """What a token can come to next: by flow, by link, by an event on the border."""
    for key in element.outgoing:
        yield scope.flows[key].target
    yield from element.boundary
    for event in element.events:
        if event.kind == "link" and element.tag == THROW:
            # More than one would be a fault that another rule names.
            yield from sheet.marks(scope).caught.get(event.name, [])[:1]


def _reach(sheet: Sheet, scope: Scope, begin: tuple[Element, ...]) -> None:
    reached = _closure(sheet, scope, begin)
    for element in scope.elements.values():
        if element.id not in reached and not _waits_for_other(element):
            sheet.error(
                element,
                "unreachable-element",
                "Nothing leads to {tag} {id}.",
                "Draw a flow to it, or delete it.",
                tag=element.tag,
                id=element.id,
            )
    _ends(sheet, scope, reached)


def _closure(sheet: Sheet, scope: Scope, begin: Iterable[Element]) -> set[str]:
    found: set[str] = set()
    stack = [element.id for element in begin]
    while stack:
        key = stack.pop()
        if key not in found:
            found.add(key)
            stack.extend(successors(sheet, scope, scope.elements[key]))
    return found


def _ends(sheet: Sheet, scope: Scope, reached: set[str]) -> None:
    members = [scope.elements[key] for key in scope.elements if key in reached]
    drawn = any(element.tag == "endEvent" for element in members)
    back: dict[str, list[str]] = {}
    last: list[str] = []
    for element in members:
        following = list(successors(sheet, scope, element))
        for key in following:
            back.setdefault(key, []).append(element.id)
        if not element.outgoing and not (element.tag == THROW and following):
            last.append(element.id)
            _dead_end(sheet, element, drawn)
    can_end = set(last)
    while last:
        for key in back.get(last.pop(), ()):
            if key not in can_end:
                can_end.add(key)
                last.append(key)
    trapped = [element.id for element in members if element.id not in can_end]
    if trapped and not sheet.stoppable(scope):
        ring = _ring(trapped, back)
        sheet.error(
            scope.elements[ring[0]],
            "never-ends",
            "From {id} no way leads to an end: {others} go round for ever.",
            "Draw a way out of the loop.",
            id=ring[0],
            others=", ".join(ring[:10]),
        )


def _ring(trapped: list[str], back: dict[str, list[str]]) -> list[str]:
    """What goes round, without what only leads there."""
    members = set(trapped)
    before = {key: sum(one in members for one in back.get(key, ())) for key in trapped}
    following: dict[str, list[str]] = {}
    for key in trapped:
        for one in back.get(key, ()):
            following.setdefault(one, []).append(key)
    leading = [key for key in trapped if not before[key]]
    for key in leading:
        members.discard(key)
        for one in following.get(key, ()):
            before[one] -= 1
            if not before[one]:
                leading.append(one)
    return [key for key in trapped if key in members]


def _dead_end(sheet: Sheet, element: Element, drawn: bool) -> None:
    needs_flow = element.tag in ("startEvent", "eventBasedGateway") or (
        element.tag == "boundaryEvent" and not _compensates(element)
    )
    if needs_flow:
        sheet.error(
            element,
            "dead-end",
            "Nothing follows {tag} {id}, so nothing can come of it.",
            "Draw a flow to what comes next.",
            tag=element.tag,
            id=element.id,
        )
    elif drawn and element.tag != "endEvent" and not (element.tag in EVENTS and _compensates(element)):
        sheet.warning(
            element,
            "dead-end",
            "Nothing follows {tag} {id}; the branch ends there, although ends are drawn elsewhere.",
            "Draw a flow to an end event, so that everybody sees that it is meant.",
            tag=element.tag,
            id=element.id,
        )
