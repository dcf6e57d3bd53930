"""Undoing what was done: handlers, who asks for them, and transactions that are cancelled."""

from __future__ import annotations

from engine.bpmn.lint.sheet import THROW, Place, Sheet
from engine.bpmn.model import SUB_PROCESSES, Element, EventDefinition, Scope, walk


def must(sheet: Sheet) -> None:
    """Rules compensation-handler, compensation-inside-fan, cancel-outside-transaction and cancel-uncaught."""
    handled = {place.element.handler for place in sheet.places if place.element.handler}
    for place in sheet.places:
        element = place.element
        if element.for_compensation and element.id not in handled and not _undoes_its_scope(element):
            sheet.error(
                place,
                "compensation-handler",
                "{id} is a compensation handler, but no compensation event leads to it.",
                "Draw an association from a compensation event on the border of what it undoes.",
                id=element.id,
            )
        _border(sheet, place)
        _inside(sheet, place)
        for event in element.events:
            if event.kind == "compensate" and element.tag in ("endEvent", "intermediateThrowEvent"):
                _thrown(sheet, place, event)
            elif event.kind == "cancel":
                _cancel(sheet, place)


def _undoes_its_scope(element: Element) -> bool:
    """A compensation event sub-process (BPMN 10.7.1): its start event says when it runs, nothing leads to it."""
    inner = element.inner
    starts = inner.elements.values() if inner is not None and inner.triggered_by_event else ()
    return any(event.kind == "compensate" for start in starts if start.tag == "startEvent" for event in start.events)


def _compensations(place: Place, host: Element) -> list[Element]:
    border = [place.scope.elements[key] for key in host.boundary]
    return [event for event in border if any(item.kind == "compensate" for item in event.events)]


def _border(sheet: Sheet, place: Place) -> None:
    events = _compensations(place, place.element)
    for event in events:
        if event.handler is None:
            sheet.error(
                event,
                "compensation-handler",
                "The compensation event {id} leads to nothing that undoes {host}.",
                "Draw an association to an activity beside it that is marked as compensation handler.",
                id=event.id,
                host=place.id,
            )
    for event in events[1:]:
        sheet.error(
            event,
            "compensation-handler",
            "{host} has more than one compensation event.",
            "Keep one; its handler may be a sub-process.",
            host=place.id,
        )


def _thrown(sheet: Sheet, place: Place, event: EventDefinition) -> None:
    if event.activity_ref is None:
        return
    scopes = [place.scope, *(scope for scope, _ in place.around)]
    holder = next((scope for scope in scopes if event.activity_ref in scope.elements), None)
    if holder is None:
        sheet.error(
            place,
            "compensation-handler",
            "{id} asks to undo {target}, which is not beside it or around it.",
            "Ask from the scope that holds it, or leave the activity out: then all that was done there is undone.",
            id=place.id,
            target=event.activity_ref,
        )
        return
    target = holder.elements[event.activity_ref]
    if target.id in {host.id for _, host in place.around}:
        sheet.error(
            place,
            "compensation-handler",
            "{id} asks to undo {target}, in which it stands and which is not over yet.",
            "Leave the activity out: then all that was done in {target} is undone.",
            id=place.id,
            target=target.id,
        )
        return
    fan = next((host for scope, host in place.around if _runs_apart(host) and target.id not in _within(host)), None)
    if fan is not None:
        sheet.error(
            place,
            "compensation-inside-fan",
            "{id} asks to undo {target} from inside {fan}, which is done side by side for each of several.",
            "Throw an escalation or error, catch it on the border of {fan}, and ask from there.",
            id=place.id,
            target=target.id,
            fan=fan.id,
        )
        return
    undone = any(item.kind == "compensate" for key in target.boundary for item in holder.elements[key].events)
    if not undone and target.tag not in SUB_PROCESSES:
        sheet.error(
            place,
            "compensation-handler",
            "{id} asks to undo {target}, which has no compensation handler.",
            "Draw a compensation event on the border of {target}, with a handler.",
            id=place.id,
            target=target.id,
        )


def _runs_apart(host: Element) -> bool:
    return host.loop is not None and host.loop.kind == "parallel"


def _within(host: Element) -> set[str]:
    return set() if host.inner is None else {element.id for _, element in walk(host.inner)}


def _inside(sheet: Sheet, place: Place) -> None:
    """What a sub-process holds has to fit what is around it."""
    element, inner = place.element, place.element.inner
    if inner is None:
        return
    if _runs_apart(element) and sheet.marks(inner).undoes and _is_undone(place):
        sheet.error(
            place,
            "compensation-inside-fan",
            "What {id} does side by side for each of several cannot be undone one by one.",
            "Attach a compensation event to {id} itself, or make it sequential.",
            id=place.id,
        )
    border = {event.kind for key in element.boundary for event in place.scope.elements[key].events}
    cancels = inner.kind == "transaction" and _cancels(inner)
    if cancels and _runs_apart(element):
        sheet.error(
            place,
            "cancel-uncaught",
            "The transaction {id} is done side by side for each of several: if one is cancelled, nobody catches that.",
            "Make it sequential, or repeat a sub-process that holds the transaction and its cancel event.",
            id=place.id,
        )
    elif cancels and "cancel" not in border:
        sheet.error(
            place,
            "cancel-uncaught",
            "The transaction {id} can be cancelled, but nothing is drawn for that case.",
            "Attach a cancel event to its border.",
            id=place.id,
        )


def _is_undone(place: Place) -> bool:
    """Whether something in its scope, or in one around it, undoes what the element has completed."""
    scopes = (place.scope, *(scope for scope, _ in place.around))
    insides = (place.id, *(host.id for _, host in place.around))
    for scope, inside in zip(scopes, insides, strict=True):
        members = scope.elements.values()
        speaking = (each.inner for each in members if each.inner is not None and each.inner.triggered_by_event)
        if any(_undoes(each, inside) for each in (scope, *speaking)):
            return True
        if scope.kind == "transaction" and _cancels(scope):
            return True
    return False


def _undoes(scope: Scope, activity: str) -> bool:
    throws = (each for each in scope.elements.values() if each.tag in ("endEvent", THROW))
    return any(e.kind == "compensate" and e.activity_ref in (None, activity) for each in throws for e in each.events)


def _cancels(scope: Scope) -> bool:
    ends = (each for each in scope.elements.values() if each.tag == "endEvent")
    return any(event.kind == "cancel" for end in ends for event in end.events)


def _cancel(sheet: Sheet, place: Place) -> None:
    if place.element.tag == "endEvent" and place.scope.kind != "transaction":
        sheet.error(
            place,
            "cancel-outside-transaction",
            "{id} cancels a transaction, but stands in none.",
            "Move it into a transaction, or throw an error.",
            id=place.id,
        )
    host = place.scope.elements.get(place.element.attached_to or "")
    if place.element.tag == "boundaryEvent" and host is not None and host.tag != "transaction":
        sheet.error(
            place,
            "cancel-outside-transaction",
            "{id} waits for {host} to be cancelled, which is no transaction.",
            "Make {host} a transaction, or catch an error.",
            id=place.id,
            host=host.id,
        )
