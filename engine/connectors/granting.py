"""``grant.give`` and ``grant.revoke``: roles that a case gives and takes, as when a team is formed and dissolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import product

from sqlalchemy import select

from engine import grant, policy, schema
from engine.connectors.work import BusinessError, Declaration, Declared, Values, Work
from engine.errors import Problem
from engine.policy import Policy


def give(work: Work) -> Values:
    """Give one role or several to one person or several; what restricted values they open is bound to the case."""
    given, persons = _roles(work), work.texts("person")
    from_at, until_at = work.moment("from"), work.moment("until")
    if not persons:
        raise BusinessError("input", "{element} names nobody.", element=work.element)
    for person, (role, remit) in product(dict.fromkeys(persons), given.items()):
        about = {"from_at": from_at, "until_at": until_at}
        key = sha256(f"{work.job_id}/{role}/{person}".encode()).hexdigest()
        grant.give(work.command, person, role, remit, instance_id=work.instance_id, key=key, **about)
    return {"granted": persons}


def revoke(work: Work) -> Values:
    """Take one role or several from those named, or from everyone who holds it within the remit.

    What another case gave for something that this one does not stand under stays.
    """
    given_in = _family(work) if work.header("given") else None
    persons = work.texts("person") if "person" in work.inputs else [None]
    revoked: dict[str, None] = {}
    for (role, remit), person in product(_roles(work).items(), persons):
        lost = grant.revoke(work.command, role, remit, person, given_in=given_in, instance_id=work.instance_id)
        revoked |= dict.fromkeys(lost)
    return {"revoked": list(revoked)}


def _family(work: Work) -> str:
    i = schema.instance.c
    return str(work.command.connection.execute(select(i.root_id).where(i.id == work.instance_id)).scalar_one())


def _roles(work: Work) -> dict[str, str]:
    """The roles by key, each with the remit that it is given or taken within."""
    roles = policy.current(work.command.connection).roles
    for key in work.words("role"):
        if key not in roles:
            raise BusinessError("headers", "There is no role {role}.", role=key)
    return {key: work.remit(roles[key].remit) for key in work.words("role")}


def _judge(headers: Mapping[str, str], _inputs: Sequence[str], rules: Policy) -> list[Problem]:
    found = [rules.roles.get(key) for key in headers.get("role", "").replace(",", " ").split()] or [None]
    if None in found:
        return [Problem("header role", "There is no such role. Known: {known}.", {"known": ", ".join(rules.roles)})]
    for role in found:
        if role is not None and (role.assigned or not role.login):
            return [Problem("header role", "{role} is not granted: diagrams name who it is.", {"role": role.title})]
    if headers.get("given", "here").strip() != "here":
        return [Problem("header given", "It is here, or left out.")]
    return []


_HEADERS = {"role": Declared("key of the role, or keys of several", required=True)}
_GIVEN = {"given": Declared("`here`: only what this case and those around it have given")}
_REMIT = Declared("key of the remit, if the case stands under none of the role's kind")

GIVE = Declaration(
    "grant.give",
    "Gives persons a role or several, within the case's own remit or the one named.",
    headers=_HEADERS,
    inputs={
        "person": Declared("key of a person, or a list of keys", required=True),
        "remit": _REMIT,
        "from": Declared("date or moment; at once unless said otherwise"),
        "until": Declared("date or moment; for good unless said otherwise"),
    },
    outputs={"granted": "keys of the persons"},
    judge=_judge,
)
REVOKE = Declaration(
    "grant.revoke",
    "Takes a role or several from persons, or from everyone who holds it within the remit.",
    headers=_HEADERS | _GIVEN,
    inputs={"person": Declared("key of a person, or a list of keys; left out: everyone"), "remit": _REMIT},
    outputs={"revoked": "keys of the persons who have lost it"},
    judge=_judge,
)
