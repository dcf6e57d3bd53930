"""Service tasks: type → callable. Whatever a connector does is done once for one job, however often the job comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine import feel, submission
from engine.connectors import entering, granting, naming, numbering, reckoning, telling
from engine.connectors.work import BusinessError, Connector, Declaration, Declared, Values, Work
from engine.errors import Conflict, EngineError, Forbidden, Invalid, NotFound, Problem

if TYPE_CHECKING:
    from engine.policy import Policy
    from engine.runtime import Command

__all__ = [
    "BUILT_IN",
    "MISDRAWN",
    "BusinessError",
    "Connector",
    "Connectors",
    "Declaration",
    "Declared",
    "Values",
    "Work",
    "call",
    "check",
    "known",
]

MISDRAWN = frozenset({"type", "headers"})
"""Codes of errors that are mistakes in the diagram: not for it to catch, but for its owner to mend."""

BUILT_IN: Mapping[str, tuple[Declaration, Connector]] = {
    declaration.type: (declaration, connector)
    for declaration, connector in (
        (entering.APPEND, entering.append),
        (entering.COUNT, entering.count),
        (numbering.NEXT, numbering.next_number),
        (naming.PUT, naming.put),
        (granting.GIVE, granting.give),
        (granting.REVOKE, granting.revoke),
        (telling.NOTIFY, telling.notify),
        (reckoning.RECKON, reckoning.reckon),
    )
}

_CODES: Mapping[type[EngineError], str] = {
    Invalid: "invalid",
    NotFound: "missing",
    Forbidden: "forbidden",
    Conflict: "conflict",
}
_FINAL = tuple(_CODES)


Connectors = Mapping[str, tuple[Declaration, Connector]]


def known(others: Connectors | None = None) -> dict[str, Declaration]:
    """What every connector takes and gives, by type.

    Args:
        others: an installation's own, beside those of the engine.
    """
    return {type_: declaration for type_, (declaration, _) in {**BUILT_IN, **(others or {})}.items()}


def check(
    type_: str,
    headers: Mapping[str, str],
    inputs: Sequence[str],
    rules: Policy | None = None,
    others: Connectors | None = None,
) -> list[Problem]:
    """What is wrong with a service task before anything runs; ``where`` is ``header <key>`` or ``input <key>``.

    Args:
        inputs: targets of its input mappings.
        rules: the policy it will run under; without it, registers, roles and lists are not looked at.
        others: as for ``known``.
    """
    connectors = {**BUILT_IN, **(others or {})}
    if type_ not in connectors:
        return [Problem("type", "There is no connector {type}. Known: {known}.", _unknown(type_, connectors))]
    declaration = connectors[type_][0]
    found = declaration.problems(headers, inputs)
    return found if found or rules is None else declaration.judge(headers, inputs, rules)


def call(
    command: Command,
    type_: str,
    *,
    instance_id: str,
    element: str,
    headers: Mapping[str, str],
    inputs: Values,
    job_id: str,
    others: Connectors | None = None,
) -> Values | BusinessError:
    """Do the work of one service task; the same job again gets the same answer and does nothing.

    Returns:
        What the output mappings may use; or the error that the diagram may catch, with nothing done.

    Raises:
        KeyReused: the same job came before with other headers or inputs.
    """
    work = Work(command, instance_id, element, headers, inputs, job_id)
    asked = {"element": element, "headers": dict(headers), "inputs": dict(inputs)}
    told = submission.digest(asked)

    def done() -> str:
        return feel.dump(dict(_do(type_, work, {**BUILT_IN, **(others or {})})))[1]

    try:
        with command.connection.begin_nested():
            # A worker that has slept past its lease may be at it still: whoever took over waits for its answer.
            return _loaded(submission.once(command, "connector", type_, job_id, told, done))
    except BusinessError as error:
        return error


def _do(type_: str, work: Work, connectors: Connectors) -> Values:
    if type_ not in connectors:
        raise BusinessError("type", "There is no connector {type}. Known: {known}.", **_unknown(type_, connectors))
    declaration, connector = connectors[type_]
    declaration.must_fit(work)
    try:
        return connector(work)
    except _FINAL as error:
        # Trying again would not mend it: it is for the diagram, or for whoever looks after it.
        raise _business_error(error) from error


def _business_error(error: EngineError) -> BusinessError:
    code = next(code for kind, code in _CODES.items() if isinstance(error, kind))
    problems = error.problems if isinstance(error, Invalid) else ()
    reason = " ".join([error.message.format(**error.params), *(str(problem) for problem in problems)])
    return BusinessError(code, "{reason}", reason=reason)


def _unknown(type_: str, connectors: Connectors) -> dict[str, Any]:
    return {"type": type_, "known": ", ".join(connectors)}


def _loaded(answer: str) -> Values:
    values = feel.load("context", answer)
    assert isinstance(values, Mapping)
    return values
