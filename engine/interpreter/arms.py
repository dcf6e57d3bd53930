"""Arming: what a token waits for, as plain values in ``detail["arms"]``.

Each is a dict with ``n`` the arm's number, ``d`` the index of its definition, ``k`` its kind, and what that kind needs:
``name`` and ``key`` (message, signal, error, escalation), ``was`` (a condition's last answer), ``due every left text
start passed`` (a timer; times in microseconds). Timers, messages and signals are facts, for whoever brings them; the
others concern nobody outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from engine.bpmn.diagram import EventDefinition
from engine.interpreter import keys, timer
from engine.interpreter.marking import Detail
from engine.interpreter.progress import ArmClosed, Subscribed, TimerOpened, Value
from engine.interpreter.states import WAITING
from engine.interpreter.steps import Token

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OUTSIDE = ("timer", "message", "signal")


def arm(token: Token, definitions: Sequence[EventDefinition], *, but: int | None = None) -> None:
    """Wait for these events, save the one at index ``but``.

    Everything that can fail is worked out, in one call, before anything changes.
    """
    texts = [text for d in definitions for text in (d.name, d.key, d.expression if d.kind == "timer" else None)]
    values = token.attributes(texts)
    wanted = [(index, definition) for index, definition in enumerate(definitions) if index != but]
    arms = [_arm(token, index, each, *values[3 * index : 3 * index + 3]) for index, each in wanted]
    stood = token.detail.pop("stood", None)
    if stood is not None:
        # A step that was taken back: what it waited for goes on as it was set, what had come has come.
        arms = [each for each in arms if each["k"] != "timer"] + stood
    token.wait(WAITING)
    token.detail["arms"] = []
    for one in arms:
        add(token, one)


def _arm(token: Token, index: int, definition: EventDefinition, name: Value, key: Value, time: Value) -> Detail:
    kind = definition.kind
    found: Detail = {"d": index, "k": kind}
    if kind in ("message", "signal"):
        found["name"] = keys.text(name, f"{kind}Ref", token.step.bpmn_id)
    if kind == "message" and definition.key is not None:
        found["key"] = keys.text(key, "correlationKey", token.step.bpmn_id)
    if kind in ("error", "escalation") and definition.has_ref:
        found["name"] = keys.text(name, f"{kind}Ref", token.step.bpmn_id)
    if kind == "timer":
        context = token.run.context
        schedule = timer.first(definition.time_form or "", time, context.now, context.zone)
        found.update(timed(schedule))
    return found


def timed(schedule: timer.Schedule) -> Detail:
    """A timer's schedule as plain values."""
    found: Detail = {"due": (schedule.due - _EPOCH) // timedelta(microseconds=1), "text": schedule.text}
    if schedule.every is not None:
        found.update(every=schedule.every, left=schedule.left)
    if schedule.start is not None:
        found.update(start=(schedule.start - _EPOCH) // timedelta(microseconds=1), passed=schedule.passed)
    return found


def schedule(one: Detail) -> timer.Schedule:
    """The schedule of a timer's arm."""
    due = _EPOCH + timedelta(microseconds=one["due"])
    start = _EPOCH + timedelta(microseconds=one["start"]) if "start" in one else None
    return timer.Schedule(due, one["text"], one.get("every"), one.get("left", 1), start, one.get("passed", 0))


def add(token: Token, one: Detail) -> None:
    """Put one arm in place under a number that the token has not used."""
    one["n"] = token.detail["last"] = token.detail.get("last", 0) + 1
    token.detail["arms"].append(one)
    element, kind = token.step.bpmn_id, one["k"]
    if kind == "timer":
        token.run.facts.append(TimerOpened(token.number, one["n"], element, schedule(one).due, one["text"]))
    elif kind == "message":
        token.run.facts.append(Subscribed(token.number, one["n"], element, "message", one["name"], one.get("key")))
    elif kind == "signal":
        token.run.facts.append(Subscribed(token.number, one["n"], element, "signal", one["name"]))
    elif kind == "conditional":
        token.run.watch(token)


def disarm(token: Token) -> None:
    """Nothing is waited for any more."""
    for one in token.detail.pop("arms", ()):
        if one["k"] in OUTSIDE:
            token.run.facts.append(ArmClosed(token.number, one["n"], "withdrawn"))
    token.detail.pop("last", None)
