"""Every word of the file is one that is run or kept: what would be passed over in silence is named."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.dialect import BPMN, OTHER_ENGINES, ZEEBE, ZEEBE_ATTRIBUTES, Entry
from engine.bpmn.lint.sheet import Sheet
from engine.bpmn.reading import xml

_FEEL = ("feel", "https://www.omg.org/spec/dmn", "http://www.omg.org/spec/dmn")
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XML = "http://www.w3.org/XML/1998/namespace"
_TIMES = frozenset({"timeDate", "timeDuration", "timeCycle"})
# What another rule says better.
_ELSEWHERE = {"script", "complexBehaviorDefinition"}
_ATTRIBUTES_ELSEWHERE = {("multiInstanceLoopCharacteristics", "oneBehaviorEventRef")}
_ATTRIBUTES_ELSEWHERE |= {("multiInstanceLoopCharacteristics", "noneBehaviorEventRef")}


def check(sheet: Sheet) -> None:
    """Rules unknown-element, unknown-attribute, other-engine, expression-language, must-understand, import-unread."""
    engines: dict[str, etree._Element] = {}
    skipped = {process.id for process in sheet.diagram.processes.values() if not process.executable}
    stack = [sheet.root]
    while stack:
        element = stack.pop()
        if _judge(sheet, element, engines) and not (xml.name(element) == "process" and element.get("id") in skipped):
            stack.extend(reversed(element))
    for namespace, element in engines.items():
        sheet.findings.warning(
            "other-engine",
            xml.owner(element),
            xml.line(element),
            "The diagram holds words of {engine}, which mean nothing here.",
            "Say the same with zeebe extension elements, or delete them.",
            engine=OTHER_ENGINES[namespace],
        )


def _judge(sheet: Sheet, element: etree._Element, engines: dict[str, etree._Element]) -> bool:
    """Judges one element; says whether to go on with what is in it."""
    namespace, tag = _split(str(element.tag))
    if namespace in OTHER_ENGINES:
        engines.setdefault(namespace, element)
    table = {xml.BPMN: BPMN, xml.ZEEBE: ZEEBE}.get(namespace)
    if table is None:
        return False
    entry = table.get(tag)
    if entry is None:
        _unknown(sheet, element, "The element {tag} is not known.", "Use an element that docs/dialect.md lists.")
        return False
    if entry.word == "refused":
        if tag not in _ELSEWHERE:
            _unknown(sheet, element, "The element {tag} is not run.", entry.note or "Delete it.")
        return False
    parent = _holder(element, namespace)
    if not parent or (entry.within and parent not in entry.within):
        _unknown(
            sheet,
            element,
            "The element {tag} has no meaning where it stands, inside {parent}.",
            "It belongs inside {places}.",
            parent=_parent(element),
            places=", ".join(sorted(entry.within)) or "extensionElements",
        )
        return False
    for attribute, value in element.attrib.items():
        _attribute(sheet, element, tag, entry, _split(str(attribute)), str(value), engines)
    _language(sheet, element, entry)
    _beside(sheet, element)
    return tag != "documentation"


def _attribute(
    sheet: Sheet,
    element: etree._Element,
    tag: str,
    entry: Entry,
    qualified: tuple[str, str],
    value: str,
    engines: dict[str, etree._Element],
) -> None:
    namespace, attribute = qualified
    if namespace in OTHER_ENGINES:
        engines.setdefault(namespace, element)
    if namespace == xml.ZEEBE:
        known = ZEEBE_ATTRIBUTES.get(attribute, "refused") != "refused"
    elif namespace == xml.BPMN:
        known = False
    elif namespace:
        known = True
    else:
        known = attribute in entry.run | entry.kept or (tag, attribute) in _ATTRIBUTES_ELSEWHERE
        known = known and (attribute != "implementation" or value.startswith("##"))
        known = known and (
            tag != "transaction" or attribute != "method" or value.lower() in ("##compensate", "compensate")
        )
    if not known:
        # The note speaks of this element's own attributes; of an unknown one it knows nothing.
        own = attribute in entry.refused | entry.run
        sheet.findings.error(
            "unknown-attribute",
            xml.owner(element),
            xml.line(element),
            "The attribute {attribute}={value} of {tag} is not run.",
            (entry.note if own else "") or "Delete it, or use one that docs/dialect.md lists.",
            attribute=attribute,
            value=value[:100],
            tag=tag,
        )


def _language(sheet: Sheet, element: etree._Element, entry: Entry) -> None:
    """Expressions are FEEL; one that says otherwise, or that stands in a file which does, would be misread."""
    text = xml.text(element)
    if "language" not in entry.run or text is None or _reads_alike(xml.name(element), text):
        return
    own = element.get("language")
    value = own or sheet.root.get("expressionLanguage") or ""
    if value and not value.strip().lower().startswith(_FEEL):
        sheet.findings.error(
            "expression-language",
            xml.owner(element),
            xml.line(element),
            "The expression {expression} is in {language}, which is not run.",
            "Write it in FEEL, and delete {attribute}.",
            expression=text[:100],
            language=value[:100],
            attribute="language" if own else "expressionLanguage",
        )


def _reads_alike(tag: str, text: str) -> bool:
    """Whether a text is the same in every language: a time of ISO 8601, the name of a variable."""
    return not text.startswith("=") if tag in _TIMES else tag == "to" and text.isidentifier()


def _beside(sheet: Sheet, element: etree._Element) -> None:
    """What the file asks for beside what it holds: extensions that must be known, other files."""
    if xml.name(element) == "import":
        sheet.findings.warning(
            "import-unread",
            xml.owner(element),
            xml.line(element),
            "The file imports {location} ({namespace}), of which nothing is read.",
            "Put what is needed into this file, or delete the import.",
            location=(element.get("location") or "")[:200],
            namespace=(element.get("namespace") or "")[:200],
        )
    if xml.name(element) == "extension" and (element.get("mustUnderstand") or "").strip() in ("true", "1"):
        sheet.findings.error(
            "must-understand",
            xml.owner(element),
            xml.line(element),
            "The file asks to be refused by whoever does not know the extension {definition}.",
            "Delete the extension, or set mustUnderstand to false if the process is right without it.",
            definition=(element.get("definition") or "")[:100],
        )


def _unknown(sheet: Sheet, element: etree._Element, message: str, advice: str, **params: str) -> None:
    _, tag = _split(str(element.tag))
    sheet.findings.error(
        "unknown-element", xml.owner(element), xml.line(element), message, advice, tag=tag[:100], **params
    )


def _holder(element: etree._Element, namespace: str) -> str:
    """The tag of what an element belongs to: an extension element to what holds it; no BPMN element is one."""
    parent = element.getparent()
    if parent is None:
        return "file"
    extends = xml.name(parent) == "extensionElements"
    if namespace == xml.ZEEBE and not extends and not xml.local(parent, xml.ZEEBE):
        return ""
    if namespace == xml.BPMN and extends:
        return ""
    if extends and (around := parent.getparent()) is not None:
        parent = around
    return _split(str(parent.tag))[1]


def _parent(element: etree._Element) -> str:
    parent = element.getparent()
    return "" if parent is None else _split(str(parent.tag))[1][:100]


def _split(tag: str) -> tuple[str, str]:
    head, _, tail = tag.rpartition("}")
    return head.removeprefix("{"), tail
