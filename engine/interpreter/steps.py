"""Tokens, the places they stand in, and what every element does to a token.

SpiffWorkflow gives the token with its states, the step with its hooks, and the graph of steps. Five hooks are ours:
nothing is predicted, an arriving token is ready at once, a ready token is queued, a completed one makes its
successors and is gone, a cancelled one takes with it what hangs on it. So a place holds its open tokens and nothing
else, whatever happened before.

A token goes through up to four stages: ``enter`` (map inputs, put boundary events in place), ``begin`` (do what the
element does), ``leave`` (map outputs), ``flow`` (choose flows). Each works out all that can fail before it changes
anything: a failed stage can be tried again without doing anything twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.task import Task

from engine import feel
from engine.bpmn.diagram import Element, Flow, Scope
from engine.errors import EngineError
from engine.interpreter import choosing
from engine.interpreter.marking import Detail
from engine.interpreter.progress import Fact, Left, Outcome, Value
from engine.interpreter.scope import Context, Sight, Variables
from engine.interpreter.states import WAITING, Stage, Stuck


class Run(Protocol):
    """What steps may ask of the running instance (``instance.Instance``)."""

    context: Context
    variables: Variables
    facts: list[Fact]
    called: bool

    def names(self, expression: str) -> frozenset[str]:
        """The names an expression needs."""

    def next_number(self) -> int:
        """The next number of a token or scope."""

    def enqueue(self, token: Token, *, next_up: bool = False) -> None:
        """Let the loop take the token, ahead of all others if it is only going on."""

    def arrive(self, place: Place, step: Step, **detail: Any) -> Token:
        """A new token at a step, ready."""

    def park(self, place: Place, step: Step, state: int, **detail: Any) -> Token:
        """A new token that does not run by itself."""

    def remove(self, token: Token) -> None:
        """The token is gone."""

    def cancel(self, token: Token, outcome: Outcome | None = None) -> None:
        """End the token and all that hangs on it; ``None`` lets the step say how."""

    def open(self, host: Token, spec: ScopeSpec, number: int) -> Place:
        """A new place inside a token, empty."""

    def close(self, place: Place) -> None:
        """End whatever is left in a place inside a token, and the place itself."""

    def clear(self, place: Place, but: Token | None = None) -> None:
        """End the tokens of a place."""

    def put(self, scope: int, name: str, value: Value) -> None:
        """Give a variable of one scope a new value."""

    def look_at(self, place: Place, step: Step) -> None:
        """A join is to be judged once everything else rests."""

    def watch(self, token: Token) -> None:
        """The token waits for conditions."""

    def rewatch(self, token: Token) -> None:
        """The token still waits for conditions."""

    def fail(self, token: Token, error: EngineError) -> None:
        """Open an incident."""

    def recover(self, token: Token) -> None:
        """Close the token's incident, if it has one."""

    def find(self, number: int) -> Token | None:
        """An open token."""

    def everyone(self) -> Iterator[Token]:
        """All open tokens, the instance's own first."""

    def end(
        self,
        how: Literal["terminated", "error"],
        element: str,
        code: str | None = None,
        carried: Mapping[str, Value] | None = None,
    ) -> None:
        """The instance ends in this way once it comes to rest."""


class Way(NamedTuple):
    """A flow and the step it leads to."""

    flow: Flow
    target: Step


class Place:
    """Where tokens stand together: the instance, an open sub-process, one pass of a loop.

    Attributes:
        number: of the scope.
        host: the token that holds the place open; None for the instance.
        done: what can be compensated, oldest first (``compensation``).
        detail: plain values that belong to the place, not to one token.
        result: value of the output element, once the only element of an iteration has come to its end.
    """

    number: int
    host: Token | None
    steps: ScopeSpec
    done: list[Detail]
    detail: Detail
    run: Run
    result: Value
    depth: int
    tasks: dict[int, Token]

    @property
    def keeps(self) -> bool:
        """New names stay in it."""
        return self.steps.keeps

    def standing(self) -> Iterator[Token]:
        """Tokens that keep the place open: all but armed event sub-processes."""
        return (token for token in self.tasks.values() if "passive" not in token.detail)


