"""The words of a definition: names of elements, labels of fields, in the reader's language.

What a definition says is Chinese, or whatever its owner wrote; other languages stand in a part of kind ``locale``
frozen with it. Where a word has no translation, the owner's own is shown. A part of the owner's own language holds
what the diagram and its forms do not say: what lists call a value that no form asks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.definition import Definition

SOURCE = "zh"
Words = Mapping[str, str]
# Texts of a form's component, with what the name of their translation ends in.
_TEXTS = (
    ("label", ""),
    ("dateLabel", ""),
    ("text", ""),
    ("timeLabel", ".time"),
    ("description", ".description"),
    ("statement", ".statement"),
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field as its form declares it.

    Attributes:
        label: in the reader's language.
        type: the form component's type.
        source: of an ``entry``: what its keys name.
        columns: of a ``grid``.
        options: value → label, of a choice.
        digits: decimal digits that a number is shown with; None as many as it has.
    """

    key: str
    label: str
    type: str
    source: str | None = None
    columns: tuple[Field, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    digits: int | None = None


class Wording:
    """One definition, in one language."""

    def __init__(self, definition: Definition, language: str = SOURCE) -> None:
        self._definition = definition
        self._labels: dict[str, str] | None = None
        self._forms: dict[str, dict[str, Any]] = {}
        self._words = _words(definition.parts.get(("locale", language), b"{}"))

    @property
    def process(self) -> str:
        """Name of the process."""
        return self._word(self._definition.process_key, self._definition.name)

    def element(self, element_id: str | None) -> str:
        """Name of an element; its id where the diagram gives none."""
        if element_id is None:
            return ""
        known = self._definition.elements.get(element_id)
        return self._word(element_id, (known.name if known else None) or element_id)

    def documentation(self, element_id: str | None = None) -> str:
        """What the diagram says of an element, or of the process."""
        known = self._definition.process if element_id is None else self._definition.elements[element_id]
        return self._word(f"{element_id or self._definition.process_key}.documentation", known.documentation or "")

    def basis(self, element_id: str | None = None) -> str:
        """On what an element, or the process, rests (依据)."""
        known = self._definition.process if element_id is None else self._definition.elements[element_id]
        return self.value(known.properties.get("basis", ""))

    def elements(self) -> dict[str, str]:
        """Names of what is drawn, by id: elements that have one, and lanes and flows where they are translated."""
        drawn = {key: word for key, word in self._words.items() if "." not in key}
        return {**drawn, **{each.id: self.element(each.id) for each in self._definition.elements.values() if each.name}}

    def value(self, text: str) -> str:
        """An option's value: the term itself, or its translation."""
        return self._word(f"value.{text}", text)

    def form(self, name: str) -> dict[str, Any] | None:
        """A form's schema with every text in it translated; None if the definition has no such form."""
        source = self._definition.parts.get(("form", name))
        if source is None:
            return None
        if name not in self._forms:
            schema: dict[str, Any] = json.loads(source)
            self._translate(f"form.{name}", f"{name}_", schema.get("components") or ())
            self._forms[name] = schema
        return self._forms[name]

    def _translate(self, prefix: str, own: str, components: Iterable[dict[str, Any]]) -> None:
        for component in components:
            # What holds no value has no key; its id begins with the form's name.
            key = component.get("key") or str(component.get("id") or "").removeprefix(own)
            for text, end in _TEXTS:
                if isinstance(component.get(text), str):
                    component[text] = self._word(f"{prefix}.{key}{end}", component[text])
            for option in component.get("values") or ():
                if isinstance(option.get("label"), str):
                    option["label"] = self.value(option["label"])
            self._translate(prefix, own, component.get("components") or ())
            self._translate(f"{prefix}.{key}", f"{own}{key}_", component.get("columns") or ())

    def fields(self, form: str | None = None) -> dict[str, Field]:
        """Fields that have a label, by key, of one form or of all; of several with one key, the first form's."""
        names = [name for kind, name in self._definition.parts if kind == "form"] if form is None else [form]
        found: dict[str, Field] = {}
        for name in names:
            for component in _components(self.form(name) or {}):
                if component.get("key") and _label(component):
                    found.setdefault(component["key"], _field(component))
        return found

    def field_label(self, name: str) -> str:
        """The label under which some form asks for a variable, else what its column is called; at last its name."""
        if self._labels is None:
            self._labels = {key: field.label for key, field in self.fields().items()}
        return self._labels.get(name) or self._word(f"column.{name}", name)

    def _word(self, name: str, own: str) -> str:
        return self._words.get(name, own)


def _field(component: Mapping[str, Any]) -> Field:
    return Field(
        key=str(component["key"]),
        label=_label(component) or str(component["key"]),
        type=str(component.get("type")),
        source=component.get("source"),
        columns=tuple(_field(each) for each in component.get("columns") or () if each.get("key")),
        options={str(each.get("value")): str(each.get("label")) for each in component.get("values") or ()},
        digits=component.get("decimalDigits"),
    )


def _label(component: Mapping[str, Any]) -> str:
    return str(component.get("label") or component.get("dateLabel") or "")


def _components(holder: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for component in holder.get("components") or ():
        yield component
        yield from _components(component)


@lru_cache(maxsize=256)
def _words(source: bytes) -> Words:
    found = json.loads(source)
    return found if isinstance(found, dict) else {}
