"""What tests of FEEL share: one evaluator at a moment in Shanghai, and ways to ask it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.calendar import Calendar
from engine.errors import ExpressionFailed
from engine.feel import Evaluator, Value

ZONE = "Asia/Shanghai"
# Half past seven on 1 April in Shanghai, while Greenwich still has 31 March.
NOW = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)


def evaluator(calendar: Calendar | None = None) -> Evaluator:
    return Evaluator(NOW, ZONE, calendar)


def value(expression: str, calendar: Calendar | None = None, /, **context: Value) -> Any:
    """The value of one expression."""
    return evaluator(calendar).evaluate([expression], context)[0]


def holds(cell: str, input: Value, /, **context: Value) -> bool:
    """Whether a cell of a decision table holds."""
    return evaluator().unary([(cell, input)], context)[0]


def refusal(expression: str, calendar: Calendar | None = None, /, **context: Value) -> str:
    """Why an expression has no answer."""
    with pytest.raises(ExpressionFailed) as failed:
        value(expression, calendar, **context)
    assert failed.value.expression == expression
    return str(failed.value.params["reason"])
