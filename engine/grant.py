"""Grants: who holds which role within which remit, and from when to when; recusals and substitutions beside them.

Nothing is deleted: a grant that is taken away ends now. Grants are looked at on every request, so that what is given or
taken counts at once; what somebody had taken on by a right they have lost goes back (``sweep``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, insert, or_, select, update

from engine import access, clock, ident, policy, schema, sweep
from engine.actor import WHOLE_OFFICE
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.evidence import chain
from engine.evidence.unchanged import must_stand
from engine.policy import Forbidden, Policy
from engine.prepared import upsert

if TYPE_CHECKING:
    from engine.runtime import Command

_a, _p, _s, _e = schema.authority.c, schema.person.c, schema.substitution.c, schema.exclusion.c


# ---- roles


def give(
    command: Command,
    person: str,
    role: str,
    remit: str = WHOLE_OFFICE,
    *,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
    instance_id: str | None = None,
    key: str | None = None,
) -> str:
    """Give a person a role within a remit; returns the grant's id.

    Args:
        remit: like ``team:T1``; ``*`` for a role of the whole office.
        from_at, until_at: aware; from now on and for good unless said otherwise.
        instance_id: the case that gives it, if one does: it is bound to what that case stands under.
        key: of whatever owes this grant: the same one gives it once.

    Raises:
        NotFound: no such person, or they have left.
        Invalid: no such role, it is not one to be granted, or the remit is not of its kind.
        Conflict: the person holds, in the same time, a role that rules this one out.
    """
    rules, start = policy.current(command.connection), from_at or command.now
    _check(rules, role, remit, start, until_at)
    grant = key or ident.new()
    # The person's row is locked: two grants that rule each other out must not pass each other.
    _lock(command, person)
    if command.connection.execute(select(_a.id).where(_a.id == grant)).first() is not None:
        return grant
    end = None if until_at is None else clock.micros(until_at)
    for held in _held(command, [person], clock.micros(start), end):
        _must_go_together(command, rules, (held.role, held.remit), (role, remit))
    row = {"id": grant, "person_id": person, "role": role, "remit": remit, "from_at": clock.micros(start)}
    row |= {"until_at": end, "given_by": command.actor.person, "instance_id": instance_id}
    row |= {"bound": _bound(command, instance_id, remit)}
    command.connection.execute(insert(schema.authority), row)
    chain.note(command.connection, schema.authority, [grant], command.actor)
    if until_at is not None:
        sweep.owe(command, [person], until_at)
    return grant


def _bound(command: Command, instance_id: str | None, remit: str) -> str | None:
    """What the giving case stands under beside the grant's own remit: the grant opens nothing restricted elsewhere."""
    if instance_id is None:
        return None
    kind, _, _ = remit.partition(":")
    others = [one for one in _stands_under(command, instance_id) if one.partition(":")[0] != kind]
    return access.APART.join(others) or None


def _stands_under(command: Command, instance_id: str) -> list[str]:
    r = schema.remit.c
    return sorted(command.connection.execute(select(r.remit).where(r.instance_id == instance_id)).scalars())


def revoke(
    command: Command,
    role: str,
    remit: str,
    person: str | None = None,
    *,
    given_in: str | None = None,
    at: datetime | None = None,
    instance_id: str | None = None,
) -> list[str]:
    """Take a role within a remit away from a person, or from everyone who holds it; returns who has lost it.

    Args:
        given_in: the family of cases (by its first) that alone takes back what it has given.
        at: when; at once unless said otherwise. What ends earlier anyway is left alone.
        instance_id: the case that takes it, if one does: what is bound to something that it does not stand under was
            given for others, and stays.
    """
    mine = and_(_a.role == role, _a.remit == remit)
    if person is not None:
        mine = and_(mine, _a.person_id == person)
    if given_in is not None:
        i = schema.instance.c
        mine = and_(mine, _a.instance_id.in_(select(i.id).where(i.root_id == given_in)))
    if instance_id is not None:
        mine = and_(mine, _a.id.in_(_reached(command, mine, set(_stands_under(command, instance_id)))))
    return _end(command, mine, at)


def end_all(command: Command, person: str) -> None:
    """Whatever a person holds ends now, and whoever stands in for them or whom they stand in for is on their own."""
    _end(command, _a.person_id == person)
    _over(command, or_(_s.person_id == person, _s.substitute_id == person))


