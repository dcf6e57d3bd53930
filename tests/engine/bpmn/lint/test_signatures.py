"""A signature stands under a name of its own: whoever signs next neither finds it in their form nor takes its place."""

from __future__ import annotations

import pytest

from engine.bpmn.lint import Surroundings
from tests.engine.bpmn.drawing import extended, flow, straight
from tests.engine.bpmn.lint.case import Case, check, judged
from tests.engine.bpmn.lint.pieces import IN, sub
from tests.engine.bpmn.lint.test_names import several

FORMS = {"ask": ("sign",), "grant": ("sign",), "other": ("consent",), "y": ("opinion",)}
AROUND = Surroundings(forms=FORMS, signatures={name: keys for name, keys in FORMS.items() if name != "y"})


def signs(identity: str, form: str, target: str = "", source: str = "=sign") -> str:
    kept = [f'<z:ioMapping><z:output source="{source}" target="{target}"/></z:ioMapping>'] if target else []
    return extended("userTask", f'id="{identity}"', f'<z:formDefinition formId="{form}"/>', *kept)


ASKS = signs("x", "ask")
INNER = IN + signs("y", "grant") + flow("in", "y")
APART = IN + signs("y", "grant", "headSignature") + flow("in", "y")
EACH = sub(several('inputElement="unit"') + INNER, 'id="z"')
ALSO = sub(several('inputElement="unit"') + '<startEvent id="i"/>' + signs("w", "grant") + flow("i", "w"), 'id="v"')

CASES = [
    Case("signature-twice", "y", straight(ASKS, signs("y", "grant")), straight(ASKS, signs("y", "other")), AROUND),
    Case(
        "signature-twice",
        "x",
        straight(ASKS, signs("y", "ask")),
        straight(signs("x", "ask", "asker"), signs("y", "ask", "head")),
        AROUND,
    ),
    Case(
        "signature-twice",
        "y",
        straight(ASKS, signs("y", "grant", "head")),  # it finds the first one in its form
        straight(signs("x", "ask", "asker"), signs("y", "grant", "head")),
        AROUND,
    ),
    Case(
        "signature-twice",
        "y",
        straight(signs("x", "ask", "theirs"), signs("y", "other", "theirs", "=consent")),
        straight(signs("x", "ask", "theirs"), signs("y", "other", "ours", "=consent")),
        AROUND,
    ),
    Case("signature-twice", "y", straight(ASKS, sub(INNER, 'id="z"')), straight(sub(APART, 'id="z"')), AROUND),
    Case("signature-twice", "x", straight(sub(INNER, 'id="z"'), ASKS), straight(sub(INNER, 'id="z"')), AROUND),
]


@pytest.mark.parametrize("case", CASES, ids=map(str, range(len(CASES))))
def test_two_steps_do_not_sign_under_one_name(case: Case) -> None:
    check(case)


def test_what_stays_with_each_iteration_is_in_nobodys_way() -> None:
    assert not [each for each in judged(straight(EACH, ALSO), AROUND) if each.rule == "signature-twice"]
