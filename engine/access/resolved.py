"""Whom an instance or a task is opened to: worked out once, when it begins, from the catalogue and its remits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engine import policy as policies
from engine.access.granted import held, holds, remit_of
from engine.access.values import Decide, answered
from engine.actor import Actor, audience, person_audience
from engine.errors import Invalid, Problem
from engine.policy import STARTER, Policy, ProcessPolicy

if TYPE_CHECKING:
    from engine.runtime import View

Remits = Mapping[str, Any]
_MISSING = "This value decides who may see the case: it must be given when the case is started, as a key."


def remits_of(policy: Policy, process_key: str, values: Remits) -> dict[str, str]:
    """The values that decide who may see an instance: ``{variable: value}``, set at its start and never changed.

    Raises:
        Invalid: one is missing, or is not a key.
    """
    process, found, problems = policy.processes[process_key], {}, []
    for variable in process.remits:
        value = values.get(variable)
        if isinstance(value, str) and value:
            found[variable] = value
        elif value is not None or variable not in process.optional:
            problems.append(Problem(variable, _MISSING))
    if problems:
        raise Invalid("The case cannot be started.", problems)
    return found


def remit_rows(policy: Policy, process_key: str, values: Remits) -> tuple[str, ...]:
    """The remits an instance stands under, as grants and exclusions write them: ``team:T1``."""
    return _remits(policy.processes[process_key].remits, values)


def _remits(kinds: Mapping[str, str], values: Remits) -> tuple[str, ...]:
    return tuple(f"{kind}:{values[variable]}" for variable, kind in sorted(kinds.items()) if values.get(variable))


def audiences_of(
    policy: Policy, process_key: str, values: Remits, starters: Iterable[str] = (), decide: Decide | None = None
) -> tuple[str, ...]:
    """The audience strings that see an instance.

    Args:
        values: its remits by variable.
        starters: persons who started it: they see it where the catalogue says ``@starter``.
        decide: answers conditions about what the instance is begun with; a role whose condition has no answer of true
            does not see it.
    """
    process = policy.processes[process_key]
    persons = [person_audience(person) for person in starters] if STARTER in process.see else []
    answers = answered(sorted(set(process.when.values())), decide)
    roles = [each for each in process.see if each != STARTER and answers.get(process.when.get(each, ""), True)]
    return tuple(dict.fromkeys([*_audiences(policy, roles, process.remits, values), *persons]))


def candidate_audiences(
    policy: Policy,
    lane: str | None,
    groups: Iterable[str],
    users: Iterable[str],
    values: Remits,
    assignee: str | None = None,
) -> tuple[str, ...]:
    """The audience strings a task is offered to; empty when nobody can hold it, which is for the caller to report.

    Roles and persons that the task names go before its lane. A role counts within the instance's remit of its kind
    only.

    Args:
        lane: title of a role.
        groups: keys of roles.
        users: keys of persons.
        values: the instance's remits by variable.
        assignee: the person it is given to from the start, if any.
    """
    groups, persons = list(groups), [*users, *([assignee] if assignee else [])]
    role = policy.role_by_title(lane) if lane is not None and not groups and not persons else None
    roles = [role.key] if role is not None else [key for key in groups if key in policy.roles]
    named = [person_audience(person) for person in persons]
    return tuple(dict.fromkeys([*_audiences(policy, roles, policy.remit_kinds, values), *named]))


def _audiences(policy: Policy, roles: Iterable[str], kinds: Mapping[str, str], values: Remits) -> list[str]:
    under = {remit.partition(":")[0]: remit for remit in _remits(kinds, values)}
    found = []
    for key in roles:
        kind = policy.roles[key].remit
        if kind is None:
            found.append(audience(key))
        elif kind in under:
            found.append(audience(key, under[kind]))
    return found


def may_start(actor: Actor, process: ProcessPolicy, values: Remits | None = None) -> bool:
    """Whether the actor may start a process: for the remits in ``values``, or without them for some remit or other.

    A role counts within its remit where the process stands under one of that kind, else wherever it is held.
    """
    if values is None:
        within = actor.within is None or actor.within.partition(":")[0] in process.remits.values()
        return within and bool(held(actor, process.start))
    remits, kinds = _remits(process.remits, values), {*process.remits.values()}
    if actor.within is not None and actor.within not in remits:
        return False
    elsewhere = {remit_of(one) for one in actor.audiences if remit_of(one).partition(":")[0] not in kinds}
    return holds(actor, process.start, {*remits, *elsewhere}) and actor.exclusions.isdisjoint(remits)


def may_steer(view: View, process_key: str, started_by: str) -> bool:
    """Whether the actor may suspend, resume and cancel instances of a process and look after what went wrong in them.

    The owners of the process may; of a process without catalogue entry, whoever started the instance.
    """
    process = policies.current(view.connection).processes.get(process_key)
    return started_by in view.actor.persons if process is None else holds(view.actor, process.own, ())
