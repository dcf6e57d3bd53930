"""``deadline.reckon``: the day on which a rule of the table of deadlines falls due, counted from a day the case knows.

The property ``deadline`` of an element counts from now; what must be done before an event is counted from the event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from engine import calendar, policy
from engine.connectors.work import BusinessError, Declaration, Declared, Values, Work
from engine.errors import Problem
from engine.policy import Policy


def reckon(work: Work) -> Values:
    """Count from the given day."""
    rules, zone = policy.current(work.command.connection), work.command.runtime.zone
    rule, base = rules.deadlines.get(work.header("deadline")), work.moment("from")
    if rule is None:
        raise BusinessError("headers", "There is no deadline {deadline}.", deadline=work.header("deadline"))
    if base is None:
        raise BusinessError("input", "{element} is given no day to count from.", element=work.element)
    return {"date": calendar.due(rule, base, rules.calendar, zone).at.astimezone(ZoneInfo(zone)).date()}


def _judge(headers: Mapping[str, str], _inputs: Sequence[str], rules: Policy) -> list[Problem]:
    key = headers.get("deadline", "").strip()
    if key in rules.deadlines:
        return []
    known = ", ".join(rules.deadlines)
    return [
        Problem(
            "header deadline", "There is no deadline {deadline}. Known: {known}.", {"deadline": key, "known": known}
        )
    ]


RECKON = Declaration(
    "deadline.reckon",
    "Counts a deadline from a day that the case knows.",
    headers={"deadline": Declared("key of the rule in the table of deadlines", required=True)},
    inputs={"from": Declared("date or moment it is counted from", required=True)},
    outputs={"date": "the day on which it falls due"},
    judge=_judge,
)
