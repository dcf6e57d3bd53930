"""Small diagrams as text, for tests: elements, events and flows as functions, read by the product's own reader."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.sax.saxutils import quoteattr

from engine.bpmn import diagram

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="test">'
)
_NAMED = {"message": "name", "signal": "name", "error": "errorCode", "escalation": "escalationCode"}


def tag(kind: str, /, *inner: str, **attributes: object) -> str:
    """An XML element; an attribute that is None is left out, ``True`` reads ``true``."""
    given = {key: str(value).lower() if isinstance(value, bool) else value for key, value in attributes.items()}
    text = "".join(f" {key}={quoteattr(str(value))}" for key, value in given.items() if value is not None)
    return f"<{kind}{text}>{''.join(inner)}</{kind}>"


def processes(*parts: str, messages: dict[str, str] | None = None) -> dict[str, diagram.Process]:
    """Processes read from their text; messages, signals, errors and escalations are declared as they are named.

    Args:
        messages: correlation keys by message name.
    """
    return dict(diagram.read(document("".join(parts), messages or {}).encode()).processes)


def text(*parts: str) -> str:
    """The text of one process, ``p``."""
    return document(scope("process", "p", *parts), {})


def document(body: str, keys: dict[str, str]) -> str:
    """A file; ``keys``: correlation keys by message name."""
    named = {f"{kind}:{found}" for kind in _NAMED for found in re.findall(f'{kind}Ref="([^"]*)"', body)}
    pairs = (each.split(":", 1) for each in sorted(named))
    declared = "".join(_declared(kind, found, keys) for kind, found in pairs)
    return f"{_HEAD}{declared}{body}</definitions>"


def _declared(kind: str, identity: str, keys: dict[str, str]) -> str:
    name = _NAMES[identity]
    key = keys.get(name)
    inner = ext(tag("zeebe:subscription", correlationKey=key)) if key is not None else ""
    return tag(kind, inner, id=identity, **{_NAMED[kind]: name}, **({} if _NAMED[kind] == "name" else {"name": name}))


def process(*parts: str, messages: dict[str, str] | None = None) -> diagram.Process:
    """One process, ``p``."""
    return processes(scope("process", "p", *parts), messages=messages)["p"]


def scope(kind: str, identity: str, *parts: str, **attributes: object) -> str:
    """A process or sub-process."""
    return tag(kind, *parts, id=identity, **attributes)


def sub(identity: str, *parts: str, **attributes: object) -> str:
    return scope("subProcess", identity, *parts, **attributes)


def handler(identity: str, *parts: str) -> str:
    """An event sub-process."""
    return scope("subProcess", identity, *parts, triggeredByEvent=True)


def flows(*ids: str) -> str:
    """Flows along a path: ``flows("a", "b", "c")``; the flow between a and b has the id ``a-b``."""
    return "".join(flow(source, target) for source, target in pairwise(ids))


def flow(source: str, target: str, condition: str | None = None, identity: str | None = None) -> str:
    inner = "" if condition is None else tag("conditionExpression", _text(condition))
    return tag("sequenceFlow", inner, id=identity or f"{source}-{target}", sourceRef=source, targetRef=target)


def ext(*inner: str) -> str:
    return tag("extensionElements", *inner)


def io(inputs: dict[str, str] | None = None, outputs: dict[str, str] | None = None) -> str:
    """Input and output mappings, target -> source."""
    ins = [tag("zeebe:input", source=source, target=target) for target, source in (inputs or {}).items()]
    outs = [tag("zeebe:output", source=source, target=target) for target, source in (outputs or {}).items()]
    return tag("zeebe:ioMapping", *ins, *outs)


def start(identity: str = "s", *inner: str, **attributes: object) -> str:
    return tag("startEvent", *inner, id=identity, **attributes)


def end(identity: str = "e", *inner: str) -> str:
    return tag("endEvent", *inner, id=identity)


def throw(identity: str, *inner: str) -> str:
    return tag("intermediateThrowEvent", *inner, id=identity)


def catch(identity: str, *inner: str, **attributes: object) -> str:
    return tag("intermediateCatchEvent", *inner, id=identity, **attributes)


def boundary(identity: str, host: str, *inner: str, interrupting: bool = True, **attributes: object) -> str:
    return tag("boundaryEvent", *inner, id=identity, attachedToRef=host, cancelActivity=interrupting, **attributes)


def user(identity: str, *inner: str, **attributes: object) -> str:
    return tag("userTask", *inner, id=identity, **attributes)


def script(identity: str, expression: str, result: str = "r", *inner: str, **attributes: object) -> str:
    text = ext(tag("zeebe:script", expression=expression, resultVariable=result), *inner[:1])
    return tag("scriptTask", text, *inner[1:], id=identity, **attributes)


def service(identity: str, kind: str = "work", *inner: str, retries: str | None = None, **attributes: object) -> str:
    """``inner``: first other extension elements, if any, then the rest."""
    text = ext(tag("zeebe:taskDefinition", type=kind, retries=retries), *inner[:1])
    return tag("serviceTask", text, *inner[1:], id=identity, **attributes)


def call(identity: str, called: str, mapping: str = "", *inner: str, **attributes: object) -> str:
    return tag(
        "callActivity", ext(tag("zeebe:calledElement", processId=called), mapping), *inner, id=identity, **attributes
    )


def gateway(kind: str, identity: str, *inner: str, **attributes: object) -> str:
    """``kind``: exclusive, parallel, inclusive, complex, eventBased."""
    return tag(f"{kind}Gateway", *inner, id=identity, **attributes)


def _text(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# ---- event definitions


def on(kind: str, name: str | None = None) -> str:
    """A message, signal, error or escalation by name; or a terminate, cancel or link event."""
    if kind in _NAMED:
        return tag(f"{kind}EventDefinition", **{f"{kind}Ref": None if name is None else ref(kind, name)})
    return tag(f"{kind}EventDefinition", **({"name": name} if name else {}))


def ref(kind: str, name: str) -> str:
    """The id under which a message, signal, error or escalation of that name is declared."""
    identity = re.sub(r"\W", "_", f"{kind}_{name}")
    _NAMES[identity] = name
    return identity


_NAMES: dict[str, str] = {}


def timer(form: str, expression: str) -> str:
    """``form``: Date, Duration or Cycle."""
    return tag("timerEventDefinition", tag(f"time{form}", _text(expression)))


def condition(expression: str) -> str:
    return tag("conditionalEventDefinition", tag("condition", _text(expression)))


def undo(activity: str | None = None, wait: bool = True) -> str:
    return tag("compensateEventDefinition", activityRef=activity, waitForCompletion=wait)


def undone_by(event: str, host: str, activity: str) -> str:
    """A compensation event on the border of ``host`` that leads to ``activity``."""
    link = tag("association", id=f"{event}-link", sourceRef=event, targetRef=activity, associationDirection="One")
    return boundary(event, host, undo()) + link


# ---- loops


def several(
    collection: str | None = None,
    element: str | None = None,
    output: str | None = None,
    result: str | None = None,
    *,
    sequential: bool = False,
    until: str | None = None,
    times: str | None = None,
) -> str:
    """Multi-instance: over ``collection``, or ``times`` times, ``until`` its completion condition holds."""
    zeebe = tag(
        "zeebe:loopCharacteristics",
        inputCollection=collection,
        inputElement=element,
        outputCollection=output,
        outputElement=result,
    )
    return tag(
        "multiInstanceLoopCharacteristics",
        ext(zeebe),
        "" if times is None else tag("loopCardinality", _text(times)),
        "" if until is None else tag("completionCondition", _text(until)),
        isSequential=sequential,
    )


def loop(condition: str | None = None, maximum: int | None = None, before: bool = False) -> str:
    inner = "" if condition is None else tag("loopCondition", _text(condition))
    return tag("standardLoopCharacteristics", inner, testBefore=before, loopMaximum=maximum)
