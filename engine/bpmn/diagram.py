"""A diagram: its values, and ``read`` from the bytes of a file."""

from __future__ import annotations

import hashlib

from lxml import etree

from engine.bpmn.finding import Finding
from engine.bpmn.model import (
    ACTIVITIES,
    ELEMENTS,
    EVENT_KINDS,
    EVENTS,
    GATEWAYS,
    GLOBAL_TASKS,
    SUB_PROCESSES,
    TASKS,
    Assignment,
    Called,
    DataObject,
    Decision,
    Diagram,
    Element,
    EventDefinition,
    EventKind,
    Flow,
    Job,
    Lane,
    Loop,
    Mapping,
    Process,
    Schedule,
    Scope,
    ScopeKind,
    Script,
    TimeForm,
    walk,
)
from engine.bpmn.reading import extensions, lanes, references, scopes, xml
from engine.bpmn.reading.data import Data
from engine.bpmn.reading.document import Document
from engine.errors import DiagramInvalid

__all__ = [
    "ACTIVITIES",
    "ELEMENTS",
    "EVENTS",
    "EVENT_KINDS",
    "GATEWAYS",
    "GLOBAL_TASKS",
    "SUB_PROCESSES",
    "TASKS",
    "Assignment",
    "Called",
    "DataObject",
    "Decision",
    "Diagram",
    "Element",
    "EventDefinition",
    "EventKind",
    "Finding",
    "Flow",
    "Job",
    "Lane",
    "Loop",
    "Mapping",
    "Process",
    "Schedule",
    "Scope",
    "ScopeKind",
    "Script",
    "TimeForm",
    "read",
    "walk",
]


def read(source_xml: bytes, source: str = "") -> Diagram:
    """Reads the processes of a BPMN file.

    Args:
        source_xml: the file; UTF-8 unless it says otherwise.
        source: its name, for messages only.

    Raises:
        DiagramInvalid: not readable as BPMN, or with ids and references that contradict each other; its problems are
            all the faults found, as findings.
    """
    root = references.resolve(xml.parse(source_xml))
    document = Document(root)
    data = Data(document)
    pools = {
        xml.reference(part.get("processRef")): part.get("name") for part in root.iter(f"{{{xml.BPMN}}}participant")
    }
    processes: dict[str, Process] = {}
    for element in root:
        tag = xml.name(element)
        if tag == "process" or tag in GLOBAL_TASKS:
            process = _process(document, data, element, tag, pools.get(element.get("id")))
            processes.setdefault(process.id, process)
    if not processes and not document.findings.refuse:
        document.findings.error(
            "no-process", "", xml.line(root), "The file holds no process.", "Draw one, or choose another file."
        )
    if document.findings.refuse:
        raise DiagramInvalid("The diagram cannot be read.", list(document.findings), source=source)
    digest, doubts = hashlib.sha256(source_xml).hexdigest(), tuple(document.findings)
    return Diagram(source, source_xml, digest, processes, _drawn(root), doubts)


def _process(document: Document, data: Data, element: etree._Element, tag: str, pool: str | None) -> Process:
    drawn = lanes.read(element)
    reader = scopes.Scopes(document, data, lanes.names(drawn))
    return Process(
        element.get("id") or "",
        element.get("name") or None,
        reader.read(element) if tag == "process" else reader.alone(element, GLOBAL_TASKS[tag]),
        executable=document.boolean(element, "isExecutable", True),
        lanes=drawn,
        line=xml.line(element),
        properties=extensions.properties(element),
        documentation=scopes.documentation(element),
        pool=pool,
    )


def _drawn(root: etree._Element) -> frozenset[str]:
    shapes = root.iter(f"{{{xml.BPMNDI}}}BPMNShape", f"{{{xml.BPMNDI}}}BPMNEdge")
    return frozenset((shape.get("bpmnElement") or "").strip().rpartition(":")[2] for shape in shapes) - {""}
