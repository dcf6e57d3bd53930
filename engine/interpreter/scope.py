"""Variables: where they live while a command runs, and how a name is found.

Scopes lie inside each other: instance, sub-process, iteration, activity with input mappings. A name is looked up from
the inside out; a write goes to the innermost scope that has the name already, a new name to the nearest iteration or
else the instance (BPMN 10.4.1 says where data objects live; the rest is the dialect's). Values are rows outside; one
command reads each at most once and sees its own writes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from engine import feel
from engine.errors import NotFound
from engine.interpreter.marking import Detail
from engine.interpreter.progress import Fact, ScopeClosed, ScopeOpened, Value

_ABSENT: Final[Any] = object()
_NOTHING: Final[Mapping[str, Any]] = {}

Lookup = Callable[[Collection[str]], Mapping[str, Value]]
"""Gives those of the names that have a value where a step stands."""


class Values(Protocol):
    """The stored variables of one instance, supplied by the caller. What is not there is left out of the answer."""

    def read(self, scopes: Collection[int], names: Collection[str]) -> Mapping[tuple[int, str], Value]:
        """The values of these names in these scopes."""
        ...

    def contents(self, scope: int) -> Mapping[str, Value]:
        """All that is in one scope: asked for when a sequence ends, and when what can be compensated is over."""
        ...


def _no_decision(decision: str, lookup: Lookup) -> Value:
    raise NotFound("There is no decision {decision}.", decision=decision)


def _nothing_of_its_own(element: str, names: Collection[str]) -> Mapping[str, Value]:
    return {}


@dataclass(frozen=True, slots=True)
class Context:
    """What a command needs from outside.

    Attributes:
        now: the command's moment, aware.
        values: stored variables.
        evaluator: FEEL, at the same moment.
        decisions: the value of a decision by id; takes the names it needs from the lookup it is given.
        own: of these names, those that an element of this id has in its own expressions, beside variables.
        limit: automatic steps in one command, beyond which an incident stops it.
    """

    now: datetime
    values: Values
    evaluator: feel.Evaluator
    decisions: Callable[[str, Lookup], Value] = _no_decision
    own: Callable[[str, Collection[str]], Mapping[str, Value]] = _nothing_of_its_own
    limit: int = 1000

    @property
    def zone(self) -> str:
        """The zone in which times without offset are read: FEEL's."""
        return self.evaluator.zone


