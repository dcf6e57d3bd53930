"""Standard loops and multi-instance, in zeebe extension elements or in plain BPMN."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.model import Loop
from engine.bpmn.reading import xml
from engine.bpmn.reading.data import Data
from engine.bpmn.reading.document import Document


def read(document: Document, data: Data, element: etree._Element) -> Loop | None:
    """How often an activity runs, if it says so."""
    standard = xml.child(element, "standardLoopCharacteristics")
    if standard is not None:
        return Loop(
            "standard",
            loop_condition=xml.text(xml.child(standard, "loopCondition")),
            maximum=document.integer(standard, "loopMaximum"),
            test_before=document.boolean(standard, "testBefore", False),
            line=xml.line(standard),
        )
    several = xml.child(element, "multiInstanceLoopCharacteristics")
    if several is None:
        return None
    collection, name, output, result = _zeebe(several) or _plain(data, element, several)
    return Loop(
        "sequential" if document.boolean(several, "isSequential", False) else "parallel",
        collection=collection,
        element=name,
        output_collection=output,
        output_element=result,
        cardinality=xml.text(xml.child(several, "loopCardinality")),
        completion_condition=xml.text(xml.child(several, "completionCondition")),
        line=xml.line(several),
    )


_Fields = tuple[str | None, str | None, str | None, str | None]


def _zeebe(several: etree._Element) -> _Fields | None:
    found = xml.extension(several, "loopCharacteristics")
    if found is None:
        return None
    collection, name, output, result = (
        found.get(attribute) or None
        for attribute in ("inputCollection", "inputElement", "outputCollection", "outputElement")
    )
    return collection, name, output, result


def _plain(data: Data, element: etree._Element, several: etree._Element) -> _Fields:
    collection = data.beyond(element, xml.text(xml.child(several, "loopDataInputRef")), "Input")
    result = _item(several, "outputDataItem")
    return (
        "=" + collection if collection else None,
        _item(several, "inputDataItem"),
        data.beyond(element, xml.text(xml.child(several, "loopDataOutputRef")), "Output"),
        "=" + result if result else None,
    )


def _item(several: etree._Element, tag: str) -> str | None:
    found = xml.child(several, tag)
    return None if found is None else found.get("name") or found.get("id")
