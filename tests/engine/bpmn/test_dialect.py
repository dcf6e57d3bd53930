"""The dialect is one table: in code, on its page, and whole against the schema of BPMN."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from lxml import etree

from engine.bpmn import dialect
from engine.bpmn.diagram import ELEMENTS, GLOBAL_TASKS
from engine.bpmn.dialect import BPMN, PROPERTIES, ZEEBE, ZEEBE_ATTRIBUTES, Entry

PAGE = Path(__file__).parents[3] / "docs" / "dialect.md"
XSD = "{http://www.w3.org/2001/XMLSchema}"


def rows(section: str) -> dict[str, list[str]]:
    """Rows of the tables below a heading: first cell without backticks -> the other cells."""
    text = PAGE.read_text(encoding="utf-8").split(f"\n{section}\n", 1)[1]
    level = section.split(" ", 1)[0]
    text = re.split(rf"\n#{{1,{len(level)}}} ", text)[0]
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            assert cells[0] not in found
            found[cells[0].strip("`")] = cells[1:]
    return found


def row(entry: Entry) -> list[str]:
    names = (" ".join(f"`{name}`" for name in sorted(part)) for part in (entry.run - {"id"}, entry.kept, entry.refused))
    return [entry.word, *names, entry.note]


def test_the_page_says_of_every_bpmn_element_what_the_table_says() -> None:
    assert rows("## BPMN") == {tag: row(entry) for tag, entry in BPMN.items()}


def test_the_page_says_of_every_zeebe_element_attribute_and_property_what_the_table_says() -> None:
    attributes = {name: [word] for name, word in ZEEBE_ATTRIBUTES.items()}
    properties = {name: [sense] for name, sense in PROPERTIES.items()}
    assert rows("## zeebe") == {tag: row(entry) for tag, entry in ZEEBE.items()} | attributes | properties
    assert rows("### Properties") == properties


def test_every_element_that_the_model_can_hold_is_run() -> None:
    assert {tag for tag in ELEMENTS | set(GLOBAL_TASKS) if BPMN[tag].word != "run"} == set()


def test_an_attribute_is_one_thing_only() -> None:
    for table in (BPMN, ZEEBE):
        for entry in table.values():
            assert not entry.run & entry.kept and not entry.run & entry.refused and not entry.kept & entry.refused


@pytest.fixture(scope="module")
def schema() -> dict[str, set[str]]:
    """Every concrete element of the BPMN schema with its attributes."""
    folder = files("SpiffWorkflow") / "bpmn" / "parser" / "schema"
    roots = [etree.fromstring((folder / name).read_bytes()) for name in ("Semantic.xsd", "BPMN20.xsd")]
    types = {kind.get("name"): kind for root in roots for kind in root.iter(f"{XSD}complexType")}
    found: dict[str, set[str]] = {}
    for root in roots:
        for element in root.iter(f"{XSD}element"):
            # An expression may say by xsi:type that it is a formal one, and then has its attributes.
            named = (element.get("type") or "").rpartition(":")[2].replace("tExpression", "tFormalExpression")
            kind = types.get(named)
            name = element.get("name")
            abstract = element.get("abstract") == "true" or (kind is not None and kind.get("abstract") == "true")
            # What a type holds by a name of its own may stand in a file, whatever its type.
            if name and (not abstract or element.getparent() is not root):
                found.setdefault(name, set()).update(attributes(kind, types))
    return found


def attributes(kind: etree._Element | None, types: dict[str | None, etree._Element]) -> set[str]:
    if kind is None:
        return set()
    own = {str(attribute.get("name")) for attribute in kind.iter(f"{XSD}attribute")}
    for base in kind.iter(f"{XSD}extension", f"{XSD}restriction"):
        own |= attributes(types.get((base.get("base") or "").rpartition(":")[2]), types)
    return own


def test_the_table_holds_every_element_of_the_bpmn_schema_and_no_other(schema: dict[str, set[str]]) -> None:
    drawing = {"BPMNDiagram"}
    assert set(schema) - drawing == set(BPMN)


def test_the_table_speaks_of_every_attribute_of_the_bpmn_schema_and_of_no_other(schema: dict[str, set[str]]) -> None:
    silent = {
        (tag, name)
        for tag, entry in BPMN.items()
        for name in schema[tag] - entry.run - entry.kept - entry.refused
        if entry.word != "refused"
    }
    invented = {
        (tag, name)
        for tag, entry in BPMN.items()
        for name in (entry.run | entry.kept | entry.refused) - schema[tag] - {"id"}
    }
    assert (silent, invented) == (set(), set())


def test_a_refused_word_has_advice_or_stands_inside_one_that_has() -> None:
    for tag in ("potentialOwner", "choreographyTask", "correlationKey", "operationRef", "script"):
        assert BPMN[tag].note.endswith(".")
    for entry in [*BPMN.values(), *ZEEBE.values()]:
        assert entry.note == "" or ((entry.note[0].isupper() or entry.note[0] == "`") and entry.note.endswith("."))
    assert dialect.OTHER_ENGINES
