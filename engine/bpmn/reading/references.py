"""References: what a prefix and the blanks round a name mean, and what each may point to.

Nothing is read of other files, so a name of another namespace is never that of something here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from lxml import etree

from engine.bpmn.finding import Findings
from engine.bpmn.model import ACTIVITIES, ELEMENTS, EVENT_KINDS
from engine.bpmn.reading import xml

_ANY: Final[Collection[str]] = ()
_ELSEWHERE: Final[Collection[str]] = frozenset({"in another file too"})

EVENT_DEFINITIONS: Final = frozenset(f"{kind}EventDefinition" for kind in EVENT_KINDS)
DATA = frozenset({"dataObjectReference", "dataObject", "property", "dataInput", "dataOutput", "dataStoreReference"})

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
    ("callActivity", "calledElement"): _ELSEWHERE,
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
    ("dataInputAssociation", "sourceRef"): DATA,
    ("dataInputAssociation", "targetRef"): DATA,
    ("dataOutputAssociation", "sourceRef"): DATA,
    ("dataOutputAssociation", "targetRef"): DATA,
    ("multiInstanceLoopCharacteristics", "loopDataInputRef"): DATA,
    ("multiInstanceLoopCharacteristics", "loopDataOutputRef"): DATA,
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
# What has no bearing on what happens: wrong, it is a doubt.
_KEPT = {
    ("*", "incoming"),
    ("*", "outgoing"),
    ("linkEventDefinition", "source"),
    ("linkEventDefinition", "target"),
    ("participant", "processRef"),
    ("messageFlow", "sourceRef"),
    ("messageFlow", "targetRef"),
    ("dataStoreReference", "dataStoreRef"),
    ("inputSet", "dataInputRefs"),
    ("outputSet", "dataOutputRefs"),
}
_ATTRIBUTES: Final = frozenset(name for _, name in _BY_ATTRIBUTE) | {"id"}
_CHILDREN: Final = frozenset(name for _, name in _BY_CHILD)


def resolve(root: etree._Element) -> etree._Element:
    """The same tree with its ids and references as they are meant: without blanks around, and without a prefix where
    that is the file's own; ``{namespace}name`` where it is that of another file.
    """
    own = {root.get("targetNamespace"), xml.BPMN}
    for element in root.iter(f"{{{xml.BPMN}}}*"):
        for attribute in [name for name in map(str, element.attrib) if name in _ATTRIBUTES]:
            element.set(attribute, _meant(element, element.get(attribute) or "", own))
        if xml.name(element) in _CHILDREN and element.text:
            element.text = _meant(element, element.text, own)
    return root


def _meant(element: etree._Element, value: str, own: Collection[str | None]) -> str:
    name = " ".join(value.split())
    prefix, colon, local = name.rpartition(":")
    namespace = element.nsmap.get(prefix) if colon else None
    if namespace is None:
        return name
    return local if namespace in own else f"{{{namespace}}}{local}"


def check(root: etree._Element, by_id: Mapping[str, etree._Element], findings: Findings) -> None:
    """Rule dangling-reference: what leads to nothing, to something of the wrong kind, or into another file."""
    for element in root.iter(f"{{{xml.BPMN}}}*"):
        tag = xml.name(element)
        for attribute in [name for name in map(str, element.attrib) if name in _ATTRIBUTES]:
            allowed = _BY_ATTRIBUTE.get((tag, attribute), _BY_ATTRIBUTE.get(("*", attribute)))
            if allowed is not None:
                _check(by_id, findings, element, attribute, element.get(attribute) or "", allowed, xml.line(element))
        for part in element:
            name = xml.name(part)
            targets = _BY_CHILD.get((tag, name), _BY_CHILD.get(("*", name)))
            if targets is not None:
                _check(by_id, findings, element, name, xml.text(part) or "", targets, xml.line(part))
        for holder, attribute in _REQUIRED:
            if holder == tag and element.get(attribute) is None:
                _dangling(findings, element, attribute, "The {tag} has no {attribute}.", xml.line(element))


def _check(
    by_id: Mapping[str, etree._Element],
    findings: Findings,
    element: etree._Element,
    attribute: str,
    value: str,
    allowed: Collection[str],
    line: int,
) -> None:
    found = by_id.get(value)
    params: dict[str, Any] = {"target": value[:200] or "nothing"}
    if value.startswith("{"):
        namespace, _, name = value[1:].rpartition("}")
        params = {"target": name[:200], "namespace": namespace[:200]}
        message = "The {attribute} of {tag} leads to {target} of {namespace}: another file, of which nothing is read."
    elif ":" in value:
        message = "The {attribute} of {tag} leads to {target}, whose prefix is declared nowhere."
    elif allowed is _ELSEWHERE:
        return
    elif found is None:
        message = "The {attribute} of {tag} leads to {target}, which is not in the diagram."
    elif allowed and xml.name(found) not in allowed:
        message, params["kind"] = "The {attribute} of {tag} leads to {target}, which is a {kind}.", xml.name(found)
    else:
        return
    _dangling(findings, element, attribute, message, line, **params)


def _dangling(
    findings: Findings, element: etree._Element, attribute: str, message: str, line: int, **params: str
) -> None:
    tag, owner = xml.name(element), xml.owner(element)
    params |= {"attribute": attribute, "tag": tag}
    if _KEPT.isdisjoint({(tag, attribute), ("*", attribute)}):
        findings.error("dangling-reference", owner, line, message, "Connect it anew, or delete it.", **params)
    else:
        advice = "It has no bearing on what happens: connect it anew, or delete it."
        findings.warning("dangling-reference", owner, line, message, advice, **params)
