"""Event definitions with their messages, signals, errors and escalations resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from lxml import etree

from engine.bpmn.model import EVENTS, EventDefinition, EventKind, TimeForm
from engine.bpmn.reading import xml
from engine.bpmn.reading.document import Document
from engine.bpmn.reading.references import EVENT_DEFINITIONS

_TIMES = ("timeDate", "timeDuration", "timeCycle")
_CODE = {"error": "errorCode", "escalation": "escalationCode"}
_THROWS = {"sendTask", "intermediateThrowEvent", "endEvent"}


def read(document: Document, element: etree._Element, properties: Mapping[str, str]) -> tuple[EventDefinition, ...]:
    """The event definitions of an event, or the message of a send or receive task."""
    tag = xml.name(element)
    if tag in ("sendTask", "receiveTask"):
        if element.get("messageRef") is None:
            return ()
        return (_message(document, element, None, element, properties),)
    if tag not in EVENTS:
        return ()
    return tuple(
        _definition(document, definition, element, properties) for definition in _definitions(document, element)
    )


def _definitions(document: Document, element: etree._Element) -> Iterator[etree._Element]:
    for part in element:
        if xml.name(part) == "eventDefinitionRef":
            shared = document.target(xml.text(part), *EVENT_DEFINITIONS)
            if shared is not None:
                yield shared
        elif xml.name(part) in EVENT_DEFINITIONS:
            yield part


def _definition(
    document: Document, definition: etree._Element, event: etree._Element, properties: Mapping[str, str]
) -> EventDefinition:
    kind = cast(EventKind, xml.name(definition).removesuffix("EventDefinition"))
    identity, line = definition.get("id"), xml.line(definition)
    if kind == "message":
        return _message(document, definition, identity, event, properties)
    if kind in ("signal", "error", "escalation"):
        ref = xml.reference(definition.get(f"{kind}Ref"))
        return EventDefinition(kind, identity, ref, _name(document.target(ref, kind), kind), line=line)
    if kind == "timer":
        time = next((part for part in definition if xml.name(part) in _TIMES), None)
        form = None if time is None else cast(TimeForm, xml.name(time))
        return EventDefinition(kind, identity, time_form=form, expression=xml.text(time), line=line)
    if kind == "conditional":
        return EventDefinition(kind, identity, expression=xml.text(xml.child(definition, "condition")), line=line)
    if kind == "compensate":
        wait = document.boolean(definition, "waitForCompletion", True)
        activity = xml.reference(definition.get("activityRef"))
        return EventDefinition(kind, identity, activity_ref=activity, wait_for_completion=wait, line=line)
    return EventDefinition(kind, identity, name=definition.get("name") if kind == "link" else None, line=line)


def _message(
    document: Document,
    holder: etree._Element,
    identity: str | None,
    event: etree._Element,
    properties: Mapping[str, str],
) -> EventDefinition:
    ref = xml.reference(holder.get("messageRef"))
    message = document.target(ref, "message")
    throws = xml.name(event) in _THROWS
    key = properties.get("correlationKey") if throws else None
    if key is None and message is not None:
        subscription = xml.extension(message, "subscription")
        key = None if subscription is None else subscription.get("correlationKey")
    ttl = properties.get("timeToLive") if throws else None
    name = None if message is None else message.get("name")
    return EventDefinition("message", identity, ref, name, key, ttl=ttl, line=xml.line(holder))


def _name(target: etree._Element | None, kind: str) -> str | None:
    """A signal is known by its name; an error or escalation by its code, or, if it has none, by its name."""
    if target is None:
        return None
    return target.get(_CODE.get(kind, "name")) or target.get("name")
