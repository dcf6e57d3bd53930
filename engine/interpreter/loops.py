"""Activities that run several times (BPMN 10.3.8, 13.3.6, 13.3.7).

A standard loop or sequential multi-instance is one token that opens one scope after another; in each stands the same
activity without its loop. A scope stays until it is known whether another one follows. What is still to come and what
has come of it so far are rows in a scope of its own (``#1`` the first item, then its result), so that neither the
marking nor a pass grows with the number of passes. A parallel multi-instance is one parked token: each iteration is an
instance of its own, started and counted by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import feel
from engine.bpmn.diagram import Loop
from engine.interpreter import activities, compensation
from engine.interpreter.activities import Activity, drop_children
from engine.interpreter.progress import FanWanted, Value
from engine.interpreter.states import STARTED, Stuck
from engine.interpreter.steps import Place, Step, Token

_MOST = 100_000
"""Iterations that an activity may have: more is a slip, noticed otherwise when memory is full."""


class Repeated(Activity):
    """What holds the iterations together: border and compensation handler are its own, mappings belong to each
    iteration.
    """

    around = True

    @property
    def loop(self) -> Loop:
        """How often."""
        assert self.element.loop is not None
        return self.element.loop

    def enter(self, token: Token) -> None:
        """As any activity, but inputs are mapped in each iteration."""
        if self.gathered(token):
            self.attach(token)

    def leave(self, token: Token) -> None:
        """As any activity, but outputs have been mapped in each iteration."""
        token.write(token.results or {})
        token.results = None
        self.detach(token)
        self.forget(token)
        token.next("flow")

    def forget(self, token: Token) -> None:
        """Close what it kept for itself."""

    def note_result(self, token: Token) -> None:
        """An iteration's result is worked out by what stands in it."""

    def items(self, token: Token) -> list[Value]:
        """What to iterate over: the collection, or as many numbers as the cardinality says."""
        loop = self.loop
        value = token.evaluate([feel.body(loop.collection or loop.cardinality or "0")])[0]
        if loop.collection:
            if not isinstance(value, list):
                raise Stuck(
                    "{collection} of {element} is not a list.", collection=loop.collection, element=self.bpmn_id
                )
            if len(value) > _MOST:
                reason = "{collection} of {element} has {count} items; {most} is the limit."
                raise Stuck(reason, collection=loop.collection, element=self.bpmn_id, count=len(value), most=_MOST)
            return value
        whole = (isinstance(value, int) and not isinstance(value, bool)) or (
            isinstance(value, float) and value.is_integer()
        )
        if not whole or not 0 <= value <= _MOST:
            reason = "The cardinality of {element} is {value}, not a whole number up to {most}."
            raise Stuck(reason, element=self.bpmn_id, value=feel.text(value)[:200], most=_MOST)
        return list(range(1, int(value) + 1))

    def reads_results(self, token: Token) -> bool:
        """Whether the completion condition looks at what has come of the iterations so far."""
        condition = self.loop.completion_condition
        return condition is not None and self.loop.output_collection in token.run.names(feel.body(condition))

    def over(
        self,
        token: Token,
        total: int,
        done: int,
        active: int,
        results: list[Value] | None = None,
        given: Mapping[str, Value] | None = None,
    ) -> bool:
        """Whether the completion condition holds.

        It is asked where an iteration has just ended (BPMN 10.3.8), so it sees the variables of that one first.

        Args:
            given: those of its variables that the condition reads.
        """
        condition = self.loop.completion_condition
        if not condition:
            return False
        extra: dict[str, Value] = {
            **(given or {}),
            "numberOfInstances": total,
            "numberOfCompletedInstances": done,
            "numberOfActiveInstances": active,
            "numberOfTerminatedInstances": 0,
        }
        if self.loop.output_collection and results is not None:
            extra[self.loop.output_collection] = results
        return token.decide([feel.body(condition)], extra)[0]


