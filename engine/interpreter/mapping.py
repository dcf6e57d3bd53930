"""Input and output mappings of activities and events (BPMN 10.4.2; ``zeebe:ioMapping``, data associations)."""

from __future__ import annotations

from collections.abc import Mapping

from engine.interpreter.progress import Value
from engine.interpreter.steps import Token


def map_inputs(token: Token) -> Mapping[str, Value] | None:
    """Open a scope with the values of the input mappings, if there are any."""
    inputs = token.step.element.inputs
    if not inputs or "own" in token.detail:
        return None
    values = content(token)
    token.open_own(values)
    return values


def content(token: Token) -> dict[str, Value]:
    """The values of the input mappings."""
    inputs = token.step.element.inputs
    values = token.attributes([mapping.source for mapping in inputs])
    return {mapping.target: value for mapping, value in zip(inputs, values, strict=True)}


def own_values(token: Token) -> dict[str, Value]:
    """What the input mappings have put into the token's own scope."""
    targets = [mapping.target for mapping in token.step.element.inputs]
    return token.run.variables.find([token.number], targets) if "own" in token.detail else {}


def map_outputs(token: Token) -> None:
    """Results reach the variables as they are, or, where there are output mappings, only through these."""
    outputs, results = token.step.element.outputs, token.results
    token.results = None
    if not outputs or token.detail.pop("plain", None):
        token.write(results or {})
        return
    if results:
        # They become rows before anything can fail: a failed mapping loses nothing, and is tried again on them.
        token.open_own()
        for name, value in results.items():
            token.put(token.number, name, value)
    values = token.attributes([mapping.source for mapping in outputs])
    token.write({mapping.target: value for mapping, value in zip(outputs, values, strict=True)}, inner=False)
