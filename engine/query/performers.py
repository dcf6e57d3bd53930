"""Whom a task is for: what it is offered to, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from engine import access, schema
from engine.access.granted import policy_of, role_of
from engine.actor import person_audience

if TYPE_CHECKING:
    from engine.runtime import View

_c, _p = schema.candidate.c, schema.person.c


def of(view: View, tasks: Collection[str], language: str) -> dict[str, str]:
    """Whom each of these open tasks is for, in one statement: titles of roles, then names of persons.

    A task goes to whom it names, and to its lane only where it names nobody; what it was offered to knows both. Persons
    are named as far as the actor may look them up. A task that is over is for nobody any more, and absent.
    """
    if not tasks:
        return {}
    prefix = person_audience("")
    key = func.substr(_c.audience, len(prefix) + 1)
    meant = and_(_c.audience.startswith(prefix), _p.id == key, _p.active, access.visible(view.actor, "person"))
    query = (
        select(_c.task_id, _c.audience, _p.name, _p.name_en, _p.sort)
        .outerjoin(schema.person, meant)
        .where(_c.task_id.in_(sorted(tasks)))
    )
    rules, english = policy_of(view.actor).roles, language == "en"
    order = {role: place for place, role in enumerate(rules)}
    found: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for row in view.connection.execute(query):
        role = rules.get(role_of(row.audience) or "")
        if role is not None:
            found[row.task_id].append((order[role.key], "", role.en if english else role.title))
        elif row.name is not None:
            name = (english and row.name_en) or row.name
            found[row.task_id].append((len(order), row.sort or "", name))
    return {task: " / ".join(dict.fromkeys(name for *_, name in sorted(names))) for task, names in found.items()}