class ScopeSpec(BpmnProcessSpec):  # type: ignore[misc]
    """The steps of a process, of a sub-process, or of one pass of a loop.

    Attributes:
        model: the scope in the diagram; None: one pass of a loop, whose only element is a step without its loop.
        before: for an element the elements from which a flow or link leads to it.
        starts: steps that get a token when the scope begins.
        event_subs: event sub-processes armed in it; ``undo`` the one that compensates it.
        keeps: new variables stay in it: an instance or an iteration.
        result: output element of an iteration.
        required: outer names that a pass needs; what a fan-out gives its iterations.
        one_by_one, completion, cancels: of an ad-hoc sub-process: ordering, completion condition, whether it cancels
            what still runs.
    """

    def __init__(self, name: str, model: Scope | None, *, keeps: bool, result: str | None = None) -> None:
        super().__init__(name=name)
        self.task_specs.clear()
        self.model = model
        self.keeps = keeps
        self.result = result
        self.by_id: dict[str, Step] = {}
        self.before: dict[str, list[str]] = {}
        self.starts: tuple[Step, ...] = ()
        self.event_subs: tuple[Step, ...] = ()
        self.undo: Step | None = None
        self.required: frozenset[str] = frozenset()
        self.one_by_one = model is not None and model.kind == "adHocSubProcess" and model.ordering == "Sequential"
        self.completion = model.completion_condition if model is not None else None
        self.cancels = model is None or model.cancel_remaining

    def go_on(self, place: Place) -> bool:
        """No token stands in the place: whether the scope starts something more before it ends."""
        following: int = place.detail.get("at", 0) + 1
        if not self.one_by_one or "over" in place.detail or following >= len(self.starts):
            return False
        place.detail["at"] = following
        place.run.arrive(place, self.starts[following])
        return True

    @property
    def declares(self) -> tuple[str, ...]:
        """Variables that live in this scope because a data object says so."""
        return tuple(sorted(self.model.declares)) if self.model is not None else ()


class Token(Sight, Task):  # type: ignore[misc]
    """A visit under way: where it is, in which state, and a few plain values (``detail``).

    Keys of ``detail`` (all optional, all kept in the marking): ``via`` flow it came by; ``stage`` where it failed;
    ``own`` it has a scope of its own; ``arms`` what it waits for; ``group`` event gateway it belongs to; ``host``
    activity it is attached to; ``passive`` armed event sub-process; ``comp`` compensation it is part of; ``held`` scope
    that keeps what was handed to it while it has an incident; the rest belongs to one kind of step each.
    """

    stage: Stage = "enter"
    outcome: Outcome = "completed"
    ways: Sequence[Way] = ()
    results: Mapping[str, Value] | None = None
    inside: Place | None = None
    attached: tuple[Token, ...] = ()

    place: Place

    def __init__(self, place: Place, step: Step, number: int, state: int, detail: Detail | None = None) -> None:
        Task.__init__(self, place, step, None, state, number)
        self.number = number
        self.place = place
        self.step = step
        self.bpmn_id = step.bpmn_id
        self.detail = {} if detail is None else detail

    @property
    def run(self) -> Run:
        """The instance it belongs to."""
        return self.place.run

    @property
    def alive(self) -> bool:
        """Whether it is still there."""
        return self.place.tasks.get(self.number) is self

    def _set_state(self, value: int) -> None:
        # The library formats a log record for each change of state, at a third of a step's cost.
        self._state: int = value

    def chain(self) -> list[int]:
        """Scopes in which a name is looked up; an event on a border sees the inputs of its activity."""
        found = super().chain()
        host = self.run.find(self.detail["host"]) if "host" in self.detail else None
        if host is not None and "own" in host.detail:
            found.insert(int("own" in self.detail), host.number)
        return found

    def next(self, stage: Stage) -> None:
        """Go on with another stage before any other token moves."""
        self.stage = stage
        self.run.enqueue(self, next_up=True)

    def resume(self, stage: Stage) -> None:
        """What it waited for has come."""
        self.stage = stage
        self._ready()

    def wait(self, state: int) -> None:
        """Stand still until somebody resumes it."""
        self._set_state(state)


