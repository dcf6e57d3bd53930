"""Data objects, properties and associations of plain BPMN, read as variables and mappings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from engine.bpmn.model import DataObject, Mapping
from engine.bpmn.reading import xml
from engine.bpmn.reading.document import Document
from engine.bpmn.reading.references import DATA

_NAME = re.compile(r"[^\W\d]\w*")
# What bpmn-js invents where an association must end at something and the task has nothing to end at.
_PLACEHOLDER = "__targetRef_placeholder"


class Data:
    """Which variable each data object, reference, property, input and output of the file means."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._label: dict[str, str] = {}
        for reference in document.root.iter(f"{{{xml.BPMN}}}dataObjectReference"):
            target, label = xml.reference(reference.get("dataObjectRef")), reference.get("name")
            if target and label:
                self._label.setdefault(target, label)

    def of_scope(self, element: etree._Element) -> tuple[dict[str, DataObject], tuple[str, ...]]:
        """What a scope's own data elements mean, and the names that live in it."""
        found: dict[str, DataObject] = {}
        declared: dict[str, None] = {}
        for part in element:
            tag, identity = xml.name(part), part.get("id")
            if tag not in ("dataObject", "dataObjectReference", "property") or identity is None:
                continue
            item = self.variable(part)
            if item is None or item.name == _PLACEHOLDER:
                continue
            found[identity] = item
            if tag != "dataObjectReference":
                declared[item.name] = None
        return found, tuple(declared)

    def variable(self, element: etree._Element | None) -> DataObject | None:
        """The variable that a data element means; ``None`` where it means none (a store, or a reference to nothing)."""
        if element is not None and xml.name(element) == "dataObjectReference":
            element = self._document.target(element.get("dataObjectRef"), "dataObject")
        if element is None or xml.name(element) == "dataStoreReference":
            return None
        identity = element.get("id") or ""
        labels = (element.get("name"), self._label.get(identity), identity)
        name = next((label for label in labels if label and _NAME.fullmatch(label)), re.sub(r"\W", "_", identity))
        return DataObject(identity, name, self._document.boolean(element, "isCollection", False), xml.line(element))

    def name(self, value: str | None) -> str | None:
        """The name of the variable that a reference points to; ``None`` where that is none."""
        found = self.variable(self._document.target(value))
        return None if found is None or found.name == _PLACEHOLDER else found.name

    def beyond(self, element: etree._Element, ref: str | None, direction: str) -> str | None:
        """The variable behind what a multi-instance loops over or collects (``direction``: ``Input`` or ``Output``).

        Plain BPMN names the activity's own input or output there, and an association says which data object that is.
        """
        own, far = ("targetRef", "sourceRef") if direction == "Input" else ("sourceRef", "targetRef")
        for association in xml.children(element, f"data{direction}Association"):
            if ref is not None and xml.text(xml.child(association, own)) == ref:
                found = self.name(xml.text(xml.child(association, far)))
                if found is not None:
                    return found
        return self.name(ref)

    def mappings(self, element: etree._Element, direction: str) -> Iterator[Mapping]:
        """The mappings that the data associations of an activity or event say (``direction``: ``Input`` or ``Output``).

        An association without source or target on the activity's side is a drawing only: variables are in reach anyway.
        """
        several = xml.child(element, "multiInstanceLoopCharacteristics")
        whole = None if several is None else xml.text(xml.child(several, f"loopData{direction}Ref"))
        side = "targetRef" if direction == "Input" else "sourceRef"
        for association in xml.children(element, f"data{direction}Association"):
            self._check_reach(association)
            if whole is not None and xml.text(xml.child(association, side)) == whole:
                continue  # the collection itself: for the loop as a whole, not for one iteration
            assignments = list(xml.children(association, "assignment"))
            for assignment in assignments:
                source, target = xml.text(xml.child(assignment, "from")), xml.text(xml.child(assignment, "to"))
                if source and target:
                    yield Mapping("=" + self._said(source), self._said(target), xml.line(assignment))
            sources = [self.name(xml.text(part)) for part in xml.children(association, "sourceRef")]
            target = self.name(xml.text(xml.child(association, "targetRef")))
            transformation = xml.text(xml.child(association, "transformation"))
            source = transformation.removeprefix("=") if transformation else next(filter(None, sources), None)
            if not assignments and source and target:
                yield Mapping("=" + source, target, xml.line(association))

    def _said(self, text: str) -> str:
        """One side of an assignment: FEEL, or a data element by its id, which is the variable that it means."""
        bare = text.removeprefix("=").strip()
        return bare if self._document.target(bare, *DATA) is None else self.name(bare) or bare

    def _check_reach(self, association: etree._Element) -> None:
        """A data object is there for the scope that holds it and those inside; another scope cannot reach it."""
        around = set(association.iterancestors())
        for end in ("sourceRef", "targetRef"):
            for part in xml.children(association, end):
                found = self._document.target(xml.text(part), "dataObject", "dataObjectReference", "property")
                item = None if found is None else self.variable(found)
                home = None if item is None else self._document.by_id[item.id].getparent()
                if home is not None and home not in around:
                    self._document.findings.error(
                        "data-out-of-reach",
                        xml.owner(association),
                        xml.line(part),
                        "The {end} leads to {target}, which belongs to another scope.",
                        "Move the data object to a scope around both.",
                        end=end,
                        target=xml.reference(xml.text(part)),
                    )
