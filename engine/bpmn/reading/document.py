"""One file while it is read: its elements by id, what its references may point to, and the faults found so far."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from lxml import etree

from engine.bpmn.finding import Findings
from engine.bpmn.model import ACTIVITIES, ELEMENTS, EVENT_KINDS, GLOBAL_TASKS
from engine.bpmn.reading import xml

_ID = re.compile(r"[^\W\d][\w.\-]{0,199}")
_INTEGER = re.compile(r"[+-]?\d{1,9}")
_ANY: Final[Collection[str]] = ()

EVENT_DEFINITIONS = frozenset(f"{kind}EventDefinition" for kind in EVENT_KINDS)
_DATA = frozenset({"dataObjectReference", "dataObject", "property", "dataInput", "dataOutput", "dataStoreReference"})

# (element, attribute or child) -> what it may point to; "*" stands for every element that may carry it.
_BY_ATTRIBUTE: Mapping[tuple[str, str], Collection[str]] = {
    ("sequenceFlow", "sourceRef"): ELEMENTS,
    ("sequenceFlow", "targetRef"): ELEMENTS,
    ("*", "default"): {"sequenceFlow"},
    ("boundaryEvent", "attachedToRef"): ACTIVITIES,
    ("*", "messageRef"): {"message"},
    ("signalEventDefinition", "signalRef"): {"signal"},
    ("errorEventDefinition", "errorRef"): {"error"},
    ("escalationEventDefinition", "escalationRef"): {"escalation"},
    ("compensateEventDefinition", "activityRef"): ACTIVITIES,
    ("dataObjectReference", "dataObjectRef"): {"dataObject"},
    ("dataStoreReference", "dataStoreRef"): {"dataStore"},
    ("participant", "processRef"): {"process"},
    ("messageFlow", "sourceRef"): _ANY,
    ("messageFlow", "targetRef"): _ANY,
    ("association", "sourceRef"): _ANY,
    ("association", "targetRef"): _ANY,
}
_BY_CHILD: Mapping[tuple[str, str], Collection[str]] = {
    ("*", "eventDefinitionRef"): EVENT_DEFINITIONS,
    ("*", "incoming"): {"sequenceFlow"},
    ("*", "outgoing"): {"sequenceFlow"},
    ("lane", "flowNodeRef"): _ANY,
    ("dataInputAssociation", "sourceRef"): _DATA,
    ("dataInputAssociation", "targetRef"): _DATA,
    ("dataOutputAssociation", "sourceRef"): _DATA,
    ("dataOutputAssociation", "targetRef"): _DATA,
    ("multiInstanceLoopCharacteristics", "loopDataInputRef"): _DATA,
    ("multiInstanceLoopCharacteristics", "loopDataOutputRef"): _DATA,
    ("inputSet", "dataInputRefs"): {"dataInput"},
    ("outputSet", "dataOutputRefs"): {"dataOutput"},
    ("linkEventDefinition", "source"): {"linkEventDefinition"},
    ("linkEventDefinition", "target"): {"linkEventDefinition"},
}
_REQUIRED = {
    ("sequenceFlow", "sourceRef"),
    ("sequenceFlow", "targetRef"),
    ("boundaryEvent", "attachedToRef"),
    ("dataObjectReference", "dataObjectRef"),
    ("association", "sourceRef"),
    ("association", "targetRef"),
}
_NEEDS_ID = ELEMENTS | set(GLOBAL_TASKS) | {"process", "message", "signal", "error", "escalation", "dataObject"}


class Document:
    """The tree with an index of its ids."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.findings = Findings()
        self.by_id: dict[str, etree._Element] = {}
        self._index()
        self._check_references()

    def target(self, value: str | None, *tags: str) -> etree._Element | None:
        """The element that a reference points to, if it is one of these; what is dangling has been noted already."""
        found = self.by_id.get(xml.reference(value) or "")
        return found if found is not None and (not tags or xml.name(found) in tags) else None

    def boolean(self, element: etree._Element, attribute: str, default: bool) -> bool:
        """A boolean attribute; another word is a fault."""
        value = element.get(attribute)
        if value is None:
            return default
        if value.strip() not in ("true", "false", "1", "0"):
            self._value(element, attribute, value, "It must be true or false.")
            return default
        return value.strip() in ("true", "1")

    def integer(self, element: etree._Element, attribute: str) -> int | None:
        """A whole number; anything else is a fault."""
        value = element.get(attribute)
        if value is None:
            return None
        if not _INTEGER.fullmatch(value.strip()):
            self._value(element, attribute, value, "It must be a whole number.")
            return None
        return int(value)

    def choice(self, element: etree._Element, attribute: str, default: str, *values: str) -> str:
        """One of a few words; another one is a fault."""
        value = element.get(attribute, default)
        if value not in values:
            self._value(element, attribute, value, "It must be one of {words}.", words=", ".join(values))
            return default
        return value

    def _value(self, element: etree._Element, attribute: str, value: str, advice: str, **params: str) -> None:
        self.findings.error(
            "attribute-value",
            owner(element),
            xml.line(element),
            "The attribute {attribute} of {tag} is {value}.",
            advice,
            attribute=attribute,
            tag=xml.name(element),
            value=value[:100],
            **params,
        )

    def _index(self) -> None:
        for element in self.root.iter(f"{{{xml.BPMN}}}*"):
            tag, identity = xml.name(element), element.get("id")
            if identity is None:
                if tag in _NEEDS_ID:
                    self.findings.error(
                        "id-missing",
                        "",
                        xml.line(element),
                        "A {tag} has no id.",
                        "Give it one: history names it by its id.",
                        tag=tag,
                    )
                continue
            if not _ID.fullmatch(identity):
                self.findings.error(
                    "id-invalid",
                    identity[:200],
                    xml.line(element),
                    "The id of a {tag} is not an XML id.",
                    "Begin with a letter and use letters, digits, _, - and . only, 200 at most.",
                    tag=tag,
                )
            first = self.by_id.setdefault(identity, element)
            if first is not element:
                self.findings.error(
                    "duplicate-id",
                    identity,
                    xml.line(element),
                    "The id {id} of a {tag} is already that of the {other} on line {other_line}.",
                    "Give one of them another id.",
                    id=identity,
                    tag=tag,
                    other=xml.name(first),
                    other_line=xml.line(first),
                )

    def _check_references(self) -> None:
        for element in self.root.iter(f"{{{xml.BPMN}}}*"):
            tag = xml.name(element)
            for attribute in {str(key) for key in element.attrib}:
                allowed = _BY_ATTRIBUTE.get((tag, attribute), _BY_ATTRIBUTE.get(("*", attribute)))
                if allowed is not None:
                    self._check(element, attribute, element.get(attribute) or "", allowed, xml.line(element))
            for part in element:
                name = xml.name(part)
                targets = _BY_CHILD.get((tag, name), _BY_CHILD.get(("*", name)))
                if targets is not None:
                    self._check(element, name, xml.text(part) or "", targets, xml.line(part))
            for owner, attribute in _REQUIRED:
                if owner == tag and element.get(attribute) is None:
                    self._dangling(element, attribute, "The {tag} has no {attribute}.", "", xml.line(element))

    def _check(self, element: etree._Element, attribute: str, value: str, allowed: Collection[str], line: int) -> None:
        identity = xml.reference(value)
        found = self.by_id.get(identity or "")
        if found is None:
            self._dangling(
                element,
                attribute,
                "The {attribute} of {tag} leads to {target}, which is not in the diagram.",
                value,
                line,
            )
        elif allowed and xml.name(found) not in allowed:
            self._dangling(
                element,
                attribute,
                "The {attribute} of {tag} leads to {target}, which is a {kind}.",
                value,
                line,
                kind=xml.name(found),
            )

    def _dangling(
        self, element: etree._Element, attribute: str, message: str, value: str, line: int, **params: str
    ) -> None:
        self.findings.error(
            "dangling-reference",
            owner(element),
            line,
            message,
            "Connect it anew, or delete it.",
            attribute=attribute,
            tag=xml.name(element),
            target=value[:200] or "nothing",
            **params,
        )


def owner(element: etree._Element) -> str:
    """The id of the element, or of the nearest one around it that has an id."""
    while (identity := element.get("id")) is None and (parent := element.getparent()) is not None:
        element = parent
    return identity or ""
