"""What the facts of an instance add up to, one after another: the reader of history that the facts must satisfy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.interpreter import progress as p


@dataclass
class Fold:
    """Open visits, tasks, arms, jobs, children, incidents, scopes and values after the facts so far."""

    visits: dict[int, tuple[str, int]] = field(default_factory=dict)
    tasks: dict[int, p.TaskOpened] = field(default_factory=dict)
    timers: dict[tuple[int, int], p.TimerOpened] = field(default_factory=dict)
    subscriptions: dict[tuple[int, int], p.Subscribed] = field(default_factory=dict)
    jobs: dict[int, p.JobWanted] = field(default_factory=dict)
    children: dict[int, p.CallWanted | p.FanWanted] = field(default_factory=dict)
    incidents: dict[int, p.IncidentOpened] = field(default_factory=dict)
    scopes: dict[int, int] = field(default_factory=lambda: {0: 0})
    values: dict[int, dict[str, Any]] = field(default_factory=lambda: {0: {}})
    left: list[tuple[str, str]] = field(default_factory=list)
    thrown: list[p.Thrown] = field(default_factory=list)

    def add(self, fact: p.Fact) -> None:
        """Take in one fact; contradictions with what came before fail."""
        getattr(self, "_" + type(fact).__name__.lower())(fact)

    @property
    def completed(self) -> list[str]:
        """Elements of completed visits, in the order in which they ended."""
        return [element for element, outcome in self.left if outcome == "completed"]

    def _entered(self, fact: p.Entered) -> None:
        assert fact.token not in self.visits
        assert fact.scope in self.scopes
        self.visits[fact.token] = (fact.element, fact.scope)

    def _left(self, fact: p.Left) -> None:
        assert self.visits.pop(fact.token)[0] == fact.element
        for owned in (self.tasks, self.incidents):
            assert fact.token not in owned, f"{fact.element} left with {owned[fact.token]}"
        assert not any(token == fact.token for token, _ in (*self.timers, *self.subscriptions))
        self.jobs.pop(fact.token, None)
        assert fact.token not in self.children
        self.left.append((fact.element, fact.outcome))

    def _scopeopened(self, fact: p.ScopeOpened) -> None:
        assert fact.scope not in self.scopes
        assert self.visits[fact.token][0] == fact.element
        self.scopes[fact.scope] = fact.token
        self.values[fact.scope] = {}

    def _scopeclosed(self, fact: p.ScopeClosed) -> None:
        del self.scopes[fact.scope]
        del self.values[fact.scope]
        assert not any(scope == fact.scope for _, scope in self.visits.values())

    def _written(self, fact: p.Written) -> None:
        self.values[fact.scope][fact.name] = fact.value

    def _erased(self, fact: p.Erased) -> None:
        del self.values[fact.scope][fact.name]

    def _taskopened(self, fact: p.TaskOpened) -> None:
        assert fact.token in self.visits and fact.token not in self.tasks
        assert fact.scope in self.scopes
        self.tasks[fact.token] = fact

    def _taskclosed(self, fact: p.TaskClosed) -> None:
        del self.tasks[fact.token]

    def _timeropened(self, fact: p.TimerOpened) -> None:
        assert (fact.token, fact.arm) not in self.timers
        self.timers[fact.token, fact.arm] = fact

    def _subscribed(self, fact: p.Subscribed) -> None:
        assert (fact.token, fact.arm) not in self.subscriptions
        self.subscriptions[fact.token, fact.arm] = fact

    def _armclosed(self, fact: p.ArmClosed) -> None:
        key = (fact.token, fact.arm)
        assert (key in self.timers) != (key in self.subscriptions)
        self.timers.pop(key, None)
        self.subscriptions.pop(key, None)

    def _jobwanted(self, fact: p.JobWanted) -> None:
        assert fact.token not in self.jobs
        self.jobs[fact.token] = fact

    def _jobdropped(self, fact: p.JobDropped) -> None:
        del self.jobs[fact.token]

    def _callwanted(self, fact: p.CallWanted) -> None:
        self.children[fact.token] = fact

    def _fanwanted(self, fact: p.FanWanted) -> None:
        self.children[fact.token] = fact

    def _childrendropped(self, fact: p.ChildrenDropped) -> None:
        del self.children[fact.token]

    def _thrown(self, fact: p.Thrown) -> None:
        self.thrown.append(fact)

    def _incidentopened(self, fact: p.IncidentOpened) -> None:
        assert fact.token not in self.incidents
        assert fact.reason.format(**fact.params)
        self.incidents[fact.token] = fact
        self.jobs.pop(fact.token, None)

    def _incidentclosed(self, fact: p.IncidentClosed) -> None:
        del self.incidents[fact.token]