class Step(BpmnTaskSpec):  # type: ignore[misc]
    """What an element does to a token that comes to it.

    Attributes:
        element: of the diagram.
        ways: flows out of it, by the ids of their targets; those of an exclusive gateway in document order.
        around: it holds iterations together.
        boundary: events on its border; ``handler`` the id of the activity that undoes it.
        inner: what is inside it: of a sub-process, or of one pass of a loop.
        waits: a token that has entered stays until something from outside happens.
        serves: an event sub-process: what is thrown in it is thrown for the scope it stands in.
        throws: what it begins with is thrown: it comes after all that arms, in the order of these numbers.
    """

    around = False
    waits = False
    serves = False
    throws = 0

    def __init__(self, scope: ScopeSpec, element: Element) -> None:
        super().__init__(scope, element.id, lane=element.lane, documentation=element.documentation)
        self.bpmn_id: str = element.id
        self.bpmn_name = element.name
        self.scope = scope
        self.element = element
        self.ways: tuple[Way, ...] = ()
        self.boundary: tuple[Step, ...] = ()
        self.handler: str | None = None
        self.inner: ScopeSpec | None = None
        scope.by_id[element.id] = self

    # -- SpiffWorkflow's hooks

    def _predict(self, my_task: Token, *_: Any, **__: Any) -> None:
        """Successors are made when a token leaves."""

    def _update(self, my_task: Token) -> None:
        my_task._ready()

    def _on_ready(self, my_task: Token) -> None:
        my_task.run.enqueue(my_task)

    def _on_complete(self, my_task: Token) -> None:
        run, place = my_task.run, my_task.place
        run.facts.append(Left(my_task.number, self.bpmn_id, my_task.outcome))
        run.remove(my_task)
        for _ in range(self.element.completion_quantity):
            for flow, target in my_task.ways:
                run.arrive(place, target, via=flow.id)

    def _on_cancel(self, my_task: Token) -> None:
        self.release(my_task)
        my_task.run.facts.append(Left(my_task.number, self.bpmn_id, my_task.outcome))
        my_task.run.remove(my_task)

    # -- stages

    def enter(self, token: Token) -> None:
        """The token has come."""
        token.next("begin")

    def begin(self, token: Token) -> None:
        """Do what the element is for."""
        token.next("flow")

    def leave(self, token: Token) -> None:
        """What it was for is done."""
        token.next("flow")

    def flow(self, token: Token) -> None:
        """Choose flows, then go."""
        self.note_result(token)
        chosen = token.detail.get("flow")
        token.ways = self.choose(token) if chosen is None else [way for way in self.ways if way.flow.id == chosen]
        token.complete()

    def watch(self, token: Token) -> None:
        """Look at its conditions again."""
        token.wait(WAITING)
        token.run.watch(token)

    # -- parts of stages

    def choose(self, token: Token) -> Sequence[Way]:
        """Flows that get a token.

        Raises:
            Stuck: there are flows, and none can be taken.
        """
        if self.element.default is None and not any(way.flow.condition for way in self.ways):
            return self.ways
        return self.taken(choosing.every(token, [way.flow for way in self.ways], self.element.default))

    def taken(self, flows: Collection[str]) -> Sequence[Way]:
        """The ways along these flows; none is an error where there are some."""
        if self.ways and not flows:
            reason = "No condition of a flow out of {element} holds, and it has no default."
            raise Stuck(reason, element=self.bpmn_id)
        return [way for way in self.ways if way.flow.id in flows]

    def note_result(self, token: Token) -> None:
        """The only element of an iteration works out what the iteration gives."""
        place = token.place
        if place.steps.model is None and place.steps.result is not None and place.steps.starts[0] is self:
            place.result = token.evaluate([feel.body(place.steps.result)])[0]

    def release(self, token: Token) -> None:
        """Let go of all that hangs on a token that does not go on."""
        token.run.recover(token)
        token.close_own()

    # -- for some steps only

    def judge(self, place: Place) -> bool:
        """A join, when everything else rests: whether it lets a token go on."""
        return False

    def emptied(self, token: Token, place: Place) -> None:
        """No token stands any more in the place inside the token; its scope is still there."""

    def skip(self, token: Token, results: Mapping[str, Value], flow: str | None) -> None:
        """A person takes the token past what has failed; the results are written as they are."""
        token.write(results, inner=False)
        token.detail["plain"] = 1
        if flow is not None:
            token.detail["flow"] = flow
        token.resume("leave")

    def compensated(self, token: Token) -> None:
        """All handlers that the token has started are done."""

    def restored(self, token: Token) -> None:
        """A token has come back from a marking."""

    def revoke(self, token: Token) -> None:
        """Before a failed stage is tried again or skipped: withdraw what it has wanted of others."""
