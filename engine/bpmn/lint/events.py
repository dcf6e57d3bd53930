"""Which event may stand where, and whether it says what it waits for or throws."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.lint.sheet import CATCH, THROW, Place, Sheet
from engine.bpmn.model import EVENTS, Element

# Where an event stands -> the kinds that may stand there; "" is an event without definition.
ALLOWED: Mapping[str, frozenset[str]] = {
    "start": frozenset({"", "message", "timer", "signal"}),
    "start of an event sub-process": frozenset(
        {"message", "timer", "signal", "conditional", "error", "escalation", "compensate"}
    ),
    "start of a sub-process": frozenset({""}),
    "intermediate catch": frozenset({"message", "timer", "signal", "conditional", "link"}),
    "intermediate throw": frozenset({"", "message", "signal", "escalation", "compensate", "link"}),
    "border": frozenset({"message", "timer", "signal", "conditional", "error", "escalation", "cancel", "compensate"}),
    "end": frozenset({"", "message", "signal", "error", "escalation", "compensate", "cancel", "terminate"}),
    "behind an event gateway": frozenset({"message", "timer", "signal", "conditional"}),
}
_ALONE = frozenset({"link", "compensate", "cancel"})
_ALWAYS_INTERRUPTING = frozenset({"error", "cancel", "compensate"})
_NAMED = frozenset({"message", "signal", "error", "escalation"})
_MAY_BE_NAMELESS = {
    ("error", "boundaryEvent"),
    ("error", "startEvent"),
    ("escalation", "boundaryEvent"),
    ("escalation", "startEvent"),
}


def must(sheet: Sheet) -> None:
    """Rules event-not-allowed-here, event-gateway, event-name-missing, link-without-target."""
    for place in sheet.places:
        element = place.element
        if element.tag in EVENTS:
            _kinds(sheet, place)
            _several(sheet, element)
        if element.tag == "eventBasedGateway":
            _followers(sheet, place)
        _names(sheet, element)
        _links(sheet, place)
        _border(sheet, place)


def check(sheet: Sheet) -> None:
    """Rule message-key-missing."""
    for place in sheet.places:
        _key(sheet, place)


def _position(place: Place) -> str:
    tag = place.element.tag
    if tag == "startEvent":
        if place.host is None:
            return "start"
        return "start of an event sub-process" if place.scope.triggered_by_event else "start of a sub-process"
    return {CATCH: "intermediate catch", THROW: "intermediate throw", "boundaryEvent": "border", "endEvent": "end"}[tag]


def _kinds(sheet: Sheet, place: Place) -> None:
    position = _position(place)
    if position.startswith("start of"):
        return  # starts.py says more about these
    kinds: list[str] = [event.kind for event in place.element.events]
    for kind in kinds or [""]:
        if kind in ALLOWED[position]:
            continue
        if not kind:
            sheet.error(
                place,
                "event-not-allowed-here",
                "The event {id} does not say what it waits for.",
                "Give it a message, timer, signal or another kind of event.",
                id=place.id,
            )
        else:
            not_allowed(sheet, place, kind, ALLOWED[position])


def not_allowed(sheet: Sheet, place: Place, kind: str, allowed: frozenset[str]) -> None:
    """Notes that an event of that kind cannot stand there."""
    sheet.error(
        place,
        "event-not-allowed-here",
        "A {kind} event cannot stand where {id} stands.",
        "Possible there: {kinds}.",
        kind=kind,
        id=place.id,
        kinds=", ".join(sorted(kind or "none" for kind in allowed)),
    )


def _several(sheet: Sheet, element: Element) -> None:
    kinds = [event.kind for event in element.events]
    if len(kinds) > 1:
        for kind in sorted(_ALONE.intersection(kinds)):
            sheet.error(
                element,
                "event-not-allowed-here",
                "A {kind} event cannot be one of several, as in {id}.",
                "Draw an event of its own for it.",
                kind=kind,
                id=element.id,
            )
    if element.parallel_multiple and len(kinds) < 2:
        sheet.error(
            element,
            "event-not-allowed-here",
            "{id} waits for all of several events, but names fewer than two.",
            "Name them, or make it a plain event.",
            id=element.id,
        )
    if element.parallel_multiple and len(kinds) > 1:
        for kind in sorted(set(kinds) - ALLOWED["behind an event gateway"]):
            sheet.error(
                element,
                "event-not-allowed-here",
                "{id} waits for all of several events, of which one, {kind}, ends what it belongs to at once.",
                "Let it wait for messages, signals, timers and conditions only.",
                kind=kind,
                id=element.id,
            )
    if not element.interrupting:
        for kind in sorted(_ALWAYS_INTERRUPTING.intersection(kinds) - {"compensate"}):
            sheet.error(
                element,
                "event-not-allowed-here",
                "A {kind} event always interrupts; {id} is drawn as if it did not.",
                "Make it interrupting.",
                kind=kind,
                id=element.id,
            )


def _followers(sheet: Sheet, place: Place) -> None:
    allowed = ALLOWED["behind an event gateway"]
    for flow in place.flows_out():
        target = place.scope.elements[flow.target]
        kinds = {event.kind for event in target.events}
        receives = target.tag == "receiveTask" and not target.boundary
        if not receives and not (target.tag == CATCH and kinds and kinds <= allowed):
            sheet.error(
                place,
                "event-gateway",
                "{target} cannot follow the event gateway {id}.",
                "Possible there: receive tasks without events on their border, and catching {kinds} events.",
                target=target.id,
                id=place.id,
                kinds=", ".join(sorted(allowed)),
            )
        elif len(target.incoming) > 1:
            sheet.error(
                target,
                "event-gateway",
                "{target} waits for the event gateway {id}; no other flow can lead to it.",
                "Draw a second event for the other flow.",
                target=target.id,
                id=place.id,
            )
    if place.element.gateway_type == "Parallel" and not place.element.instantiate:
        sheet.error(
            place,
            "event-gateway",
            "The event gateway {id} asks for all of its events, which only one can that starts instances.",
            "Let it start the process, or make its type exclusive and wait for the others behind a parallel gateway.",
            id=place.id,
        )


def _names(sheet: Sheet, element: Element) -> None:
    job = element.job is not None
    for event in element.events:
        if event.kind not in _NAMED or ((event.kind, element.tag) in _MAY_BE_NAMELESS and not event.has_ref):
            continue
        if not (event.name or "").strip() and not (event.kind == "message" and job):
            sheet.error(
                element,
                "event-name-missing",
                "{id} names no {kind}.",
                "Choose one, and give it a name (an error or escalation: a code).",
                id=element.id,
                kind=event.kind,
            )
    if element.tag in ("sendTask", "receiveTask") and not element.events and not (job and element.tag == "sendTask"):
        sheet.error(
            element,
            "event-name-missing",
            "{id} names no {kind}.",
            "Choose a message and give it a name.",
            id=element.id,
            kind="message",
        )


def _key(sheet: Sheet, place: Place) -> None:
    """A message that is waited for by name alone may reach any instance that waits."""
    element = place.element
    inside = element.tag == "startEvent" and place.scope.triggered_by_event
    if element.instantiate or not (inside or element.tag in (CATCH, "boundaryEvent", "receiveTask")):
        return
    for event in element.events:
        if event.kind == "message" and event.name and not event.key:
            sheet.warning(
                element,
                "message-key-missing",
                "{id} waits for any message {name}: one meant for another instance may come here.",
                "Give the message a correlationKey in zeebe:subscription.",
                id=element.id,
                name=event.name[:100],
            )


def _links(sheet: Sheet, place: Place) -> None:
    for event in place.element.events:
        if event.kind != "link":
            continue
        marks = sheet.marks(place.scope)
        others = marks.caught.get(event.name, ())
        if place.element.tag == THROW and len(others) != 1:
            sheet.error(
                place,
                "link-without-target",
                "The link {name} of {id} leads to {count} places; it must be one, beside it.",
                "Give exactly one catching link event in the same process or sub-process that name.",
                name=event.name or "",
                id=place.id,
                count=len(others),
            )
        if place.element.tag == CATCH and event.name not in marks.thrown:
            sheet.error(
                place,
                "link-without-target",
                "No link {name} leads to {id}.",
                "Give a throwing link event in the same process or sub-process that name.",
                name=event.name or "",
                id=place.id,
            )


def _border(sheet: Sheet, place: Place) -> None:
    inner = place.element.inner
    if inner is None or not inner.triggered_by_event:
        return
    for key in place.element.boundary:
        sheet.error(
            place.scope.elements[key],
            "boundary-of-nothing",
            "{id} is attached to the event sub-process {host}, which has no border that events could leave by.",
            "Attach it to an activity, or put the activities into a sub-process inside {host}.",
            id=key,
            host=place.id,
        )