class Variables:
    """The variables of an instance as one command sees them."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._known: dict[int, dict[str, Value]] = {}
        self._whole: set[int] = set()

    def find(self, chain: Sequence[int], names: Collection[str]) -> dict[str, Value]:
        """The values that these names have, looked up along the chain from the inside out."""
        self._fetch(chain, names)
        found: dict[str, Value] = {}
        for name in names:
            for scope in chain:
                value = self._known.get(scope, _NOTHING).get(name, _ABSENT)
                if value is not _ABSENT:
                    found[name] = value
                    break
        return found

    def home(self, chain: Sequence[int], names: Collection[str]) -> dict[str, int]:
        """For each name the scope that a write goes to: the innermost that has it, else the last of the chain."""
        if len(chain) > 1:
            self._fetch(chain[:-1], names)
        return {name: next((scope for scope in chain if self._has(scope, name)), chain[-1]) for name in names}

    def put(self, scope: int, name: str, value: Value) -> None:
        """Remember a write."""
        self._known.setdefault(scope, {})[name] = value

    def erase(self, scope: int, name: str) -> None:
        """Remember that a name has no value any more."""
        self._known.setdefault(scope, {})[name] = _ABSENT

    def open(self, scope: int) -> None:
        """A scope that began in this command has nothing stored."""
        self._known[scope] = {}
        self._whole.add(scope)

    def close(self, scope: int) -> None:
        """Forget a scope."""
        self._known.pop(scope, None)

    def contents(self, scope: int) -> dict[str, Value]:
        """All that is in one scope."""
        if scope not in self._whole:
            stored = dict(self._values.contents(scope))
            own = {name: value for name, value in self._known.get(scope, {}).items() if value is not _ABSENT}
            self._known[scope] = {**stored, **own}
            self._whole.add(scope)
        return {name: value for name, value in self._known[scope].items() if value is not _ABSENT}

    def _has(self, scope: int, name: str) -> bool:
        return self._known.get(scope, _NOTHING).get(name, _ABSENT) is not _ABSENT

    def _fetch(self, chain: Iterable[int], names: Collection[str]) -> None:
        """Read, in one go, what is not known yet."""
        scopes = [scope for scope in chain if scope not in self._whole]
        wanted = {name for name in names for scope in scopes if name not in self._known.get(scope, _NOTHING)}
        if not wanted:
            return
        stored = self._values.read(scopes, sorted(wanted))
        for scope in scopes:
            known = self._known.setdefault(scope, {})
            for name in wanted:
                if name not in known:
                    known[name] = stored.get((scope, name), _ABSENT)


class Ground(Protocol):
    """The running instance, as far as variables are concerned."""

    context: Context
    variables: Variables
    facts: list[Fact]

    def names(self, expression: str) -> frozenset[str]:
        """The names an expression needs."""

    def put(self, scope: int, name: str, value: Value) -> None:
        """Give a variable of one scope a new value."""


class Here(Protocol):
    """A place, as far as variables are concerned: the scope in it, and what holds it open."""

    number: int

    @property
    def keeps(self) -> bool:
        """New names stay in it: an instance or an iteration."""

    @property
    def host(self) -> Sight | None:
        """The token inside which it lies."""

    @property
    def run(self) -> Ground:
        """The instance."""


class Sight:
    """What a token sees and writes from where it stands; ``detail["own"]``: it has a scope of its own."""

    number: int
    place: Here
    detail: Detail
    bpmn_id: str

    def chain(self) -> list[int]:
        """Scopes in which a name is looked up, innermost first."""
        place = self.place
        found = [self.number] if "own" in self.detail else []
        found.append(place.number)
        while (host := place.host) is not None:
            place = host.place
            if "own" in host.detail and host.number != found[-1]:
                found.append(host.number)
            found.append(place.number)
        return found

    def values(self, names: Collection[str]) -> dict[str, Value]:
        """Those of the names that have a value here."""
        return self.place.run.variables.find(self.chain(), names) if names else {}

    def evaluate(self, expressions: Sequence[str], extra: Mapping[str, Value] | None = None) -> list[Value]:
        """Values of FEEL expressions, in one call; ``extra`` comes before the variables.

        A name alone is its variable's value, whatever its size, and needs no call.
        """
        given = self._given(expressions, extra)
        asked = [text for text in expressions if text not in given]
        answers = iter(self.place.run.context.evaluator.evaluate(asked, given) if asked else ())
        return [given[text] if text in given else next(answers) for text in expressions]

    def decide(self, expressions: Sequence[str], extra: Mapping[str, Value] | None = None) -> list[bool]:
        """Answers of FEEL conditions, in one call; what is neither true nor false fails."""
        given = self._given(expressions, extra)
        plain = {text: value for text in expressions if isinstance(value := given.get(text), bool)}
        asked = [text for text in expressions if text not in plain]
        answers = iter(self.place.run.context.evaluator.decide(asked, given) if asked else ())
        return [plain[text] if text in plain else next(answers) for text in expressions]

    def attributes(self, texts: Sequence[str | None]) -> list[Value]:
        """Values of attributes, in one call: FEEL where the text begins with ``=``, else the text itself."""
        asked = [feel.body(text) for text in texts if text is not None and is_formula(text)]
        answers = iter(self.evaluate(asked))
        return [next(answers) if text is not None and is_formula(text) else text for text in texts]

    def write(self, values: Mapping[str, Value], *, inner: bool = True) -> None:
        """Give variables new values, each where its name lives; ``inner``: its own scope counts."""
        if not values:
            return
        homes = self.place.run.variables.home(self._reach(inner), values)
        for name, value in values.items():
            self.place.run.put(homes[name], name, value)

    def put(self, scope: int, name: str, value: Value) -> None:
        """Give a variable of one scope a new value."""
        self.place.run.put(scope, name, value)

    def open_scope(self, number: int, values: Mapping[str, Value] | None = None) -> None:
        """A new scope inside the one where the token stands, with its first values."""
        run = self.place.run
        run.variables.open(number)
        run.facts.append(ScopeOpened(number, self.bpmn_id, self.number))
        for name, value in (values or {}).items():
            run.put(number, name, value)

    def close_scope(self, number: int) -> None:
        """A scope that the token has opened is gone."""
        self.place.run.variables.close(number)
        self.place.run.facts.append(ScopeClosed(number))

    def open_own(self, values: Mapping[str, Value] | None = None) -> None:
        """Open a scope of its own, unless it has one."""
        if "own" not in self.detail:
            self.detail["own"] = 1
            self.open_scope(self.number, values)

    def close_own(self) -> None:
        """Close its own scope, if it has one."""
        if self.detail.pop("own", None):
            self.close_scope(self.number)

    def _given(self, expressions: Sequence[str], extra: Mapping[str, Value] | None) -> dict[str, Value]:
        names = frozenset[str]().union(*map(self.place.run.names, expressions))
        if not names:
            return {}
        given = {name: value for name, value in extra.items() if name in names} if extra else {}
        own = self.place.run.context.own(self.bpmn_id, names)
        return {**self.values(names - given.keys() - own.keys()), **own, **given}

    def _reach(self, inner: bool) -> list[int]:
        """The part of the chain that a write may go to: up to the nearest iteration, or the instance."""
        place = self.place
        found = [self.number] if inner and "own" in self.detail else []
        found.append(place.number)
        while not place.keeps and (host := place.host) is not None:
            place = host.place
            found.append(place.number)
        return found


def is_formula(text: str) -> bool:
    """Whether an attribute is FEEL."""
    return text.lstrip().startswith("=")
