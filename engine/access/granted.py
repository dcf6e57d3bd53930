"""From a person to an Actor: what they are granted, whom they stand in for, what they must not see, at one moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    and_,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)

from engine import clock, policy, schema
from engine.actor import WHOLE_OFFICE, Actor, audience, person_audience
from engine.errors import Forbidden
from engine.policy import FieldClass, Policy
from engine.prepared import Prepared, among, listed

APART = "\n"
"""Between the remits that a grant is bound to."""
ASKED = "asked"
"""What the access record says of somebody who has given a reason for looking at what is shown to those who ask."""
ASKED_FOR = timedelta(hours=1)
"""How long that lasts."""

_NO_POLICY = Policy()
_PERSON = person_audience("")


@dataclass(frozen=True, slots=True)
class Granted(Actor):
    """An Actor as the database and the policy in force know them.

    Attributes:
        policy: in force when the actor was read; decides what each audience opens.
        bound: of the audience strings those that only cases have given, each with what one of these cases stood under;
            it counts, where a role must be held besides another, in cases that stand under all of that.
        asked: ids of instances of which they have lately asked, with a reason, for what is shown to those who ask.
    """

    policy: Policy = field(default=_NO_POLICY, compare=False, repr=False)
    asked: frozenset[str] = frozenset()
    bound: frozenset[tuple[str, frozenset[str]]] = frozenset()


def actor(connection: Connection, person: str, now: datetime, on_behalf_of: str | None = None) -> Granted:
    """The person with everything granted to them at this moment; one statement, unless the policy is new.

    Who acts for another person keeps their own name and has the other's audiences as well. Exclusions of both count.

    Raises:
        Forbidden: no substitution lets ``person`` act for ``on_behalf_of`` now.
    """
    persons = [person] if on_behalf_of is None else [person, on_behalf_of]
    times = {"b_at": clock.micros(now), "b_since": clock.micros(now - ASKED_FOR)}
    wanted = {"b_persons": persons, "b_substitute": person, "b_person": on_behalf_of, **times}
    found = _GRANTED.rows(connection, wanted)
    if on_behalf_of is not None and not any(row.kind == "stands in" for row in found):
        raise Forbidden("You do not stand in for {person} now.", person=on_behalf_of)
    # Somebody who has left takes all they had with them, and whoever stood in for them has nothing to stand in for.
    present = {row.id for row in found if row.kind == "person"}
    given = {_grant(row.id, row.value) for row in found if row.kind == "grant"}
    granted = {one for one, _ in given}
    free = {one for one, remits in given if not remits}
    audiences = granted | {person_audience(p) for p in persons} if present == set(persons) else set()
    barred = frozenset(row.value for row in found if row.kind == "barred")
    asked = frozenset(row.id for row in found if row.kind == ASKED)
    bound = frozenset((one, remits) for one, remits in given if one not in free)
    released = next((policy.known(connection, int(row.id), row.value) for row in found if row.kind == "policy"), None)
    return Granted(
        person, frozenset(audiences), on_behalf_of, barred, policy=released or _NO_POLICY, asked=asked, bound=bound
    )


def narrowed(who: Granted, remit: str) -> Granted:
    """The same person with less: roles of other remits fall away, and what is left counts for cases under this one.

    A role of the whole office is kept as such, since that is how cases name it; ``within`` confines it.
    """
    kept = {one for one in who.audiences if role_of(one) is None or remit_of(one) in (WHOLE_OFFICE, remit)}
    return replace(who, audiences=frozenset(kept), within=remit)


def _granted(_dialect: str) -> CompoundSelect[Any]:
    a, e, s, p = schema.authority.c, schema.exclusion.c, schema.substitution.c, schema.person.c
    r = schema.access_record.c
    persons, at = listed("b_persons"), bindparam("b_at", type_=BigInteger)
    holds_now = and_(among(a.person_id, persons), a.from_at <= at, or_(a.until_at.is_(None), a.until_at > at))
    stands_in = and_(s.substitute_id == bindparam("b_substitute"), s.person_id == bindparam("b_person"))
    has_asked = and_(r.person_id == bindparam("b_substitute"), r.what == ASKED)
    none: ColumnElement[Any] = literal_column("NULL").label("value")
    return union_all(
        select(_said("person"), p.id, none).where(among(p.id, persons), p.active),
        select(_said("grant"), a.role, func.coalesce(a.remit + literal(APART) + a.bound, a.remit)).where(holds_now),
        select(_said("barred"), e.person_id, e.remit).where(among(e.person_id, persons)),
        select(_said("stands in"), s.person_id, none).where(stands_in, s.from_at <= at, s.until_at > at),
        select(_said(ASKED), r.object, none).where(has_asked, r.at > bindparam("b_since", type_=BigInteger)),
        policy.newest("policy"),
    )


def _grant(role: str, value: str) -> tuple[str, frozenset[str]]:
    """A grant's audience string, and what the case stood under that gave it."""
    remit, *given = value.split(APART)
    return audience(role, remit), frozenset(given)


