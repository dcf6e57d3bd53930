"""Service tasks: a connector does the work, and what it answers moves the token on.

The connector runs in a transaction of its own, at least once, under the job's id; taking its answer in is a second one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine import connector, feel, held, instance, interpreter, job
from engine.actor import ENGINE
from engine.interpreter import Progress

if TYPE_CHECKING:
    from engine.runtime import Command, Runtime

Result = Mapping[str, feel.Value] | connector.BusinessError


def _call(runtime: Runtime, work: job.Job) -> Result:
    content = work.content
    inputs = feel.load(*content["inputs"])
    assert isinstance(inputs, dict)
    with runtime.write(ENGINE, follow_up=False) as command:
        answer = connector.call(
            command,
            content["type"],
            instance_id=str(work.instance_id),
            element=str(work.element),
            headers=content["headers"],
            inputs=inputs,
            job_id=work.id,
            others=runtime.connectors,
        )
    if isinstance(answer, connector.BusinessError) and answer.code in connector.MISDRAWN:
        raise job.Hopeless(answer.message, **answer.params)
    return answer


@job.handler_in_two_steps("connector", _call)
def _connected(command: Command, work: job.Job, answer: Result) -> None:
    """Take the connector's answer in: results, or an error that the diagram may catch."""
    case, token, _ = work.spot

    def step(run: instance.Run) -> Progress:
        if isinstance(answer, connector.BusinessError):
            return interpreter.fail(
                *run, token, kind="error", code=answer.code, message=str(answer), variables=answer.variables
            )
        return interpreter.finish(*run, token, dict(answer))

    of = held.lock(command, case)
    if of.is_active and interpreter.is_open(of.marking, token):
        of.record("job.done", work.element, token=token, job=work.id)
        instance.advance(command, of, step)
