"""Remits: a kind and a key, like ``team:T1``. What a key can be is in the directory: an item of the list that is called
like the kind, or else an organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Select, select

from engine import policy, schema
from engine.actor import WHOLE_OFFICE
from engine.errors import Problem

if TYPE_CHECKING:
    from engine.runtime import View

SHOWN = 20
_o, _x = schema.organisation.c, schema.listing.c


def problem(view: View, remit: str) -> Problem | None:
    """What is wrong with a remit that a person names; None if it can be held or closed."""
    if remit == WHOLE_OFFICE:
        return None
    kind, _, key = remit.partition(":")
    if not kind or not key:
        return Problem("remit", "{remit} is no remit. A remit is a kind and a key, like team:T1.", {"remit": remit})
    if kind not in kinds(view):
        params = {"kind": kind, "known": ", ".join(kinds(view))}
        return Problem("remit", "There are no remits of the kind {kind}. Known: {known}.", params)
    standing = _keys(view, kind)
    c = standing.selected_columns.id
    if view.connection.execute(standing.where(c == key)).first() is not None:
        return None
    known = [row.id for row in view.connection.execute(standing.order_by(c).limit(SHOWN))]
    params = {"kind": kind, "key": key, "known": ", ".join(known) or "–"}
    return Problem("remit", "There is no {kind} {key}; put it in first. Known: {known}.", params)


def kinds(view: View) -> list[str]:
    """Every kind that a role is held within or a case stands under, in the policy in force."""
    rules = policy.current(view.connection)
    held = {role.remit for role in rules.roles.values() if role.remit}
    return sorted(held | {kind for process in rules.processes.values() for kind in process.remits.values()})


def _keys(view: View, kind: str) -> Select[tuple[str]]:
    if kind in policy.current(view.connection).lists:
        return select(_x.id).where(_x.list == kind, _x.active)
    return select(_o.id).where(_o.active)
