"""One file while it is read: its elements by id, what its references may point to, and the faults found so far."""

from __future__ import annotations

import re

from lxml import etree

from engine.bpmn.finding import Findings
from engine.bpmn.model import ELEMENTS, GLOBAL_TASKS
from engine.bpmn.reading import references, xml

_ID = re.compile(r"[^\W\d][\w.\-]{0,199}")
_INTEGER = re.compile(r"[+-]?\d{1,9}")
_NEEDS_ID = ELEMENTS | set(GLOBAL_TASKS) | {"process", "message", "signal", "error", "escalation", "dataObject"}


class Document:
    """The tree with an index of its ids."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.findings = Findings()
        self.by_id: dict[str, etree._Element] = {}
        self._index()
        references.check(root, self.by_id, self.findings)

    def target(self, value: str | None, *tags: str) -> etree._Element | None:
        """The element that a reference points to, if it is one of these; what is dangling has been noted already."""
        found = self.by_id.get(" ".join((value or "").split()))
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
            xml.owner(element),
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
