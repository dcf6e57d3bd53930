"""What is said twice where only once can count."""

from __future__ import annotations

from collections import Counter

from lxml import etree

from engine.bpmn.dialect import ZEEBE
from engine.bpmn.lint.sheet import Sheet
from engine.bpmn.reading import xml

_ONCE = frozenset(
    {
        "extensionElements",
        "conditionExpression",
        "activationCondition",
        "completionCondition",
        "condition",
        "loopCondition",
        "loopCardinality",
        "loopDataInputRef",
        "loopDataOutputRef",
        "inputDataItem",
        "outputDataItem",
        "ioSpecification",
        "targetRef",
        "transformation",
        "from",
        "to",
    }
)
# Of each of these groups one counts.
_GROUPS = {
    "timeDate": "time",
    "timeDuration": "time",
    "timeCycle": "time",
    "standardLoopCharacteristics": "loop",
    "multiInstanceLoopCharacteristics": "loop",
}
_MANY = frozenset({"input", "output", "header", "property"})


def check(sheet: Sheet) -> None:
    """Rule given-twice."""
    for element in sheet.root.iter(f"{{{xml.BPMN}}}*", f"{{{xml.ZEEBE}}}*"):
        seen: Counter[str] = Counter()
        for part in element:
            key = _key(part)
            if key:
                seen[key] += 1
                if seen[key] == 2:
                    sheet.findings.error(
                        "given-twice",
                        xml.owner(part),
                        xml.line(part),
                        "{what} is given twice, and only one could count.",
                        "Delete one.",
                        what=key,
                    )


def _key(part: etree._Element) -> str:
    """What can be given once in the element around; empty for what may stand there often."""
    tag = xml.name(part)
    if tag:
        return _GROUPS.get(tag, tag if tag in _ONCE else "")
    tag = xml.local(part, xml.ZEEBE)
    if tag == "property":
        return f"property {(part.get('name') or '')[:100]}"
    if tag == "header":
        return f"header {(part.get('key') or '')[:100]}"
    return tag if tag in ZEEBE and tag not in _MANY else ""
