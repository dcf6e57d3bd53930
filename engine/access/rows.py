"""Which rows an actor sees: one predicate in SQL for every list, count, search, page, file and export.

What is not the actor's and what does not exist give the same answer by the same statement. Nothing is seen unless
something opens it, and an exclusion closes what grants have opened.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, Table, and_, exists, false, not_, or_, true

from engine import prepared, schema
from engine.access.granted import held, inside, policy_of, remit_of, role_of
from engine.actor import WHOLE_OFFICE, Actor, person_audience
from engine.policy import EVERY_ROLE, STARTER, Policy, ProcessPolicy

Seen = ColumnElement[bool]
Wanted = Collection[str] | BindParameter[Any]

# Made once: an alias has a column object for every column, and these stand in every statement. What can stand inside
# the condition of another one of its table is an alias of its own.
_READER, _CANDIDATE, _REMIT = schema.reader.alias(), schema.candidate.alias(), schema.remit.alias()
_WORKED_ON, _OFFERED = schema.task.alias(), schema.candidate.alias()
_RELEASED, _DEFINITION = schema.instance.alias(), schema.definition.alias()
_CASE, _OF_PROCESS = schema.instance.alias(), schema.instance.alias()
_KEPT = 512


def visible(actor: Actor, kind: str, *, rows: FromClause | None = None) -> Seen:
    """The condition under which an actor sees a row.

    Args:
        kind: ``instance``, ``story`` (rows of ``instance`` whose story the actor sees), ``event``, ``task``,
            ``attachment``, ``comment``, ``incident``, ``job``, ``notice``, ``register``, ``definition``, ``person``,
            ``organisation`` or ``listing``.
        rows: an alias of the kind's table, where the statement uses one.

    The statement must select from the kind's table or from ``rows``.
    """
    return _rule(actor, id(policy_of(actor)), kind, rows if rows is not None else _KINDS[kind][0])


@lru_cache(maxsize=_KEPT)
def _rule(actor: Actor, _policy: int, kind: str, rows: FromClause) -> Seen:
    # Putting a condition together costs more than running it. Actors who are granted the same share one; the actor kept
    # with it keeps its policy, so no other policy can come to have the same id.
    return _KINDS[kind][1](actor, policy_of(actor), rows)


# ---- what opens an instance, and what closes it


def _reads(actor: Actor, audiences: Collection[str], instance_id: Any) -> Seen:
    """One of the audiences is a reader of the instance.

    What somebody started or did in person opens it to them only while they hold a role where it belongs: who has left a
    team no longer sees the team's work, their own part of it included.
    """
    persons = {one for one in audiences if role_of(one) is None}
    if WHOLE_OFFICE in {remit_of(one) for one in actor.audiences - persons}:
        return _is_read(audiences, instance_id)
    return or_(
        _is_read(set(audiences) - persons, instance_id),
        and_(_is_read(persons, instance_id), _is_at_home(actor, instance_id)),
    )


def _is_read(audiences: Collection[str], instance_id: Any) -> Seen:
    return _exists(_READER, _READER.c.instance_id == instance_id, among(_READER.c.audience, audiences))


def _is_at_home(actor: Actor, instance_id: Any) -> Seen:
    """The actor holds some role for the whole office or within a remit of the instance, or it has no use for roles."""
    remits = {remit_of(one) for one in actor.audiences if role_of(one) is not None}
    if WHOLE_OFFICE in remits:
        return true()
    return or_(is_within(remits, instance_id), _is_plain(instance_id))


def is_within(remits: Wanted, instance_id: Any) -> Seen:
    """The instance stands under one of the remits."""
    return _exists(_REMIT, _REMIT.c.instance_id == instance_id, among(_REMIT.c.remit, remits))


def _is_plain(instance_id: Any) -> Seen:
    """The definition of the instance was released without roles."""
    i, d = _RELEASED.c, _DEFINITION.c
    both = _RELEASED.join(_DEFINITION, d.id == i.definition_id)
    found = exists().select_from(both).where(i.id == instance_id, d.plain)
    return found.correlate_except(_RELEASED, _DEFINITION)


def is_offered(audiences: Wanted, task_id: Any) -> Seen:
    """The task is offered to one of the audiences."""
    return _exists(_CANDIDATE, _CANDIDATE.c.task_id == task_id, among(_CANDIDATE.c.audience, audiences))


def _works_on(audiences: Collection[str], instance_id: Any) -> Seen:
    """One of the instance's open tasks is offered to one of the audiences."""
    t, c = _WORKED_ON.c, _OFFERED.c
    both = _WORKED_ON.join(_OFFERED, and_(c.task_id == t.id, among(c.audience, audiences)))
    found = exists().select_from(both).where(t.instance_id == instance_id)
    return found.correlate_except(_WORKED_ON, _OFFERED)


