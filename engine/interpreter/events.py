"""Events (BPMN 10.5, 13.5): what waits for them, and what happens when one comes.

What fires more than once stays armed and sends a fresh token on; what has nothing left to wait for goes on itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from engine import feel
from engine.bpmn.diagram import Element, EventDefinition
from engine.errors import Invalid, NotFound
from engine.interpreter import activities, arms, compensation, timer
from engine.interpreter.activities import Activity, Sub
from engine.interpreter.mapping import map_inputs, map_outputs
from engine.interpreter.marking import Detail
from engine.interpreter.progress import ArmClosed, Value
from engine.interpreter.states import WAITING
from engine.interpreter.steps import Place, Run, ScopeSpec, Step, Token


class Waiting(Step):
    """What catch events, boundary events, receive tasks and event sub-processes have in common: waiting for events.

    Attributes:
        ends_host: it interrupts something, unless it is ``lasting``; then it fires once, a cycle too.
    """

    waits = True
    ends_host = False

    @property
    def awaited(self) -> tuple[EventDefinition, ...]:
        """What it waits for."""
        return self.element.events

    @property
    def every_one(self) -> bool:
        """Whether all of several events must come (``parallelMultiple``)."""
        return self.element.parallel_multiple and len(self.awaited) > 1

    @property
    def lasting(self) -> bool:
        """Whether it stays in place when it has fired."""
        return False

    def came(self, token: Token, one: Detail, payload: Mapping[str, Value] | None) -> None:
        """One of the token's events has happened."""
        run = token.run
        run.recover(token)
        token.wait(WAITING)
        if one["k"] in arms.OUTSIDE:
            run.facts.append(ArmClosed(token.number, one["n"], "fired"))
        token.detail["arms"].remove(one)
        if self.every_one and token.detail["arms"]:
            token.write(payload or {})
            return
        anew = self.every_one and self.lasting
        again = None if anew else self._again(token, one)
        if not anew and again is None and not (self.lasting and token.detail["arms"]):
            arms.disarm(token)
            self.fire(token, payload)
            return
        fresh = run.park(token.place, self, WAITING)
        if again is not None:
            arms.add(token, again)
        elif anew:
            token.resume("begin")
        self.fire(fresh, payload)

    def fire(self, token: Token, payload: Mapping[str, Value] | None) -> None:
        """A token goes on with what the event brought."""
        raise NotImplementedError

    def release(self, token: Token) -> None:
        """It waits no longer."""
        arms.disarm(token)
        super().release(token)

    def restored(self, token: Token) -> None:
        """Its conditions are watched again."""
        if any(one["k"] == "conditional" for one in token.detail.get("arms", ())) and "stage" not in token.detail:
            token.run.rewatch(token)

    def _again(self, token: Token, one: Detail) -> Detail | None:
        """What is to be waited for after one arm has fired, if anything."""
        if "group" in token.detail or (self.ends_host and not self.lasting):
            return None
        if one["k"] == "timer":
            context = token.run.context
            following = timer.following(arms.schedule(one), context.now, context.zone)
            return None if following is None else {"d": one["d"], "k": "timer", **arms.timed(following)}
        return {**one, "was": 1} if self.lasting else None


class Plain(Step):
    """A start event, which takes what its event brought (BPMN 10.5.2); a throw or end event that throws nothing."""

    def enter(self, token: Token) -> None:
        """It has happened already."""
        map_inputs(token)
        token.next("leave")

    def leave(self, token: Token) -> None:
        """Map outputs."""
        map_outputs(token)
        token.close_own()
        token.next("flow")


class Catch(Waiting):
    """An intermediate catch event, or what stands behind an event gateway. A cycle lets one token pass each time
    (BPMN 10.5.4).
    """

    def enter(self, token: Token) -> None:
        """Map inputs, then wait."""
        map_inputs(token)
        token.next("begin")

    def begin(self, token: Token) -> None:
        """Wait, unless the event has started the instance."""
        if token.results is not None:
            token.next("leave")
        else:
            arms.arm(token, self.awaited)

    def fire(self, token: Token, payload: Mapping[str, Value] | None) -> None:
        """It happened: the other events behind the same gateway are out of the race."""
        group = token.detail.pop("group", None)
        if group is not None:
            for other in list(token.place.tasks.values()):
                if other.detail.get("group") == group:
                    token.run.cancel(other, "withdrawn")
        token.results = payload or {}
        token.resume("leave")

    def leave(self, token: Token) -> None:
        """Map outputs."""
        map_outputs(token)
        token.close_own()
        token.next("flow")


class Gathering(Catch):
    """A start event that needs all of several events: the first starts the instance, which waits for the others."""

    def begin(self, token: Token) -> None:
        """Take what has come, wait for what has not."""
        token.write(token.results or {})
        token.results = None
        arms.arm(token, self.awaited, but=token.detail.get("event", 0))


class Receive(Catch, Activity):
    """A receive task (BPMN 10.3.3.3): waits as a catch event does, with a border as an activity has."""

    enter = Activity.enter
    leave = Activity.leave
    flow = Activity.flow


