"""What the zeebe extension elements of an element say."""

from __future__ import annotations

from typing import Any

from lxml import etree

from engine.bpmn.model import Assignment, Called, Decision, Job, Mapping, Schedule, Script
from engine.bpmn.reading import xml
from engine.bpmn.reading.document import Document


def properties(element: etree._Element) -> dict[str, str]:
    """``zeebe:properties`` as a dict."""
    return _pairs(element, "properties", "property", "name")


def mappings(element: etree._Element, kind: str) -> tuple[Mapping, ...]:
    """The inputs or outputs (``kind``) of ``zeebe:ioMapping``."""
    holder = xml.extension(element, "ioMapping")
    if holder is None:
        return ()
    return tuple(
        Mapping(part.get("source") or "", part.get("target") or "", xml.line(part))
        for part in xml.children(holder, kind, xml.ZEEBE)
    )


def read(document: Document, element: etree._Element, tag: str) -> dict[str, Any]:
    """The fields of the model's element that come from extension elements, save mappings and properties.

    Args:
        tag: of the task that it is: a global task has a tag of its own.
    """
    fields: dict[str, Any] = {
        "assignment": _assignment(element),
        "schedule": _schedule(element),
        "priority": _attribute(element, "priorityDefinition", "priority"),
        "form_id": _attribute(element, "formDefinition", "formId"),
        "job": _job(element),
    }
    if tag == "scriptTask":
        fields["script"] = _script(element)
    elif tag == "businessRuleTask":
        fields["decision"] = _decision(element)
    elif tag == "callActivity":
        fields["called"] = _called(document, element)
    return fields


def _pairs(element: etree._Element, holder: str, part: str, key: str) -> dict[str, str]:
    found = xml.extension(element, holder)
    if found is None:
        return {}
    return {item.get(key) or "": item.get("value") or "" for item in xml.children(found, part, xml.ZEEBE)}


def _attribute(element: etree._Element, tag: str, attribute: str) -> str | None:
    found = xml.extension(element, tag)
    return None if found is None else found.get(attribute) or None


def _assignment(element: etree._Element) -> Assignment | None:
    found = xml.extension(element, "assignmentDefinition")
    if found is None:
        return None
    names = ("assignee", "candidateUsers", "candidateGroups")
    assignee, users, groups = (found.get(name) or None for name in names)
    return Assignment(assignee, users, groups, xml.line(found))


def _schedule(element: etree._Element) -> Schedule | None:
    found = xml.extension(element, "taskSchedule")
    return None if found is None else Schedule(found.get("dueDate") or None, found.get("followUpDate") or None)


def _job(element: etree._Element) -> Job | None:
    found = xml.extension(element, "taskDefinition")
    if found is None:
        return None
    return Job(found.get("type") or "", found.get("retries") or None, _pairs(element, "taskHeaders", "header", "key"))


def _script(element: etree._Element) -> Script | None:
    found = xml.extension(element, "script")
    return None if found is None else Script(found.get("expression") or "", found.get("resultVariable") or None)


def _decision(element: etree._Element) -> Decision | None:
    found = xml.extension(element, "calledDecision")
    if found is None:
        return None
    binding = found.get("bindingType") or "deployment"
    return Decision(found.get("decisionId") or "", found.get("resultVariable") or None, binding)


def _called(document: Document, element: etree._Element) -> Called | None:
    found = xml.extension(element, "calledElement")
    if found is None:
        process = xml.reference(element.get("calledElement"))
        return None if process is None else Called(process, line=xml.line(element))
    # Absent means no here: a value travels to another instance, and so to other readers, only where a mapping says so.
    everything = [
        document.boolean(found, name, False) for name in ("propagateAllParentVariables", "propagateAllChildVariables")
    ]
    binding = found.get("bindingType") or "deployment"
    return Called(found.get("processId") or "", binding, any(everything), xml.line(found))
