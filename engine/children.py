"""Instances that belong to one: called processes and the iterations of a parallel multi-instance.

A call or a multi-instance parks one token and counts. Each child is an instance of its own; its end inserts one
result and adds one to the counter, and only the ``resume`` job that follows locks the parent. Ten thousand is a
normal number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from engine import definition, feel, held, instance, interpreter, job, schema
from engine.held import Held
from engine.interpreter import Progress
from engine.prepared import upsert

if TYPE_CHECKING:
    from engine.runtime import Command

_i, _c, _r = schema.instance.c, schema.counter.c, schema.result.c


def _parked(command: Command, work: job.Job) -> Held | None:
    """The parent, locked, if the token that wanted children still stands."""
    of = held.lock(command, str(work.instance_id))
    query = select(_c.token).where(_c.instance_id == of.id, _c.token == work.token)
    return of if command.connection.execute(query).first() is not None else None


@job.handler("call")
def _call(command: Command, work: job.Job) -> None:
    """Start the called process; what it may know is just what the diagram hands over."""
    parent = _parked(command, work)
    if parent is None:
        return
    c = work.content
    called = definition.load(command, parent.definition_id).callee(command, c["process"], c["binding"])
    values = {n: feel.load(*v) for n, v in c["variables"].items()}
    index = c.get("first", 0)
    instance.begin(command, called, values, parent=parent, token=work.token, index=index, wanted=c["wanted"])


@job.handler("fan")
def _fan(command: Command, work: job.Job) -> None:
    """Start one batch of iterations; a batch that comes again starts only those that are missing."""
    parent = _parked(command, work)
    if parent is None:
        return
    of, c = definition.load(command, parent.definition_id), work.content
    have = select(_i.parent_index).where(_i.parent_id == parent.id, _i.parent_token == work.token)
    there = set(command.connection.execute(have).scalars())
    snapshot = {n: feel.load(*v) for n, v in c["snapshot"].items()}
    for offset, item in enumerate(c["items"]):
        number = c["from"] + offset
        index = c.get("first", 0) + number
        if index in there:
            continue
        values = {**snapshot, "loopCounter": number + 1}
        if c["element"]:
            values[c["element"]] = feel.load(*item)
        instance.begin(command, of, values, parent=parent, token=work.token, index=index, body=c["body"])


@job.handler("child_ended", when_over=True)
def _child_ended(command: Command, work: job.Job) -> None:
    """Count a child; whoever fills the counter, or everyone where iterations may end early, wakes the parent.

    One of an earlier try, which ended before it could be cancelled, does not count.
    """
    c = work.content
    if c["how"] == "error":
        content = {"kind": "error", "code": c["code"], "content": c.get("content", {})}
        job.add(command, "thrown", instance_id=c["parent"], root_id=work.root_id, token=c["token"], content=content)
        return
    row = {
        "instance_id": c["parent"],
        "token": c["token"],
        "position": c["index"],
        "type": c["type"],
        "value": c["value"],
    }
    one_more = (
        update(schema.counter)
        .where(_c.instance_id == c["parent"], _c.token == c["token"], _c.first <= c["index"])
        .values(done=_c.done + 1)
        .returning(_c.total, _c.done, _c.each)
    )
    counted = command.connection.execute(one_more).one_or_none()
    if counted is None:
        return
    dialect = command.connection.dialect.name
    command.connection.execute(upsert(dialect, schema.result, update=False), row)
    if counted.done >= counted.total or counted.each:
        job.add(
            command,
            "resume",
            instance_id=c["parent"],
            root_id=work.root_id,
            token=c["token"],
            element=c.get("element"),
            content={"given": c.get("given", {}), "child": c.get("child")},
        )


@job.handler("resume")
def _resume_parent(command: Command, work: job.Job) -> None:
    """Enough children have ended: the parked token takes their results and moves on."""
    counter = command.connection.execute(
        select(schema.counter).where(_c.instance_id == work.instance_id, _c.token == work.token)
    ).one_or_none()
    if counter is None:
        return

    full, (case, token, _) = counter.done >= counter.total, work.spot
    given = {name: feel.load(*value) for name, value in work.content.get("given", {}).items()}

    def step(run: instance.Run) -> Progress | None:
        so_far = _results(command, case, token) if full or interpreter.reads_results(*run, token) else []
        if not full and not interpreter.over(*run, token, counter.total, counter.done, so_far, given):
            return None
        results = so_far if full else _results(command, case, token)
        return interpreter.finish(*run, token, results[0] if counter.single else results)

    instance.move(command, case, step)


def _results(command: Command, case: str, token: int) -> list[Any]:
    """What the iterations that have ended gave, in input order."""
    query = select(_r.type, _r.value).where(_r.instance_id == case, _r.token == token).order_by(_r.position)
    return [feel.load(row.type, row.value) for row in command.connection.execute(query)]


@job.handler("family", when_over=True)
def _family(command: Command, work: job.Job) -> None:
    """What a parent does reaches its children, each by a job of its own."""
    c = work.content
    query = select(_i.id).where(_i.parent_id == c["parent"], _i.state.in_(("active", "suspended")))
    if c["token"] is not None:
        query = query.where(_i.parent_token == c["token"])
    if c.get("below") is not None:
        query = query.where(_i.parent_index < c["below"])
    content = {"do": c["do"], "reason": c.get("reason")}
    rows = [
        job.row(command, "obey", instance_id=child, root_id=work.root_id, content=content)
        for child in command.connection.execute(query).scalars()
    ]
    if rows:
        command.connection.execute(insert(schema.job), rows)


@job.handler("obey", when_over=True, steers=True)
def _obey(command: Command, work: job.Job) -> None:
    of, reason = held.lock(command, str(work.instance_id)), work.content["reason"]
    match work.content["do"], of.state:
        case "suspend", "active":
            instance.stop(command, of, reason)
        case "resume", "suspended":
            instance.go_on(command, of, reason)
        case "cancel", "active" | "suspended":
            instance.end(command, of, reason)
        case _:
            pass
