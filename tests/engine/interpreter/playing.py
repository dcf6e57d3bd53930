"""An instance played through in memory, with its children: stands where the database and the worker stand.

After every command the marking is decoded and encoded again, the command is repeated to see that it gives the same, and
what the facts add up to is compared with what the marking says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from engine import feel
from engine import interpreter as bpmn
from engine.bpmn.diagram import Process
from engine.interpreter import marking
from engine.interpreter.instance import Instance
from tests.engine.interpreter.folding import Fold

NOON = datetime(2026, 4, 1, 4, tzinfo=UTC)
Decisions = Callable[[str, bpmn.Lookup], Any]
Own = Callable[[str, Collection[str]], Mapping[str, Any]]
_drawn: list[tuple[Callable[[Process], Process], set[str]]] = []


def drawn(process: Process) -> Process:
    """The process as it is to be run: as it was drawn, unless a test redraws it."""
    return _drawn[-1][0](process) if _drawn else process


@contextmanager
def redrawn(how: Callable[[Process], Process]) -> Iterator[set[str]]:
    """Every process that is played meanwhile is drawn in another way; gives the elements that tokens came to."""
    reached: set[str] = set()
    _drawn.append((how, reached))
    try:
        yield reached
    finally:
        _drawn.pop()


class Stored:
    """Variables as the caller keeps them; counts how often it is asked."""

    def __init__(self, values: Mapping[int, Mapping[str, Any]]) -> None:
        self._values = values
        self.reads = 0

    def read(self, scopes: Collection[int], names: Collection[str]) -> Mapping[tuple[int, str], Any]:
        self.reads += 1
        return {
            (scope, name): self._values[scope][name]
            for scope in scopes
            for name in names
            if name in self._values[scope]
        }

    def contents(self, scope: int) -> Mapping[str, Any]:
        self.reads += 1
        return dict(self._values[scope])


class Case:
    """One instance, from its start on."""

    def __init__(
        self,
        process: Process | bpmn.Spec,
        variables: Mapping[str, Any] | None = None,
        *,
        others: Mapping[str, Process] | None = None,
        decisions: Decisions | None = None,
        now: datetime = NOON,
        parent: tuple[Case, int, int] | None = None,
        limit: int = 1000,
        names: Mapping[str, Collection[str]] | None = None,
        own: Own | None = None,
        childless: bool = False,
        **start: Any,
    ) -> None:
        self.spec = process if isinstance(process, bpmn.Spec) else bpmn.compile(drawn(process), names or {})
        self.others = others or {}
        self.decisions, self.own = decisions, own
        self.now, self.parent, self.limit, self.childless = now, parent, limit, childless
        self.fold = Fold()
        self.facts: list[bpmn.Fact] = []
        self.last: tuple[bpmn.Fact, ...] = ()
        self.marking = b""
        self.ended: bpmn.Ended | None = None
        self.calls = self.reads = 0
        self.iterations: dict[int, list[Case]] = {}
        self._do(lambda context: bpmn.start(self.spec, context, variables, **start))

    # -- what people, workers and clocks do

    def complete(self, element: str, **results: Any) -> Case:
        """A person completes the oldest open task at an element."""
        return self._do(self._on(bpmn.complete, self.task(element), results))

    def finish(self, element: str, **results: Any) -> Case:
        """A connector has done the oldest job at an element."""
        return self._do(self._on(bpmn.finish, self._oldest(self.fold.jobs, element), results))

    def fail(self, element: str, code: str | None, **more: Any) -> Case:
        """The oldest job or child at an element throws an error."""
        token = self._oldest({**self.fold.jobs, **self.fold.children}, element)
        return self._do(lambda context: bpmn.fail(self.spec, self.marking, context, token, code=code, **more))

    def signal(self, name: str, **payload: Any) -> Case:
        """A signal reaches everything that waits for it."""
        return self._arrive("signal", name, None, payload, once=False)

    def message(self, name: str, key: str | None = None, **payload: Any) -> Case:
        """A message reaches the oldest that waits for it."""
        return self._arrive("message", name, key, payload, once=True)

    def pass_time(self, **span: float) -> Case:
        """Timers that come due meanwhile fire one after another, each at its time."""
        until = self.now + timedelta(**span)
        while True:
            due = sorted((fact.due, *key) for key, fact in self.fold.timers.items() if fact.due <= until)
            if not due:
                self.now = until
                return self
            self.now = max(self.now, due[0][0])
            self._do(self._on(bpmn.trigger, due[0][1], due[0][2]))

    def be_late(self, **span: float) -> Case:
        """The clock moves on, but nobody looks: then the timer that is due first fires, late."""
        self.now += timedelta(**span)
        _, token, arm = min((fact.due, *key) for key, fact in self.fold.timers.items())
        return self._do(self._on(bpmn.trigger, token, arm))

    def write(self, scope: int = 0, **values: Any) -> Case:
        return self._do(lambda context: bpmn.write(self.spec, self.marking, context, scope, values))

    def retry(self, element: str) -> Case:
        return self._do(self._on(bpmn.retry, self._oldest(self.fold.incidents, element)))

    def skip(self, element: str, flow: str | None = None, **results: Any) -> Case:
        token = self._oldest(self.fold.incidents, element)
        return self._do(lambda context: bpmn.skip(self.spec, self.marking, context, token, results, flow=flow))

    def cancel(self, element: str | None = None) -> Case:
        if element is None:
            return self._do(lambda context: bpmn.cancel(self.spec, self.marking, context))
        token = min(token for token, (at, _) in self.fold.visits.items() if at == element)
        return self._do(lambda context: bpmn.cancel(self.spec, self.marking, context, token))

    # -- what can be seen

    @property
    def waiting(self) -> list[str]:
        """Elements where a person is waited for, sorted."""
        return sorted(fact.element for fact in self.fold.tasks.values())

    @property
    def standing(self) -> list[str]:
        """Elements at which a token stands, sorted."""
        return sorted(element for element, _ in self.fold.visits.values())

    @property
    def values(self) -> dict[str, Any]:
        """Variables of the instance."""
        return self.fold.values[0]

    @property
    def completed(self) -> list[str]:
        """Elements of completed visits."""
        return self.fold.completed

    @property
    def over(self) -> str | None:
        """How it ended, if it did."""
        return self.ended.how if self.ended is not None else None

    @property
    def children(self) -> list[Case]:
        """Called instances and iterations started so far."""
        return [child for children in self.iterations.values() for child in children]

    def task(self, element: str) -> int:
        """The token of the oldest open task at an element."""
        return self._oldest(self.fold.tasks, element)

    def context(self) -> bpmn.Context:
        """What a command is given."""
        evaluator, values = feel.Evaluator(self.now, "Asia/Shanghai"), Stored(self.fold.values)
        context = bpmn.Context(self.now, values, evaluator, limit=self.limit)
        context = context if self.decisions is None else replace(context, decisions=self.decisions)
        return context if self.own is None else replace(context, own=self.own)

    # -- how it is done

    def _arrive(self, kind: str, name: str, key: str | None, payload: Mapping[str, Any], *, once: bool) -> Case:
        found = [k for k, s in self.fold.subscriptions.items() if (s.kind, s.name, s.key) == (kind, name, key)]
        assert found, f"nothing waits for {kind} {name} {key}"
        for token, arm in found[:1] if once else found:
            if (token, arm) in self.fold.subscriptions:
                self._do(self._on(bpmn.trigger, token, arm, payload))
        return self

    def _on(self, command: Callable[..., bpmn.Progress], *given: Any) -> Callable[[bpmn.Context], bpmn.Progress]:
        return lambda context: command(self.spec, self.marking, context, *given)

    def _oldest(self, among: Mapping[int, Any], element: str) -> int:
        found = [token for token, fact in among.items() if fact.element == element]
        assert found, f"nothing open at {element}: {among}"
        return min(found)

    def _do(self, command: Callable[[bpmn.Context], bpmn.Progress]) -> Case:
        context = self.context()
        progress = command(context)
        assert command(self.context()) == progress, "the same command gives the same"
        values = context.values
        assert isinstance(values, Stored)
        self.calls, self.reads = context.evaluator.calls, values.reads
        self.marking, self.ended, self.last = progress.marking, progress.ended, progress.facts
        if _drawn:
            _drawn[-1][1].update(fact.element for fact in progress.facts if isinstance(fact, bpmn.Entered))
        for fact in progress.facts:
            self.facts.append(fact)
            self.fold.add(fact)
        agree(self)
        for fact in progress.facts:
            self._look_after(fact)
        if self.ended is not None and self.parent is not None:
            parent, token, index = self.parent
            parent.child_ended(token, index)
        return self

    def _look_after(self, fact: bpmn.Fact) -> None:
        if self.childless:
            return
        if isinstance(fact, bpmn.FanWanted) and self.fold.children.get(fact.token) is fact:
            self.iterations[fact.token] = []
            for index in range(len(fact.items)):
                if self.fold.children.get(fact.token) is fact:
                    self._child(self.spec, fact.variables(index), (self, fact.token, index), body=fact.body)
        elif isinstance(fact, bpmn.CallWanted) and self.fold.children.get(fact.token) is fact:
            self.iterations[fact.token] = []
            if fact.process in self.others:
                self._child(self.others[fact.process], fact.variables, (self, fact.token, 0), called=True)
        elif isinstance(fact, bpmn.ChildrenDropped):
            for child in self.iterations.get(fact.token, ()):
                if child.ended is None:
                    child.parent = None
                    child.cancel()
        elif isinstance(fact, bpmn.Thrown) and fact.kind == "escalation" and self.parent is not None:
            parent, token, _ = self.parent
            variables = dict(fact.content)
            parent._do(
                lambda context: bpmn.fail(
                    parent.spec, parent.marking, context, token, kind="escalation", code=fact.name, variables=variables
                )
            )

    def _child(self, process: Any, variables: Any, parent: tuple[Case, int, int], **start: Any) -> None:
        # It may end, and report, while it starts.
        child = Case.__new__(Case)
        self.iterations[parent[1]].append(child)
        child.__init__(process, variables, others=self.others, now=self.now, parent=parent, **start)  # type: ignore[misc]

    def child_ended(self, token: int, index: int) -> None:
        """One of a token's children has ended: count, and tell the token when that was enough."""
        wanted = self.fold.children.get(token)
        if wanted is None:
            return
        children = self.iterations[token]
        failed = next((child.ended for child in children if child.over == "error"), None)
        if failed is not None:
            code, carried = failed.code, failed.content
            self._do(lambda context: bpmn.fail(self.spec, self.marking, context, token, code=code, variables=carried))
            return
        done = [child for child in children if child.ended is not None]
        if isinstance(wanted, bpmn.CallWanted):
            values = {name: children[0].values[name] for name in wanted.returns if name in children[0].values}
            self._do(self._on(bpmn.finish, token, values))
            return
        results = [child.ended.result for child in done if child.ended is not None]
        enough = len(done) == len(wanted.items)
        if not enough and wanted.conditional:
            at = self.spec, self.marking, self.context(), token
            so_far = results if bpmn.reads_results(*at) else None
            known = children[index].fold.values[0]
            given = {name: known[name] for name in self.spec.judges(wanted.body) if name in known}
            enough = bpmn.over(*at, len(wanted.items), len(done), so_far, given)
        if enough:
            self._do(self._on(bpmn.finish, token, results))


