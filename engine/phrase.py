"""常用意见: a person's own stock phrases, in their own order. Nobody else sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, select, update

from engine import ident, schema
from engine.errors import Invalid, NotFound

if TYPE_CHECKING:
    from engine.runtime import Command, View

LIMIT = 50
LENGTH = 200
_p = schema.phrase.c


@dataclass(frozen=True, slots=True)
class Phrase:
    """One stock phrase."""

    id: str
    text: str


def mine(view: View) -> list[Phrase]:
    """The actor's phrases, in their order."""
    query = select(_p.id, _p.text).where(_p.person_id == view.actor.person).order_by(_p.position, _p.id)
    return [Phrase(row.id, row.text) for row in view.connection.execute(query)]


def add(command: Command, text: str) -> Phrase:
    """Keep a phrase, behind the others. One that is there already is not kept twice.

    Raises:
        Invalid: it is empty, longer than 200 characters, or there are 50 already.
    """
    text = " ".join(text.split())
    if not text or len(text) > LENGTH:
        raise Invalid("A phrase has 1 to {limit} characters.", limit=LENGTH)
    have = mine(command)
    for phrase in have:
        if phrase.text == text:
            return phrase
    if len(have) >= LIMIT:
        raise Invalid("You have {limit} phrases already; delete one first.", limit=LIMIT)
    last = select(func.coalesce(func.max(_p.position), 0) + 1).where(_p.person_id == command.actor.person)
    phrase = Phrase(ident.new(), text)
    command.connection.execute(
        insert(schema.phrase).values(
            id=phrase.id, person_id=command.actor.person, text=text, position=last.scalar_subquery()
        )
    )
    return phrase


def remove(command: Command, phrase_id: str) -> None:
    """Delete one of the actor's phrases.

    Raises:
        NotFound: the actor has none such.
    """
    gone = delete(schema.phrase).where(_p.id == phrase_id, _p.person_id == command.actor.person)
    if command.connection.execute(gone).rowcount == 0:
        raise NotFound("You have no such phrase.")


def arrange(command: Command, order: Sequence[str]) -> None:
    """Put the actor's phrases into another order; those not named keep theirs, behind."""
    have = [phrase.id for phrase in mine(command)]
    wanted = [each for each in dict.fromkeys(order) if each in have]
    wanted += [each for each in have if each not in wanted]
    if not wanted:
        return
    statement = update(schema.phrase).where(_p.id == bindparam("phrase")).values(position=bindparam("place"))
    command.connection.execute(statement, [{"phrase": each, "place": n} for n, each in enumerate(wanted, 1)])
