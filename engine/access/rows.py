"""Which rows an actor sees: one predicate in SQL for every list, count, search, page, file and export.

What is not the actor's and what does not exist give the same answer by the same statement. Nothing is seen unless
something opens it, and an exclusion closes what grants have opened.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from sqlalchemy import FromClause, Table, and_, false, not_, or_, true

from engine import schema
from engine.access.granted import counting, held, inside, policy_of, remit_of
from engine.access.opening import (
    Seen,
    allowed,
    exists_where,
    is_at_home,
    is_offered,
    is_plain,
    reads,
    takes_part,
    takes_part_inside,
)
from engine.access.restricting import files_let_through, in_fields, of_process, reached, unrestricted
from engine.actor import WHOLE_OFFICE, Actor, person_audience
from engine.policy import EVERY_ROLE, STARTER, Policy, ProcessPolicy

_CASE = schema.instance.alias()
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


# ---- the rule of each kind


def _instance(actor: Actor, _rules: Policy, i: FromClause) -> Seen:
    return and_(reads(actor, actor.audiences, i.c.id), allowed(actor, i.c.id))


def _story(actor: Actor, rules: Policy, i: FromClause) -> Seen:
    of_process = [
        and_(i.c.process_key == process.key, reads(actor, _story_audiences(actor, process), i.c.id))
        for process in rules.processes.values()
        if _story_audiences(actor, process)
    ]
    plain = and_(is_plain(i.c.id), reads(actor, actor.audiences, i.c.id))
    return and_(or_(false(), *of_process, plain), allowed(actor, i.c.id))


def _story_audiences(actor: Actor, process: ProcessPolicy) -> list[str]:
    persons = [person_audience(p) for p in actor.persons] if STARTER in process.story else []
    return [*held(actor, process.story), *(one for one in persons if one in actor.audiences)]


def _event(actor: Actor, rules: Policy, e: FromClause) -> Seen:
    return exists_where(_CASE, _CASE.c.id == e.c.instance_id, _story(actor, rules, _CASE))


def may_do(actor: Actor, *, rows: FromClause | None = None) -> Seen:
    """The condition under which a row of ``task`` is the actor's to do, whoever may have taken it meanwhile.

    Having taken a task is not enough: once the role is gone, so is the task. Whom the diagram names in person stands
    among the candidates like everybody else.
    """
    t: FromClause = rows if rows is not None else schema.task
    return and_(is_offered(actor.audiences, t.c.id), allowed(actor, t.c.instance_id))


def _task(actor: Actor, _rules: Policy, t: FromClause) -> Seen:
    """Whoever sees the case, whom the task is offered to, and who has done it while they still belong there."""
    opened = [reads(actor, actor.audiences, t.c.instance_id), is_offered(actor.audiences, t.c.id)]
    if person_audience(actor.person) in actor.audiences:
        opened.append(and_(t.c.closed_by == actor.person, is_at_home(actor, t.c.instance_id)))
    return and_(or_(*opened), allowed(actor, t.c.instance_id))


def _comment(actor: Actor, rules: Policy, c: FromClause) -> Seen:
    open_ = and_(c.c["class"] == "open", takes_part(actor, actor.audiences, c.c.instance_id))
    inner = and_(takes_part_inside(actor, rules, c.c.instance_id), unrestricted(actor, rules, c.c.instance_id))
    return and_(or_(open_, and_(c.c["class"] == "internal", inner)), allowed(actor, c.c.instance_id))


def _attachment(actor: Actor, rules: Policy, a: FromClause) -> Seen:
    """Files follow the class of their field; before they are submitted they are their owner's alone.

    A field with a condition (``when``) gives its files to nobody by name: the condition cannot be asked in SQL.
    """
    fresh = and_(not_(a.c.kept), a.c.person_id == actor.person, takes_part(actor, actor.audiences, a.c.instance_id))
    listed = [
        and_(in_fields(a, [name]), of_process(a.c.instance_id, [process.key]), reached(counted, a.c.instance_id))
        for process in rules.processes.values()
        for name, field in process.fields.items()
        if field.cls != "restricted" and field.when is None
        if (counted := counting(actor, field, field.roles))
    ]
    restricted = and_(files_let_through(actor, rules, a), takes_part(actor, actor.audiences, a.c.instance_id))
    kept = or_(
        and_(a.c["class"] == "open", takes_part(actor, actor.audiences, a.c.instance_id)),
        and_(a.c["class"] == "internal", takes_part_inside(actor, rules, a.c.instance_id)),
        and_(a.c["class"] == "restricted", restricted),
        and_(or_(false(), *listed), takes_part(actor, actor.audiences, a.c.instance_id)),
    )
    # Of a case that has not begun it is nobody else's business.
    unsent = and_(a.c.instance_id == "", a.c.person_id == actor.person)
    return or_(unsent, and_(or_(fresh, and_(a.c.kept, kept)), allowed(actor, a.c.instance_id)))


def _trouble(actor: Actor, rules: Policy, row: FromClause) -> Seen:
    """Incidents and owed work name values of the case: for those who see it from inside and whole."""
    inner = and_(takes_part_inside(actor, rules, row.c.instance_id), unrestricted(actor, rules, row.c.instance_id))
    return and_(reads(actor, actor.audiences, row.c.instance_id), inner, allowed(actor, row.c.instance_id))


def _notice(actor: Actor, _rules: Policy, n: FromClause) -> Seen:
    own = [person for person in sorted(actor.persons) if person_audience(person) in actor.audiences]
    return and_(n.c.person_id.in_(own), allowed(actor, n.c.instance_id))


def _register(actor: Actor, rules: Policy, r: FromClause) -> Seen:
    opened = []
    for register in rules.registers.values():
        remits = {remit_of(one) for one in held(actor, register.see)}
        if WHOLE_OFFICE in remits:
            opened.append(r.c.register == register.key)
        elif remits:
            opened.append(and_(r.c.register == register.key, r.c.remit.in_(sorted(remits))))
    barred = r.c.remit.in_(sorted(actor.exclusions))
    return and_(or_(false(), *opened), not_(barred), allowed(actor, r.c.instance_id))


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
