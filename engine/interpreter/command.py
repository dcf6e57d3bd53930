"""The commands: each takes a marking, moves the instance as far as it goes by itself, and says what happened. All are
pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from engine.errors import Conflict, Invalid, NotFound
from engine.interpreter import activities, compensation, events
from engine.interpreter.activities import Call
from engine.interpreter.compile import Spec
from engine.interpreter.instance import Instance
from engine.interpreter.loops import Fan
from engine.interpreter.progress import Ended, Progress, Thrown, Value
from engine.interpreter.scope import Context
from engine.interpreter.states import FAILED, Stuck
from engine.interpreter.steps import Step, Token
from engine.interpreter.tasks import User, Work
from engine.interpreter.throwing import Throw, uncaught


def start(
    spec: Spec,
    context: Context,
    variables: Mapping[str, Value] | None = None,
    *,
    at: str | None = None,
    payload: Mapping[str, Value] | None = None,
    event: int = 0,
    body: str | None = None,
    called: bool = False,
) -> Progress:
    """Begin an instance.

    Args:
        variables: what it begins with.
        at: element of ``Spec.start_events`` whose event has come, or one of several start events without trigger.
        payload: what that event brought.
        event: index of the definition that has come, where all of several must come: the instance waits for the rest.
        body: run one iteration of this multi-instance instead of the process.
        called: a caller waits for the end; errors that nobody inside catches go to it.

    Raises:
        Invalid: ``at`` is missing, or is no such element.
    """
    instance = Instance(spec, context, body=body, called=called)
    instance.variables.open(0)
    for name, value in (variables or {}).items():
        instance.put(0, name, value)
    activities.declare(instance)
    first = _first(spec, at) if body is None else None
    instance.prefetch("" if body is None else instance.steps.name, [0], payload or {})
    activities.begin(instance, first, None if first is None else payload or {}, event)
    for other in spec.together(at):
        instance.arrive(instance, spec.root.by_id[other])
    return instance.progress()


def _first(spec: Spec, at: str | None) -> Step | None:
    plain = [step for step in spec.root.starts if step.element.tag == "startEvent"]
    if at is not None:
        step = spec.root.by_id.get(at)
        if step is None or (at not in spec.start_events and step not in plain):
            raise Invalid("{process} cannot be started at {element}.", process=spec.id, element=at)
        return step
    if len(plain) > 1:
        names = ", ".join(step.bpmn_id for step in plain)
        raise Invalid("{process} has several start events; name one of {elements}.", process=spec.id, elements=names)
    if not spec.root.starts:
        names = ", ".join(spec.start_events)
        raise Invalid("{process} is started by an event; name one of {elements}.", process=spec.id, elements=names)
    return None


def complete(spec: Spec, marking: bytes, context: Context, token: int, results: Mapping[str, Value]) -> Progress:
    """A person has done a task.

    Raises:
        NotFound: there is no such token any more.
        Conflict: no person is waited for there.
    """
    instance, here = _open(spec, marking, context, token)
    if not isinstance(here.step, User) or "open" not in here.detail:
        raise _wrong(here)
    _ahead(instance, here, results)
    here.results = results
    here.step.done(here)
    return instance.progress()


def finish(
    spec: Spec,
    marking: bytes,
    context: Context,
    token: int,
    results: Mapping[str, Value] | Sequence[Value] | None = None,
) -> Progress:
    """What a token has asked others for is done.

    Args:
        results: of a job: its variables; of a called process: those of ``CallWanted.returns`` that have a value; of a
            fan: the results of its iterations, a list in input order.

    Raises:
        NotFound: there is no such token any more.
        Conflict: it waits for nothing of the kind.
    """
    instance, here = _open(spec, marking, context, token)
    step = here.step
    if not {"job", "child"} & here.detail.keys():
        raise _wrong(here)
    instance.recover(here)
    if isinstance(step, Fan):
        given = list(results or ()) if not isinstance(results, Mapping) else []
        output = step.loop.output_collection
        _ahead(instance, here, {output: given} if output else {})
        step.done(here, given)
        return instance.progress()
    here.results = results if isinstance(results, Mapping) else {}
    _ahead(instance, here, here.results)
    assert isinstance(step, Work | Call | Throw)
    step.done(here)
    return instance.progress()


def fail(
    spec: Spec,
    marking: bytes,
    context: Context,
    token: int,
    *,
    kind: Literal["error", "escalation"] = "error",
    code: str | None,
    message: str = "",
    variables: Mapping[str, Value] | None = None,
) -> Progress:
    """A connector or a child has thrown an error or an escalation at the token that waits for it.

    An error that nobody catches is an incident of that token, or, in a called instance, ends it. An escalation that
    nobody catches is thrown on.

    Raises:
        NotFound: there is no such token any more.
        Conflict: it waits for nothing of the kind.
    """
    instance, here = _open(spec, marking, context, token)
    if not {"job", "child"} & here.detail.keys():
        raise _wrong(here)
    found = events.catcher(here, kind, code, own=True)
    if found is not None:
        armed, one = found
        _ahead(instance, armed, variables or {})
        armed.step.came(armed, one, variables)
    elif kind == "escalation":
        instance.facts.append(Thrown(token, here.step.bpmn_id, "escalation", code, content=variables or {}))
    elif instance.called:
        uncaught(here, code, variables or {})
    elif "stage" not in here.detail:
        here.stage = "begin"
        reason = "Nothing catches the error {code} of {element}: {said}"
        if not isinstance(here.step, Fan):
            here.detail.pop("job", None)
            activities.drop_children(here)
        instance.fail(here, Stuck(reason, code=code or "", element=here.step.bpmn_id, said=message))
    return instance.progress()


def trigger(
    spec: Spec, marking: bytes, context: Context, token: int, arm: int, payload: Mapping[str, Value] | None = None
) -> Progress:
    """A timer, message or signal has come for one arm of a token.

    Raises:
        NotFound: there is no such token any more.
        Conflict: the arm is no longer waited for.
    """
    instance, here = _open(spec, marking, context, token)
    one = next((one for one in here.detail.get("arms", ()) if one["n"] == arm), None)
    if one is None:
        raise Conflict("{element} does not wait for this any more.", element=here.step.bpmn_id)
    _ahead(instance, here, payload or {})
    here.step.came(here, one, payload)
    return instance.progress()


def write(spec: Spec, marking: bytes, context: Context, scope: int, values: Mapping[str, Value]) -> Progress:
    """Variables are set from outside; conditions that wait for them are looked at."""
    instance = Instance.restore(spec, marking, context)
    for name, value in values.items():
        instance.put(scope, name, value)
    return instance.progress()


def retry(spec: Spec, marking: bytes, context: Context, token: int) -> Progress:
    """Try the failed stage of a token again.

    Raises:
        NotFound: there is no such token any more.
        Conflict: it has no incident.
    """
    instance, here = _open(spec, marking, context, token)
    _failed(here)
    instance.recover(here)
    _ahead(instance, here, {})
    here.step.revoke(here)
    here.resume(here.stage)
    return instance.progress()


def skip(
    spec: Spec,
    marking: bytes,
    context: Context,
    token: int,
    results: Mapping[str, Value] | None = None,
    *,
    flow: str | None = None,
) -> Progress:
    """Take a token past what has failed, as if it had been done; or past what others have failed to do for it.

    Args:
        results: variables that it leaves; output mappings are not applied to them.
        flow: the flow to take, where its conditions failed; absent, they are asked again.

    Raises:
        NotFound: there is no such token any more, or no such flow.
        Conflict: it has no incident.
    """
    instance, here = _open(spec, marking, context, token)
    if not {"job", "child"} & here.detail.keys():
        _failed(here)
    chosen = [way for way in here.step.ways if way.flow.id == flow]
    if flow is not None and not chosen:
        raise NotFound("There is no flow {flow} out of {element}.", flow=flow, element=here.step.bpmn_id)
    instance.recover(here)
    here.outcome = "skipped"
    here.step.revoke(here)
    here.step.skip(here, results or {}, flow)
    return instance.progress()


def cancel(spec: Spec, marking: bytes, context: Context, token: int | None = None) -> Progress:
    """End the instance, or only one token of it with all that hangs on it.

    Raises:
        NotFound: there is no such token any more.
    """
    if token is not None:
        instance, here = _open(spec, marking, context, token)
        instance.cancel(here, "cancelled")
        compensation.given_up(here)
        return instance.progress()
    instance = Instance.restore(spec, marking, context)
    instance.clear(instance)
    instance.ended = Ended("cancelled")
    return instance.progress()


def reads_results(spec: Spec, marking: bytes, context: Context, token: int) -> bool:
    """Whether a fan's completion condition looks at the results so far: without that, ``over`` needs none of them.

    Raises:
        NotFound: there is no such token any more.
    """
    step, here = _fan(spec, marking, context, token)
    return step.reads_results(here)


def over(
    spec: Spec,
    marking: bytes,
    context: Context,
    token: int,
    total: int,
    done: int,
    results: Sequence[Value] | None = None,
    given: Mapping[str, Value] | None = None,
) -> bool:
    """Whether a fan's completion condition holds.

    Args:
        total: iterations wanted.
        done: iterations ended.
        results: of those that have ended, in input order, if the condition ``reads_results``.
        given: variables of the iteration that has just ended, as far as the condition reads them (``Spec.judges``).

    Raises:
        NotFound: there is no such token any more.
        ExpressionFailed: the condition has no answer.
    """
    step, here = _fan(spec, marking, context, token)
    return step.over(here, total, done, total - done, None if results is None else list(results), given)


def _fan(spec: Spec, marking: bytes, context: Context, token: int) -> tuple[Fan, Token]:
    _, here = _open(spec, marking, context, token)
    if not isinstance(here.step, Fan):
        raise _wrong(here)
    return here.step, here


def _open(spec: Spec, marking: bytes, context: Context, token: int) -> tuple[Instance, Token]:
    instance = Instance.restore(spec, marking, context)
    here = instance.find(token)
    if here is None:
        raise NotFound("Nothing waits there any more.")
    return instance, here


def _ahead(instance: Instance, token: Token, results: Mapping[str, Value]) -> None:
    instance.prefetch(token.step.bpmn_id, token.chain(), results)


def _failed(token: Token) -> None:
    if not token.has_state(FAILED):
        raise Conflict("{element} has no incident.", element=token.step.bpmn_id)


def _wrong(token: Token) -> Conflict:
    return Conflict("{element} does not wait for this.", element=token.step.bpmn_id)
