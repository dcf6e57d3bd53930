"""Small diagrams as text, for tests."""

from __future__ import annotations

import re
from itertools import pairwise

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="file" targetNamespace="urn:test">\n'
)


def file(content: str) -> bytes:
    """A BPMN file: tags without prefix are BPMN's, ``z:`` is zeebe's."""
    return (HEAD + _prefixed(content) + "\n</bpmn:definitions>\n").encode()


def bare(content: str) -> bytes:
    """A piece of a file, to be put into one."""
    return _prefixed(content).encode()


def process(content: str, top: str = "", attributes: str = 'id="p" isExecutable="true"') -> bytes:
    """A file of one process ``p``; ``top`` goes beside it."""
    return file(f"{top}\n<process {attributes}>\n{content}\n</process>")


def straight(*parts: str, top: str = "") -> bytes:
    """Start, these elements one after another, end. Each part is an element with an id; the flows are made."""
    ids = ["begin", *(_id(part) for part in parts), "finish"]
    flows = "\n".join(flow(a, b) for a, b in pairwise(ids))
    return process("\n".join(['<startEvent id="begin"/>', *parts, '<endEvent id="finish"/>', flows]), top)


def flow(source: str, target: str, condition: str = "", identity: str = "") -> str:
    """A sequence flow."""
    inner = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    identity = identity or f"f_{source}_{target}"
    return f'<sequenceFlow id="{identity}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def extended(tag: str, attributes: str, *extensions: str, inner: str = "") -> str:
    """An element with extension elements."""
    held = "<extensionElements>" + "".join(extensions) + "</extensionElements>" if extensions else ""
    return f"<{tag} {attributes}>{held}{inner}</{tag}>"


def properties(**values: str) -> str:
    """``zeebe:properties``."""
    return (
        "<z:properties>"
        + "".join(f'<z:property name="{k}" value="{v}"/>' for k, v in values.items())
        + "</z:properties>"
    )


def _id(part: str) -> str:
    return part.split('id="', 1)[1].split('"', 1)[0]


def _prefixed(content: str) -> str:
    return re.sub(
        r"<(/?)(z:)?([A-Za-z]\w*)(?=[\s/>])", lambda m: f"<{m[1]}{'zeebe' if m[2] else 'bpmn'}:{m[3]}", content
    )
