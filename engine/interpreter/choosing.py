"""Which flows a token takes, by their conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine import feel
from engine.bpmn.diagram import Flow
from engine.interpreter.progress import Value
from engine.interpreter.scope import Sight


def every(
    here: Sight, flows: Sequence[Flow], default: str | None, extra: Mapping[str, Value] | None = None
) -> frozenset[str]:
    """All flows without condition, all whose condition holds, the default if no condition does (BPMN 13.3.1, 13.4.3).

    Args:
        here: where the conditions are asked, all in one call.
        flows: to choose from.
        default: id of the default flow.
        extra: what the conditions see besides variables.
    """
    answers = _answers(here, flows, default, extra)
    held = {flow for flow, answer in answers.items() if answer}
    free = {flow.id for flow in flows if flow.id not in answers and flow.id != default}
    return frozenset(held | free | ({default} if default is not None and not held else set()))


def first(here: Sight, flows: Sequence[Flow], default: str | None) -> frozenset[str]:
    """The first flow, in document order, whose condition holds or that has none; else the default (BPMN 13.4.2)."""
    answers = _answers(here, flows, default, None)
    found = next((flow.id for flow in flows if flow.id != default and answers.get(flow.id, True)), default)
    return frozenset() if found is None else frozenset({found})


def _answers(
    here: Sight, flows: Sequence[Flow], default: str | None, extra: Mapping[str, Value] | None
) -> dict[str, bool]:
    asked = [flow for flow in flows if flow.condition and flow.id != default]
    given = here.decide([feel.body(flow.condition or "") for flow in asked], extra)
    return {flow.id: answer for flow, answer in zip(asked, given, strict=True)}
