"""Throwing events (BPMN 10.5.5, 10.5.6, 13.5): intermediate throw events, end events, send tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from engine.bpmn.diagram import Element, EventDefinition
from engine.interpreter import compensation, events, keys, timer
from engine.interpreter.activities import Activity
from engine.interpreter.mapping import content, map_outputs, own_values
from engine.interpreter.progress import Thrown, Value
from engine.interpreter.states import Stuck
from engine.interpreter.steps import ScopeSpec, Step, Token
from engine.interpreter.tasks import drop_job, want_job

_ORDER: Final = ("message", "signal", "escalation", "compensate", "error", "cancel", "terminate")
"""What is thrown together is thrown in this order: what ends the scope of the throw comes after all else."""


class Throw(Step):
    """Throws its events one after another; ``detail["i"]`` is the one whose turn it is, should it have to wait in
    between.
    """

    def __init__(self, scope: ScopeSpec, element: Element) -> None:
        super().__init__(scope, element)
        self.throws = max(map(_rank, element.events), default=1)

    def enter(self, token: Token) -> None:
        """Throw."""
        token.next("begin")

    def begin(self, token: Token) -> None:
        """Throw what has not been thrown yet, as long as the token stands and need not wait."""
        definitions = self.order()
        while token.alive and token.detail.get("i", 0) < len(definitions):
            index = token.detail.get("i", 0)
            if not self.throw(token, definitions[index]):
                return
            token.detail["i"] = index + 1
        if token.alive:
            token.detail.pop("i", None)
            token.next("leave")

    def leave(self, token: Token) -> None:
        """Map outputs."""
        map_outputs(token)
        token.close_own()
        token.next("flow")

    def order(self) -> Sequence[EventDefinition]:
        """Its events as they are thrown."""
        return sorted(self.element.events, key=_rank)

    def throw(self, token: Token, definition: EventDefinition) -> bool:
        """Throw one event; whether the token may go on at once."""
        kind, run, place = definition.kind, token.run, token.place
        if kind == "message":
            return self._message(token, definition)
        if kind == "signal":
            self._signal(token, definition)
        elif kind == "escalation":
            self._escalation(token, definition)
        elif kind == "error":
            self._error(token, definition)
        elif kind == "terminate":
            run.clear(place, but=token)
            if place.host is None:
                run.end("terminated", self.bpmn_id)
        elif kind == "compensate":
            token.detail["i"] = token.detail.get("i", 0) + 1
            return compensation.throw(token, definition.activity_ref, wait=definition.wait_for_completion)
        elif kind == "cancel":
            run.clear(place, but=token)
            if compensation.throw(token, None, wait=True):
                self._cancelled(token)
            return False
        return True

    def compensated(self, token: Token) -> None:
        """All is undone: go on, or, after a cancel end event, leave the transaction by its border."""
        index = token.detail.get("i", 0)
        if index < len(self.order()) and self.order()[index].kind == "cancel":
            self._cancelled(token)
        else:
            token.resume("begin")

    def done(self, token: Token) -> None:
        """The connector has sent the message."""
        token.detail.pop("job", None)
        token.detail["i"] = token.detail.get("i", 0) + 1
        token.resume("begin")

    def release(self, token: Token) -> None:
        """A message that a connector has not sent yet is not sent."""
        self.revoke(token)
        super().release(token)

    def revoke(self, token: Token) -> None:
        """The connector's work is not wanted any more."""
        drop_job(token)

    def _message(self, token: Token, definition: EventDefinition) -> bool:
        if self.element.job is not None:
            want_job(token, content(token))
            return False
        throw_message(token, definition, content(token))
        return True

    def _signal(self, token: Token, definition: EventDefinition) -> None:
        carried = content(token)
        name = keys.text(token.attributes([definition.name])[0], "signalRef", self.bpmn_id)
        token.run.facts.append(Thrown(token.number, self.bpmn_id, "signal", name, content=carried))
        events.signal(token.run, name, carried)

    def _escalation(self, token: Token, definition: EventDefinition) -> None:
        carried, code = content(token), _code(token, definition)
        found = events.catcher(token, "escalation", code, own=False)
        if found is None:
            token.run.facts.append(Thrown(token.number, self.bpmn_id, "escalation", code, content=carried))
            return
        if not self.ways:
            self._go(token)
        armed, one = found
        armed.step.came(armed, one, carried)

    def _error(self, token: Token, definition: EventDefinition) -> None:
        carried, code = content(token), _code(token, definition)
        found = events.catcher(token, "error", code, own=False)
        if found is None and not token.run.called:
            raise Stuck(
                "Nothing catches the error {code} that {element} throws.", code=code or "", element=self.bpmn_id
            )
        self._go(token)
        if found is None:
            uncaught(token, code, carried)
            return
        armed, one = found
        armed.step.came(armed, one, carried)

    def _cancelled(self, token: Token) -> None:
        """The transaction is left by the cancel event on its border (BPMN 13.5.6); compile refuses one without.

        The border of a transaction that repeats is that of all its passes.
        """
        host = token.place.host
        if host is not None and host.place.steps.model is None:
            host = host.place.host
        self._go(token)
        found = (
            None
            if host is None
            else next(
                (
                    (event, one)
                    for event in host.attached
                    for one in event.detail.get("arms", ())
                    if one["k"] == "cancel"
                ),
                None,
            )
        )
        if found is not None:
            found[0].step.came(found[0], found[1], None)

    def _go(self, token: Token) -> None:
        """The visit is over before what it throws interrupts the scope around it."""
        token.ways = ()
        token.complete()


class Send(Throw, Activity):
    """A send task without connector (BPMN 10.3.3.2): throws its message as an event does, with a border as an
    activity has.
    """

    enter = Activity.enter
    leave = Activity.leave
    flow = Activity.flow

    def begin(self, token: Token) -> None:
        """Send."""
        throw_message(token, self.element.events[0], own_values(token))
        token.next("leave")


def throw_message(token: Token, definition: EventDefinition, carried: dict[str, Value]) -> None:
    """A message leaves; name, key, time to live and content as the diagram says, nothing else."""
    element = token.step.bpmn_id
    name, key, ttl = token.attributes([definition.name, definition.key, definition.ttl])
    token.run.facts.append(
        Thrown(
            token.number,
            element,
            "message",
            keys.text(name, "messageRef", element),
            None if definition.key is None else keys.text(key, "correlationKey", element),
            _lifetime(token, ttl),
            carried,
        )
    )


def uncaught(token: Token, code: str | None, carried: Mapping[str, Value]) -> None:
    """Nobody in a called instance takes the error: it ends, and the caller is told."""
    run = token.run
    place = token.place
    while place.host is not None:
        place = place.host.place
    run.clear(place)
    run.end("error", token.step.bpmn_id, code, carried)


def _rank(definition: EventDefinition) -> int:
    """From 1 on."""
    return 1 + _ORDER.index(definition.kind)


def _lifetime(token: Token, ttl: Value) -> timedelta | None:
    if ttl is None or ttl == "":
        return None
    context = token.run.context
    return timer.span(ttl).after(context.now, context.zone) - context.now


def _code(token: Token, definition: EventDefinition) -> str | None:
    code = token.attributes([definition.name])[0]
    return None if code is None else keys.text(code, f"{definition.kind}Ref", token.step.bpmn_id)
