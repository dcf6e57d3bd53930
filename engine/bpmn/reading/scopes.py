"""Processes and what is in them: scopes with elements and flows, in document order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal, cast

from lxml import etree

from engine.bpmn.model import ACTIVITIES, ELEMENTS, EVENTS, SUB_PROCESSES, Element, Flow, Scope, ScopeKind
from engine.bpmn.reading import events, extensions, lanes, loops, xml
from engine.bpmn.reading.data import Data
from engine.bpmn.reading.document import Document


class Scopes:
    """Reads the scopes of one process."""

    def __init__(self, document: Document, data: Data, lane_names: Mapping[str, str]) -> None:
        self._document = document
        self._data = data
        self._lanes = dict(lane_names)

    def read(self, element: etree._Element, parent: str | None = None, lane: str | None = None) -> Scope:
        """The scope that a process or sub-process element holds, with all inside it."""
        tag = xml.name(element)
        parts = [part for part in element if xml.name(part) in ELEMENTS and part.get("id")]
        flows = self._flows(element, {part.get("id") for part in parts})
        data, declares = self._data.of_scope(element)
        self._lanes.update(lanes.names(lanes.read(element)) if parent is not None else {})
        identity = element.get("id") or ""
        ordering = self._document.choice(element, "ordering", "Parallel", "Parallel", "Sequential")
        return Scope(
            identity,
            cast(ScopeKind, tag) if tag in SUB_PROCESSES else "process",
            self._elements(element, parts, flows, identity, lane),
            flows,
            data,
            declares,
            parent,
            triggered_by_event=self._document.boolean(element, "triggeredByEvent", False),
            ordering=cast(Literal["Parallel", "Sequential"], ordering),
            cancel_remaining=self._document.boolean(element, "cancelRemainingInstances", True),
            completion_condition=xml.text(xml.child(element, "completionCondition")),
            line=xml.line(element),
        )

    def alone(self, element: etree._Element, tag: str) -> Scope:
        """The scope of a global task: that task and nothing else."""
        identity = element.get("id") or ""
        return Scope(identity, "process", {identity: self._element(element, tag, {}, None)}, line=xml.line(element))

    def _flows(self, scope: etree._Element, members: set[str | None]) -> dict[str, Flow]:
        found: dict[str, Flow] = {}
        same: Counter[str] = Counter()
        for part in xml.children(scope, "sequenceFlow"):
            source, target = xml.reference(part.get("sourceRef")), xml.reference(part.get("targetRef"))
            if source is None or target is None or not self._inside(part, members, source, target):
                continue
            identity = part.get("id")
            if identity is None:
                same[f"~{source}~{target}"] += 1
                identity = f"~{source}~{target}~{same[f'~{source}~{target}']}"
            condition = xml.text(xml.child(part, "conditionExpression"))
            found[identity] = Flow(identity, source, target, condition, part.get("name") or None, xml.line(part))
        return found

    def _inside(self, flow: etree._Element, members: set[str | None], source: str, target: str) -> bool:
        outside = [end for end in (source, target) if end not in members]
        for end in outside:
            if self._document.target(end, *ELEMENTS) is not None:
                self._document.findings.error(
                    "flow-crosses-border",
                    flow.get("id") or "",
                    xml.line(flow),
                    "The flow from {source} to {target} crosses a border: {end} is in another process or sub-process.",
                    "Between processes send a message; out of a sub-process use its end, or an event on its border.",
                    source=source,
                    target=target,
                    end=end,
                )
        return not outside

    def _elements(
        self,
        scope: etree._Element,
        parts: list[etree._Element],
        flows: Mapping[str, Flow],
        identity: str,
        lane: str | None,
    ) -> dict[str, Element]:
        incoming: dict[str, list[str]] = {}
        outgoing: dict[str, list[str]] = {}
        for flow in flows.values():
            outgoing.setdefault(flow.source, []).append(flow.id)
            incoming.setdefault(flow.target, []).append(flow.id)
        boundary = self._boundary(parts)
        handlers = self._handlers(scope)
        found: dict[str, Element] = {}
        for part in parts:
            key = part.get("id") or ""
            links: dict[str, Any] = {
                "incoming": tuple(incoming.get(key, ())),
                "outgoing": tuple(outgoing.get(key, ())),
                "boundary": tuple(boundary.get(key, ())),
                "handler": handlers.get(key),
            }
            found[key] = self._element(part, xml.name(part), links, self._lanes.get(key, lane), identity)
        return found

    def _boundary(self, parts: list[etree._Element]) -> dict[str, list[str]]:
        """Host -> its boundary events. A host in another scope is noted here."""
        members = {part.get("id") for part in parts}
        found: dict[str, list[str]] = {}
        for part in parts:
            host = xml.reference(part.get("attachedToRef")) if xml.name(part) == "boundaryEvent" else None
            if host is None:
                continue
            if host in members:
                found.setdefault(host, []).append(part.get("id") or "")
            elif self._document.target(host) is not None:
                self._document.findings.error(
                    "boundary-of-nothing",
                    part.get("id") or "",
                    xml.line(part),
                    "The boundary event is attached to {host}, which lies in another scope.",
                    "Attach it to an activity beside it.",
                    host=host,
                )
        return found

    def _handlers(self, scope: etree._Element) -> dict[str, str]:
        """Compensation boundary event -> the activity its association leads to."""
        found: dict[str, str] = {}
        for part in xml.children(scope, "association"):
            source, target = xml.reference(part.get("sourceRef")), xml.reference(part.get("targetRef"))
            event, activity = self._document.target(source, "boundaryEvent"), self._document.target(target, *ACTIVITIES)
            if not source or not target or event is None or activity is None or activity.getparent() is not scope:
                continue
            if self._document.boolean(activity, "isForCompensation", False):
                found[source] = target
        return found

    def _element(
        self, part: etree._Element, tag: str, links: dict[str, Any], lane: str | None, scope: str = ""
    ) -> Element:
        properties = extensions.properties(part)
        interrupting = "cancelActivity" if tag == "boundaryEvent" else "isInterrupting"
        read = self._document
        return Element(
            part.get("id") or "",
            tag,
            part.get("name") or None,
            xml.line(part),
            lane,
            default=xml.reference(part.get("default")),
            events=events.read(read, part, properties),
            parallel_multiple=read.boolean(part, "parallelMultiple", False),
            interrupting=read.boolean(part, interrupting, True) if tag in EVENTS else True,
            attached_to=xml.reference(part.get("attachedToRef")) if tag == "boundaryEvent" else None,
            inner=self.read(part, scope, lane) if tag in SUB_PROCESSES else None,
            for_compensation=read.boolean(part, "isForCompensation", False),
            loop=loops.read(read, self._data, part),
            inputs=extensions.mappings(part, "input") + tuple(self._data.mappings(part, "Input")),
            outputs=extensions.mappings(part, "output") + tuple(self._data.mappings(part, "Output")),
            instantiate=read.boolean(part, "instantiate", False),
            gateway_type=read.choice(part, "eventGatewayType", "Exclusive", "Exclusive", "Parallel"),
            activation_condition=xml.text(xml.child(part, "activationCondition")),
            start_quantity=_quantity(read, part, "startQuantity"),
            completion_quantity=_quantity(read, part, "completionQuantity"),
            properties=properties,
            documentation=documentation(part),
            **extensions.read(read, part, tag),
            **links,
        )


def _quantity(document: Document, part: etree._Element, attribute: str) -> int:
    number = document.integer(part, attribute)
    return 1 if number is None else number


def documentation(element: etree._Element) -> str | None:
    """All documentation of an element, as text."""
    texts = [xml.text(part) for part in xml.children(element, "documentation")]
    return "\n\n".join(text for text in texts if text) or None
