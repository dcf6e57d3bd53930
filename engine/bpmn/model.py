"""What a diagram says, as plain frozen values: scopes hold elements and flows in document order, references resolved.

The model knows nothing of XML and nothing of running. Lint, comparison and interpreter share it. Expressions and texts
are kept as written: where the dialect allows both, FEEL starts with ``=``; conditions are FEEL with or without it.
"""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, field
from typing import Literal, get_args

from engine.bpmn.finding import Finding

EventKind = Literal[
    "message", "signal", "timer", "error", "escalation", "conditional", "cancel", "compensate", "terminate", "link"
]
ScopeKind = Literal["process", "subProcess", "transaction", "adHocSubProcess"]
TimeForm = Literal["timeDate", "timeDuration", "timeCycle"]

EVENT_KINDS: frozenset[str] = frozenset(get_args(EventKind))
TASKS = frozenset(
    {"task", "userTask", "manualTask", "scriptTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask"}
)
SUB_PROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES = TASKS | SUB_PROCESSES | {"callActivity"}
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
ELEMENTS = ACTIVITIES | EVENTS | GATEWAYS
GLOBAL_TASKS = {
    "globalTask": "task",
    "globalUserTask": "userTask",
    "globalManualTask": "manualTask",
    "globalScriptTask": "scriptTask",
    "globalBusinessRuleTask": "businessRuleTask",
}


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow. One without id in the source gets a stable id that starts with ``~``, which no id in XML can."""

    id: str
    source: str
    target: str
    condition: str | None = None
    name: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """One trigger or result of an event, or the message of a send or receive task.

    Attributes:
        id: id of the definition in the source, if any.
        ref: id of the message, signal, error or escalation it points to; an error or escalation without catches all.
        name: message, signal or link name; error or escalation code. Message and signal names may start with ``=``.
        key: correlation key: of the message (``zeebe:subscription``), or of the thrower (property ``correlationKey``).
        expression: text of the timer as written (``form`` says which), or the condition.
        activity_ref: the activity to compensate; ``None`` means the whole scope.
        wait_for_completion: whether the thrower of a compensation waits for its handlers.
        ttl: how long a thrown message is kept (property ``timeToLive``): ISO 8601 duration or FEEL.
    """

    kind: EventKind
    id: str | None = None
    ref: str | None = None
    name: str | None = None
    key: str | None = None
    time_form: TimeForm | None = None
    expression: str | None = None
    activity_ref: str | None = None
    wait_for_completion: bool = True
    ttl: str | None = None
    line: int = 0

    @property
    def has_ref(self) -> bool:
        """Whether the definition names what it means; an error or escalation that does not catches all."""
        return self.ref is not None


@dataclass(frozen=True, slots=True)
class Mapping:
    """``source`` (FEEL where it starts with ``=``, else text) is written to the variable ``target``."""

    source: str
    target: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who shall do a user task, where that is not left to its lane: texts or FEEL, as written."""

    assignee: str | None = None
    candidate_users: str | None = None
    candidate_groups: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a user task is due and when it is to be looked at again: ISO 8601 or FEEL."""

    due: str | None = None
    follow_up: str | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """``result`` is the variable that receives ``expression``."""

    expression: str
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Work for a connector. ``retries`` is a number or FEEL, as written; headers are texts."""

    type: str
    retries: str | None = None
    headers: abc.Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision that a business rule task asks. ``id`` is a text or FEEL."""

    id: str
    result: str | None = None
    binding: str = "deployment"


@dataclass(frozen=True, slots=True)
class Called:
    """The process a call activity starts: ``process`` is an id or FEEL, ``binding`` deployment (frozen) or latest."""

    process: str
    binding: str = "deployment"
    propagate_all: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True)
class Loop:
    """How often an activity runs.

    ``standard`` loops use ``loop_condition``, ``maximum`` and ``test_before``; the others ``cardinality``, or
    ``collection`` and ``element`` (the variable of one iteration), ``output_collection``, ``output_element`` (an
    expression) and ``completion_condition``. Expressions are FEEL with or without ``=``; ``element`` and
    ``output_collection`` are names.
    """

    kind: Literal["standard", "sequential", "parallel"]
    collection: str | None = None
    element: str | None = None
    output_collection: str | None = None
    output_element: str | None = None
    cardinality: str | None = None
    completion_condition: str | None = None
    loop_condition: str | None = None
    maximum: int | None = None
    test_before: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True)
class DataObject:
    """A variable that a scope declares: ``id`` is that of the data object or property, ``name`` the variable's."""

    id: str
    name: str
    collection: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True)
