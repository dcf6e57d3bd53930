"""What is not run, by name. Lint says more, and earlier; this is the last gate, so that nothing is ever run as
something it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from engine.bpmn.diagram import Element, Finding, Process, Scope
from engine.bpmn.finding import Findings

_CAUGHT: Final = frozenset({"message", "signal", "timer", "conditional"})
_ON_BORDER: Final = _CAUGHT | {"error", "escalation", "cancel", "compensate"}
_THROWN: Final = frozenset({"message", "signal", "escalation", "compensate"})
_ALLOWED: Final = {
    "intermediateCatchEvent": _CAUGHT | {"link"},
    "intermediateThrowEvent": _THROWN | {"link"},
    "endEvent": _THROWN | {"error", "terminate", "cancel"},
    "boundaryEvent": _ON_BORDER,
}
_WORK: Final = {
    "serviceTask": ("connector-unknown", "a zeebe:taskDefinition"),
    "scriptTask": ("script-not-feel", "a zeebe:script in FEEL"),
    "businessRuleTask": ("decision-missing", "a zeebe:calledDecision"),
    "sendTask": ("event-name-missing", "a message or a zeebe:taskDefinition"),
    "receiveTask": ("event-name-missing", "a message"),
    "callActivity": ("called-missing", "a zeebe:calledElement"),
}


def check(process: Process) -> list[Finding]:
    """All that keeps the process from being run."""
    findings = Findings()
    scopes = {scope.id: scope for scope, _ in process.walk()}
    for scope, element in process.walk():
        found = [refusal for refuse in _RULES for refusal in refuse(scope, element)]
        for rule, message, advice, params in (*found, *_fan(scopes, scope, element)):
            findings.error(rule, element.id, element.line, message, advice, id=element.id, **params)
    if not process.scope.elements:
        findings.error("no-start", process.id, process.line, "The process {process} is empty.", process=process.id)
    return list(findings)


_PLACE: Final = "event-not-allowed-here"


class _Refusal(NamedTuple):
    rule: str
    message: str
    advice: str
    params: Mapping[str, str] = MappingProxyType({})


def _work(scope: Scope, element: Element) -> Iterator[_Refusal]:
    if element.tag not in _WORK or (element.job is not None and element.tag not in ("receiveTask", "callActivity")):
        return
    if not (element.script or element.decision or element.called or element.events):
        rule, wanted = _WORK[element.tag]
        yield _Refusal(
            rule, "The {tag} {id} lacks {wanted}.", "Say what it does.", {"tag": element.tag, "wanted": wanted}
        )
    if element.called is not None and element.called.propagate_all:
        yield _Refusal(
            "propagate-all",
            "{id} passes all variables on, to readers that may not see them.",
            "Set propagateAll… to false and map what is needed.",
        )


def _events(scope: Scope, element: Element) -> Iterator[_Refusal]:
    if element.tag == "startEvent":
        allowed = (
            _ON_BORDER - {"cancel"} if scope.triggered_by_event else _CAUGHT if scope.parent is None else frozenset()
        )
    elif element.tag in _ALLOWED:
        allowed = _ALLOWED[element.tag]
    else:
        return
    for definition in element.events:
        if definition.kind not in allowed:
            message = "A {kind} event cannot stand at {id}."
            yield _Refusal(_PLACE, message, "Use an event that fits there.", {"kind": definition.kind})
        yield from _incomplete(element, definition.kind, definition.name, definition.expression, definition.time_form)
    if element.tag in ("intermediateCatchEvent", "boundaryEvent") and not element.events:
        yield _Refusal(_PLACE, "{id} does not say what it waits for.", "Give it a trigger.")
    if len(element.events) > 1 and any(
        d.kind in ("link", "compensate", "cancel") for d in element.events if element.tag != "endEvent"
    ):
        yield _Refusal(_PLACE, "{id} mixes events that cannot stand together.", "Draw an event for each.")


def _catching(scope: Scope, element: Element) -> Iterator[_Refusal]:
    """What only makes sense when it interrupts, and what cannot be waited for together with something else."""
    starts = element.tag == "startEvent" and scope.triggered_by_event
    if element.tag != "boundaryEvent" and not starts:
        return
    kinds = {definition.kind for definition in element.events}
    if not element.interrupting and kinds & {"error", "cancel"}:
        yield _Refusal(_PLACE, "{id} catches an error without interrupting what failed.", "Let it interrupt.")
    if element.parallel_multiple and len(element.events) > 1 and kinds - _CAUGHT:
        advice = "Let it wait for messages, signals, timers and conditions only."
        yield _Refusal(_PLACE, "{id} waits for several events of which one ends its activity at once.", advice)


def _incomplete(
    element: Element, kind: str, name: str | None, expression: str | None, form: str | None
) -> Iterator[_Refusal]:
    thrown = element.tag in ("endEvent", "intermediateThrowEvent")
    if kind == "message" and name is None and not (thrown and element.job is not None):
        yield _Refusal("event-name-missing", "The message of {id} has no name.", "Choose its message.")
    if kind in ("signal", "link") and not name:
        yield _Refusal("event-name-missing", "The {kind} of {id} has no name.", "Choose it.", {"kind": kind})
    if kind == "timer" and (form is None or not expression):
        yield _Refusal("timer-text", "The timer of {id} has no time.", "Write a date, a duration or a cycle.")
    if kind == "conditional" and not expression:
        yield _Refusal("condition-missing", "The condition of {id} is empty.", "Write a FEEL expression.")


def _link(scope: Scope, element: Element) -> Iterator[_Refusal]:
    if element.tag != "intermediateThrowEvent" or not any(d.kind == "link" for d in element.events):
        return
    others = (e for e in scope.elements.values() if e.tag == "intermediateCatchEvent")
    targets = [e for e in others if any(d.kind == "link" and d.name == element.events[0].name for d in e.events)]
    if len(targets) != 1:
        yield _Refusal(
            "link-without-target",
            "The link of {id} leads to no catch event, or to several.",
            "Give it one target in its scope.",
        )


def _starts(scope: Scope, element: Element) -> Iterator[_Refusal]:
    inner = element.inner
    if inner is None:
        return
    starts = [e for e in inner.elements.values() if e.tag == "startEvent"]
    if inner.triggered_by_event and (len(starts) != 1 or not starts[0].events or element.incoming or element.outgoing):
        yield _Refusal(
            "event-sub-process-start",
            "The event sub-process {id} needs one start event with a trigger, and no flows.",
            "Give it one.",
        )
    if inner.kind == "adHocSubProcess" and any(e.tag in ("startEvent", "endEvent") for e in inner.elements.values()):
        yield _Refusal(
            "ad-hoc",
            "The ad-hoc sub-process {id} has a start or end event.",
            "Delete it: activities start by themselves.",
        )
    if not inner.elements:
        yield _Refusal("no-start", "The sub-process {id} is empty.", "Draw what it does.")


def _quantities(scope: Scope, element: Element) -> Iterator[_Refusal]:
    if element.start_quantity < 1 or element.completion_quantity < 1:
        yield _Refusal(
            "quantity-below-one", "{id} has a startQuantity or completionQuantity below one.", "Use one or more."
        )
    if element.gateway_type == "Parallel" and not element.instantiate:
        advice = "Let it start the process, or draw a parallel gateway before the events."
        yield _Refusal("event-gateway", "Only an event gateway that starts instances waits for all its events.", advice)


def _loop(scope: Scope, element: Element) -> Iterator[_Refusal]:
    loop = element.loop
    if loop is None:
        return
    if element.inner is not None and element.inner.triggered_by_event:
        yield _Refusal("loop-bound", "The event sub-process {id} repeats.", "Repeat a sub-process inside it.")
    if loop.kind == "standard" and loop.maximum is None and not loop.loop_condition:
        yield _Refusal("loop-bound", "The loop {id} has neither a condition nor a maximum.", "Give it one.")
    if loop.kind == "standard" and loop.maximum is not None and loop.maximum < 0:
        yield _Refusal("loop-bound", "The loop {id} has a maximum below zero.", "Use zero or more.")
    if loop.kind != "standard" and not loop.collection and not loop.cardinality:
        yield _Refusal(
            "multi-instance-source",
            "The multi-instance {id} has no input collection and no cardinality.",
            "Say over what it runs.",
        )


def _fan(scopes: Mapping[str, Scope], scope: Scope, element: Element) -> Iterator[_Refusal]:
    """Iterations that are instances of their own are gone once they have ended: nothing in them can be undone later."""
    fans = element.loop is not None and element.loop.kind == "parallel"
    if fans and element.inner is not None and _can_be_undone(element.inner) and _is_undone(scopes, scope, element.id):
        yield _Refusal(
            "compensation-inside-fan",
            "What the parallel iterations of {id} complete cannot be undone one by one.",
            "Attach a compensation handler to {id} itself, or make it sequential.",
        )
    for activity in [d.activity_ref for d in element.events if d.kind == "compensate" and d.activity_ref]:
        if _is_outside_a_fan(scopes, scope, activity):
            yield _Refusal(
                "compensation-inside-fan",
                "{id} asks from inside a parallel iteration to undo {activity} outside of it.",
                "Throw an escalation or error, and ask from where that is caught.",
                {"activity": activity},
            )


def _is_outside_a_fan(scopes: Mapping[str, Scope], scope: Scope, activity: str) -> bool:
    """Whether an activity stands outside of the innermost parallel iteration that a scope is part of."""
    here = scope
    while activity not in here.elements and (outer := scopes.get(here.parent or "")) is not None:
        loop = outer.elements[here.id].loop
        if loop is not None and loop.kind == "parallel":
            return True
        here = outer
    return False


def _is_undone(scopes: Mapping[str, Scope], scope: Scope, inside: str) -> bool:
    """Whether something in this scope, or in one around it, undoes what the element inside it has completed."""
    here: Scope | None = scope
    while here is not None:
        speaking = (e.inner for e in here.elements.values() if e.inner is not None and e.inner.triggered_by_event)
        if any(_undoes(each, inside) for each in (here, *speaking)) or (here.kind == "transaction" and _cancels(here)):
            return True
        inside, here = here.id, scopes.get(here.parent or "")
    return False


def _undoes(scope: Scope, activity: str) -> bool:
    throws = (e for e in scope.elements.values() if e.tag in ("endEvent", "intermediateThrowEvent"))
    return any(d.kind == "compensate" and d.activity_ref in (None, activity) for e in throws for d in e.events)


def _can_be_undone(scope: Scope) -> bool:
    undo = any(
        d.kind == "compensate"
        for e in scope.elements.values()
        if e.tag in ("boundaryEvent", "startEvent")
        for d in e.events
    )
    return undo or any(_can_be_undone(e.inner) for e in scope.elements.values() if e.inner is not None)


def _undo(scope: Scope, element: Element) -> Iterator[_Refusal]:
    kinds = {definition.kind for definition in element.events}
    if element.tag == "boundaryEvent" and "compensate" in kinds and element.handler not in scope.elements:
        yield _Refusal(
            "compensation-handler",
            "The compensation event {id} leads to no handler.",
            "Associate it with an activity.",
        )
    if element.tag == "boundaryEvent" and "cancel" in kinds:
        host = scope.elements[element.attached_to or ""]
        if host.inner is None or host.inner.kind != "transaction":
            yield _Refusal(
                "cancel-outside-transaction", "The cancel event {id} is not on a transaction.", "Attach it to one."
            )
    if element.tag == "endEvent" and "cancel" in kinds and scope.kind != "transaction":
        yield _Refusal(
            "cancel-outside-transaction", "The cancel end event {id} is not in a transaction.", "Use another end event."
        )
    if element.inner is not None and element.inner.kind == "transaction" and _cancels(element.inner):
        border = {d.kind for event in element.boundary for d in scope.elements[event].events}
        if "cancel" not in border or (element.loop is not None and element.loop.kind == "parallel"):
            yield _Refusal(
                "cancel-uncaught",
                "The transaction {id} can be cancelled, but no cancel event catches that.",
                "Attach one to it, and let it not run in parallel for each of several.",
            )


def _cancels(scope: Scope) -> bool:
    return any(d.kind == "cancel" for e in scope.elements.values() if e.tag == "endEvent" for d in e.events)


_RULES: tuple[Callable[[Scope, Element], Iterator[_Refusal]], ...] = (
    _work,
    _events,
    _catching,
    _link,
    _starts,
    _quantities,
    _loop,
    _undo,
)
