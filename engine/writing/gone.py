"""What a Progress takes away: rows of running work that go, records that are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, delete, func, select, tuple_, update

from engine import interpreter, schema
from engine.prepared import Prepared

if TYPE_CHECKING:
    from engine.writing.rows import Row, Rows

_mine: BindParameter[Any] = bindparam("b_instance")
_t, _v, _j, _s = schema.task.c, schema.variable.c, schema.job.c, schema.subscription.c
_c, _r, _n, _i = schema.counter.c, schema.result.c, schema.incident.c, schema.instance.c
_CLOSING = (
    "state",
    "change",
    "changed_by",
    "changed_at",
    "closed_at",
    "closed_by",
    "on_behalf_of",
    "closed_line",
    "recallable",
)
_CLOSE = Prepared(
    lambda _dialect: (
        update(schema.task)
        .where(_t.instance_id == _mine, _t.token == bindparam("b_token"), _t.state == "open")
        .values(stamp=_t.stamp + 1, **{name: bindparam(name) for name in _CLOSING})
    )
)
_tokens: BindParameter[Any] = bindparam("b_tokens", expanding=True)
_OFFERED_NO_MORE = Prepared(
    lambda _dialect: delete(schema.candidate).where(
        schema.candidate.c.task_id.in_(select(_t.id).where(_t.instance_id == _mine, _t.token == bindparam("b_token")))
    )
)
_FORGET_SCOPES = delete(schema.variable).where(
    _v.instance_id == _mine, _v.scope.in_(bindparam("b_scopes", expanding=True))
)
_FORGET_SEALED = delete(schema.sealed).where(
    schema.sealed.c.instance_id == _mine, schema.sealed.c.scope.in_(bindparam("b_scopes", expanding=True))
)
_scope: BindParameter[Any] = bindparam("b_scope")
_name: BindParameter[Any] = bindparam("b_name")
_ERASE = delete(schema.variable).where(_v.instance_id == _mine, _v.scope == _scope, _v.name == _name)
_ERASE_SEALED = delete(schema.sealed).where(
    schema.sealed.c.instance_id == _mine, schema.sealed.c.scope == _scope, schema.sealed.c.name == _name
)
_ERASE_FACT = delete(schema.fact).where(schema.fact.c.instance_id == _mine, schema.fact.c.name == _name, _scope == 0)
_token: BindParameter[Any] = bindparam("b_token")
_arm: BindParameter[Any] = bindparam("b_arm")
_arms: BindParameter[Any] = bindparam("b_arms", expanding=True)
_FORGET_TIMERS = (
    delete(schema.job)
    .where(_j.instance_id == _mine, _j.kind == "timer", tuple_(_j.token, _j.arm).in_(_arms))
    .returning(_j.id, _j.state)
)
_FORGET_SUBSCRIPTION = delete(schema.subscription).where(_s.instance_id == _mine, _s.token == _token, _s.arm == _arm)
_FORGET_JOBS = (
    delete(schema.job)
    .where(_j.instance_id == _mine, _j.token.in_(_tokens), _j.kind.in_(("connector", "call", "fan")))
    .returning(_j.id, _j.state)
)
_FORGET_COUNTERS = delete(schema.counter).where(_c.instance_id == _mine, _c.token.in_(_tokens))
_FORGET_RESULTS = delete(schema.result).where(_r.instance_id == _mine, _r.token.in_(_tokens))
_CLOSE_INCIDENTS = (
    update(schema.incident)
    .where(_n.instance_id == _mine, _n.token.in_(_tokens), _n.closed_at.is_(None))
    .values({name: bindparam(name) for name in ("closed_at", "closed_by", "closed_how")})
)
_CLOSE_OF_JOBS = (
    update(schema.incident)
    .where(_n.instance_id == _mine, _n.job_id.is_not(None), _n.closed_at.is_(None))
    .values({name: bindparam(name) for name in ("closed_at", "closed_by", "closed_how")})
    .returning(_n.job_id, _n.element)
)
_TYPED = delete(schema.draft).where(
    schema.draft.c.task_id.in_(select(_t.id).where(_t.instance_id == _mine, _t.token.in_(_tokens), _t.has_drafts))
)


def flush(rows: Rows) -> None:
    """Take away what is no longer open, before anything new is written."""
    execute, mine = rows.command.connection.execute, {"b_instance": rows.held.id}
    if rows.closed_tasks:
        closed = [{**mine, "b_token": t, **_closed(rows, t, outcome)} for t, outcome in rows.closed_tasks.items()]
        _CLOSE.run(rows.command.connection, closed)
        _OFFERED_NO_MORE.run(rows.command.connection, [{**mine, "b_token": t} for t in rows.closed_tasks])
        taken_away = [each["b_token"] for each in closed if each["state"] == "cancelled"]
        if taken_away:
            execute(_TYPED, {**mine, "b_tokens": taken_away})
    if rows.closed_scopes:
        execute(_FORGET_SCOPES, {**mine, "b_scopes": sorted(rows.closed_scopes)})
        if rows.definition.sealed:
            execute(_FORGET_SEALED, {**mine, "b_scopes": sorted(rows.closed_scopes)})
    if rows.erased:
        names = [{**mine, "b_scope": scope, "b_name": name} for scope, name in rows.erased]
        execute(_ERASE, names)
        execute(_ERASE_SEALED, names)
        execute(_ERASE_FACT, names)
    if rows.closed_arms:
        arms = [{**mine, "b_token": token, "b_arm": arm} for token, arm in rows.closed_arms]
        execute(_FORGET_SUBSCRIPTION, arms)
    if rows.dropped_children:
        execute(_FORGET_COUNTERS, {**mine, "b_tokens": sorted(rows.dropped_children)})
        execute(_FORGET_RESULTS, {**mine, "b_tokens": sorted(rows.dropped_children)})
    if rows.closed_incidents:
        execute(_CLOSE_INCIDENTS, {**mine, "b_tokens": sorted(rows.closed_incidents), **rows.incident_closed()})


def _is_all_there(rows: Rows) -> bool:
    """Whether taking back what was opened, and entering the task again, leaves nothing changed by its completion.

    Nothing else ended or was taken along, nothing else waits now, and nothing was noted that would be undone twice.
    """
    elements, opened = rows.definition.elements, {task["token"] for task in rows.opened}
    waits = [v["element"] for v in rows.visits.values() if v["left_at"] is None and v["token"] not in opened]
    passed = [v["element"] for v in rows.visits.values() if v["left_at"] is not None]
    ended = [row for row in rows.left.values() if row["outcome"] != "withdrawn"]
    others = rows.closed_scopes - rows.closed_tasks.keys()
    return (
        len(ended) == len(rows.closed_tasks) == 1
        and not others
        and all(elements[each].attached_to is not None for each in waits)
        and not any(elements[each].boundary for each in passed)
    )


def _leads_to_tasks_alone(rows: Rows) -> bool:
    """Whether the completion only opened tasks, or ended one of several iterations, which can be opened again."""
    held = rows.held
    return bool(rows.opened) if held.state == "active" else held.state == "ended" and held.body is not None


def _goes_no_further(rows: Rows, token: int) -> bool:
    return _leads_to_tasks_alone(rows) and not rows.crossed and _is_all_there(rows) and _is_whole(rows, token)


def _is_whole(rows: Rows, token: int) -> bool:
    """Whether the marking holds nothing of the completion but the tasks that it opened."""
    opened = [task["token"] for task in rows.opened]
    assert rows.completion is not None and rows.completion.element is not None
    return interpreter.is_whole(rows.held.stood, rows.held.marking, rows.completion.element, token, opened)


def _closed(rows: Rows, token: int, outcome: str) -> Row:
    """How a task's row ends: completed by the actor, or taken away by what the actor did."""
    actor = rows.command.actor
    state = "completed" if outcome == "completed" and rows.completed is not None else "cancelled"
    return {
        "state": state,
        "change": state,
        "changed_by": actor.person,
        "changed_at": rows.at,
        "closed_at": rows.at,
        "closed_by": actor.person,
        "on_behalf_of": actor.on_behalf_of,
        "closed_line": rows.completion_number if state == "completed" else None,
        "recallable": state == "completed" and _goes_no_further(rows, token),
    }