class Boundary(Catch):
    """An event on the border of an activity (BPMN 10.5.4, 13.5.3)."""

    ends_host = True

    @property
    def lasting(self) -> bool:
        """Non-interrupting."""
        return not self.element.interrupting

    def fire(self, token: Token, payload: Mapping[str, Value] | None) -> None:
        """Interrupting: the activity ends at once, before anything else moves."""
        host = token.run.find(token.detail.pop("host", 0))
        if host is not None:
            host.attached = tuple(event for event in host.attached if event is not token)
            if self.element.interrupting:
                token.run.cancel(host)
                compensation.given_up(host)
        super().fire(token, payload)

    def skip(self, token: Token, results: Mapping[str, Value], flow: str | None) -> None:
        """What could not be armed is left out; the activity goes on without it."""
        if "host" in token.detail:
            token.run.cancel(token, "skipped")
        else:
            super().skip(token, results, flow)

    def restored(self, token: Token) -> None:
        """It sits on its host again."""
        host = token.run.find(token.detail.get("host", 0))
        if host is not None:
            host.attached = (*host.attached, token)
        super().restored(token)


class EventSub(Waiting, Sub):
    """An event sub-process (BPMN 10.3.5.2, 13.3.4): armed in the scope it belongs to, an ordinary sub-process once
    its event has come.
    """

    serves = True
    ends_host = True

    def __init__(self, scope: ScopeSpec, element: Element, start: Element) -> None:
        super().__init__(scope, element)
        self.start = start

    @property
    def awaited(self) -> tuple[EventDefinition, ...]:
        """What its start event waits for."""
        return self.start.events

    @property
    def every_one(self) -> bool:
        """Whether its start event needs all of several."""
        return self.start.parallel_multiple and len(self.awaited) > 1

    @property
    def lasting(self) -> bool:
        """Non-interrupting."""
        return not self.start.interrupting

    def enter(self, token: Token) -> None:
        """Its inputs are mapped when it begins."""
        token.next("begin")

    def fire(self, token: Token, payload: Mapping[str, Value] | None) -> None:
        """Interrupting: everything else in the scope ends at once."""
        token.detail.pop("passive", None)
        if not self.lasting:
            token.run.clear(token.place, but=token)
        token.results = payload or {}
        token.resume("begin")

    def begin(self, token: Token) -> None:
        """Armed: wait. Else open it; its start event takes what the event brought."""
        if "passive" in token.detail:
            arms.arm(token, self.awaited)
            return
        map_inputs(token)
        results, token.results = token.results, None
        place = self.unfold(token)
        activities.begin(place, place.steps.by_id[self.start.id], results)

    def skip(self, token: Token, results: Mapping[str, Value], flow: str | None) -> None:
        """What could not be armed is left out; the scope goes on without it."""
        if "passive" in token.detail:
            token.run.cancel(token, "skipped")
        else:
            super().skip(token, results, flow)

    def emptied(self, token: Token, place: Place) -> None:
        """Over. What it has done is not undone with the scope."""
        token.resume("leave")


class EventGateway(Step):
    """What comes first wins (BPMN 10.6.6, 13.4.4): all events behind it are armed as one group."""

    def enter(self, token: Token) -> None:
        """Arm them."""
        for flow, target in self.ways:
            token.run.arrive(token.place, target, via=flow.id, group=token.number)
        token.complete()


def conditions(run: Run, watching: Iterable[Token], names: Collection[str]) -> bool:
    """Fire the conditions that have turned true (BPMN 10.5.1: from false to true); whether there was one.

    A condition whose names do not all have a value yet is not true yet. One that cannot be answered is an incident of
    its token.
    """
    hit = False
    for token in watching:
        for one in [one for one in token.detail.get("arms", ()) if one["k"] == "conditional"]:
            if not token.alive or one not in token.detail.get("arms", ()):
                break
            condition = feel.body(token.step.awaited[one["d"]].expression or "")
            needed = run.names(condition)
            if "" not in names and needed.isdisjoint(names):
                continue
            try:
                holds = len(token.values(needed)) == len(needed) and token.decide([condition])[0]
            except (Invalid, NotFound) as error:
                token.stage = "watch"
                run.fail(token, error)
                break
            was, one["was"] = one.get("was", 0), int(holds)
            if holds and not was:
                hit = True
                token.step.came(token, one, None)
    return hit


def catcher(token: Token, kind: str, code: str | None, *, own: bool) -> tuple[Token, Detail] | None:
    """Who takes an error or escalation that climbs from a token (BPMN 13.5.2); ``own``: its own border comes first.

    On each level an exact code comes before one that takes all: the border, then the event sub-processes of the
    scope, then outward. What is thrown inside an event sub-process is not for its neighbours.
    """
    here: Token | None = token
    while here is not None:
        on_border = [event for event in here.attached if own]
        beside = [] if here.step.serves else [other for other in here.place.tasks.values() if "passive" in other.detail]
        for armed in (on_border, beside):
            found = _matching(armed, kind, code)
            if found is not None:
                return found
        here, own = here.place.host, True
    return None


def _matching(armed: Iterable[Token], kind: str, code: str | None) -> tuple[Token, Detail] | None:
    found = [(token, one) for token in armed for one in token.detail.get("arms", ()) if one["k"] == kind]
    exact = next(((token, one) for token, one in found if "name" in one and one["name"] == code), None)
    return exact or next(((token, one) for token, one in found if "name" not in one), None)


def signal(run: Run, name: str, payload: Mapping[str, Value]) -> None:
    """Serve a signal to all tokens that wait for it now."""
    for token in list(run.everyone()):
        one = next((one for one in token.detail.get("arms", ()) if one["k"] == "signal" and one["name"] == name), None)
        if one is not None and token.alive:
            token.step.came(token, one, payload)
