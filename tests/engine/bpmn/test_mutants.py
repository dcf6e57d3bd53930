"""Diagrams that nobody drew: valid ones with pieces dropped, doubled, renamed, moved are refused or judged, no more."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from engine import interpreter
from engine.bpmn import diagram, lint
from engine.bpmn.dialect import BPMN, ZEEBE
from engine.bpmn.finding import Finding
from engine.bpmn.lint import Surroundings
from engine.bpmn.reading import xml
from engine.errors import DiagramInvalid
from tests.engine.bpmn.lint import (
    test_data,
    test_events,
    test_names,
    test_repeats,
    test_shape,
    test_surroundings,
    test_words,
)
from tests.engine.bpmn.lint.case import Case

CASES = [
    *test_data.CASES,
    *test_shape.SHAPES,
    *test_shape.STARTS,
    *test_repeats.REPEATS,
    *test_repeats.UNDOING,
    *test_events.CASES,
    *test_events.CLIMBING,
    *test_words.CASES,
    *test_surroundings.CASES,
    *test_names.PROTECTED,
    *test_names.ACROSS,
    *test_names.PARALLEL,
    *test_names.READ,
]
VALID = list(dict.fromkeys(xml for case in CASES for xml in (case.right, case.wrong)))
AROUND = Surroundings(
    roles={"组长": "team"},
    groups=(),
    forms={"x": ("n", "teamId")},
    decisions=(),
    processes={"child": ("p",)},
    deadlines=(),
    connectors=(),
    protected=("teamId",),
    remits={"p": {"teamId": "team"}},
    given={"p": ("subject",)},
)
TAGS = [f"{{{xml.BPMN}}}{tag}" for tag in BPMN] + [f"{{{xml.ZEEBE}}}{tag}" for tag in ZEEBE]
TAGS += ["{urn:other}thing", "thing", f"{{{xml.BPMN}}}gadget"]
ATTRIBUTES = sorted({name for entry in [*BPMN.values(), *ZEEBE.values()] for name in entry.run | entry.kept})
VALUES = [
    "",
    "a",
    "x",
    "p",
    "s",
    "e",
    "true",
    "maybe",
    "-1",
    "0",
    "99",
    "=",
    "=(",
    "=a.b[c",
    "R0/PT0S",
    "P1D",
    "%s{x}",
    "<&>",
    "办",
]


def mutate(data: st.DataObject, root: etree._Element) -> None:
    """Changes one thing at random."""
    elements = list(root.iter())
    element = elements[data.draw(st.integers(0, len(elements) - 1))]
    parent = element.getparent()
    what = data.draw(
        st.sampled_from(["drop", "double", "rename", "move", "attribute", "value", "forget", "text", "wrap"])
    )
    if what == "drop" and parent is not None:
        parent.remove(element)
    elif what == "double" and parent is not None:
        parent.append(etree.fromstring(etree.tostring(element)))
    elif what == "rename":
        element.tag = data.draw(st.sampled_from(TAGS))
    elif what == "move" and parent is not None:
        others = [other for other in elements if other not in element.iter()]
        others[data.draw(st.integers(0, len(others) - 1))].append(element)
    elif what == "attribute":
        element.set(data.draw(st.sampled_from(ATTRIBUTES)), data.draw(st.sampled_from(VALUES)))
    elif what in ("value", "forget") and element.attrib:
        name = data.draw(st.sampled_from(sorted(str(key) for key in element.attrib)))
        if what == "value":
            element.set(name, data.draw(st.sampled_from(VALUES)))
        else:
            del element.attrib[name]
    elif what == "text":
        element.text = data.draw(st.sampled_from(VALUES))
    elif what == "wrap" and parent is not None:
        around = etree.SubElement(parent, data.draw(st.sampled_from(TAGS)), id="wrapped")
        around.append(element)


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_diagram_that_nobody_drew_is_judged_soon_and_runs_if_nothing_is_found(data: st.DataObject) -> None:
    root = etree.fromstring(data.draw(st.sampled_from(VALID)))
    for _ in range(data.draw(st.integers(1, 6))):
        mutate(data, root)
    around = data.draw(st.sampled_from([None, AROUND]))
    began = time.perf_counter()
    try:
        read = diagram.read(etree.tostring(root))
        findings = list(lint.check(read, around))
    except DiagramInvalid as refused:
        assert refused.problems and all(isinstance(problem, Finding) for problem in refused.problems)
        return
    finally:
        assert time.perf_counter() - began < 2
    assert all(str(finding) and finding.line >= 0 for finding in findings)
    if not any(finding.severity == "error" for finding in findings):
        for process in read.processes.values():
            interpreter.compile(process)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(VALID), st.lists(st.tuples(st.integers(0, 2_000), st.binary(max_size=4)), max_size=4))
def test_bytes_that_were_damaged_on_the_way_are_refused_or_judged(
    valid: bytes, damage: list[tuple[int, bytes]]
) -> None:
    content = bytearray(valid)
    for at, piece in damage:
        content[at : at + len(piece) + 1] = piece
    try:
        lint.check(diagram.read(bytes(content)))
    except DiagramInvalid as refused:
        assert refused.problems


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_lint_lets_pass_is_compiled(case: Case) -> None:
    for process in diagram.read(case.right).processes.values():
        interpreter.compile(process)
