"""From bytes to an XML tree, without being hung, blown up or made to read anything else."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any, Protocol

from lxml import etree

from engine.bpmn.finding import Finding
from engine.errors import DiagramInvalid

MAX_BYTES = 2_000_000
MAX_ELEMENTS = 20_000
MAX_DEPTH = 100
MAX_ATTRIBUTES = 100

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"

# What modelers write. Nothing exotic: an encoding that hides "<!DOCTYPE" from one
# reader and not from the other is an attack.
_ENCODINGS = {
    "utf-8",
    "us-ascii",
    "ascii",
    "iso-8859-1",
    "windows-1252",
    "gb2312",
    "gbk",
    "gb18030",
    "big5",
}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARATION = re.compile(r"<\?xml\s[^>]*?\?>")
_ENCODING = re.compile(r"""encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_PROLOG = re.compile(r"\s+|<!--.*?-->|<\?.*?\?>", re.DOTALL)


class Refusing(Protocol):
    """Makes the error that a file is refused with: by which rule, a sentence, where, what to do."""

    def __call__(self, rule: str, message: str, at: int = 0, advice: str = "", /, **params: Any) -> DiagramInvalid:
        """The error; ``params`` are put into the sentence."""


def parse(xml: bytes) -> etree._Element:
    """Parses BPMN XML into its root element, ``definitions``.

    Raises:
        DiagramInvalid: too large, of an encoding that is not read, with a DOCTYPE, not XML or not BPMN.
    """
    root = tree(xml, _refused)
    if root.tag != f"{{{BPMN}}}definitions":
        raise _refused(
            "not-bpmn", "The file is XML, but not BPMN 2.0: it begins with {tag}.", line(root), tag=str(root.tag)[:200]
        )
    return root


def tree(xml: bytes, refused: Refusing) -> etree._Element:
    """The root element of any XML file that comes from outside: diagrams and decisions.

    Raises:
        DiagramInvalid: made by ``refused``: too large or deep, with a DOCTYPE, not XML, or of an
            encoding that is not read.
    """
    if len(xml) > MAX_BYTES:
        raise refused("too-large", "The file has {size} bytes; {limit} is the limit.", size=len(xml), limit=MAX_BYTES)
    text = _decode(xml, refused)
    _refuse_doctype(text, refused)
    # Every element has one "<" at least, so a flood is seen before memory is spent on it.
    if text.count("<") > 4 * MAX_ELEMENTS:
        raise refused("too-large", "The file has more than {limit} elements.", limit=MAX_ELEMENTS)
    parser = etree.XMLParser(
        encoding="utf-8",  # whatever the file declares: it has been decoded by that already
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        raise refused(
            "not-xml", "The file is not well-formed XML: {reason}.", error.lineno or 0, reason=str(error.msg)
        ) from None
    _measure(root, refused)
    return root


def _decode(xml: bytes, refused: Refusing) -> str:
    encoding = next((name for bom, name in _BOMS if xml.startswith(bom)), None)
    if encoding is None:
        found = _ENCODING.search(_first_line(xml))
        encoding = found.group(1).lower() if found else "utf-8"
        if encoding not in _ENCODINGS:
            raise refused(
                "not-xml", "The encoding {encoding} is not read; save the file as UTF-8.", 1, encoding=encoding
            )
    try:
        return xml.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError):
        raise refused(
            "not-xml", "The file is not text in {encoding}; save it as UTF-8.", 1, encoding=encoding
        ) from None


def _first_line(xml: bytes) -> str:
    head = xml[:200].decode("latin-1")
    found = _DECLARATION.match(head)
    return found.group() if found else ""


def _refuse_doctype(text: str, refused: Refusing) -> None:
    at = 0
    while found := _PROLOG.match(text, at):
        at = found.end()
    if text.startswith("<!", at):
        raise refused(
            "doctype",
            "The file has a DOCTYPE, which nothing here needs and which can make a reader open other files.",
            text.count("\n", 0, at) + 1,
            "Delete the line that begins with <!DOCTYPE.",
        )


def _measure(root: etree._Element, refused: Refusing) -> None:
    """Refuses a tree that is too large or too deep; libxml2 itself stops at a depth of 256, so the walk is bounded."""
    count, level = 0, [root]
    for _ in range(MAX_DEPTH + 1):
        count += len(level)
        if count > MAX_ELEMENTS:
            raise refused("too-large", "The file has more than {limit} elements.", limit=MAX_ELEMENTS)
        for element in level:
            if len(element.attrib) > MAX_ATTRIBUTES:
                raise refused(
                    "too-large", "An element has more than {limit} attributes.", line(element), limit=MAX_ATTRIBUTES
                )
        level = [child for element in level for child in element]
        if not level:
            return
    raise refused("too-large", "The file is nested more than {limit} levels deep.", line(level[0]), limit=MAX_DEPTH)


def _refused(rule: str, message: str, at: int = 0, advice: str = "", /, **params: Any) -> DiagramInvalid:
    finding = Finding("", message, dict(params), rule=rule, line=at, help=advice)
    return DiagramInvalid("The diagram cannot be read.", [finding])


def line(element: etree._Element) -> int:
    """The line in the source on which the start tag ends, counted from 1."""
    return element.sourceline or 0


def name(element: etree._Element) -> str:
    """The local name of an element of the BPMN namespace; empty for any other."""
    return local(element, BPMN)


def local(element: etree._Element, namespace: str) -> str:
    """The local name of an element of that namespace; empty for any other."""
    head, _, tail = str(element.tag).rpartition("}")
    return tail if head == "{" + namespace else ""


def children(element: etree._Element, tag: str, namespace: str = BPMN) -> Iterator[etree._Element]:
    """Children of that name."""
    return element.iterchildren(f"{{{namespace}}}{tag}")


def child(element: etree._Element, tag: str, namespace: str = BPMN) -> etree._Element | None:
    """The first child of that name."""
    return next(children(element, tag, namespace), None)


def text(element: etree._Element | None) -> str | None:
    """The text of an element without space around it; ``None`` if there is none."""
    if element is None:
        return None
    # Not the text of children: an expression may carry documentation of its own.
    parts = [element.text, *(part.tail for part in element)]
    return "".join(filter(None, parts)).strip() or None


def extension(element: etree._Element, tag: str) -> etree._Element | None:
    """The first zeebe extension element of that name."""
    holder = child(element, "extensionElements")
    return None if holder is None else child(holder, tag, ZEEBE)


def reference(value: str | None) -> str | None:
    """The id that a reference names; ``None`` where it is empty. Its prefix has been seen to by then."""
    return (value or "").strip() or None


def owner(element: etree._Element) -> str:
    """The id of the element, or of the nearest one around it that has an id."""
    while (identity := element.get("id")) is None and (parent := element.getparent()) is not None:
        element = parent
    return identity or ""