def _takes_part(actor: Actor, audiences: Collection[str], instance_id: Any) -> Seen:
    return or_(_reads(actor, audiences, instance_id), _works_on(audiences, instance_id))


def _takes_part_inside(actor: Actor, rules: Policy, instance_id: Any) -> Seen:
    """As somebody of the house; in a process released without roles there is no outside."""
    of_house = _takes_part(actor, inside(actor, rules), instance_id)
    return or_(of_house, and_(_is_plain(instance_id), _takes_part(actor, actor.audiences, instance_id)))


def _allowed(actor: Actor, instance_id: Any) -> Seen:
    """No remit of the instance is closed to the actor, who comes for one of its remits if for one only."""
    barred = not_barred(actor.exclusions, instance_id) if actor.exclusions else true()
    return barred if actor.within is None else and_(is_within([actor.within], instance_id), barred)


def not_barred(exclusions: Wanted, instance_id: Any) -> Seen:
    """None of an instance's remits is among the excluded ones."""
    return not_(_exists(_REMIT, _REMIT.c.instance_id == instance_id, among(_REMIT.c.remit, exclusions)))


def among(column: ColumnElement[str], wanted: Wanted) -> Seen:
    """The column has one of these values, which are given now or when the statement is run."""
    if isinstance(wanted, BindParameter):
        return prepared.among(column, wanted)
    return column.in_(sorted(wanted))


def _exists(table: FromClause, *conditions: Seen) -> Seen:
    # An alias, and correlated to all but itself: a statement that uses the same table must not capture it.
    return exists().select_from(table).where(*conditions).correlate_except(table)


# ---- the rule of each kind


def _instance(actor: Actor, _rules: Policy, i: FromClause) -> Seen:
    return and_(_reads(actor, actor.audiences, i.c.id), _allowed(actor, i.c.id))


def _story(actor: Actor, rules: Policy, i: FromClause) -> Seen:
    of_process = [
        and_(i.c.process_key == process.key, _reads(actor, _story_audiences(actor, process), i.c.id))
        for process in rules.processes.values()
        if _story_audiences(actor, process)
    ]
    plain = and_(_is_plain(i.c.id), _reads(actor, actor.audiences, i.c.id))
    return and_(or_(false(), *of_process, plain), _allowed(actor, i.c.id))


def _story_audiences(actor: Actor, process: ProcessPolicy) -> list[str]:
    persons = [person_audience(p) for p in actor.persons] if STARTER in process.story else []
    return [*held(actor, process.story), *(one for one in persons if one in actor.audiences)]


def _event(actor: Actor, rules: Policy, e: FromClause) -> Seen:
    return _exists(_CASE, _CASE.c.id == e.c.instance_id, _story(actor, rules, _CASE))


def may_do(actor: Actor, *, rows: FromClause | None = None) -> Seen:
    """The condition under which a row of ``task`` is the actor's to do, whoever may have taken it meanwhile.

    Having taken a task is not enough: once the role is gone, so is the task. Whom the diagram names in person stands
    among the candidates like everybody else.
    """
    t: FromClause = rows if rows is not None else schema.task
    return and_(is_offered(actor.audiences, t.c.id), _allowed(actor, t.c.instance_id))


def _task(actor: Actor, _rules: Policy, t: FromClause) -> Seen:
    """Whoever sees the case, whom the task is offered to, and who has done it while they still belong there."""
    opened = [_reads(actor, actor.audiences, t.c.instance_id), is_offered(actor.audiences, t.c.id)]
    if person_audience(actor.person) in actor.audiences:
        opened.append(and_(t.c.closed_by == actor.person, _is_at_home(actor, t.c.instance_id)))
    return and_(or_(*opened), _allowed(actor, t.c.instance_id))


def _comment(actor: Actor, rules: Policy, c: FromClause) -> Seen:
    open_ = and_(c.c["class"] == "open", _takes_part(actor, actor.audiences, c.c.instance_id))
    internal = and_(c.c["class"] == "internal", _takes_part_inside(actor, rules, c.c.instance_id))
    return and_(or_(open_, internal), _allowed(actor, c.c.instance_id))


def _attachment(actor: Actor, rules: Policy, a: FromClause) -> Seen:
    """Files follow the class of their field; before they are submitted they are their owner's alone.

    A field with a condition (``when``) gives its files to nobody by name: the condition cannot be asked in SQL.
    """
    fresh = and_(not_(a.c.kept), a.c.person_id == actor.person, _takes_part(actor, actor.audiences, a.c.instance_id))
    listed = [
        and_(_in_field(a, process.key, name), _holds_within(actor, field.roles, a.c.instance_id))
        for process in rules.processes.values()
        for name, field in process.fields.items()
        if field.when is None and held(actor, field.roles)
    ]
    kept = or_(
        and_(a.c["class"] == "open", _takes_part(actor, actor.audiences, a.c.instance_id)),
        and_(a.c["class"] == "internal", _takes_part_inside(actor, rules, a.c.instance_id)),
        and_(or_(false(), *listed), _takes_part(actor, actor.audiences, a.c.instance_id)),
    )
    return and_(or_(fresh, and_(a.c.kept, kept)), _allowed(actor, a.c.instance_id))


