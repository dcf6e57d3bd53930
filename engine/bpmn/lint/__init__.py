"""Judging a diagram before it is released: everything BPMN gives meaning to is run, or refused here by name.

Each rule has a code, which findings carry, and a page ``docs/lint/<rule>.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.bpmn.finding import Finding, Findings
from engine.bpmn.lint import (
    ambiguous,
    begetting,
    called,
    compensation,
    conditions,
    constants,
    data,
    events,
    expressions,
    loops,
    names,
    people,
    reach,
    signatures,
    starts,
    style,
    thrown,
    timers,
    twice,
    words,
)
from engine.bpmn.lint.sheet import Sheet
from engine.bpmn.lint.surroundings import Surroundings, begun_by_nobody, handed_over
from engine.bpmn.model import Diagram, Process

__all__ = ["Finding", "Findings", "Surroundings", "begun_by_nobody", "check", "handed_over", "must"]

# What is judged by the model alone, and keeps a process from being run: it would be run as something it is not.
_MUST = (reach, starts, events, ambiguous, loops, timers, compensation, expressions, called)
# What a file is judged by besides.
_CHECK = (
    words,
    constants,
    twice,
    data,
    reach,
    starts,
    events,
    conditions,
    loops,
    thrown,
    begetting,
    expressions,
    called,
    people,
    signatures,
    names,
    style,
)


def must(process: Process) -> tuple[Finding, ...]:
    """All that keeps a process from being run, whatever is around it. Whoever is about to run it asks this."""
    sheet = Sheet(Diagram("", b"", "", {process.id: replace(process, executable=True)}), Surroundings())
    for theme in _MUST:
        theme.must(sheet)
    return _in_order(sheet.findings)


def check(diagram: Diagram, surroundings: Surroundings | None = None) -> tuple[Finding, ...]:
    """Judges a diagram.

    Args:
        surroundings: what it may refer to; what is not told is not judged.

    Returns:
        Errors and warnings in the order of the file. A diagram with errors is not to be released.
    """
    sheet = Sheet(diagram, surroundings or Surroundings())
    for theme in _MUST:
        theme.must(sheet)
    for each in _CHECK:
        each.check(sheet)
    _drawings(sheet)
    found = [replace(finding, source=diagram.source) for finding in sheet.findings]
    return _in_order(found)


def _in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.where, finding.rule)))


def _drawings(sheet: Sheet) -> None:
    """Rules no-process and not-executable: what of the file is a drawing only."""
    drawings = [process for process in sheet.diagram.processes.values() if not process.executable]
    if not sheet.processes:
        sheet.findings.error(
            "no-process",
            "",
            0,
            "No process of the file is executable (found: {processes}).",
            "Set isExecutable to true on the process that is to be run.",
            processes=", ".join(process.id for process in drawings[:10]),
        )
        return
    for process in drawings:
        sheet.findings.warning(
            "not-executable",
            process.id,
            process.line,
            "The process {process} is not executable: it is a drawing, and is neither judged nor released.",
            "Set isExecutable to true if it is to be run.",
            process=process.id,
        )