def let_go(rows: Rows) -> None:
    """Jobs and children that are not wanted any more go, with the troubles of jobs that had failed for good."""
    execute, mine = rows.command.connection.execute, {"b_instance": rows.held.id}
    failed: set[str] = set()
    if rows.closed_arms:
        timers = execute(_FORGET_TIMERS, {**mine, "b_arms": rows.closed_arms}).all()
        failed |= {row.id for row in timers if row.state == "failed"}
    if rows.dropped_jobs:
        jobs = execute(_FORGET_JOBS, {**mine, "b_tokens": sorted(rows.dropped_jobs)}).all()
        failed |= {row.id for row in jobs if row.state == "failed"}
    if failed:
        nobodys_trouble(rows, _n.job_id.in_(failed))
    for token in sorted(rows.unwanted):
        below = rows.wanted_again.get(token)
        rows.owe("family", content={"do": "cancel", "parent": rows.held.id, "token": token, "below": below})


def nobodys_trouble(rows: Rows, *which: ColumnElement[bool]) -> None:
    """Close the incidents of jobs that are gone."""
    closing = _CLOSE_OF_JOBS.where(*which)
    gone = rows.command.connection.execute(closing, {"b_instance": rows.held.id, **rows.incident_closed()})
    for row in gone.all():
        rows.line("incident.closed", row.element, incident=f"job:{row.job_id}", how="continued")


def first_free(rows: Rows, token: int) -> int:
    """Place of the next child of a token, behind those it has had before."""
    query = select(func.max(_i.parent_index)).where(_i.parent_id == rows.held.id, _i.parent_token == token)
    last = rows.command.connection.execute(query).scalar_one()
    return 0 if last is None else int(last) + 1
