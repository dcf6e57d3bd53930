"""Pieces of diagrams that the tests of lint put together."""

from __future__ import annotations

from tests.engine.bpmn.drawing import flow, process, straight

TASK = '<task id="a"/>'
ENDS = '<startEvent id="s"/><endEvent id="e"/>'
TIMER = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>"
CONDITION = "<conditionalEventDefinition><condition>x</condition></conditionalEventDefinition>"
FEE = '<message id="m" name="fee"/>'
WAIT = '<messageEventDefinition messageRef="m"/>'
OK = straight(TASK)


CATCH, THROW = "intermediateCatchEvent", "intermediateThrowEvent"


def beside(*parts: str, top: str = "") -> bytes:
    """Something beside a process that is right."""
    return process(ENDS + TASK + flow("s", "a") + flow("a", "e") + "\n" + "".join(parts), top)


def link(tag: str, identity: str, name: str) -> str:
    return f'<{tag} id="{identity}"><linkEventDefinition name="{name}"/></{tag}>'


def sub(content: str, attributes: str = 'id="x"', tag: str = "subProcess") -> str:
    return f"<{tag} {attributes}>{content}</{tag}>"


IN = '<startEvent id="in"/>'
OUT = '<endEvent id="out"/>'
