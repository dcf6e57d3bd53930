"""What one Progress both begins and ends: it is told, but it leaves nothing that is open, and nobody is asked for it.

Branches move in one command: one may open a task, want a connector or children and arm an event, and the next may
interrupt all of it before anybody could see it. Rows are written table by table, what is gone before what is new; so
what comes and goes within a Progress is recognised here, before there are rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from engine.interpreter import progress as p

_OPENS: dict[type, str] = {
    p.TaskOpened: "task",
    p.TimerOpened: "arm",
    p.Subscribed: "arm",
    p.JobWanted: "job",
    p.CallWanted: "children",
    p.FanWanted: "children",
    p.IncidentOpened: "incident",
}
_CLOSES: dict[type, str] = {
    p.TaskClosed: "task",
    p.ArmClosed: "arm",
    p.JobDropped: "job",
    p.ChildrenDropped: "children",
    p.IncidentClosed: "incident",
}


def passing(facts: Iterable[p.Fact]) -> frozenset[int]:
    """Identities (``id``) of the facts that open or close what these facts both open and close."""
    open_: dict[Hashable, int] = {}
    found: set[int] = set()
    for fact in facts:
        if (opens := _OPENS.get(type(fact))) is not None:
            open_[_key(opens, fact)] = id(fact)
        elif (closes := _CLOSES.get(type(fact))) is not None:
            begun = open_.pop(_key(closes, fact), None)
            if begun is not None:
                found |= {begun, id(fact)}
    return frozenset(found)


def _key(kind: str, fact: Any) -> Hashable:
    return kind, fact.token, getattr(fact, "arm", None)
