"""What a released version calls its process, its elements, the terms of its fields: the rows of table ``word``.

``query.wording`` says them on pages, one by one; here they stand all together, in every language, for a search to look
through. It is no evidence: it is made anew from the parts of a definition at any time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.bpmn import diagram

OWN = "zh"
PROCESS, ELEMENT, LABEL, VALUE = "process", "element", "label", "value"
EVERYWHERE = ""
"""Stands for a definition where a word is the same in all: a term's translation."""
_LONGEST = 255
# What lists show with its label: figures, days, and what is just true.
_LABELLED = frozenset({"number", "checkbox", "datetime"})
Word = tuple[str, str, str, str]


def rows(
    definition_id: str, process_key: str, name: str, parts: Mapping[tuple[str, str], bytes]
) -> list[dict[str, str]]:
    """Rows of ``word`` for a definition made of these parts.

    Args:
        name: of the process, in the owner's own language.
    """
    found = {*_own(process_key, name, parts)}
    for (kind, language), body in parts.items():
        if kind == "locale":
            found |= {*_translated(process_key, language, json.loads(body))}
    return [
        {
            "definition_id": EVERYWHERE if kind == VALUE else definition_id,
            "kind": kind,
            "key": key,
            "language": language,
            "text": text,
        }
        for kind, key, language, text in sorted(found)
        if text and len(key) <= _LONGEST and len(text) <= _LONGEST
    ]


def _own(process_key: str, name: str, parts: Mapping[tuple[str, str], bytes]) -> Iterator[Word]:
    yield PROCESS, "", OWN, name
    source, body = next((name, body) for (kind, name), body in parts.items() if kind == "diagram")
    for _, element in diagram.read(body, source).processes[process_key].walk():
        yield ELEMENT, element.id, OWN, element.name or element.id
    for (kind, _), form in parts.items():
        if kind == "form":
            yield from ((LABEL, key, OWN, text) for key, text in _labels(json.loads(form).get("components") or ()))


def _labels(components: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for component in components:
        label = component.get("label") or component.get("dateLabel")
        if component.get("type") in _LABELLED and component.get("key") and isinstance(label, str):
            yield str(component["key"]), label
        yield from _labels(component.get("components") or ())


def _translated(process_key: str, language: str, texts: Mapping[str, str]) -> Iterator[Word]:
    for name, text in texts.items():
        first, _, rest = name.partition(".")
        if not rest:
            yield (PROCESS, "", language, text) if name == process_key else (ELEMENT, name, language, text)
        elif first == "value":
            yield VALUE, rest, language, text
        elif first == "column":
            yield LABEL, rest, language, text
        elif first == "form" and rest.count(".") == 1:
            yield LABEL, rest.partition(".")[2], language, text
