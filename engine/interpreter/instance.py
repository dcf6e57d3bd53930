"""One instance in memory for the length of one command, and the bounded loop that moves it.

The loop is ours, not the library's: first come, first served; a token is looked at again when its turn comes, because
something may have interrupted it; conditions are judged as soon as a variable has changed; and when nothing is ready
any more, scopes without tokens end, innermost first, then joins that wait for what can still come are judged. What
throws comes last of all: whatever waits is armed before anything is thrown, so that no branch misses its neighbour.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.errors import Conflict, EngineError, ExpressionFailed, Invalid, NotFound
from engine.interpreter import compensation, events, marking
from engine.interpreter.compile import Spec
from engine.interpreter.marking import Detail, State
from engine.interpreter.progress import (
    Ended,
    Entered,
    Erased,
    Fact,
    IncidentClosed,
    IncidentOpened,
    Outcome,
    Progress,
    Value,
    Written,
)
from engine.interpreter.scope import Context, Variables
from engine.interpreter.states import FUTURE, READY, Stuck
from engine.interpreter.steps import Place, ScopeSpec, Step, Token

_NO_SCRIPTS: Final = object()
"""Stands where the library would make a Python script engine: expressions are FEEL here, and nothing else runs."""


class SubScope(Place, BpmnSubWorkflow):  # type: ignore[misc]
    """What is open inside one token."""

    def __init__(self, instance: Instance, spec: ScopeSpec, host: Token, number: int) -> None:
        self.number, self.host, self.steps, self.run = number, host, spec, instance
        self.done, self.detail, self.result = [], {}, None
        super().__init__(spec, host.number, instance, deserializing=True)


class Instance(Place, BpmnWorkflow):  # type: ignore[misc]
    """An instance: its own place, and the run of one command."""

    def __init__(self, spec: Spec, context: Context, *, body: str | None = None, called: bool = False) -> None:
        self.definition = spec
        self.context = context
        self.variables = Variables(context.values)
        self.facts: list[Fact] = []
        self.body, self.called = body, called or body is not None
        self.ended: Ended | None = None
        self._how: tuple[Literal["completed", "terminated", "error"], str | None, str | None] = (
            "completed",
            None,
            None,
        )
        self._carried: Mapping[str, Value] = {}
        self._following = 1
        self._taken = 0
        self._tokens: dict[int, Token] = {}
        self._queue: deque[Token] = deque()
        self._throwing: list[Token] = []
        self._idle: dict[int, Place] = {}
        self._joins: dict[tuple[int, str], tuple[Place, Step]] = {}
        self._watching: dict[int, Token] = {}
        self._changed: set[str] = set()
        self.number, self.host, self.run = 0, None, self
        self.steps = spec.root if body is None else spec.body(body)
        self.done, self.detail, self.result = [], {}, None
        self._idle[0] = self
        super().__init__(self.steps, None, _NO_SCRIPTS, deserializing=True)

    # -- what steps ask (steps.Run)

    def names(self, expression: str) -> frozenset[str]:
        """The names an expression needs."""
        return self.definition.names(expression)

    def next_number(self) -> int:
        """The next number of a token or scope."""
        number, self._following = self._following, self._following + 1
        return number

    def enqueue(self, token: Token, *, next_up: bool = False) -> None:
        """Let the loop take the token."""
        if next_up:
            self._queue.appendleft(token)
        else:
            self._queue.append(token)

    def park(self, place: Place, step: Step, state: int, **detail: Any) -> Token:
        """A new token that does not run by itself."""
        token = Token(place, step, self.next_number(), state, detail)
        self._tokens[token.number] = token
        self.facts.append(Entered(token.number, step.bpmn_id, place.number, step.around))
        return token

    def arrive(self, place: Place, step: Step, **detail: Any) -> Token:
        """A new token at a step, ready."""
        token = self.park(place, step, FUTURE, **detail)
        step._update(token)
        return token

    def remove(self, token: Token) -> None:
        """The token is gone; its place may have come to its end."""
        token.place.tasks.pop(token.number, None)
        self._tokens.pop(token.number, None)
        self._watching.pop(token.number, None)
        self._idle[token.place.number] = token.place

    def cancel(self, token: Token, outcome: Outcome | None = None) -> None:
        """End the token and all that hangs on it."""
        if not token.alive:
            return
        aside = any(key in token.detail for key in ("host", "group", "passive"))
        token.outcome = outcome or ("withdrawn" if aside else "cancelled")
        if token.has_state(TaskState.FINISHED_MASK):
            token.step._on_cancel(token)
        else:
            token.cancel()

    def open(self, host: Token, spec: ScopeSpec, number: int) -> Place:
        """A new place inside a token, empty."""
        place = SubScope(self, spec, host, number)
        self.subprocesses[number] = place
        host.inside = place
        self._idle[number] = place
        return place

    def close(self, place: Place) -> None:
        """End whatever is left in a place inside a token, and the place itself."""
        self.clear(place)
        if place.host is not None:
            self.subprocesses.pop(place.number, None)
            place.host.inside = None

    def clear(self, place: Place, but: Token | None = None) -> None:
        """End the tokens of a place; it starts nothing more by itself."""
        place.detail = {"over": 1} if place.steps.one_by_one else {}
        for token in list(place.tasks.values()):
            if token is not but:
                self.cancel(token)

    def put(self, scope: int, name: str, value: Value) -> None:
        """Give a variable of one scope a new value; conditions that wait for it are looked at before the next step."""
        self.variables.put(scope, name, value)
        self.facts.append(Written(scope, name, value))
        if self.definition.conditional:
            self._changed.add(name)

    def erase(self, scope: int, name: str) -> None:
        """A variable of one scope is no longer there."""
        self.variables.erase(scope, name)
        self.facts.append(Erased(scope, name))
        if self.definition.conditional:
            self._changed.add(name)

    def prefetch(self, after: str, chain: Sequence[int], given: Mapping[str, Value]) -> None:
        """Have worked out, in one call, what is asked after an element if variables stay as they are now."""
        expressions, places = self.definition.after(after)
        if places > 1:
            names = frozenset[str]().union(*map(self.names, expressions))
            known = {**self.variables.find(chain, names - given.keys()), **given}
            self.context.evaluator.prefetch([text for text in expressions if text not in known], known)

    def look_at(self, place: Place, step: Step) -> None:
        """A join is to be judged once everything else rests."""
        self._joins[place.number, step.bpmn_id] = (place, step)

    def watch(self, token: Token) -> None:
        """The token waits for conditions, which may hold already."""
        self._watching[token.number] = token
        self._changed.add("")

    def rewatch(self, token: Token) -> None:
        """The token still waits for conditions."""
        self._watching[token.number] = token

    def find(self, number: int) -> Token | None:
        """An open token."""
        return self._tokens.get(number)

    def get_task_from_id(self, task_id: int) -> Token:
        """An open token, for the library."""
        return self._tokens[task_id]

    def everyone(self) -> Iterator[Token]:
        """All open tokens, oldest first."""
        return iter(sorted(self._tokens.values(), key=lambda token: token.number))

    def end(
        self,
        how: Literal["terminated", "error"],
        element: str,
        code: str | None = None,
        carried: Mapping[str, Value] | None = None,
    ) -> None:
        """The instance ends in this way once it comes to rest."""
        self._how, self._carried = (how, element, code), carried or {}

    # -- the loop

    def settle_down(self) -> None:
        """Move until nothing moves by itself any more."""
        while True:
            while self._queue:
                token = self._queue.popleft()
                if token.alive and token.has_state(READY):
                    if token.stage == "begin" and token.step.throws:
                        self._throwing.append(token)
                    else:
                        self._advance(token)
            if not self._settle() and not self._throw():
                return

    def _throw(self) -> bool:
        """Nothing else moves: throw all there is to throw, before anything goes on; whether there was something.

        What interrupts nothing comes first; among equals the element's id decides, not its place in the file.
        """
        batch, self._throwing = self._throwing, []
        for token in sorted(batch, key=lambda token: (token.step.throws, token.bpmn_id, token.number)):
            if token.alive and token.has_state(READY):
                self._advance(token)
        return bool(batch)

    def _advance(self, token: Token) -> None:
        """One stage of one token."""
        if self._changed:
            self._judge()
            if not token.alive:
                return
        if token.stage == "enter":
            self._taken += 1
        try:
            if self._taken > self.context.limit:
                raise Stuck(
                    "More than {limit} automatic steps in a row; retry goes on from here.", limit=self.context.limit
                )
            getattr(token.step, token.stage)(token)
        except (Invalid, NotFound) as error:
            self.fail(token, error)

    def fail(self, token: Token, error: EngineError) -> None:
        """Open an incident: the token stays where it is, at the stage that failed, with what has been handed to it."""
        token.detail["stage"] = token.stage
        if token.results is not None:
            token.detail["held"] = self.next_number()
            token.open_scope(token.detail["held"], token.results)
        token.error()
        expression = error.expression if isinstance(error, ExpressionFailed) else None
        self.facts.append(IncidentOpened(token.number, token.step.bpmn_id, error.message, error.params, expression))

    def recover(self, token: Token) -> None:
        """Close the token's incident."""
        if "stage" in token.detail:
            token.stage = token.detail.pop("stage")
            self.facts.append(IncidentClosed(token.number))
        if "held" in token.detail:
            held = token.detail.pop("held")
            token.results = self.variables.contents(held)
            token.close_scope(held)

    def _judge(self) -> bool:
        """Look at the conditions that wait for what has changed."""
        names, self._changed = self._changed, set()
        return events.conditions(self, list(self._watching.values()), names)

    def _settle(self) -> bool:
        """Nothing is ready any more; whether that makes anything move."""
        if self._changed and self._judge():
            return True
        for place in sorted(self._idle.values(), key=lambda place: -place.depth):
            del self._idle[place.number]
            if self._end(place):
                return True
        for key, (place, step) in list(self._joins.items()):
            del self._joins[key]
            if step.judge(place):
                return True
        return False

    def _end(self, place: Place) -> bool:
        """End a place in which no token stands; whether there was one."""
        if place is not self and self.subprocesses.get(place.number) is not place:
            return False
        if self.ended is not None or next(place.standing(), None) is not None:
            return False
        if place.steps.go_on(place):
            return True
        host = place.host
        self.close(place)
        if host is None:
            how, element, code = self._how
            self.ended = Ended(how, element, code, place.result, self._carried)
        elif "undo" in host.detail:
            compensation.undone(host)
        else:
            host.step.emptied(host, place)
        return True

    # -- in and out

    def progress(self) -> Progress:
        """Move as far as it goes, and say what happened."""
        self.settle_down()
        return Progress(marking.encode(self.state()), tuple(self.facts), self.ended)

    def state(self) -> State:
        """What the marking holds."""
        return State(
            self.body, self.called, self._following, [_row(place) for place in (self, *self.subprocesses.values())]
        )

    @classmethod
    def restore(cls, spec: Spec, blob: bytes, context: Context) -> Instance:
        """The instance of a marking."""
        state = marking.decode(blob)
        instance = cls(spec, context, body=state.body, called=state.called)
        instance._following = state.following
        for number, host, detail, done, tokens in state.scopes:
            instance._fill(instance._place(number, host), detail, done, tokens)
        return instance

    def _place(self, number: int, host: int) -> Place:
        if not number:
            return self
        token = self._tokens[host]
        if token.step.inner is None:
            raise Conflict(
                "The marking has a scope in {element}, which has none in this diagram.", element=token.step.bpmn_id
            )
        place = self.open(token, token.step.inner, number)
        del self._idle[number]
        return place

    def _fill(self, place: Place, detail: Detail | None, done: list[Detail] | None, tokens: list[list[Any]]) -> None:
        place.detail, place.done = detail or {}, done or []
        for number, element, state, more in tokens:
            step = place.steps.by_id.get(element)
            if step is None:
                raise Conflict("The marking has a token at {element}, which is not in this diagram.", element=element)
            token = Token(place, step, number, state, more)
            self._tokens[number] = token
            step.restored(token)
        for element in place.detail.get("rounds", ()):
            self.look_at(place, place.steps.by_id[element])


def _row(place: Place) -> list[Any]:
    host = 0 if place.host is None else place.host.number
    tokens = [[token.number, token.step.bpmn_id, token._state, token.detail or None] for token in place.tasks.values()]
    return [place.number, host, place.detail or None, place.done or None, tokens]
