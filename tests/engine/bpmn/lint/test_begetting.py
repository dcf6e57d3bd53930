"""A process that begins itself at once is refused; where something waits or chooses, it is a matter of the values."""

from __future__ import annotations

import pytest

from tests.engine.bpmn.drawing import file, flow
from tests.engine.bpmn.lint.case import Case, check

NAMES = '<{kind} id="m" name="again"/><{kind} id="n" name="other"/>'
PAUSE = '<intermediateCatchEvent id="w"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>'
PAUSE += "</intermediateCatchEvent>"


def event(tag: str, identity: str, kind: str, ref: str) -> str:
    return f'<{tag} id="{identity}"><{kind}EventDefinition {kind}Ref="{ref}"/></{tag}>'


def begun(kind: str, between: str, *more: str, back: str = "m") -> bytes:
    """A process that begins with ``again``, and comes past ``between`` to an end that throws ``back``."""
    parts = event("startEvent", "s", kind, "m") + between + event("endEvent", "e", kind, back)
    process = f'<process id="p" isExecutable="true">{parts}{"".join(more)}</process>'
    return file(NAMES.format(kind=kind) + process)


def both(back: str) -> bytes:
    """Two processes, each begun by what the other throws."""
    shapes = (("p", "m", "n"), ("q", "n", back))
    found = [
        f'<process id="{key}" isExecutable="true">{event("startEvent", f"s{key}", "message", first)}'
        f"{event('endEvent', f'e{key}', 'message', then)}{flow(f's{key}', f'e{key}')}</process>"
        for key, first, then in shapes
    ]
    return file(NAMES.format(kind="message") + '<message id="o" name="third"/>' + "".join(found))


DIRECT = flow("s", "e")
SCRIPT = '<parallelGateway id="x"/>', flow("s", "x"), flow("x", "e")
WAITS = PAUSE, flow("s", "w"), flow("w", "e")
CHOICE = (
    '<exclusiveGateway id="g" default="no"/><endEvent id="d"/>',
    flow("s", "g"),
    flow("g", "e", "=n &lt; 3"),
    flow("g", "d", identity="no"),
)
INSIDE = (
    f'<subProcess id="k"><startEvent id="ks"/>{event("endEvent", "ke", "message", "m")}{flow("ks", "ke")}</subProcess>',
    flow("s", "k"),
    flow("k", "e"),
)
CASES = [
    *(
        Case("begins-itself", "e", begun(kind, "", DIRECT), begun(kind, "", DIRECT, back="n"))
        for kind in ("message", "signal")
    ),
    Case("begins-itself", "e", begun("message", *SCRIPT), begun("message", *WAITS)),
    Case("begins-itself", "e", begun("message", "", DIRECT), begun("message", *CHOICE)),
    Case("begins-itself", "ke", begun("message", *INSIDE, back="n"), begun("message", *WAITS)),
    Case("begins-itself", "eq", both("m"), both("o")),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_begins_itself_at_once_is_refused(case: Case) -> None:
    check(case)