def _end(command: Command, mine: ColumnElement[bool], at: datetime | None = None) -> list[str]:
    """End the grants among these that would last longer; returns whose they were."""
    end = clock.micros(at or command.now)
    mine = and_(mine, or_(_a.until_at.is_(None), _a.until_at > end))
    _hold(command, select(_a.person_id).where(mine))
    connection = command.connection
    must_stand(connection, schema.authority, connection.execute(select(_a.id).where(mine)).scalars().all())
    ended = command.connection.execute(
        update(schema.authority).where(mine).values(until_at=end).returning(_a.id, _a.person_id)
    ).all()
    chain.note(command.connection, schema.authority, [row.id for row in ended], command.actor)
    persons = sorted({row.person_id for row in ended})
    sweep.owe(command, persons, at)
    return persons


def _reached(command: Command, which: ColumnElement[bool], remits: set[str]) -> list[str]:
    """Of these grants, those that are bound to nothing, or to nothing but these remits."""
    rows = command.connection.execute(
        select(_a.id, _a.bound).where(which, or_(_a.until_at.is_(None), _a.until_at > clock.micros(command.now)))
    )
    return [row.id for row in rows if row.bound is None or remits.issuperset(row.bound.split(access.APART))]


def problems(rules: Policy, role: str, remit: str) -> list[Problem]:
    """What is wrong with a role and what it is to be held within."""
    declared = rules.roles.get(role)
    if declared is None:
        known = ", ".join(key for key, each in rules.roles.items() if each.login and not each.assigned)
        return [Problem("role", "There is no role {role}. Known: {known}.", {"role": role, "known": known})]
    called = {"role": declared.title, "role_en": declared.en}
    if declared.assigned or not declared.login:
        return [Problem("role", "{role} is not granted: diagrams name who it is.", called)]
    kind, _, value = remit.partition(":")
    if declared.remit is None and remit != WHOLE_OFFICE:
        return [Problem("remit", "{role} is held for the whole office.", called)]
    if declared.remit is not None and (kind != declared.remit or not value):
        within = {**called, "kind": declared.remit}
        return [Problem("remit", "{role} is held within a {kind}: say which one.", within)]
    return []


def _check(rules: Policy, role: str, remit: str, from_at: datetime, until_at: datetime | None) -> None:
    found = problems(rules, role, remit)
    if until_at is not None and until_at <= from_at:
        found.append(Problem("until", "A grant ends after it begins."))
    if found:
        raise Invalid("The role cannot be given.", found)


def _lock(command: Command, *persons: str) -> None:
    query = select(_p.id).where(_p.id.in_(sorted(persons)), _p.active).order_by(_p.id).with_for_update()
    here = set(command.connection.execute(query).scalars())
    for person in persons:
        if person not in here:
            raise NotFound("There is no person {person} here.", person=person)


def _hold(command: Command, persons: Select[tuple[str]]) -> None:
    """Lock the rows of those who lose a right: what they are taking on just now is there before it is looked for."""
    command.connection.execute(select(_p.id).where(_p.id.in_(persons)).order_by(_p.id).with_for_update())


def _held(command: Command, persons: Iterable[str], start: int, end: int | None) -> list[Row[Any]]:
    """Grants that overlap the time from ``start`` to ``end``."""
    overlaps = or_(_a.until_at.is_(None), _a.until_at > start)
    if end is not None:
        overlaps = and_(overlaps, _a.from_at < end)
    query = select(_a.person_id, _a.role, _a.remit).where(_a.person_id.in_(sorted(persons)), overlaps)
    return list(command.connection.execute(query))


def _must_go_together(command: Command, rules: Policy, held: tuple[str, str], new: tuple[str, str]) -> None:
    for rule in rules.barring(held[0], new[0]):
        if rule.together is None or _meet(command, held[1], new[1]):
            raise _barred(rules, rule, held[0], new[0])


def _meet(command: Command, one: str, other: str) -> bool:
    """Whether two remits touch: they are the same, one is the whole office, or some case stands under both."""
    if WHOLE_OFFICE in (one, other) or one == other:
        return True
    first, second = schema.remit.alias(), schema.remit.alias()
    both = select(first.c.instance_id).join(second, second.c.instance_id == first.c.instance_id)
    query = both.where(first.c.remit == one, second.c.remit == other).limit(1)
    return command.connection.execute(query).first() is not None


