"""What one command did to an instance: the only thing that leaves the interpreter.

``Progress`` carries the new marking and the facts in the order in which they happened. Facts are complete: who folds
them from an instance's first command on has its open visits, tasks, arms, jobs, children, incidents, scopes and
values (``tests`` hold it to that).

Tokens and scopes are numbers of one series within the instance, given once and never again. A scope bears the number
of the token that opened it, except that each pass of a loop or sequential multi-instance has a number of its own; 0
is the instance itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

Value = Any
"""A FEEL value in Python: None, bool, int, float, str, date, time, datetime, duration, list or dict."""

Outcome = Literal["completed", "cancelled", "withdrawn", "merged", "skipped"]
"""How a visit ends.

``completed``: the token went on. ``cancelled``: something interrupted it. ``withdrawn``: what it waited for is not
wanted any more (the event lost its race, the activity it was attached to is over). ``merged``: it was used up by a
join. ``skipped``: a person took it past.
"""


@dataclass(frozen=True, slots=True)
class Entered:
    """A token has come to an element: a visit begins. Every element counts, gateways and armed events too.

    Attributes:
        scope: the scope in which the element stands.
        around: the visit holds the iterations of a loop or multi-instance together; each iteration has a visit of its
            own.
    """

    token: int
    element: str
    scope: int
    around: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """A visit has ended; the token is gone."""

    token: int
    element: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ScopeOpened:
    """Variables can live in a new scope; it lies inside the one in which ``token`` stands."""

    scope: int
    element: str
    token: int


@dataclass(frozen=True, slots=True)
class ScopeClosed:
    """The scope is gone, with all that was in it."""

    scope: int


@dataclass(frozen=True, slots=True)
class Written:
    """A variable has a new value. Names that begin with ``#`` are the interpreter's own (items and results of a
    sequence).
    """

    scope: int
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Erased:
    """A variable is no longer there: what wrote it has been taken back."""

    scope: int
    name: str


@dataclass(frozen=True, slots=True)
class TaskOpened:
    """A task waits for a person.

    Attributes:
        scope: the innermost scope that its form sees.
        assignee, users, groups: as the diagram's assignment says; all empty means that its lane decides.
        due, follow_up: aware times.
        priority: None where the diagram says nothing.
        inputs: values of its input mappings; None if it has none.
    """

    token: int
    element: str
    scope: int
    assignee: str | None = None
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    due: datetime | None = None
    follow_up: datetime | None = None
    priority: int | None = None
    inputs: Mapping[str, Value] | None = None


@dataclass(frozen=True, slots=True)
class TaskClosed:
    """The task is no longer there to do."""

    token: int
    element: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class TimerOpened:
    """``trigger`` is owed to this arm at ``due`` (aware); ``text`` is what the diagram's timer came to."""

    token: int
    arm: int
    element: str
    due: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The arm waits for a message of this name and key, or for a signal of this name."""

    token: int
    arm: int
    element: str
    kind: Literal["message", "signal"]
    name: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class ArmClosed:
    """A timer, message or signal is waited for no longer. An arm's number is never used again by its token."""

    token: int
    arm: int
    outcome: Literal["fired", "withdrawn"]


@dataclass(frozen=True, slots=True)
class JobWanted:
    """Work for a connector; ``finish`` or ``fail`` is owed to the token.

    Attributes:
        inputs: values of the input mappings, all that a connector is given.
        scope: the innermost scope in which it stands.
    """

    token: int
    element: str
    type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    retries: int | None = None
    inputs: Mapping[str, Value] = field(default_factory=dict)
    scope: int = 0


@dataclass(frozen=True, slots=True)
class JobDropped:
    """The job is not wanted any more; if it has been done meanwhile, nobody waits for it."""

    token: int
    element: str


@dataclass(frozen=True, slots=True)
class CallWanted:
    """Another process is to be started with these variables; its end is reported by ``finish`` or ``fail``.

    Attributes:
        process: id of the called process.
        binding: ``deployment`` (frozen with the caller) or ``latest``.
        variables: what the input mappings give; nothing else travels.
        returns: names of the called process's variables that the output mappings read: what ``finish`` wants.
    """

    token: int
    element: str
    process: str
    binding: str
    variables: Mapping[str, Value]
    returns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FanWanted:
    """A parallel multi-instance: each item is to be run as an instance of ``body`` (``start(..., body=...)``).

    Attributes:
        snapshot: the outer variables that the body's expressions and forms name, as they are now.
        input_element: the variable of an iteration that holds its item.
        conditional: there is a completion condition, so ``over`` is to be asked after each iteration.
    """

    token: int
    element: str
    body: str
    items: Sequence[Value]
    input_element: str | None
    snapshot: Mapping[str, Value]
    sequential: bool = False
    conditional: bool = False

    def variables(self, index: int) -> dict[str, Value]:
        """What iteration ``index`` (from 0) starts with."""
        own = {} if self.input_element is None else {self.input_element: self.items[index]}
        return {**self.snapshot, **own, "loopCounter": index + 1}


@dataclass(frozen=True, slots=True)
class ChildrenDropped:
    """The token waits no longer for the called instance or the iterations it wanted.

    Attributes:
        running: some may still run, and are to be cancelled.
    """

    token: int
    element: str
    running: bool = True


@dataclass(frozen=True, slots=True)
class Thrown:
    """Something has been thrown that may concern others.

    A ``signal`` has been served to the instance itself already. An ``escalation`` that comes here was not caught
    inside: it goes to the caller, if there is one. (An error that is not caught inside a called instance ends it:
    ``Ended.how == "error"``.)

    Attributes:
        name: of message or signal; code of an escalation.
        key: correlation key of a message.
        ttl: how long an unmatched message is kept; None: the default.
        content: what the input mappings give; nothing else travels.
    """

    token: int
    element: str
    kind: Literal["message", "signal", "escalation"]
    name: str | None
    key: str | None = None
    ttl: timedelta | None = None
    content: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IncidentOpened:
    """The token cannot go on by itself; what was done before stands, and other tokens are not concerned.

    A job whose failure this is has ended with it, a called instance is dropped; iterations of a fan go on.

    Attributes:
        reason: English sentence with ``{placeholders}`` for ``params``: a translation key.
        expression: the FEEL text that failed, if one did.
    """

    token: int
    element: str
    reason: str
    params: Mapping[str, Any] = field(default_factory=dict)
    expression: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentClosed:
    """Somebody helped the token on, or it is gone."""

    token: int


Fact = (
    Entered
    | Left
    | ScopeOpened
    | ScopeClosed
    | Written
    | Erased
    | TaskOpened
    | TaskClosed
    | TimerOpened
    | Subscribed
    | ArmClosed
    | JobWanted
    | JobDropped
    | CallWanted
    | FanWanted
    | ChildrenDropped
    | Thrown
    | IncidentOpened
    | IncidentClosed
)


@dataclass(frozen=True, slots=True)
class Ended:
    """The instance is over.

    Attributes:
        element: the end event that made it so, if one did.
        code: of the error that nobody inside caught.
        result: of an iteration: the value of its output element.
        content: what that error brings to whoever catches it outside.
    """

    how: Literal["completed", "terminated", "cancelled", "error"]
    element: str | None = None
    code: str | None = None
    result: Value = None
    content: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """One command's outcome: the instance's new marking, what happened on the way, and whether it is over."""

    marking: bytes
    facts: tuple[Fact, ...]
    ended: Ended | None = None
