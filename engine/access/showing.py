"""Which values an actor is shown, as a condition in SQL: for searches, which may find only what a page would show.

``values.shown`` decides the same in Python, value by value; a property test holds the two together.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, false, or_, true

from engine.access.granted import counting, inside, policy_of
from engine.access.opening import Seen, allowed, has_done, is_at_home, is_read, takes_part, works_on
from engine.access.restricting import let_through, reached
from engine.actor import Actor, person_audience
from engine.policy import FieldClass


def sees(actor: Actor, instance_id: Any) -> Seen:
    """Something opens the instance to the actor, be it a task of it: where nothing does, no value of it is shown."""
    done = and_(has_done(actor, instance_id), is_at_home(actor, instance_id))
    if person_audience(actor.person) not in actor.audiences:
        done = false()
    return and_(or_(takes_part(actor, actor.audiences, instance_id), done), allowed(actor, instance_id))


def shows(actor: Actor, field: FieldClass, instance_id: Any) -> Seen:
    """Lists show the actor a value of this class, of an instance that they see in some way.

    A condition (``when``) cannot be asked in SQL, nor is it asked in lists: there, whom it limits is shown nothing.
    A sealed value stands in no list.
    """
    if field.cls == "sealed":
        return false()
    rules = policy_of(actor)
    house = inside(actor, rules)
    ways: list[Seen] = []
    if field.cls in ("open", "internal") and house:
        if house == actor.audiences:
            return true()
        ways.append(or_(is_read(house, instance_id), works_on(house, instance_id)))
    if field.when is None:
        if field.cls == "open":
            return true()
        ways.append(reached(counting(actor, field, field.roles), instance_id))
        if field.cls == "restricted":
            ways.append(let_through(actor, rules, field, instance_id))
    return and_(true(), or_(false(), *ways))


__all__ = ["sees", "shows"]
