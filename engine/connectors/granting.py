"""``grant.give`` and ``grant.revoke``: roles that a case gives and takes, as when a team is formed and dissolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from sqlalchemy import select

from engine import grant, policy, schema
from engine.connectors.work import BusinessError, Declaration, Declared, Values, Work
from engine.errors import Problem
from engine.policy import Policy, Role


def give(work: Work) -> Values:
    """Give one role to one person or several."""
    role, persons = _role(work), work.texts("person")
    remit, from_at, until_at = work.remit(role.remit), work.moment("from"), work.moment("until")
    if not persons:
        raise BusinessError("input", "{element} names nobody.", element=work.element)
    for person in dict.fromkeys(persons):
        about = {"from_at": from_at, "until_at": until_at}
        key = sha256(f"{work.job_id}/{person}".encode()).hexdigest()
        grant.give(work.command, person, role.key, remit, instance_id=work.instance_id, key=key, **about)
    return {"granted": persons}


def revoke(work: Work) -> Values:
    """Take one role from those named, or from everyone who holds it within the remit."""
    role = _role(work)
    remit = work.remit(role.remit)
    given_in = _family(work) if work.header("given") else None
    persons = work.texts("person") if "person" in work.inputs else [None]
    return {
        "revoked": [p for each in persons for p in grant.revoke(work.command, role.key, remit, each, given_in=given_in)]
    }


def _family(work: Work) -> str:
    i = schema.instance.c
    return str(work.command.connection.execute(select(i.root_id).where(i.id == work.instance_id)).scalar_one())


def _role(work: Work) -> Role:
    roles = policy.current(work.command.connection).roles
    if work.header("role") not in roles:
        raise BusinessError("headers", "There is no role {role}.", role=work.header("role"))
    return roles[work.header("role")]


def _judge(headers: Mapping[str, str], _inputs: Sequence[str], rules: Policy) -> list[Problem]:
    role = rules.roles.get(headers.get("role", "").strip())
    if role is None:
        return [Problem("header role", "There is no such role. Known: {known}.", {"known": ", ".join(rules.roles)})]
    if role.assigned or not role.login:
        return [Problem("header role", "{role} is not granted: diagrams name who it is.", {"role": role.title})]
    if headers.get("given", "here").strip() != "here":
        return [Problem("header given", "It is here, or left out.")]
    return []


_HEADERS = {"role": Declared("key of the role", required=True)}
_GIVEN = {"given": Declared("`here`: only what this case and those around it have given")}
_REMIT = Declared("key of the remit, if the case stands under none of the role's kind")

GIVE = Declaration(
    "grant.give",
    "Gives persons a role, within the case's own remit or the one named.",
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
    "Takes a role from persons, or from everyone who holds it within the remit.",
    headers=_HEADERS | _GIVEN,
    inputs={"person": Declared("key of a person, or a list of keys; left out: everyone"), "remit": _REMIT},
    outputs={"revoked": "keys of the persons who have lost it"},
    judge=_judge,
)
