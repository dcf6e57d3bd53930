"""Rights as an administrator gives and ends them: ``grant`` after looking whether what is named is there."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from engine import access, grant, remits
from engine.actor import WHOLE_OFFICE
from engine.errors import Conflict, Invalid, Problem
from engine.query import rights

if TYPE_CHECKING:
    from engine.runtime import Command, View

_NOT_GIVEN = "The role cannot be given."


def give(
    command: Command,
    person: str,
    role: str,
    remit: str = WHOLE_OFFICE,
    *,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
) -> str:
    """Give a person a role; returns the grant's id.

    Raises:
        NotFound: no such person, or they have left.
        Invalid: no such role or remit, or it ends before it begins.
        Conflict: they hold it in that time, or a role that rules it out.
    """
    if wrong := remits.problem(command, remit):
        raise Invalid(_NOT_GIVEN, [wrong])
    if is_held(command, person, role, remit, from_at, until_at):
        raise Conflict(
            "{person} holds {role} within {remit} in that time already.", person=person, role=role, remit=remit
        )
    return grant.give(command, person, role, remit, from_at=from_at, until_at=until_at)


def is_held(
    view: View, person: str, role: str, remit: str, from_at: datetime | None = None, until_at: datetime | None = None
) -> bool:
    """Whether a person holds a role within a remit in all or a part of a time."""
    start, end = from_at or view.now, until_at
    for each in rights.grants(view, person=person, role=role):
        begins_before = end is None or each.from_at < end
        if each.remit == remit and begins_before and (each.until_at is None or each.until_at > start):
            return True
    return False


def exclude(command: Command, person: str, remit: str, reason: str) -> None:
    """Close a remit to a person.

    Raises:
        NotFound: no such person.
        Invalid: no such remit, or no reason.
        Conflict: it is closed to them already.
    """
    found = [remits.problem(command, remit) if remit != WHOLE_OFFICE else Problem("remit", _WHOLE), _unsaid(reason)]
    if problems := [each for each in found if each]:
        raise Invalid("The remit cannot be closed.", problems)
    if any(each.remit == remit for each in rights.exclusions(command, person)):
        raise Conflict("{remit} is closed to {person} already.", remit=remit, person=person)
    grant.exclude(command, person, remit, reason)


_WHOLE = "Nobody is kept from the whole office; end their grants instead."


def readmit(command: Command, person: str, remit: str, reason: str) -> None:
    """Open a remit to a person again.

    Raises:
        NotFound: it was not closed to them.
        Invalid: no reason.
    """
    if wrong := _unsaid(reason):
        raise Invalid("The remit cannot be opened again.", [wrong])
    grant.readmit(command, person, remit, reason)


def substitute(
    command: Command, person: str, other: str, from_at: datetime | None, until_at: datetime, reason: str
) -> str:
    """Let ``other`` stand in for a person; why is written down. Returns the substitution's id.

    Raises:
        NotFound: one of the two is not there.
        Invalid: no reason, it ends before it begins, or both are one.
        Conflict: what the two hold may not meet in one person.
    """
    if wrong := _unsaid(reason):
        raise Invalid("Nobody can stand in like that.", [wrong])
    made = grant.substitute(command, person, other, from_at or command.now, until_at)
    access.record(command, "substituted", person, f"{other}: {reason}")
    return made


def _unsaid(reason: str) -> Problem | None:
    return None if reason.strip() else Problem("reason", "Say why.")


# ---- days as people write them

_YEARS = (1970, 2999)


def begins(text: str | None, zone: str, where: str = "from") -> datetime | None:
    """The moment from which something counts: the beginning of a day, or a moment of it; None for no text.

    Raises:
        Invalid: it is neither.
    """
    return None if text is None else _moment(text, zone, where)[0]


def ends(text: str | None, zone: str, where: str = "until") -> datetime | None:
    """The moment until which something counts: a day counts to its end.

    Raises:
        Invalid: it is neither a day nor a moment.
    """
    if text is None:
        return None
    found, is_day = _moment(text, zone, where)
    return _at(found.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), zone) if is_day else found


def _moment(text: str, zone: str, where: str) -> tuple[datetime, bool]:
    try:
        found = datetime.fromisoformat(text.strip())
        if not _YEARS[0] <= found.year <= _YEARS[1]:
            raise ValueError(text)
        is_day = len(text.strip()) <= len("2026-04-01")
        local = found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))
        at = local.astimezone(UTC)
    except ValueError as error:
        problem = Problem(where, "{text} is no day. It is written like 2026-04-01 or 2026-04-01T09:30.", {"text": text})
        raise Invalid("This time cannot be read.", [problem]) from error
    return at, is_day


def _at(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