def agree(case: Case) -> None:
    """The marking survives its encoding, and says what the facts add up to."""
    restored = Instance.restore(case.spec, case.marking, case.context())
    assert marking.encode(restored.state()) == case.marking
    fold, state = case.fold, marking.decode(case.marking)
    rows = [(scope[0], *row) for scope in state.scopes for row in scope[4]]
    assert {number: (element, scope) for scope, number, element, _, _ in rows} == fold.visits
    details = {number: detail or {} for _, number, _, _, detail in rows}
    outside = {"timer", "message", "signal"}
    arms = {(token, one["n"]) for token, more in details.items() for one in more.get("arms", ()) if one["k"] in outside}
    assert arms == {*fold.timers, *fold.subscriptions}
    states = {token.token: token.state for token in bpmn.open_tokens(case.marking)}
    assert {token for token, name in states.items() if name == "ready"} == set(fold.tasks)
    assert {token for token, name in states.items() if name == "failed"} == set(fold.incidents)
    assert {token for token, more in details.items() if "job" in more} == set(fold.jobs)
    assert {token for token, more in details.items() if "child" in more} == set(fold.children)
    own = {token for token, more in details.items() if "own" in more or "kept" in more}
    held = {more[key] for more in details.values() for key in ("held", "passed") if key in more}
    assert {scope[0] for scope in state.scopes} | own | held == set(fold.scopes)
    if case.ended is not None:
        assert not rows and set(fold.scopes) == {0}