def _in_field(a: FromClause, process_key: str, name: str) -> Seen:
    i = _OF_PROCESS.c
    of_process = _exists(_OF_PROCESS, i.id == a.c.instance_id, i.process_key == process_key)
    return and_(or_(a.c.field == name, a.c.field.startswith(f"{name}.", autoescape=True)), of_process)


def _holds_within(actor: Actor, roles: Collection[str], instance_id: Any) -> Seen:
    remits = {remit_of(one) for one in held(actor, roles)}
    return true() if WHOLE_OFFICE in remits else is_within(remits, instance_id)


def _trouble(actor: Actor, rules: Policy, row: FromClause) -> Seen:
    """Incidents and owed work name values of the case: for those who see it from inside."""
    seen = and_(_reads(actor, actor.audiences, row.c.instance_id), _takes_part_inside(actor, rules, row.c.instance_id))
    return and_(seen, _allowed(actor, row.c.instance_id))


def _notice(actor: Actor, _rules: Policy, n: FromClause) -> Seen:
    own = [person for person in sorted(actor.persons) if person_audience(person) in actor.audiences]
    return and_(n.c.person_id.in_(own), _allowed(actor, n.c.instance_id))


def _register(actor: Actor, rules: Policy, r: FromClause) -> Seen:
    opened = []
    for register in rules.registers.values():
        remits = {remit_of(one) for one in held(actor, register.see)}
        if WHOLE_OFFICE in remits:
            opened.append(r.c.register == register.key)
        elif remits:
            opened.append(and_(r.c.register == register.key, r.c.remit.in_(sorted(remits))))
    barred = r.c.remit.in_(sorted(actor.exclusions))
    return and_(or_(false(), *opened), not_(barred), _allowed(actor, r.c.instance_id))


def _definition(actor: Actor, rules: Policy, d: FromClause) -> Seen:
    keys = sorted(
        process.key for process in rules.processes.values() if held(actor, {*process.start, *process.own, *process.see})
    )
    anybody = d.c.plain if actor.audiences else false()
    return or_(d.c.process_key.in_(keys), anybody)


# ---- the directory


def _is_insider(actor: Actor, rules: Policy) -> bool:
    return bool(inside(actor, rules))


def _own_organisations(actor: Actor) -> list[str]:
    """Keys that the actor's remits name: what an outside party may look up is its own house."""
    return sorted({remit_of(one).partition(":")[2] for one in actor.audiences if ":" in remit_of(one)})


def _person(actor: Actor, rules: Policy, p: FromClause) -> Seen:
    if _is_insider(actor, rules):
        return true()
    own = [person for person in sorted(actor.persons) if person_audience(person) in actor.audiences]
    return or_(p.c.id.in_(own), p.c.organisation_id.in_(_own_organisations(actor)))


def _organisation(actor: Actor, rules: Policy, o: FromClause) -> Seen:
    return true() if _is_insider(actor, rules) else o.c.id.in_(_own_organisations(actor))


def _listing(actor: Actor, rules: Policy, x: FromClause) -> Seen:
    """Items of the lists that one of the actor's roles is offered; an item under a remit only within that remit."""
    opened = []
    for each in rules.lists.values():
        roles = inside(actor, rules) if EVERY_ROLE in each.see else frozenset()
        remits = {remit_of(one) for one in {*roles, *held(actor, each.see)}}
        if remits:
            within = true() if WHOLE_OFFICE in remits else or_(x.c.remit.is_(None), x.c.remit.in_(sorted(remits)))
            opened.append(and_(x.c.list == each.key, within))
    barred: Seen = x.c.remit.in_(sorted(actor.exclusions))
    if actor.within is not None:
        barred = or_(barred, x.c.remit != actor.within)
    return and_(or_(false(), *opened), or_(x.c.remit.is_(None), not_(barred)))


_KINDS: dict[str, tuple[Table, Callable[[Actor, Policy, FromClause], Seen]]] = {
    "instance": (schema.instance, _instance),
    "story": (schema.instance, _story),
    "event": (schema.event, _event),
    "task": (schema.task, _task),
    "attachment": (schema.attachment, _attachment),
    "comment": (schema.comment, _comment),
    "incident": (schema.incident, _trouble),
    "job": (schema.job, _trouble),
    "notice": (schema.notice, _notice),
    "register": (schema.register_entry, _register),
    "definition": (schema.definition, _definition),
    "person": (schema.person, _person),
    "organisation": (schema.organisation, _organisation),
    "listing": (schema.listing, _listing),
}
