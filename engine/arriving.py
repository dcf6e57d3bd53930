"""What comes to an instance from outside: a timer that is due, a message, a signal, an error of a child; and what
starts one by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import clock, definition, feel, held, instance, interpreter, job, message
from engine.interpreter import Progress, timer

if TYPE_CHECKING:
    from engine.runtime import Command


@job.handler("timer")
def _timer(command: Command, work: job.Job) -> None:
    case, token, arm = work.spot
    instance.move(command, case, lambda run: interpreter.trigger(*run, token, arm, {}))


@job.handler("deliver", when_over=True)
def _deliver(command: Command, work: job.Job) -> None:
    """A message comes in: once, and only if somebody still waits."""
    case, token, arm = work.spot
    message_id = str(work.message_id)
    of = held.lock(command, case)
    if not of.is_active or not interpreter.waits(of.marking, token, arm):
        message.give_back(command, message_id)
        return
    message.received(command, message_id, case)
    waiting = {each.token: each.element for each in interpreter.open_tokens(of.marking)}
    of.record("message.received", waiting[token], message=message_id, name=work.content["name"])
    content = message.content(command, message_id)
    instance.advance(command, of, lambda run: interpreter.trigger(*run, token, arm, content))


@job.handler("signal")
def _signal(command: Command, work: job.Job) -> None:
    """A signal comes in, for who still waits; what has heard another one meanwhile and waits on hears this one too."""
    payload = {n: feel.load(*v) for n, v in work.content["content"].items()}
    case, token, _ = work.spot

    def step(run: instance.Run) -> Progress | None:
        arm = interpreter.hears(run.marking, token, work.content["name"])
        return None if arm is None else interpreter.trigger(*run, token, arm, payload)

    instance.move(command, case, step)


@job.handler("message_start")
def _message_start(command: Command, work: job.Job) -> None:
    """A process begins with a message; when one of its key has begun meanwhile, the message is for that one."""
    c = work.content
    row = message.hold(command, str(work.message_id))
    if message.is_running(command, c["process"], row.key):
        message.give_back(command, row.id)
        return
    payload = message.content(command, row.id)
    of = definition.latest(command, c["process"])
    assert of is not None
    instance.begin(command, of, payload, business_key=row.key or None, at=c["element"], payload=payload)


@job.handler("signal_start")
def _signal_start(command: Command, work: job.Job) -> None:
    payload = {n: feel.load(*v) for n, v in work.content["content"].items()}
    of = definition.latest(command, work.content["process"])
    assert of is not None
    instance.begin(command, of, payload, at=work.content["element"], payload=payload)


@job.handler("thrown")
def _thrown(command: Command, work: job.Job) -> None:
    """An error or escalation that a child did not catch comes to the call, with what its throw says it brings."""
    c = work.content
    carried = {n: feel.load(*v) for n, v in c.get("content", {}).items()}
    case, token, _ = work.spot

    def step(run: instance.Run) -> Progress | None:
        if not interpreter.is_open(run.marking, token):
            return None
        return interpreter.fail(*run, token, kind=c["kind"], code=c["code"], message="", variables=carried)

    instance.move(command, case, step)


@job.handler("start_timer")
def _start_timer(command: Command, work: job.Job) -> None:
    """A timer start event: start an instance, and arm the next time of a cycle."""
    c = work.content
    of = definition.latest(command, c["process"])
    if of is None:
        return
    arm(command, c["process"], c["element"], timer.following(_schedule(c), command.now, command.runtime.zone))
    instance.begin(command, of, {}, at=c["element"])


def arm(command: Command, process_key: str, element: str, schedule: timer.Schedule | None) -> None:
    """Owe the next start of a process by its timer start event."""
    if schedule is None:
        return
    due = clock.micros(schedule.due)
    content = {
        "process": process_key,
        "element": element,
        "due": due,
        "text": schedule.text,
        "every": schedule.every,
        "left": schedule.left,
        "start": None if schedule.start is None else clock.micros(schedule.start),
        "passed": schedule.passed,
    }
    job.add(command, "start_timer", element=process_key, due_at=due, content=content)


def _schedule(content: dict[str, Any]) -> timer.Schedule:
    start, passed = content.get("start"), content.get("passed", 0)
    return timer.Schedule(
        clock.instant(content["due"]),
        content["text"],
        content["every"],
        content["left"],
        None if start is None else clock.instant(start),
        passed,
    )
