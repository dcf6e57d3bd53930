"""Every element and attribute of DMN that is run or has no meaning for running; anything else is refused by name."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.finding import Finding
from engine.dmn.document import line_of, tag_of

# Documentation: kept as it is.
_KEPT = frozenset(
    {
        "DMNDI",
        "allowedAnswers",
        "annotation",
        "annotationEntry",
        "artifact",
        "association",
        "authorityRequirement",
        "decisionMaker",
        "decisionOwner",
        "description",
        "elementCollection",
        "extensionElements",
        "group",
        "impactedPerformanceIndicator",
        "knowledgeSource",
        "organizationUnit",
        "performanceIndicator",
        "question",
        "supportedObjective",
        "textAnnotation",
        "usingProcess",
        "usingTask",
    }
)
_ANY = frozenset({"id", "label", "name"})
_RUN: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    # element: its child elements, its attributes beside id, label and name
    "definitions": (
        frozenset({"decision", "inputData"}),
        frozenset({"namespace", "exporter", "exporterVersion", "expressionLanguage", "typeLanguage"}),
    ),
    "inputData": (frozenset({"variable"}), frozenset()),
    "variable": (frozenset(), frozenset({"typeRef"})),
    "decision": (frozenset({"variable", "informationRequirement", "decisionTable", "literalExpression"}), frozenset()),
    "informationRequirement": (frozenset({"requiredDecision", "requiredInput"}), frozenset()),
    "requiredDecision": (frozenset(), frozenset({"href"})),
    "requiredInput": (frozenset(), frozenset({"href"})),
    "decisionTable": (
        frozenset({"input", "output", "rule"}),
        frozenset({"hitPolicy", "aggregation", "preferredOrientation", "outputLabel", "typeRef"}),
    ),
    "input": (frozenset({"inputExpression", "inputValues"}), frozenset()),
    "inputExpression": (frozenset({"text"}), frozenset({"typeRef", "expressionLanguage"})),
    "inputValues": (frozenset({"text"}), frozenset({"typeRef", "expressionLanguage"})),
    "output": (frozenset({"outputValues", "defaultOutputEntry"}), frozenset({"typeRef"})),
    "outputValues": (frozenset({"text"}), frozenset({"typeRef", "expressionLanguage"})),
    "defaultOutputEntry": (frozenset({"text"}), frozenset({"typeRef", "expressionLanguage"})),
    "rule": (frozenset({"inputEntry", "outputEntry"}), frozenset()),
    "inputEntry": (frozenset({"text"}), frozenset({"typeRef", "expressionLanguage"})),
    "outputEntry": (frozenset({"text"}), frozenset({"typeRef", "expressionLanguage"})),
    "literalExpression": (frozenset({"text"}), frozenset({"typeRef", "expressionLanguage"})),
    "text": (frozenset(), frozenset()),
}
_ADVICE = {
    "businessKnowledgeModel": "Write its expression into the decisions that use it.",
    "knowledgeRequirement": "Write the expression of the knowledge model into the decision.",
    "decisionService": "Call the decision itself.",
    "import": "Put all decisions that require each other into one file.",
    "itemDefinition": "Set type and allowed values on the inputs and outputs of the table.",
}
_OTHERWISE = "Use a decision table or a literal expression."
_RULE = "dmn-not-run"
_LANGUAGE = ("feel", "https://www.omg.org/spec/dmn/", "http://www.omg.org/spec/dmn/", "http://www.omg.org/spec/feel/")


def unknown(root: etree._Element, source: str) -> Iterator[Finding]:
    """What the file says that would be passed over in silence."""
    stack: list[tuple[etree._Element, str]] = [(root, "")]
    while stack:
        element, owner = stack.pop()
        tag = tag_of(element)
        owner = element.get("id") or owner
        yield from _attributes(element, tag, owner, source)
        known = _RUN[tag][0]
        for child in element:
            name = tag_of(child)
            if name in known:
                stack.append((child, owner))
            elif name not in _KEPT and (name or not isinstance(child.tag, str)):
                message = "The element {tag} is not run here."
                yield _finding(child, owner, source, message, _ADVICE.get(name, _OTHERWISE), tag=name)


def _attributes(element: etree._Element, tag: str, owner: str, source: str) -> Iterator[Finding]:
    for attribute, value in element.attrib.items():
        name = str(attribute)
        if name.startswith("{"):
            continue
        if name not in _ANY and name not in _RUN[tag][1]:
            message = "The attribute {name} of {tag} means nothing here."
            yield _finding(element, owner, source, message, "Delete it.", name=name, tag=tag)
        if name == "expressionLanguage" and not str(value).lower().startswith(_LANGUAGE):
            message = "Expressions are FEEL; this one is said to be {language}."
            advice = "Write it in FEEL and delete the attribute expressionLanguage."
            yield _finding(element, owner, source, message, advice, language=str(value)[:80])


def _finding(element: etree._Element, owner: str, source: str, message: str, advice: str, **params: str) -> Finding:
    where = element.get("id") or owner
    return Finding(where, message, dict(params), rule=_RULE, source=source, line=line_of(element), help=advice)
