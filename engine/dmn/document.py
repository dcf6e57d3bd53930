"""From bytes to the XML tree of a DMN file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from engine.bpmn.finding import Finding
from engine.bpmn.reading import xml as hardened
from engine.errors import DiagramInvalid

_YEARS = {"20180521": "1.2", "20191111": "1.3", "20211108": "1.4", "20230324": "1.5"}
_MODEL = re.compile(r"\{https?://www\.omg\.org/spec/DMN/(\d{8})/(?:MODEL/|dmn\.xsd)\}(\w+)")


def parse(xml: bytes, source: str) -> etree._Element:
    """The root element, ``definitions``, of DMN 1.2 to 1.5.

    Raises:
        DiagramInvalid: too large, of an encoding that is not read, with a DOCTYPE, not XML or not DMN.
    """

    def refusing(rule: str, message: str, at: int = 0, advice: str = "", /, **params: Any) -> DiagramInvalid:
        return refused(rule, source, at, message, advice, **params)

    root = hardened.tree(xml, refusing)
    _known(root, source)
    return root


def _known(root: etree._Element, source: str) -> None:
    found = _MODEL.fullmatch(str(root.tag))
    if found is None or found.group(2) != "definitions":
        message = "The file is XML, but not DMN: it begins with {tag}."
        raise refused("not-dmn", source, line_of(root), message, tag=str(root.tag)[:200])
    if found.group(1) not in _YEARS:
        advice = "Open it in a current modeler and save it as DMN 1.3."
        raise refused("not-dmn", source, line_of(root), "This version of DMN is not read.", advice)


def refused(rule: str, source: str, line: int, message: str, advice: str = "", **params: Any) -> DiagramInvalid:
    """The error that the whole file cannot be read."""
    finding = Finding("", message, params, rule=rule, source=source, line=line, help=advice)
    return DiagramInvalid("The decisions in {source} cannot be read.", [finding], source=source)


def tag_of(element: etree._Element) -> str:
    """Local name of an element of DMN; empty for any other."""
    found = _MODEL.fullmatch(str(element.tag))
    return found.group(2) if found else ""


def children(element: etree._Element, tag: str) -> Iterator[etree._Element]:
    """Child elements of DMN with that name."""
    return (child for child in element if tag_of(child) == tag)


def child(element: etree._Element, tag: str) -> etree._Element | None:
    """The first child element of DMN with that name."""
    return next(children(element, tag), None)


def text_of(element: etree._Element | None) -> str:
    """What stands in an element's ``text``; empty if it has none."""
    found = None if element is None else child(element, "text")
    return "" if found is None else (found.text or "").strip()


def line_of(element: etree._Element) -> int:
    """The line on which the start tag ends."""
    return element.sourceline or 0
