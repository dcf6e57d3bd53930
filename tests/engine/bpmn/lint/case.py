"""One rule on paper: a diagram that breaks it, and the nearest one that does not."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn import diagram, lint
from engine.bpmn.finding import Finding
from engine.bpmn.lint import Surroundings


@dataclass(frozen=True)
class Case:
    """``wrong`` breaks ``rule`` at ``element`` and nothing else; ``right`` has no error and does not break it."""

    rule: str
    element: str
    wrong: bytes
    right: bytes
    around: Surroundings | None = None

    def __str__(self) -> str:
        return f"{self.rule}-{self.element}"


def judged(xml: bytes, around: Surroundings | None = None) -> tuple[Finding, ...]:
    return lint.check(diagram.read(xml), around)


def check(case: Case) -> None:
    """Holds a case against lint: the rule, where it is broken, a sentence and advice; and silence where it is kept."""
    wrong, right = judged(case.wrong, case.around), judged(case.right, case.around)
    named = [finding for finding in wrong if finding.rule == case.rule]
    assert case.element in {finding.element for finding in named}, [str(finding) for finding in wrong]
    for finding in named:
        assert finding.line > 0 and finding.sentence and finding.advice
        assert "{" not in finding.sentence + finding.advice
    severity = named[0].severity
    others = {finding.rule for finding in wrong if finding.severity == "error"} - {case.rule}
    assert not others, [str(finding) for finding in wrong]
    assert case.rule not in {finding.rule for finding in right}, [str(finding) for finding in right]
    assert "error" not in {finding.severity for finding in right}, [str(finding) for finding in right]
    assert severity in ("error", "warning")