class Element:
    """One activity, event or gateway.

    Attributes:
        tag: BPMN tag; a global task has the tag of the task it is (``globalUserTask`` reads as ``userTask``).
        lane: name of the innermost lane that has a name and holds the element or the sub-process around it.
        incoming, outgoing: ids of flows, in document order of the flows.
        default: id of the default flow.
        events: event definitions of an event; the message of a send or receive task.
        parallel_multiple: all of several events must come.
        interrupting: of a boundary event (``cancelActivity``) or an event sub-process's start (``isInterrupting``).
        attached_to: host of a boundary event; ``boundary`` has the ids of the boundary events of a host.
        inner: the scope inside a sub-process.
        for_compensation: an activity that only runs as compensation handler.
        handler: on a compensation boundary event: the id of the activity that undoes its host.
        inputs, outputs: mappings of ``zeebe:ioMapping``, then data associations. A thrown message's inputs are its
            content.
        instantiate: a receive task or event gateway that starts an instance.
        gateway_type: ``Exclusive`` or ``Parallel`` (of an event gateway that starts instances).
        activation_condition: of a complex gateway.
        properties: ``zeebe:properties``.
    """

    id: str
    tag: str
    name: str | None = None
    line: int = 0
    lane: str | None = None
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    default: str | None = None
    events: tuple[EventDefinition, ...] = ()
    parallel_multiple: bool = False
    interrupting: bool = True
    attached_to: str | None = None
    boundary: tuple[str, ...] = ()
    inner: Scope | None = None
    for_compensation: bool = False
    handler: str | None = None
    loop: Loop | None = None
    inputs: tuple[Mapping, ...] = ()
    outputs: tuple[Mapping, ...] = ()
    assignment: Assignment | None = None
    schedule: Schedule | None = None
    priority: str | None = None
    form_id: str | None = None
    script: Script | None = None
    job: Job | None = None
    decision: Decision | None = None
    called: Called | None = None
    instantiate: bool = False
    gateway_type: str = "Exclusive"
    activation_condition: str | None = None
    start_quantity: int = 1
    completion_quantity: int = 1
    properties: abc.Mapping[str, str] = field(default_factory=dict)
    documentation: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """A process or what is inside a sub-process.

    Attributes:
        id: that of the process or sub-process element.
        data: id of a data object, data object reference or property written in this scope -> the variable it means.
        declares: names of the variables that live in this scope because a data object or property in it says so.
        triggered_by_event: an event sub-process.
        ordering, cancel_remaining, completion_condition: of an ad-hoc sub-process.
    """

    id: str
    kind: ScopeKind
    elements: abc.Mapping[str, Element] = field(default_factory=dict)
    flows: abc.Mapping[str, Flow] = field(default_factory=dict)
    data: abc.Mapping[str, DataObject] = field(default_factory=dict)
    declares: tuple[str, ...] = ()
    parent: str | None = None
    triggered_by_event: bool = False
    ordering: Literal["Parallel", "Sequential"] = "Parallel"
    cancel_remaining: bool = True
    completion_condition: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane with the elements it names itself and the lanes inside it."""

    id: str
    name: str | None = None
    elements: tuple[str, ...] = ()
    lanes: tuple[Lane, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Process:
    """One process, or a global task, which reads as a process of one element with the same id."""

    id: str
    name: str | None
    scope: Scope
    executable: bool = True
    lanes: tuple[Lane, ...] = ()
    line: int = 0
    properties: abc.Mapping[str, str] = field(default_factory=dict)
    documentation: str | None = None
    pool: str | None = None

    def walk(self) -> abc.Iterator[tuple[Scope, Element]]:
        """Every element with the scope it stands in, outer before inner, in document order."""
        return walk(self.scope)


@dataclass(frozen=True, slots=True)
class Diagram:
    """A file of processes.

    Attributes:
        source: name of the file, for messages.
        xml: the bytes as they were read.
        digest: SHA-256 of ``xml``, in hex.
        drawn: ids of the elements and flows that have a shape or an edge in the drawing.
        doubts: warnings that came up while it was read.
    """

    source: str
    xml: bytes
    digest: str
    processes: abc.Mapping[str, Process]
    drawn: frozenset[str] = frozenset()
    doubts: tuple[Finding, ...] = ()


def walk(scope: Scope) -> abc.Iterator[tuple[Scope, Element]]:
    """Every element in and below a scope with the scope it stands in, outer before inner, in document order."""
    for element in scope.elements.values():
        yield scope, element
        if element.inner is not None:
            yield from walk(element.inner)
