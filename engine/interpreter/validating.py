"""The schema of BPMN 2.0, held against a file by SpiffWorkflow's validator, which carries it. Asked at release only."""

from __future__ import annotations

import re
import threading
from functools import cache

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator

from engine.bpmn.diagram import Diagram
from engine.bpmn.finding import Finding
from engine.bpmn.reading import xml

_MOST = 20
_NAMESPACE = re.compile(r"\{[^}]*\}")
# A validator keeps the faults of the file it has last seen.
_ONE_AT_A_TIME = threading.Lock()


def check(diagram: Diagram) -> tuple[Finding, ...]:
    """Where a file departs from the schema: warnings, since whatever changes what is run has a rule of its own.

    Returns:
        one finding for each line at fault, the first twenty.
    """
    root = xml.parse(diagram.xml)
    with _ONE_AT_A_TIME:
        validator = _validator()
        validator.preprocess(root)
        validator.validator.validate(root)
        faults = {entry.line: entry.message for entry in reversed(validator.validator.error_log)}
    return tuple(_finding(root, diagram.source, line, faults[line]) for line in sorted(faults)[:_MOST])


@cache
def _validator() -> BpmnValidator:
    return BpmnValidator()


def _finding(root: etree._Element, source: str, line: int, reason: str) -> Finding:
    return Finding(
        _nearest(root, line),
        "The file departs from the schema of BPMN 2.0: {reason}",
        {"reason": _NAMESPACE.sub("", reason).replace(" ( ", " ").replace(" ).", ".")},
        rule="schema-broken",
        source=source,
        line=line,
        severity="warning",
        help="It runs as it is, but other tools may refuse the file or lose a part of it. "
        "Save it with a modeler, or move the element to where the schema has it.",
    )


def _nearest(root: etree._Element, line: int) -> str:
    """Id of the element on that line, or of what it stands in."""
    found = next((each for each in root.iter() if xml.line(each) == line), root)
    holders = (found, *found.iterancestors())
    return next((name for each in holders if (name := each.get("id"))), "")
