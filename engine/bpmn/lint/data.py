"""Data objects and associations, and names that an expression could not read back."""

from __future__ import annotations

import re

from lxml import etree

from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.lint.writes import Writes
from engine.bpmn.model import Process
from engine.bpmn.reading import xml

_NAME = re.compile(r"[^\W\d]\w{0,99}")
_FEEL_WORDS = frozenset(
    [
        "and",
        "between",
        "else",
        "every",
        "false",
        "for",
        "function",
        "if",
        "in",
        "instance",
        "not",
        "null",
        "of",
        "or",
        "return",
        "satisfies",
        "some",
        "then",
        "true",
    ]
)


def check(sheet: Sheet) -> None:
    """Rules name-invalid, data-store, data-association, input-set and data-name-twice."""
    writes = Writes(sheet)
    for place in sheet.places:
        _names(sheet, writes, place)
        source = sheet.source(place.id)
        if source is not None:
            _sets(sheet, place, source)
            for tag in ("dataInputAssociation", "dataOutputAssociation"):
                for association in xml.children(source, tag):
                    _association(sheet, association)
    for process in sheet.processes:
        source = sheet.source(process.id)
        if source is not None and xml.name(source) == "process":
            _sets(sheet, process, source)
    for _, scope, _ in sheet.scopes:
        known: dict[str, str] = {}
        for item in scope.data.values():
            first = known.setdefault(item.name, item.id)
            if first != item.id:
                sheet.findings.error(
                    "data-name-twice",
                    item.id,
                    item.line,
                    "{first} and {id} are both the variable {name}.",
                    "Give one of them another name, or refer twice to the same data object.",
                    first=first,
                    id=item.id,
                    name=item.name,
                )


def _names(sheet: Sheet, writes: Writes, place: Place) -> None:
    element = place.element
    targets = [(write.name, write.where) for write in writes.spots(element)]
    targets += [(mapping.target, "input") for mapping in element.inputs]
    for name, where in dict.fromkeys(targets):
        if not _NAME.fullmatch(name) or name in _FEEL_WORDS:
            sheet.error(
                place,
                "name-invalid",
                "{id} writes a variable named {name} ({where}), which no expression could read.",
                "Use letters, digits and _ only, begin with a letter, and avoid words of FEEL such as {word}.",
                id=place.id,
                name=name[:100] or "''",
                where=where,
                word=name if name in _FEEL_WORDS else "if",
            )


def _sets(sheet: Sheet, place: Place | Process, source: etree._Element) -> None:
    specification = xml.child(source, "ioSpecification")
    if specification is None:
        return
    for tag in ("inputSet", "outputSet"):
        found = list(xml.children(specification, tag))
        if len(found) > 1:
            sheet.findings.error(
                "input-set",
                place.id,
                xml.line(found[1]),
                "{id} has {count} alternatives in {tag}; only one is run.",
                "Put all into one; what is not there is null.",
                id=place.id,
                count=len(found),
                tag=tag,
            )


def _association(sheet: Sheet, association: etree._Element) -> None:
    sources = list(xml.children(association, "sourceRef"))
    ends = [*sources, *xml.children(association, "targetRef")]
    for end in ends:
        target = sheet.source(xml.text(end) or "")
        if target is not None and xml.name(target) == "dataStoreReference":
            sheet.findings.error(
                "data-store",
                xml.owner(association),
                xml.line(end),
                "{id} exchanges data with the store {store}, which is a drawing only.",
                "Read and write registers with a service task, and draw a plain association to the store.",
                id=xml.owner(association),
                store=target.get("id") or "",
            )
    told = xml.child(association, "transformation") is not None or xml.child(association, "assignment") is not None
    if len(sources) > 1 and not told:
        sheet.findings.error(
            "data-association",
            xml.owner(association),
            xml.line(association),
            "{id} takes {count} things into one without saying how.",
            "Write a transformation, or an association for each.",
            id=xml.owner(association),
            count=len(sources),
        )