class Passes(Repeated):
    """One pass after another: a standard loop, or a sequential multi-instance. ``detail["i"]`` counts passes begun."""

    def begin(self, token: Token) -> None:
        """The first pass, if there is one."""
        loop = self.loop
        if loop.kind == "sequential":
            items = self.items(token)
            token.detail.update(i=0, n=len(items))
            if loop.collection:
                self._keep(token, items)
            more = bool(items)
        else:
            more = not loop.test_before or self._again(token, 0)
            token.detail["i"] = 0
        self._pass(token) if more else self._finish(token)

    def emptied(self, token: Token, place: Place) -> None:
        """A pass has come to its end."""
        if self.loop.kind == "sequential" and self.loop.output_collection:
            self._keep(token, [])
            token.put(token.number, f"#{token.detail['i']}", place.result)
        if "comp" not in token.detail:
            compensation.record_place(token, place)
        token.detail["passed"] = place.number
        token.resume("turn")

    def turn(self, token: Token) -> None:
        """Another pass, or the end."""
        passed = token.detail["i"]
        if self.loop.kind == "standard":
            more = self._again(token, passed)
        else:
            total = token.detail["n"]
            results = self._results(token) if self.reads_results(token) else None
            more = passed < total and not self.over(token, total, passed, 0, results, self._last(token))
        self._close_last(token)
        self._pass(token) if more else self._finish(token)

    def release(self, token: Token) -> None:
        """The pass and what was kept go with it."""
        place = token.inside
        super().release(token)
        if place is not None and place.number != token.number:
            token.close_scope(place.number)
        self.forget(token)

    def forget(self, token: Token) -> None:
        """Items and results are rows no longer."""
        self._close_last(token)
        if token.detail.pop("kept", None):
            token.close_scope(token.number)

    def _last(self, token: Token) -> dict[str, Value]:
        """Of the pass that has just ended, what the completion condition reads."""
        condition, last = self.loop.completion_condition, token.detail.get("passed")
        if not condition or last is None:
            return {}
        return token.run.variables.find([last], token.run.names(feel.body(condition)))

    def _close_last(self, token: Token) -> None:
        """Nobody asks for the variables of the last pass any more."""
        last = token.detail.pop("passed", None)
        if last is not None:
            token.close_scope(last)

    def _again(self, token: Token, passed: int) -> bool:
        loop = self.loop
        if loop.maximum is not None and passed >= loop.maximum:
            return False
        return not loop.loop_condition or token.decide([feel.body(loop.loop_condition)], {"loopCounter": passed})[0]

    def _pass(self, token: Token) -> None:
        assert self.inner is not None
        token.detail["i"] += 1
        counter, loop = token.detail["i"], self.loop
        values: dict[str, Value] = {}
        if loop.kind == "sequential" and loop.element:
            values[loop.element] = self._row(token, counter) if loop.collection else counter
        number = token.run.next_number()
        token.wait(STARTED)
        token.open_scope(number, {**values, "loopCounter": counter})
        activities.begin(token.run.open(token, self.inner, number))

    def _finish(self, token: Token) -> None:
        loop = self.loop
        if loop.kind == "sequential" and loop.output_collection:
            token.write({loop.output_collection: self._results(token)})
        token.next("leave")

    def _keep(self, token: Token, items: list[Value]) -> None:
        if "kept" not in token.detail:
            token.detail["kept"] = 1
            token.open_scope(token.number, {f"#{number}": item for number, item in enumerate(items, 1)})

    def _row(self, token: Token, number: int) -> Value:
        return token.run.variables.find([token.number], [f"#{number}"])[f"#{number}"]

    def _results(self, token: Token) -> list[Value]:
        if not self.loop.output_collection or "kept" not in token.detail:
            return []
        kept = token.run.variables.contents(token.number)
        return [kept[f"#{number}"] for number in range(1, token.detail["i"] + 1)]


class Fan(Repeated):
    """Parallel multi-instance."""

    waits = True

    def begin(self, token: Token) -> None:
        """Ask for the iterations."""
        assert self.inner is not None
        items, loop = self.items(token), self.loop
        if not items:
            self.done(token, [])
            return
        required = self.inner.required - {loop.element, "loopCounter"}
        wanted = FanWanted(
            token.number,
            self.bpmn_id,
            self.bpmn_id,
            items,
            loop.element,
            token.values(required),
            conditional=bool(loop.completion_condition),
        )
        token.wait(STARTED)
        token.detail["child"] = 1
        token.run.facts.append(wanted)

    def done(self, token: Token, results: list[Any]) -> None:
        """As many iterations as were wanted have ended; their results in input order."""
        if results and self.handler is not None and "comp" not in token.detail:
            compensation.record(token.place, self.bpmn_id, len(results))
        if self.loop.output_collection:
            token.write({self.loop.output_collection: results})
        drop_children(token, running=self.loop.completion_condition is not None)
        token.resume("leave")

    def revoke(self, token: Token) -> None:
        """They are not wanted any more."""
        drop_children(token)


__all__ = ["Fan", "Passes", "Repeated", "Step"]
