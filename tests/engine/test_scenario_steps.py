"""What a scenario's file says once may stand for several steps."""

from __future__ import annotations

import pytest

from engine import scenario
from engine.errors import Invalid

HEAD = 'title = "leave"\n[start]\nprocess = "leave"\nby = "ida"\n'


def steps(text: str) -> list[dict[str, object]]:
    return [dict(step) for step in scenario.read((HEAD + text).encode()).steps]


def test_a_step_is_taken_once_a_row_with_its_names_replaced() -> None:
    told = '[[step]]\ntask = "ask"\nby = "{who}"\neach = [{ who = "ida", days = 3 }, { who = "bo", days = 4 }]\n'
    told += 'submit = { days = "{days}", reason = "{days} days for {who}, {other}" }\n'
    assert steps(told) == [
        {"task": "ask", "by": "ida", "submit": {"days": 3, "reason": "3 days for ida, {other}"}},
        {"task": "ask", "by": "bo", "submit": {"days": 4, "reason": "4 days for bo, {other}"}},
    ]


def test_several_steps_are_taken_in_turn_for_each_row() -> None:
    told = '[[step]]\neach = [{ who = "ida" }, { who = "bo" }]\n'
    told += 'do = [{ task = "ask", by = "{who}" }, { clock = "P1D" }]\n'
    assert steps(told) == [
        {"task": "ask", "by": "ida"},
        {"clock": "P1D"},
        {"task": "ask", "by": "bo"},
        {"clock": "P1D"},
    ]


def test_a_word_that_no_step_knows_is_refused_inside_of_several_too() -> None:
    with pytest.raises(Invalid, match="wait"):
        steps('[[step]]\neach = [{ who = "ida" }]\ndo = [{ task = "ask", wait = 3 }]\n')
