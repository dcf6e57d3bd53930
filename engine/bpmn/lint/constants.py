"""What the file writes out and no expression works out later: names as long as they are kept, numbers in range."""

from __future__ import annotations

import re

from lxml import etree

from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.reading import xml

NAME_MOST = 255
"""Characters of an id or a name: stories, lists and searches keep them in columns."""
PROCESS_MOST = 64
"""Characters of the id of a process, and of a person."""
ITERATIONS_MOST, WHOLE_MOST = 100_000, 2_147_483_647
_PERSONS = ("assignee", "candidateUsers", "candidateGroups")
_NAMED = (
    *("id", "name", "target", "resultVariable", "inputElement", "outputCollection", "formId", "decisionId", "type"),
    *("processId", *_PERSONS),
)
_WHOLE = re.compile(r"\d{1,10}")
_CONSTANT = re.compile(r'-?\d+(\.\d+)?|true|false|null|"[^"]*"')


def check(sheet: Sheet) -> None:
    """Rules name-too-long and number-out-of-range."""
    for element in sheet.root.iter(f"{{{xml.BPMN}}}*", f"{{{xml.ZEEBE}}}*"):
        for attribute in _NAMED:
            _length(sheet, element, attribute)
    for place in sheet.places:
        _numbers(sheet, place)


def _length(sheet: Sheet, element: etree._Element, attribute: str) -> None:
    value = element.get(attribute) or ""
    names_process = attribute == "processId" or (attribute == "id" and xml.name(element) == "process")
    most = PROCESS_MOST if names_process or attribute in _PERSONS else NAME_MOST
    longest = max(map(len, value.split(","))) if attribute in _PERSONS else len(value)
    if longest > most and not value.startswith("="):
        sheet.findings.error(
            "name-too-long",
            xml.owner(element)[:most],
            xml.line(element),
            "The {attribute} of {id} has {count} characters; {most} are the limit.",
            "Write a shorter one; what is to be read at length stands in the documentation.",
            attribute=attribute,
            id=xml.owner(element)[:most],
            count=longest,
            most=most,
        )


def _numbers(sheet: Sheet, place: Place) -> None:
    element, loop = place.element, place.element.loop
    for attribute, text, most in (
        ("loopCardinality", loop.cardinality if loop else None, ITERATIONS_MOST),
        ("priority", element.priority, WHOLE_MOST),
    ):
        # Without "=" a priority is what is written, whatever it is; a cardinality is FEEL with it or without.
        written = (text or "").strip()
        bare = written.removeprefix("=").strip()
        is_constant = _CONSTANT.fullmatch(bare) or not (written.startswith("=") or attribute == "loopCardinality")
        if bare and is_constant and not (_WHOLE.fullmatch(bare) and int(bare) <= most):
            sheet.error(
                place,
                "number-out-of-range",
                "The {attribute} of {id} is {value}; it must be a whole number from 0 to {most}.",
                "Write such a number, or an expression that gives one.",
                attribute=attribute,
                id=place.id,
                value=bare[:100],
                most=most,
            )
