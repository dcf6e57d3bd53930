"""``notify``: something laid before people for information, in words that say nothing about the case itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from engine import access, circulating, notice, policy, schema
from engine.actor import audience
from engine.connectors.work import BusinessError, Declaration, Declared, Values, Work
from engine.errors import Problem
from engine.policy import Policy

_t = schema.task.c


def notify(work: Work) -> Values:
    """Tell whoever has the named tasks, holds the named roles where the case belongs, or is named in person.

    Nobody is told who has left or is excluded from the case. With header ``opens`` those who are told read the case
    from now on, and whom it cannot be opened to is not told.
    """
    if "=" in work.header("text")[:1] or "{" in work.header("text"):
        sentence = "The text of {element} must be plain: names and contents have no place in it."
        raise BusinessError("headers", sentence, element=work.element)
    told = _task_holders(work) | _role_holders(work) | set(work.texts("person"))
    told -= access.barred(work.command.connection, told, work.instance_id)
    if work.header("opens"):
        told = set(circulating.circulate(work.command, work.instance_id, work.element, told))
    text = work.header("text")
    count = notice.send(work.command, sorted(told), "note", work.instance_id, text=text, source=work.job_id)
    return {"notified": count}


def _task_holders(work: Work) -> set[str]:
    elements = work.words("task")
    if not elements:
        return set()
    query = select(_t.id, _t.assignee).where(
        _t.instance_id == work.instance_id, _t.element.in_(elements), _t.state == "open"
    )
    found: set[str] = set()
    for row in work.command.connection.execute(query):
        holders = access.holders(work.command.connection, row.id, work.command.now)
        found |= {row.assignee} if row.assignee else set(holders)
    return found


def _role_holders(work: Work) -> set[str]:
    roles, own = policy.current(work.command.connection).roles, work.remits()
    audiences = []
    for key in work.words("roles"):
        if key not in roles:
            raise BusinessError("headers", "There is no role {role}.", role=key)
        kind = roles[key].remit
        if kind is None or kind in own:
            audiences.append(audience(key) if kind is None else audience(key, own[kind]))
    return access.granted(work.command.connection, audiences, work.command.now) if audiences else set()


def _judge(headers: Mapping[str, str], inputs: Sequence[str], rules: Policy) -> list[Problem]:
    roles = headers.get("roles", "").replace(",", " ").split()
    found = [
        Problem(
            "header roles", "There is no role {role}. Known: {known}.", {"role": r, "known": ", ".join(rules.roles)}
        )
        for r in roles
        if r not in rules.roles
    ]
    if not roles and not headers.get("task", "").strip() and "person" not in inputs:
        found.append(Problem("header roles", "Say who is told: header task, header roles or input person."))
    if headers.get("opens", "case").strip() != "case":
        found.append(Problem("header opens", "It is case, or left out."))
    if "{" in headers.get("text", ""):
        found.append(Problem("header text", "The text must be plain: names and contents have no place in it."))
    return found


NOTIFY = Declaration(
    "notify",
    "Lays a sentence before people. The sentence is the diagram's and the same for every case.",
    headers={
        "text": Declared("the sentence", required=True),
        "task": Declared("ids of tasks of this diagram: whoever has them"),
        "roles": Declared("keys of roles: whoever holds them where the case belongs"),
        "opens": Declared("`case`: those who are told, if they are of the house, read the case from now on"),
    },
    inputs={"person": Declared("key of a person, or a list of keys")},
    outputs={"notified": "how many were told"},
    judge=_judge,
)