def _barred(rules: Policy, rule: Forbidden, held: str, new: str) -> Conflict:
    sentence = "Who is {held} cannot be {new}: {why}"
    one, other = rules.roles[held], rules.roles[new]
    return Conflict(
        sentence,
        held=one.title,
        held_en=one.en,
        new=other.title,
        new_en=other.en,
        why=rule.why,
        why_en=rule.why_en,
    )


# ---- recusals


def exclude(command: Command, person: str, remit: str, reason: str) -> None:
    """Close a remit to a person, whatever they are granted: a recusal 回避. It counts at once, for taken tasks too."""
    _lock(command, person)
    _must_be_a_remit(remit)
    must_stand(command.connection, schema.exclusion, [(person, remit)])
    row = {"person_id": person, "remit": remit, "reason": reason, "since_at": clock.micros(command.now)}
    command.connection.execute(upsert(command.connection.dialect.name, schema.exclusion, update=False), row)
    chain.note(command.connection, schema.exclusion, [(person, remit)], command.actor)
    access.record(command, "excluded", person, f"{remit}: {reason}")
    sweep.owe(command, [person])


def readmit(command: Command, person: str, remit: str, reason: str) -> None:
    """Open a remit again that was closed to a person; who did it and why is kept.

    Raises:
        NotFound: it was not closed to them.
    """
    must_stand(command.connection, schema.exclusion, [(person, remit)])
    gone = delete(schema.exclusion).where(_e.person_id == person, _e.remit == remit)
    if command.connection.execute(gone).rowcount == 0:
        raise NotFound("{remit} is not closed to {person}.", remit=remit, person=person)
    chain.note(command.connection, schema.exclusion, [(person, remit)], command.actor)
    access.record(command, "readmitted", person, f"{remit}: {reason}")


def _must_be_a_remit(remit: str) -> None:
    kind, _, value = remit.partition(":")
    if not kind or not value:
        raise Invalid("A remit is a kind and a key, like team:T1.", [Problem("remit", "This is no remit.")])


# ---- standing in


def substitute(command: Command, person: str, substitute: str, from_at: datetime, until_at: datetime) -> str:
    """Let somebody stand in for a person for a time; they act in their own name, and both stand in the story.

    Raises:
        NotFound: one of the two is not there.
        Invalid: it ends before it begins, or both are one.
        Conflict: what the two hold may not meet in one person.
    """
    if person == substitute or until_at <= from_at:
        raise Invalid("Nobody stands in for themselves, and a substitution ends after it begins.")
    _lock(command, person, substitute)
    rules, start, end = policy.current(command.connection), clock.micros(from_at), clock.micros(until_at)
    held = _held(command, [person, substitute], start, end)
    theirs = [(row.role, row.remit) for row in held if row.person_id == person]
    for own in [(row.role, row.remit) for row in held if row.person_id == substitute]:
        for other in theirs:
            _must_go_together(command, rules, own, other)
    row = {"id": ident.new(), "person_id": person, "substitute_id": substitute, "from_at": start, "until_at": end}
    command.connection.execute(insert(schema.substitution), row)
    chain.note(command.connection, schema.substitution, [row["id"]], command.actor)
    sweep.owe(command, [substitute], until_at)
    return str(row["id"])


def end_substitution(command: Command, substitution_id: str) -> None:
    """End a substitution now.

    Raises:
        NotFound: there is none, or it is over.
    """
    if not _over(command, _s.id == substitution_id):
        raise NotFound("There is no such substitution, or it is over.")


def _over(command: Command, mine: ColumnElement[bool]) -> list[str]:
    """End the substitutions among these that are not over; returns the substitutes."""
    now = clock.micros(command.now)
    mine = and_(mine, _s.until_at > now)
    _hold(command, select(_s.substitute_id).where(mine))
    connection = command.connection
    must_stand(connection, schema.substitution, connection.execute(select(_s.id).where(mine)).scalars().all())
    over = update(schema.substitution).where(mine).values(until_at=now).returning(_s.id, _s.substitute_id)
    ended = command.connection.execute(over).all()
    chain.note(command.connection, schema.substitution, [row.id for row in ended], command.actor)
    substitutes = sorted({row.substitute_id for row in ended})
    sweep.owe(command, substitutes)
    return substitutes
