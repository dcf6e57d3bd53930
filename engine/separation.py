"""Two steps that must not be one person's (``notBy``): neither in their own name nor in another's.

To whoever drew the diagram a run of it is one, iterations and all; here each parallel iteration is an instance of its
own. What counts is what was done in the same run, not in a sibling that another call has started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, or_, select

from engine import message, schema
from engine.errors import Forbidden

if TYPE_CHECKING:
    from engine.definition import Definition
    from engine.held import Held
    from engine.runtime import Command

_t, _i = schema.task.c, schema.instance.c


def must_not_have_done(command: Command, of: Held, read: Definition, element: str, person: str | None = None) -> None:
    """Refuse who has completed a task that this element names in ``notBy``, or was acted for when it was completed.

    Args:
        person: who is to do it, if not the actor.

    Raises:
        Forbidden: they have.
    """
    not_by = read.elements[element].properties.get("notBy")
    if not not_by:
        return
    others = [name.strip() for name in not_by.replace(",", " ").split()]
    persons = {person} if person else set(command.actor.persons)
    theirs = (
        _t.element.in_(others),
        _t.state == "completed",
        or_(_t.closed_by.in_(persons), _t.on_behalf_of.in_(persons)),
    )
    here = select(_t.name).where(_t.instance_id == of.id, *theirs).limit(1)
    done = command.connection.execute(here).scalar_one_or_none()
    if done is None and (of.body is not None or _has_iterations(read)):
        done = _elsewhere_in_the_run(command, of, theirs)
    if done is not None:
        raise Forbidden("Who did “{step}” must not do this one too. Leave it to somebody else.", step=done)


def _has_iterations(read: Definition) -> bool:
    return any(each.loop is not None and each.loop.kind == "parallel" for each in read.elements.values())


def _elsewhere_in_the_run(command: Command, of: Held, theirs: tuple[ColumnElement[bool], ...]) -> str | None:
    home = _home(command, of.id)
    # Two iterations are two instances: locking one's own keeps nobody from doing the other at the same moment.
    message.lock_channel(command, "notBy", home)
    query = select(_t.instance_id, _t.name).join(schema.instance, _i.id == _t.instance_id)
    query = query.where(_i.root_id == of.root_id, _t.definition_id == of.definition_id, *theirs)
    for row in command.connection.execute(query):
        if _home(command, row.instance_id) == home:
            return str(row.name)
    return None


def _home(command: Command, instance_id: str) -> str:
    """The run that an instance is part of: itself, or that whose iteration it is."""
    while True:
        query = select(_i.parent_id, _i.body).where(_i.id == instance_id)
        row = command.connection.execute(query).one()
        if row.body is None:
            return instance_id
        instance_id = row.parent_id
