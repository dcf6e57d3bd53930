"""Errors and escalations that climb out of the process because nothing on the way catches them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.model import Element, EventDefinition


def check(sheet: Sheet) -> None:
    """Rules error-uncaught and escalation-uncaught."""
    for place in sheet.places:
        if place.element.tag not in ("endEvent", "intermediateThrowEvent"):
            continue
        for event in place.element.events:
            if event.kind == "error" and not _caught(sheet, place, event):
                sheet.warning(
                    place,
                    "error-uncaught",
                    "Nothing in the process catches the error {code} of {id}: unless a caller does, it stops there.",
                    "Catch it with an event on the border of a sub-process, or in an event sub-process.",
                    code=event.name or "",
                    id=place.id,
                )
            elif event.kind == "escalation" and not _caught(sheet, place, event):
                sheet.warning(
                    place,
                    "escalation-uncaught",
                    "Nothing in the process catches the escalation {code} of {id}; unless a caller does, it is lost.",
                    "Catch it with an event on the border of a sub-process, or in an event sub-process.",
                    code=event.name or "",
                    id=place.id,
                )


def _caught(sheet: Sheet, place: Place, thrown: EventDefinition) -> bool:
    return any(
        event.kind == thrown.kind and (not event.has_ref or event.name == thrown.name)
        for catcher in _catchers(sheet, place)
        for event in catcher.events
    )


def _catchers(sheet: Sheet, place: Place) -> Iterator[Element]:
    """The events that a throw meets on its way out: of each scope its handlers, then those on its border."""
    scope, handling = place.scope, False
    for outer, host in (*place.around, (None, None)):
        if not handling:
            yield from sheet.marks(scope).handlers
        if outer is None or host is None:
            return
        yield from (outer.elements[key] for key in host.boundary)
        # What is thrown inside a handler is not for the other handlers of the scope that it serves.
        scope, handling = outer, scope.triggered_by_event
