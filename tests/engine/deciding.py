"""Decision files for tests, written short: columns and rows in, DMN 1.3 out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import pytest

from engine import dmn
from engine.errors import DiagramInvalid
from engine.feel import Value
from tests.engine.feeling import evaluator

MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def text(content: str) -> str:
    return f"<text>{escape(content)}</text>"


def table(
    inputs: Sequence[str],
    outputs: Sequence[str],
    rows: Sequence[Sequence[str]],
    policy: str = "UNIQUE",
    *,
    types: Sequence[str] = (),
    allowed: Sequence[str] = (),
    defaults: Sequence[str] = (),
    more: str = "",
) -> str:
    """A decision table; `types`, `allowed` and `defaults` go by column, inputs first."""
    types, allowed, defaults = ([*given, *[""] * 20] for given in (types, allowed, defaults))
    words = policy.split(" ", 1) if policy.startswith("COLLECT ") else [policy]
    aggregation = f' aggregation="{words[1]}"' if len(words) > 1 else ""
    parts = [f'<decisionTable id="table" hitPolicy="{words[0]}"{aggregation}{more}>']
    for place, each in enumerate(inputs):
        values = f"<inputValues>{text(allowed[place])}</inputValues>" if allowed[place] else ""
        kind = f' typeRef="{types[place]}"' if types[place] else ""
        parts.append(
            f'<input label="{escape(each)}"><inputExpression{kind}>{text(each)}</inputExpression>{values}</input>'
        )
    for place, each in enumerate(outputs, len(inputs)):
        values = f"<outputValues>{text(allowed[place])}</outputValues>" if allowed[place] else ""
        default = f"<defaultOutputEntry>{text(defaults[place])}</defaultOutputEntry>" if defaults[place] else ""
        kind = f' typeRef="{types[place]}"' if types[place] else ""
        parts.append(f'<output name="{each}"{kind}>{values}{default}</output>')
    for number, row in enumerate(rows, 1):
        when = "".join(f"<inputEntry>{text(cell)}</inputEntry>" for cell in row[: len(inputs)])
        then = "".join(f"<outputEntry>{text(cell)}</outputEntry>" for cell in row[len(inputs) :])
        parts.append(f'<rule id="rule{number}">{when}{then}</rule>')
    return "\n".join([*parts, "</decisionTable>"])


def literal(expression: str, kind: str = "") -> str:
    typed = f' typeRef="{kind}"' if kind else ""
    return f"<literalExpression{typed}>{text(expression)}</literalExpression>"


def decision(id: str, logic: str, *, requires: Sequence[str] = (), variable: str = "") -> str:
    wanted = "".join(
        f'<informationRequirement><requiredDecision href="#{each}"/></informationRequirement>' for each in requires
    )
    named = f'<variable name="{variable}"/>' if variable else ""
    return f'<decision id="{id}" name="{id}">\n{named}{wanted}{logic}\n</decision>'


def file(*decisions: str, model: str = MODEL, more: str = "") -> bytes:
    content = "\n".join(decisions)
    return (
        f'<definitions xmlns="{model}" id="file" name="file" namespace="x">{more}\n{content}\n</definitions>'.encode()
    )


def read(*decisions: str) -> dict[str, dmn.Decision]:
    return dmn.read(file(*decisions), "test.dmn")


def answer(logic: str, **context: Value) -> Any:
    """The result of one decision."""
    return dmn.evaluate("d", read(decision("d", logic)), context, evaluator())


def faults(xml: bytes) -> list[str]:
    """Why a file is refused."""
    with pytest.raises(DiagramInvalid) as refused:
        dmn.read(xml, "test.dmn")
    return [str(problem) for problem in refused.value.problems]
