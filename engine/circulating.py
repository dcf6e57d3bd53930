"""传阅: a case is laid open to persons beside those who see it by their roles, as minutes are to whoever attended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine import access, held, schema
from engine.actor import person_audience
from engine.prepared import upsert

if TYPE_CHECKING:
    from engine.runtime import Command

_r, _m = schema.reader.c, schema.remit.c


def circulate(command: Command, instance_id: str, element: str, persons: Iterable[str]) -> list[str]:
    """Let persons read a case from now on; returns those to whom it is open, old readers included.

    It opens to nobody who does not belong to the house, or holds no role where the case belongs: they stay as they are.
    Who leaves the place later no longer sees it, as with whatever they have in person.
    """
    of = held.lock(command, instance_id)
    remits = set(command.connection.execute(select(_m.remit).where(_m.instance_id == instance_id)).scalars())
    open_to = [person for person in sorted(set(persons)) if _may_read(command, person, remits)]
    known = set(command.connection.execute(select(_r.audience).where(_r.instance_id == instance_id)).scalars())
    new = [person for person in open_to if person_audience(person) not in known]
    if new:
        rows = [{"instance_id": instance_id, "audience": person_audience(person)} for person in new]
        command.connection.execute(upsert(command.connection.dialect.name, schema.reader, update=False), rows)
        of.record("instance.circulated", element, persons=new)
        of.save(command)
    return open_to


def _may_read(command: Command, person: str, remits: set[str]) -> bool:
    who = access.actor(command.connection, person, command.now)
    return access.is_of_house(who) and access.is_at_home(who, remits) and who.exclusions.isdisjoint(remits)