def _said(kind: str) -> ColumnElement[str]:
    return literal(kind).label("kind")


_GRANTED = Prepared(_granted)


def policy_of(who: Actor) -> Policy:
    """The policy the actor was read under; an empty one for an actor made by hand, in a program without roles."""
    return who.policy if isinstance(who, Granted) else _NO_POLICY


def has_asked(who: Actor, instance_id: str) -> bool:
    """Whether the actor has lately said why they look at what this instance shows to those who ask."""
    return isinstance(who, Granted) and instance_id in who.asked


def asking(who: Actor, instance_id: str, *, has_asked: bool = True) -> Actor:
    """The same person as one who has said why they look at an instance, or as one who has not."""
    if not isinstance(who, Granted):
        return who
    return replace(who, asked=who.asked | {instance_id} if has_asked else who.asked - {instance_id})


def role_of(one: str) -> str | None:
    """The role of an audience string; None when it stands for a person."""
    return None if one.startswith(_PERSON) else one.partition("@")[0]


def remit_of(one: str) -> str:
    """The remit of a role's audience string."""
    return one.partition("@")[2]


def held(who: Actor, roles: Iterable[str]) -> list[str]:
    """The actor's audience strings for these roles."""
    wanted = frozenset(roles)
    return sorted(one for one in who.audiences if role_of(one) in wanted)


def holds(who: Actor, roles: Iterable[str], remits: Iterable[str]) -> bool:
    """Whether the actor has one of the roles for the whole office or within one of the remits (``team:T1``)."""
    reached = {WHOLE_OFFICE, *remits}
    return any(remit_of(one) in reached for one in held(who, roles))


@dataclass(frozen=True, slots=True)
class Reach:
    """Where something that an actor holds counts: cases under this remit that stand under all of ``given`` besides.

    Attributes:
        given: what a case stood under that gave them the role held besides; empty: no case did.
    """

    remit: str
    given: frozenset[str] = frozenset()

    def has(self, remits: Collection[str]) -> bool:
        """Whether a case that stands under these remits is reached."""
        return (self.remit == WHOLE_OFFICE or self.remit in remits) and self.given <= frozenset(remits)


def counting(who: Actor, field: FieldClass, roles: Iterable[str]) -> frozenset[Reach]:
    """Where these roles count for the actor: not where another has to be held with them, and is not."""
    return _besides(who, field, {remit_of(one) for one in held(who, roles)})


def homes(who: Actor, field: FieldClass) -> frozenset[Reach]:
    """Where having done a task opens a value of this class to the actor."""
    return _besides(who, field, {remit_of(one) for one in who.audiences if role_of(one) is not None})


def _besides(who: Actor, field: FieldClass, remits: Iterable[str]) -> frozenset[Reach]:
    return frozenset(Reach(remit, given) for remit in remits for given in _held_besides(who, field, remit))


def _held_besides(who: Actor, field: FieldClass, remit: str) -> Collection[frozenset[str]]:
    """For each time that the role is held which a class asks for besides: what it is bound to."""
    role = policy_of(who).roles.get(field.hold) if field.hold is not None else None
    if role is None or remit.partition(":")[0] != role.remit:
        return [frozenset()]
    one = audience(role.key, remit)
    if one not in who.audiences:
        return []
    bound = who.bound if isinstance(who, Granted) else frozenset()
    return [given for of, given in bound if of == one] or [frozenset()]


def is_at_home(who: Actor, remits: Collection[str]) -> bool:
    """Whether the actor has any role for the whole office or within one of these remits."""
    return any(remit_of(one) in {WHOLE_OFFICE, *remits} for one in who.audiences if role_of(one) is not None)


def is_of_house(who: Actor) -> bool:
    """Whether what the actor has in person counts as belonging to the house."""
    return person_audience(who.person) in inside(who, policy_of(who))


def inside(who: Actor, rules: Policy) -> frozenset[str]:
    """The actor's audience strings that count as belonging to the house, by which internal values are opened.

    A role that the policy does not know is not of the house. A person's own string is, if they hold a role of the house
    and none of an outside party: being named for a task makes nobody an insider. Without a policy there are no outside
    parties.
    """
    if not rules.roles:
        return who.audiences
    roles = {one for one in who.audiences if role_of(one) is not None}
    of_house = {one for one in roles if role_of(one) in rules.roles and not rules.roles[str(role_of(one))].external}
    persons = who.audiences - roles if of_house and of_house == roles else frozenset()
    return frozenset(of_house | persons)
