"""What opens an instance to an actor, and what closes it: the conditions that the rules of all kinds are made of."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, Select, and_, exists, not_, or_, select, true

from engine import prepared, schema
from engine.access.granted import inside, remit_of, role_of
from engine.actor import WHOLE_OFFICE, Actor
from engine.policy import Policy

Seen = ColumnElement[bool]
Wanted = Collection[str] | BindParameter[Any]

# Made once: an alias has a column object for every column, and these stand in every statement. What can stand inside
# the condition of another one of its table is an alias of its own.
_READER, _CANDIDATE, _REMIT = schema.reader.alias(), schema.candidate.alias(), schema.remit.alias()
_WORKED_ON, _OFFERED = schema.task.alias(), schema.candidate.alias()
_RELEASED, _DEFINITION = schema.instance.alias(), schema.definition.alias()


def reads(actor: Actor, audiences: Collection[str], instance_id: Any) -> Seen:
    """One of the audiences is a reader of the instance.

    What somebody started or did in person opens it to them only while they hold a role where it belongs: who has left a
    team no longer sees the team's work, their own part of it included.
    """
    persons = {one for one in audiences if role_of(one) is None}
    if WHOLE_OFFICE in {remit_of(one) for one in actor.audiences - persons}:
        return is_read(audiences, instance_id)
    return or_(
        is_read(set(audiences) - persons, instance_id),
        and_(is_read(persons, instance_id), is_at_home(actor, instance_id)),
    )


def is_read(audiences: Collection[str], instance_id: Any) -> Seen:
    """One of the audiences is a reader of the instance, wherever it is held."""
    return exists_where(_READER, _READER.c.instance_id == instance_id, among(_READER.c.audience, audiences))


def is_at_home(actor: Actor, instance_id: Any) -> Seen:
    """The actor holds some role for the whole office or within a remit of the instance, or it has no use for roles."""
    remits = {remit_of(one) for one in actor.audiences if role_of(one) is not None}
    if WHOLE_OFFICE in remits:
        return true()
    return or_(is_within(remits, instance_id), is_plain(instance_id))


def is_within(remits: Wanted, instance_id: Any) -> Seen:
    """The instance stands under one of the remits."""
    return exists_where(_REMIT, _REMIT.c.instance_id == instance_id, among(_REMIT.c.remit, remits))


def is_plain(instance_id: Any) -> Seen:
    """The definition of the instance was released without roles."""
    i, d = _RELEASED.c, _DEFINITION.c
    both = _RELEASED.join(_DEFINITION, d.id == i.definition_id)
    found = exists().select_from(both).where(i.id == instance_id, d.plain)
    return found.correlate_except(_RELEASED, _DEFINITION)


def is_offered(audiences: Wanted, task_id: Any) -> Seen:
    """The task is offered to one of the audiences."""
    return exists_where(_CANDIDATE, _CANDIDATE.c.task_id == task_id, among(_CANDIDATE.c.audience, audiences))


def tasks_offered(audiences: Collection[str]) -> Select[tuple[str]]:
    """Ids of the tasks that are offered to one of the audiences; read first where they are few among very many."""
    return select(schema.candidate.c.task_id).where(among(schema.candidate.c.audience, audiences))


def is_offered_at_all(task_id: Any) -> Seen:
    """The task is offered to somebody, and not one person's from the start."""
    return exists_where(_CANDIDATE, _CANDIDATE.c.task_id == task_id)


def works_on(audiences: Collection[str], instance_id: Any) -> Seen:
    """One of the instance's open tasks is offered to one of the audiences."""
    t, c = _WORKED_ON.c, _OFFERED.c
    both = _WORKED_ON.join(_OFFERED, and_(c.task_id == t.id, among(c.audience, audiences)))
    found = exists().select_from(both).where(t.instance_id == instance_id)
    return found.correlate_except(_WORKED_ON, _OFFERED)


def has_done(actor: Actor, instance_id: Any) -> Seen:
    """The actor has done one of the instance's tasks."""
    return exists_where(_WORKED_ON, _WORKED_ON.c.instance_id == instance_id, _WORKED_ON.c.closed_by == actor.person)


def takes_part(actor: Actor, audiences: Collection[str], instance_id: Any) -> Seen:
    """One of the audiences reads the instance, or has one of its tasks to do."""
    return or_(reads(actor, audiences, instance_id), works_on(audiences, instance_id))


def takes_part_inside(actor: Actor, rules: Policy, instance_id: Any) -> Seen:
    """As somebody of the house; in a process released without roles there is no outside."""
    of_house = takes_part(actor, inside(actor, rules), instance_id)
    return or_(of_house, and_(is_plain(instance_id), takes_part(actor, actor.audiences, instance_id)))


def allowed(actor: Actor, instance_id: Any) -> Seen:
    """No remit of the instance is closed to the actor, who comes for one of its remits if for one only."""
    barred = not_barred(actor.exclusions, instance_id) if actor.exclusions else true()
    return barred if actor.within is None else and_(is_within([actor.within], instance_id), barred)


def not_barred(exclusions: Wanted, instance_id: Any) -> Seen:
    """None of an instance's remits is among the excluded ones."""
    return not_(exists_where(_REMIT, _REMIT.c.instance_id == instance_id, among(_REMIT.c.remit, exclusions)))


def among(column: ColumnElement[str], wanted: Wanted) -> Seen:
    """The column has one of these values, which are given now or when the statement is run."""
    if isinstance(wanted, BindParameter):
        return prepared.among(column, wanted)
    return column.in_(sorted(wanted))


def exists_where(table: FromClause, *conditions: Seen) -> Seen:
    """A row of the table, an alias made for this, meets the conditions."""
    # An alias, and correlated to all but itself: a statement that uses the same table must not capture it.
    return exists().select_from(table).where(*conditions).correlate_except(table)
