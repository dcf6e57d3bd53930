"""Activities (BPMN 10.3): what is the same for all; sub-processes and calls."""

from __future__ import annotations

from collections.abc import Mapping

from engine import feel
from engine.interpreter import compensation, keys
from engine.interpreter.mapping import map_inputs, map_outputs, own_values
from engine.interpreter.progress import CallWanted, ChildrenDropped, Value
from engine.interpreter.scope import is_formula
from engine.interpreter.states import READY, STARTED, WAITING
from engine.interpreter.steps import Place, Step, Token


class Activity(Step):
    """Everything with a border that events can sit on, mappings, and something to undo.

    Results go into the variables as they are; where there are output mappings, only what these say leaves the activity.
    """

    def enter(self, token: Token) -> None:
        """Take as many tokens as it needs, map inputs, put boundary events in place."""
        if self.gathered(token):
            map_inputs(token)
            self.attach(token)

    def attach(self, token: Token) -> None:
        """Put boundary events in place; what it is for begins when they are armed."""
        stood = token.detail.pop("stood", None)
        on = self.boundary if stood is None else [step for step in self.boundary if step.bpmn_id in stood]
        was = {} if stood is None else {step.bpmn_id: {"stood": stood[step.bpmn_id]} for step in on}
        token.attached = tuple(
            token.run.arrive(token.place, step, host=token.number, **was.get(step.bpmn_id, {})) for step in on
        )
        if token.attached:
            token.resume("begin")
        else:
            token.next("begin")

    def begin(self, token: Token) -> None:
        """An abstract task is done by itself."""
        token.next("leave")

    def leave(self, token: Token) -> None:
        """Map outputs, then let go of boundary events; what can be undone is noted."""
        map_outputs(token)
        self.detach(token)
        token.close_own()
        if self.handler is not None and not self.around and "comp" not in token.detail:
            compensation.record(token.place, self.bpmn_id)
        token.next("flow")

    def flow(self, token: Token) -> None:
        """A compensation handler has no flows: it reports, and the next one begins."""
        if "comp" in token.detail:
            token.ways = ()
            token.complete()
            compensation.handled(token.place, token.detail["comp"])
        elif not self.enough(token):
            super().flow(token)

    def enough(self, token: Token) -> bool:
        """In an ad-hoc sub-process: whether this activity was the last that is needed (BPMN 13.3.5)."""
        place = token.place
        condition = place.steps.completion
        if not condition or ("over" not in place.detail and not token.decide([feel.body(condition)])[0]):
            return False
        place.detail["over"] = 1
        if place.steps.cancels:
            token.run.clear(place, but=token)
        token.ways = ()
        token.complete()
        return True

    def detach(self, token: Token) -> None:
        """Take down what sits on its border."""
        attached, token.attached = token.attached, ()
        for event in attached:
            if event.detail.get("host") == token.number:
                token.run.cancel(event, "withdrawn")

    def release(self, token: Token) -> None:
        """Border and contents go with it."""
        self.detach(token)
        if token.inside is not None:
            token.run.close(token.inside)
        self.revoke(token)
        super().release(token)

    def gathered(self, token: Token) -> bool:
        """Whether as many tokens have come as it needs; they go on as one."""
        if self.element.start_quantity < 2:
            return True
        token.wait(WAITING)
        mine = [other for other in token.place.tasks.values() if other.step is self and other.has_state(WAITING)]
        if len(mine) < self.element.start_quantity:
            return False
        for other in mine:
            if other is not token:
                token.run.cancel(other, "merged")
        token.wait(READY)
        return True


class Call(Activity):
    """Another process as an instance of its own; only what is mapped travels (BPMN 10.3.6)."""

    waits = True

    def begin(self, token: Token) -> None:
        """Ask for it."""
        called = self.element.called
        assert called is not None
        process = keys.text(token.attributes([called.process])[0], "processId", self.bpmn_id)
        returns = tuple(sorted(self.returns(token)))
        token.run.facts.append(
            CallWanted(token.number, self.bpmn_id, process, called.binding, own_values(token), returns)
        )
        token.wait(STARTED)
        token.detail["child"] = 1

    def returns(self, token: Token) -> frozenset[str]:
        """Names of the called process's variables that the output mappings read."""
        sources = (mapping.source for mapping in self.element.outputs if is_formula(mapping.source))
        return frozenset[str]().union(*(token.run.names(feel.body(source)) for source in sources))

    def done(self, token: Token) -> None:
        """The called process has ended."""
        drop_children(token, running=False)
        token.resume("leave")

    def leave(self, token: Token) -> None:
        """Without output mappings nothing comes back."""
        if not self.element.outputs and "plain" not in token.detail:
            token.results = None
        super().leave(token)

    def revoke(self, token: Token) -> None:
        """It is not wanted any more."""
        drop_children(token)


def drop_children(token: Token, *, running: bool = True) -> None:
    """Instances that run for the token, or have run, are not waited for any more."""
    if token.detail.pop("child", None):
        token.run.facts.append(ChildrenDropped(token.number, token.step.bpmn_id, running))


class Sub(Activity):
    """An embedded sub-process, transaction or ad-hoc sub-process (BPMN 10.3.5): open while a token stands in it."""

    def begin(self, token: Token) -> None:
        """Open it and start what is inside."""
        self.unfold(token)
        assert token.inside is not None
        begin(token.inside)

    def unfold(self, token: Token) -> Place:
        """Open it, empty; the scope bears the token's number."""
        assert self.inner is not None
        token.open_own()
        token.wait(STARTED)
        place = token.run.open(token, self.inner, token.number)
        declare(place)
        return place

    def emptied(self, token: Token, place: Place) -> None:
        """All inside has come to its end."""
        if "comp" not in token.detail:
            compensation.record_place(token, place)
        token.resume("leave")


def begin(place: Place, at: Step | None = None, results: Mapping[str, Value] | None = None, event: int = 0) -> None:
    """Start a scope: arm its event sub-processes, then give its starts a token.

    Args:
        place: the scope.
        at: the one element to start at instead.
        results: what the event that started it brought.
        event: which of the element's definitions that was.
    """
    for step in place.steps.event_subs:
        place.run.arrive(place, step, passive=1)
    starts = (at,) if at is not None else place.steps.starts[:1] if place.steps.one_by_one else place.steps.starts
    for step in starts:
        place.run.arrive(place, step, **({"event": event} if event else {})).results = results


def declare(place: Place) -> None:
    """Data objects of a scope exist, without value, from its beginning (BPMN 10.4.1)."""
    given = place.run.variables.find([place.number], place.steps.declares) if place.steps.declares else {}
    for name in place.steps.declares:
        if name not in given:
            place.run.put(place.number, name, None)
