"""Evaluating a decision: those it requires first, then its table, then its hit policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.dmn.model import Decision
from engine.errors import ExpressionFailed, Invalid, NotFound
from engine.feel import Evaluator, Fired, Value, dump


def names(decision_id: str, decisions: Mapping[str, Decision]) -> frozenset[str]:
    """The variables that a decision and all that it requires need from outside.

    Raises:
        NotFound: there is no such decision.
    """
    decision = _find(decision_id, decisions)
    return decision.names.union(*(names(required, decisions) for required in decision.requires))


def evaluate(
    decision_id: str, decisions: Mapping[str, Decision], context: Mapping[str, Value], evaluator: Evaluator
) -> Value:
    """The result of a decision; each table takes one call to V8.

    Returns:
        A value for one output, a context for several, a list of either where the hit policy gives one for each rule
        that fires (RULE
        ORDER, OUTPUT ORDER, COLLECT without aggregation), a number where it aggregates. Where no rule fires: the
        default outputs if the
        table has any, else an empty list, 0 for COUNT, or null.

    Raises:
        NotFound: there is no such decision.
        ExpressionFailed: a cell, input or output has no answer; the message names decision, rule and column.
        Invalid: rules contradict the hit policy; the message names them.
    """
    return _evaluate(_find(decision_id, decisions), decisions, context, evaluator, {})


def _find(decision_id: str, decisions: Mapping[str, Decision]) -> Decision:
    if decision_id not in decisions:
        raise NotFound("There is no decision {decision}.", decision=decision_id)
    return decisions[decision_id]


def _evaluate(
    decision: Decision,
    decisions: Mapping[str, Decision],
    context: Mapping[str, Value],
    evaluator: Evaluator,
    known: dict[str, Value],
) -> Value:
    if decision.id not in known:
        required = {
            result: _evaluate(_find(key, decisions), decisions, context, evaluator, known)
            for key, result in decision.requires.items()
        }
        known[decision.id] = _decide(decision, {**context, **required}, evaluator)
    return known[decision.id]


def _decide(decision: Decision, context: Mapping[str, Value], evaluator: Evaluator) -> Value:
    try:
        fired = evaluator.table(decision.table, context)
    except ExpressionFailed as fault:
        raise _named(fault, decision) from fault
    if not fired:
        return _nothing(decision, context, evaluator)
    match decision.policy:
        case "FIRST":
            return _output(decision, fired[0])
        case "UNIQUE" | "ANY":
            return _one(decision, fired)
        case "PRIORITY":
            return _output(decision, _ordered(decision, fired, evaluator)[0])
        case "OUTPUT ORDER":
            return [_output(decision, each) for each in _ordered(decision, fired, evaluator)]
        case _:
            return _aggregated(decision, [_output(decision, each) for each in fired])


def _named(fault: ExpressionFailed, decision: Decision) -> ExpressionFailed:
    """The same fault, with decision, rule and column in it."""
    params = {name: value for name, value in fault.params.items() if name not in ("expression", "where")}
    where = fault.params.get("where", {})
    column = decision.inputs[where["input"]] if "input" in where else decision.outputs[where.get("output", 0)]
    place = {"decision": decision.name, "column": column or decision.name, "reason": params.pop("reason", "")}
    if "rule" in where and not decision.literal:
        message = "In decision {decision}, rule {rule}, column {column}: “{expression}” has no answer. {reason}"
        return ExpressionFailed(message, fault.expression, **place, rule=where["rule"] + 1)
    message = "In decision {decision}, column {column}: “{expression}” has no answer. {reason}"
    return ExpressionFailed(message, fault.expression, **place)


def _output(decision: Decision, fired: Fired) -> Value:
    if len(decision.outputs) == 1:
        return fired.outputs[0]
    return dict(zip(decision.outputs, fired.outputs, strict=True))


def _one(decision: Decision, fired: Sequence[Fired]) -> Value:
    first = fired[0]
    for other in fired[1:]:
        rules: dict[str, Any] = {"decision": decision.name, "first": first.rule + 1, "second": other.rule + 1}
        if decision.policy == "UNIQUE":
            message = "In decision {decision} the rules {first} and {second} both apply, but only one may."
            raise Invalid(message, **rules)
        if dump(list(first.outputs)) != dump(list(other.outputs)):
            message = "In decision {decision} the rules {first} and {second} both apply, with different results."
            raise Invalid(message, **rules)
    return _output(decision, first)


def _ordered(decision: Decision, fired: Sequence[Fired], evaluator: Evaluator) -> list[Fired]:
    """By the place of each output in its list of allowed values; the order of the rules where they are equal."""
    lists = evaluator.evaluate([f"[{column.allowed}]" for column in decision.table.outputs], {})
    ranks: list[dict[Any, int]] = [
        {dump(value): place for place, value in enumerate(allowed)} for allowed in lists if isinstance(allowed, list)
    ]

    def rank(each: Fired) -> list[int]:
        pairs = zip(ranks, each.outputs, strict=True)
        return [places.get(dump(value), len(places)) for places, value in pairs]

    return sorted(fired, key=rank)


def _nothing(decision: Decision, context: Mapping[str, Value], evaluator: Evaluator) -> Value:
    """The result when no rule fires."""
    if decision.aggregation == "COUNT":
        return 0
    if not decision.defaults:
        return [] if decision.gives_list else None
    values = dict(zip(decision.defaults, evaluator.evaluate(list(decision.defaults.values()), context), strict=True))
    outputs = tuple(values.get(name) for name in decision.outputs)
    found = _output(decision, Fired(-1, outputs))
    return [found] if decision.gives_list else found


def _aggregated(decision: Decision, values: Sequence[Value]) -> Value:
    if not decision.aggregation:
        return list(values)
    if decision.aggregation == "COUNT":
        return len(values)
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) != len(values):
        message = "In decision {decision} an output is not a number, so there is no {aggregation}."
        raise Invalid(message, decision=decision.name, aggregation=decision.aggregation)
    total: float = {"SUM": sum, "MIN": min, "MAX": max}[decision.aggregation](numbers)  # type: ignore[operator]
    return int(total) if float(total).is_integer() else total
