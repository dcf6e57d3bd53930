"""Gateways (BPMN 10.6, 13.4). A token that waits at a join waits as a token, marked with the flow it came by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from engine import feel
from engine.interpreter import choosing
from engine.interpreter.states import WAITING
from engine.interpreter.steps import Place, Step, Token, Way


class Pass(Step):
    """One end of a link, a gateway with nothing to decide: the token goes on."""

    def enter(self, token: Token) -> None:
        """Nothing to do."""
        token.next("flow")


class Exclusive(Pass):
    """The first flow, in document order, whose condition holds; else the default (BPMN 13.4.2)."""

    def choose(self, token: Token) -> Sequence[Way]:
        """One flow, all conditions asked in one call."""
        return self.taken(choosing.first(token, [way.flow for way in self.ways], self.element.default))


class Join(Step):
    """A gateway at which tokens meet."""

    def enter(self, token: Token) -> None:
        """Wait, if there is something to wait for."""
        if len(self.element.incoming) < 2:
            token.next("flow")
            return
        token.wait(WAITING)
        self.arrived(token)

    def arrived(self, token: Token) -> None:
        """A token has been added to those that wait."""

    def waiting(self, place: Place) -> list[Token]:
        """Tokens that wait here, oldest first."""
        return [token for token in place.tasks.values() if token.step is self and token.has_state(WAITING)]

    def one_per_flow(self, place: Place) -> dict[str, Token]:
        """The oldest waiting token of each flow."""
        first: dict[str, Token] = {}
        for token in self.waiting(place):
            first.setdefault(token.detail.get("via", ""), token)
        return first

    def merge(self, tokens: Collection[Token], last: Token) -> None:
        """Go on with one token for all of these."""
        for token in tokens:
            if token is not last:
                token.run.cancel(token, "merged")
        last.resume("flow")


class Parallel(Join):
    """One token of each incoming flow makes one on each outgoing flow; what is more waits for the next round (BPMN
    13.4.1).
    """

    def arrived(self, token: Token) -> None:
        """Go on once each flow has brought one."""
        first = self.one_per_flow(token.place)
        if len(first) == len(self.element.incoming):
            tokens = first.values()
            self.merge(tokens, max(tokens, key=lambda token: token.number))

    def choose(self, token: Token) -> Sequence[Way]:
        """Every flow."""
        return self.ways


class Reaching(Join):
    """A join that must know what can still come. It is judged when everything else rests."""

    def restored(self, token: Token) -> None:
        """A join that waits is judged again in each command."""
        if token.has_state(WAITING):
            token.run.look_at(token.place, self)

    def may_come(self, place: Place, empty: Collection[str], filled: Collection[str]) -> bool:
        """Whether a token elsewhere can reach one of the empty flows, and none of the filled ones (BPMN 13.4.3)."""
        standing = {token.bpmn_id for token in place.standing() if token.step is not self}
        if not standing:
            return False
        return not standing.isdisjoint(self._upstream(place, empty) - self._upstream(place, filled))

    def _upstream(self, place: Place, flows: Collection[str]) -> set[str]:
        """From where a token can come by these flows without passing the join; an event comes from its host."""
        model, before = place.steps.model, place.steps.before
        assert model is not None
        found: set[str] = set()
        todo = [model.flows[flow].source for flow in flows]
        while todo:
            identity = todo.pop()
            if identity in found or identity == self.bpmn_id:
                continue
            found.add(identity)
            todo += before.get(identity, ())
            host = model.elements[identity].attached_to
            todo += [host] if host is not None else []
        return found


class Inclusive(Reaching):
    """Waits for every token that can still come. Judged when everything else rests (BPMN 13.4.3)."""

    def arrived(self, token: Token) -> None:
        """To be judged."""
        token.run.look_at(token.place, self)

    def judge(self, place: Place) -> bool:
        """Go on if nothing more can come by the flows that have brought nothing."""
        first = self.one_per_flow(place)
        if not first:
            return False
        empty = [flow for flow in self.element.incoming if flow not in first]
        if empty and self.may_come(place, empty, first):
            place.run.look_at(place, self)
            return False
        self.merge(first.values(), max(first.values(), key=lambda token: token.number))
        if self.waiting(place):
            place.run.look_at(place, self)
        return True


class Complex(Reaching):
    """Goes on when its activation condition holds, then takes in, without going on, what still comes in that round
    (BPMN 13.4.5).

    ``activationCount`` is the number of tokens that wait, ``waitingForStart`` whether it has not gone on yet. In the
    second phase only flows whose condition names ``waitingForStart`` can get a token: any other has had its own.
    """

    def arrived(self, token: Token) -> None:
        """First phase: go on if the condition holds. Second phase: the token ends here."""
        place, run = token.place, token.run
        if self._left(place) is not None:
            token.resume("turn")
            return
        mine = self.waiting(place)
        condition = feel.body(self.element.activation_condition or "activationCount >= 1")
        if not token.decide([condition], {"activationCount": len(mine)})[0]:
            return
        came = {other.detail.get("via", "") for other in mine}
        left = [flow for flow in self.element.incoming if flow not in came]
        if left:
            self._rounds(place)[self.bpmn_id] = left
            run.look_at(place, self)
        self.merge(mine, token)

    def turn(self, token: Token) -> None:
        """A late token: count it, and end the round when it was the last."""
        left = self._left(token.place) or []
        via = token.detail.get("via", "")
        remaining = [flow for flow in left if flow != via]
        last = not remaining
        token.ways = self._second(token) if last else ()
        self._rounds(token.place)[self.bpmn_id] = remaining
        if last:
            self._over(token.place)
        if not token.ways:
            token.outcome = "merged"
        token.complete()

    def choose(self, token: Token) -> Sequence[Way]:
        """First phase."""
        return self.taken(self._chosen(token, self.ways, waiting=True))

    def judge(self, place: Place) -> bool:
        """End a round to which nothing more can come."""
        left = self._left(place)
        if left is None:
            return False
        if self.may_come(place, left, ()):
            place.run.look_at(place, self)
        else:
            self._over(place)
        return False

    def restored(self, token: Token) -> None:
        """Nothing: rounds are restored with the place."""

    def _second(self, token: Token) -> Sequence[Way]:
        named = [way for way in self.ways if "waitingForStart" in _names(token, way)]
        flows = self._chosen(token, named, waiting=False)
        return [way for way in named if way.flow.id in flows]

    def _chosen(self, token: Token, ways: Sequence[Way], *, waiting: bool) -> frozenset[str]:
        extra = {"waitingForStart": waiting, "activationCount": len(self.waiting(token.place))}
        return choosing.every(token, [way.flow for way in ways], self.element.default, extra)

    def _rounds(self, place: Place) -> dict[str, list[str]]:
        rounds: dict[str, Any] = place.detail.setdefault("rounds", {})
        return rounds

    def _left(self, place: Place) -> list[str] | None:
        left: list[str] | None = place.detail.get("rounds", {}).get(self.bpmn_id)
        return left

    def _over(self, place: Place) -> None:
        rounds = self._rounds(place)
        rounds.pop(self.bpmn_id, None)
        if not rounds:
            place.detail.pop("rounds")


def _names(token: Token, way: Way) -> frozenset[str]:
    return token.run.names(feel.body(way.flow.condition)) if way.flow.condition else frozenset()
