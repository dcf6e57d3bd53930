"""What V8 answers by code, said as sentences that name the expression and the name in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import ExpressionFailed, Problem

_SENTENCES = {
    # found by reading
    "too-long": "The expression is {length} characters long; {limit} are allowed.",
    "unexpected": "“{found}” cannot stand here.",
    "unfinished": "The expression ends too early.",
    "full-width": "“{found}” is a full-width character; FEEL needs the half-width one.",
    "no-left-side": "“{found}” has nothing on its left; equality is written with a single =.",
    "swallowed": "“{text}” is taken as one thing here. Put the comparison before “and” or “or” in parentheses.",
    "no-function": "There is no function “{name}”.",
    "reserved": "The name “{name}” is reserved.",
    "instance-of": "“instance of” is not supported.",
    "external": "A function cannot be external.",
    "question-mark": "“?” has a meaning only in a cell of a decision table.",
    "date-as-text": "{text} is a text; a date is written @{text}.",
    "name": "The names {name} cannot be used together.",
    # found by running
    "no-variable": "There is no variable “{name}” here.",
    "no-entry": "There is no “{name}” in what stands before it.",
    "parameters": "The function is called with parameters it does not have.",
    "mistyped": "A {left} and a {right} cannot be computed with one another.",
    "mismatch": "A {left} and a {right} cannot be compared or computed with one another.",
    "arguments": "The function “{name}” cannot be used with ({kinds}).",
    "position": "The function “{name}” has no position {position} in something of length {length}.",
    "not-numeric": "The text “{text}” is not a number.",
    "not-boolean": "What decides must be true or false; it is a {kind}.",
    "not-a-number": "The result is not a finite number.",
    "not-a-value": "The result is a {kind}, which cannot be kept.",
    "mixed-duration": "The duration {text} mixes months with days, or is no whole number of months.",
    "hours-on-date": "The duration {text} has hours; it cannot be added to a date.",
    "too-far": "The {kind} lies too far away.",
    "zoned-time": "A time of day with a zone cannot be kept.",
    "first-of-1900": "The date 1900-01-01 cannot be used in FEEL.",
    "no-calendar": "There is no calendar of working days here.",
    "outside-calendar": "The calendar of working days does not reach the year {year}.",
    "typed": "The table expects {type}; the value is a {found}.",
    "not-allowed": "{value} is not among the allowed values {allowed}.",
    "too-deep": "The expression or its result is nested too deeply.",
    "time": "The expression takes too long.",
    "time-together": "The expressions of one step after another take more than {limit} seconds together.",
    "memory": "The expression needs too much memory.",
    "too-large": "The values the expression needs are larger than {limit} characters.",
    "value": "The variable “{name}” holds something FEEL cannot compute with.",
    "undecided": "What decides must be true or false; it is {value}.",
    "no-date": "There is no such date, time or duration.",
    "no-order": "Only numbers, texts, dates, times and durations are greater or less than one another.",
    "failed": "It cannot be evaluated with these values.",
}


def sentence(code: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The sentence for a code, and its parameters; a code without a sentence is a fault of ours and says so."""
    if code == "unreadable":
        return sentence(params["code"], params["params"])
    if code in _SENTENCES:
        return _SENTENCES[code], {"detail": "V8", **params} if code == "failed" else dict(params)
    return _SENTENCES["failed"], {"detail": code}


def problem(text: str, code: str, at: int, params: Mapping[str, Any]) -> Problem:
    """A problem at the place `at` of an expression, which counts UTF-16 units from 0 as V8 does."""
    message, filled = sentence(code, params)
    before = text.encode("utf-16-le")[: 2 * at].decode("utf-16-le", "ignore")
    return Problem(f"character {len(before) + 1}", message, filled)


def failed(expression: str, code: str, params: Mapping[str, Any]) -> ExpressionFailed:
    """The error that an expression has no answer: one sentence with the expression in it, and why."""
    message, filled = sentence(code, params)
    return ExpressionFailed(_FAILED + message, expression, **{**filled, "reason": message.format(**filled)})


_FAILED = "“{expression}” has no answer. "

MESSAGES = (*_SENTENCES.values(), *(_FAILED + each for each in _SENTENCES.values()))
"""Every sentence, for those who translate."""
