"""Two events of which nobody could say which one catches: the same thing is waited for twice at one place."""

from __future__ import annotations

from collections.abc import Iterable

from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.model import Element, EventDefinition, Scope

_BY_NAME = frozenset({"message", "signal", "error", "escalation"})
_BY_KIND = frozenset({"cancel", "compensate"})
_Key = tuple[str, str | None, str | None]
# Of each place: two that wait for the same, two that wait for anything of a kind.
_BORDER = (
    "{first} and {id} on the border of {place} wait for the same {kind} {name}.",
    "{first} and {id} on the border of {place} both wait for any {kind}.",
)
_GATEWAY = (
    "{first} and {id} behind {place} wait for the same {kind} {name}.",
    "{first} and {id} behind {place} both wait for any {kind}.",
)
_SUBS = (
    "{first} and {id}, of event sub-processes in {place}, wait for the same {kind} {name}.",
    "{first} and {id}, of event sub-processes in {place}, both wait for any {kind}.",
)


def must(sheet: Sheet) -> None:
    """Rule ambiguous-catch: on one border, among the event sub-processes of one scope, behind one event gateway.

    A border and the scope around it are two places: there the inner one catches.
    """
    for place in sheet.places:
        element = place.element
        border = [place.scope.elements[key] for key in element.boundary]
        # Two compensation events on one border are another rule's.
        _judge(sheet, [event for event in border if not _compensates(event)], _BORDER, element.id)
        if element.tag == "eventBasedGateway":
            _judge(sheet, _followers(place), _GATEWAY, element.id)
    for _, scope, _ in sheet.scopes:
        _judge(sheet, _handlers(scope), _SUBS, scope.id)


def _compensates(event: Element) -> bool:
    return any(each.kind == "compensate" for each in event.events)


def _followers(place: Place) -> list[Element]:
    targets = dict.fromkeys(flow.target for flow in place.flows_out())
    return [place.scope.elements[key] for key in targets]


def _handlers(scope: Scope) -> list[Element]:
    inner = (element.inner for element in scope.elements.values() if element.inner is not None)
    subs = (each for each in inner if each.triggered_by_event)
    return [start for each in subs for start in each.elements.values() if start.tag == "startEvent"]


def _judge(sheet: Sheet, catchers: Iterable[Element], sentences: tuple[str, str], place: str) -> None:
    known: dict[_Key, Element] = {}
    for catcher in catchers:
        for event in catcher.events:
            key = _key(event)
            if key is None or known.setdefault(key, catcher) is catcher:
                continue
            sheet.error(
                catcher,
                "ambiguous-catch",
                sentences[key[1] is None],
                "Keep one of them, with a gateway behind it, or let them wait for different things.",
                first=known[key].id,
                id=catcher.id,
                kind=event.kind,
                name=(key[1] or "")[:100],
                place=place,
            )


def _key(event: EventDefinition) -> _Key | None:
    """What an event waits for, the same for two of which both would catch; ``None`` where two do no harm."""
    if event.kind in _BY_KIND:
        return event.kind, None, None
    if event.kind not in _BY_NAME or (event.kind in ("message", "signal") and not event.name):
        return None
    return event.kind, event.name if event.has_ref else None, event.key
