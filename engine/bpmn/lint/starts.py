"""How processes and sub-processes begin."""

from __future__ import annotations

from engine.bpmn.lint.events import ALLOWED, not_allowed
from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.model import Element, Scope


def must(sheet: Sheet) -> None:
    """Rules sub-process-start, event-sub-process-start and instantiate."""
    for _, scope, host in sheet.scopes:
        if host is not None and scope.triggered_by_event:
            _event_start(sheet, host, _starts(scope))
        elif host is not None and scope.kind != "adHocSubProcess":
            _plain_start(sheet, host, _starts(scope))
    for place in sheet.places:
        _kinds(sheet, place)
        if place.element.instantiate:
            _instantiate(sheet, place)


def check(sheet: Sheet) -> None:
    """Rule duplicate-start. Whoever starts an instance may say where; who only presses a button cannot."""
    for _, scope, host in sheet.scopes:
        if not scope.triggered_by_event and scope.kind != "adHocSubProcess":
            _one_plain(sheet, _starts(scope))
        if host is None:
            _duplicates(sheet, _starts(scope))


def _starts(scope: Scope) -> list[Element]:
    return [element for element in scope.elements.values() if element.tag == "startEvent"]


def _plain_start(sheet: Sheet, host: Element, starts: list[Element]) -> None:
    for start in starts:
        if start.events:
            sheet.error(
                start,
                "sub-process-start",
                "The sub-process {host} begins when the flow comes to it, so {id} cannot wait for an event.",
                "Make it a plain start event, and catch the event behind it or with an event sub-process.",
                host=host.id,
                id=start.id,
            )


def _one_plain(sheet: Sheet, starts: list[Element]) -> None:
    plain = [start for start in starts if not start.events]
    for start in plain[1:]:
        sheet.error(
            start,
            "duplicate-start",
            "{first} and {id} are both plain start events; it is not said which one begins.",
            "Keep one, with a gateway behind it, or let the others wait for an event.",
            first=plain[0].id,
            id=start.id,
        )


def _event_start(sheet: Sheet, host: Element, starts: list[Element]) -> None:
    if len(starts) != 1 or not starts[0].events:
        sheet.error(
            host,
            "event-sub-process-start",
            "The event sub-process {id} needs one start event that says what it waits for; it has {count} of any sort.",
            "Draw one start event with a message, timer, signal, condition, error, escalation or compensation.",
            id=host.id,
            count=len(starts),
        )


def _kinds(sheet: Sheet, place: Place) -> None:
    if place.element.tag != "startEvent" or not place.scope.triggered_by_event:
        return
    allowed = ALLOWED["start of an event sub-process"]
    for event in place.element.events:
        if event.kind not in allowed:
            not_allowed(sheet, place, event.kind, allowed)
        elif event.kind == "compensate" and len(place.around) < 2:
            sheet.error(
                place,
                "event-sub-process-start",
                "{id} waits to undo the whole process, which nothing can ask for.",
                "Put it into a sub-process: that can be compensated from outside.",
                id=place.id,
            )


def _duplicates(sheet: Sheet, starts: list[Element]) -> None:
    known: dict[tuple[str, str], str] = {}
    for start in starts:
        for event in start.events:
            if event.kind not in ("message", "signal") or not event.name:
                continue
            first = known.setdefault((event.kind, event.name), start.id)
            if first != start.id:
                sheet.error(
                    start,
                    "duplicate-start",
                    "{first} and {id} wait for the same {kind} {name}; one would start two instances.",
                    "Keep one, with a gateway behind it.",
                    first=first,
                    id=start.id,
                    kind=event.kind,
                    name=event.name,
                )


def _instantiate(sheet: Sheet, place: Place) -> None:
    element = place.element
    if place.host is not None:
        sheet.error(
            place,
            "instantiate",
            "{id} is to start an instance, but stands inside a sub-process.",
            "Set instantiate to false, or move it out.",
            id=element.id,
        )
    if element.incoming:
        sheet.error(
            place,
            "instantiate",
            "{id} is to start an instance, but a flow leads to it.",
            "Set instantiate to false, or delete the flow.",
            id=element.id,
        )
    for flow in place.flows_out() if element.tag == "eventBasedGateway" else ():
        target = place.scope.elements[flow.target]
        if any(event.kind not in ALLOWED["start"] for event in target.events):
            sheet.error(
                target,
                "instantiate",
                "{id} cannot start an instance: only messages, signals and timers can.",
                "Choose one of them.",
                id=target.id,
            )
