"""Taking a completed task back (撤回): the step stands as before, and so does every value that its completion wrote.

What the completion wrote stands in its line of history, which names the lines of the whole command. Where something
cannot be put back, nothing is taken back, and the sentence says why.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, select, update

from engine import (
    attachment,
    definition,
    draft,
    feel,
    held,
    history,
    instance,
    interpreter,
    schema,
    sealing,
    variables,
)
from engine.errors import Conflict
from engine.held import Held
from engine.query import plain
from engine.writing import write

if TYPE_CHECKING:
    from engine.runtime import Command

_t, _c, _r, _j, _e = schema.task.c, schema.counter.c, schema.result.c, schema.job.c, schema.event.c
_OPENED = "It can no longer be taken back: the next step has been opened. Ask for it to be returned."
_GONE_ON = "It can no longer be taken back: an event of the next step has led on already. Ask for it to be returned."
_COUNTED = "It can no longer be taken back: all that was waited for has come in. Ask for it to be returned."
_REACHED = "It can no longer be taken back: completing it did more than open the next step. Ask for it to be returned."
_FORMER = (
    "It can no longer be taken back: a former version of the program completed it, and did not note what that wrote. "
    "Ask for it to be returned."
)
_CHANGED = "It can no longer be taken back: a value that it wrote has been changed since. Ask for it to be returned."
_SEALED = (
    "It can no longer be taken back: it replaced a sealed value, and the former one is not kept. "
    "Ask for it to be returned."
)

_NOTHING = json.dumps(feel.dump(None)).encode()

Place = tuple[int, str]
"""Scope and name of a variable."""
Values = dict[Place, tuple[str, str]]
"""Type and text of variables, as they are stored."""


class Wrote(NamedTuple):
    """What a completion wrote: its lines, from ``since`` to ``until``; each value as it was written last.

    Attributes:
        borders: what waited on the step's border; None where it was not noted.
    """

    since: int
    until: int
    values: Values
    borders: dict[str, Any] | None


def take_back(command: Command, of: Held, task: Any, reason: str) -> str:
    """Take back a locked task that the actor has completed; returns the id of the task that stands there now.

    What was handed in is a draft of the new task.

    Raises:
        Conflict: somebody has opened the next task, or something cannot be put back.
    """
    if not task.recallable:
        raise Conflict(_REACHED)
    nexts: Sequence[Any] = ()
    if of.body is not None and of.state == "ended":
        _reopen(command, of)
    else:
        of.must_be_active()
        nexts = _unseen(command, of, task.id)
    wrote = _written(command, of, task)
    read = definition.load(command, of.definition_id)
    _must_not_have_gone_on(command, of, read, {n.element for n in nexts}, wrote.until)
    former, absent = _former(command, of, wrote)
    of.record("task.withdrawn", task.element, task=task.id, reason=reason)
    run = instance.context(command, of, read)
    led_to = [n.token for n in nexts]
    progress = interpreter.recall(read.spec, of.marking, run, task.element, led_to, former, absent, wrote.borders)
    fresh = write(command, of, read, progress, reopens=task).opened
    # A value put back may open more, and a step that waits for several tokens does not begin again with one.
    if len(fresh) != 1:
        raise Conflict(_REACHED)
    opened = fresh[0]
    new = str(opened["id"])
    mine = {"assignee": command.actor.person, "change": "assigned", "changed_by": command.actor.person}
    command.connection.execute(update(schema.task).where(_t.id == new).values(**mine, changed_at=of.moment(command)))
    given = {"token": opened["token"], "task": new, "assignee": command.actor.person, "stamp": opened["stamp"]}
    of.record("task.assigned", task.element, **given)
    of.save(command)
    attachment.give_back(command, task.id, new)
    _keep_typed(command, read, task.element, new, wrote.values)
    return new


def _unseen(command: Command, of: Held, task_id: str) -> Sequence[Any]:
    """The tasks that the completion opened, while nobody has looked at them."""
    query = select(schema.task).where(_t.instance_id == of.id, _t.after_task == task_id)
    nexts = command.connection.execute(query).all()
    if not nexts or any(n.state != "open" or n.seen_at or (n.assignee and n.change != "opened") for n in nexts):
        raise Conflict(_OPENED)
    return nexts


def _must_not_have_gone_on(
    command: Command, of: Held, read: definition.Definition, nexts: Collection[str], until: int
) -> None:
    """Refuse where an event on the border of a next step has come since: what it led to would stay."""
    borders = [key for key, each in read.elements.items() if each.attached_to in nexts]
    if borders:
        query = select(_e.number).where(_e.instance_id == of.id, _e.number > until, _e.element.in_(borders)).limit(1)
        if command.connection.execute(query).first() is not None:
            raise Conflict(_GONE_ON)


def _keep_typed(command: Command, read: definition.Definition, element: str, new: str, wrote: Values) -> None:
    """What was typed is there again, to be corrected and handed in anew."""
    asked = read.form(read.elements[element])
    fields = () if asked is None else [f.key for f in asked.fields if f.type != "signature"]
    typed = {name: feel.load(*value) for (_, name), value in wrote.items() if value[0] != variables.SEALED}
    content = {key: plain.of(typed[key]) for key in fields if typed.get(key) is not None}
    if content:
        draft.save(command, new, content, revision=0)


# ---- one of several iterations


def _reopen(command: Command, of: Held) -> None:
    """An iteration has ended with its task; while its multi-instance still counts, it can be opened again.

    Its case is locked before that of the multi-instance: nobody locks them the other way round.
    """
    parent = held.lock(command, str(of.parent_id))
    parent.must_be_active()
    counter = select(_c.token).where(_c.instance_id == parent.id, _c.token == of.parent_token)
    if command.connection.execute(counter).first() is None:
        raise Conflict(_COUNTED)
    if not _drop(command, of, "child_ended"):
        place = (_c.instance_id == parent.id, _c.token == of.parent_token)
        command.connection.execute(update(schema.counter).where(*place).values(done=_c.done - 1))
        mine = (_r.instance_id == parent.id, _r.token == of.parent_token, _r.position == of.parent_index)
        command.connection.execute(delete(schema.result).where(*mine))
        _drop(command, of, "resume")
    of.state, of.outcome, of.ended_at = "active", None, None
    of.record("instance.reopened")


def _drop(command: Command, of: Held, kind: str) -> bool:
    """Forget what is still owed because this iteration has ended; whether there was anything."""
    query = select(_j.id, _j.content).where(_j.root_id == of.root_id, _j.kind == kind)
    jobs = [(row.id, json.loads(row.content)) for row in command.connection.execute(query)]
    mine = [key for key, content in jobs if content.get("child") == of.id]
    return bool(mine) and command.connection.execute(delete(schema.job).where(_j.id.in_(mine))).rowcount > 0


# ---- values


def _written(command: Command, of: Held, task: Any) -> Wrote:
    """The values that the completion and what followed it wrote."""
    completed = history.back(command.connection, of.id, ("task.completed",))
    data = next(d for line in completed if (d := json.loads(line.data))["token"] == task.token)
    if "lines" not in data:
        raise Conflict(_FORMER)
    first, last = data["lines"]
    found: Values = {}
    lines = history.lines(command.connection, of.id, first, last)
    for line in lines:
        if line.kind == "values.written":
            found.update(_values(line.data))
    return Wrote(first, last, found, data.get("borders"))


def _values(data: str) -> Values:
    return {
        (int(scope), name): (kind, value)
        for scope, values in json.loads(data)["values"].items()
        for name, (kind, value) in values.items()
    }


def _former(command: Command, of: Held, wrote: Wrote) -> tuple[dict[Place, feel.Value], frozenset[Place]]:
    """What stood there before, and where nothing stood; refused where it has been changed since, or was sealed."""
    now = variables.stored(command.connection, of.id, wrote.values)
    if any(now[place] != wrote.values[place] for place in now):
        raise Conflict(_CHANGED)
    before = _before(command, of, wrote.since, now.keys())
    open_ = {place: feel.load(*value) for place, value in before.items() if value[0] != variables.SEALED}
    sealed = {place: json.loads(value) for place, (kind, value) in before.items() if kind == variables.SEALED}
    return {**open_, **_unsealed(command, of, sealed)}, frozenset(now.keys() - before.keys())


def _unsealed(command: Command, of: Held, former: dict[Place, str]) -> dict[Place, feel.Value]:
    """Of sealed values, of which only a digest is left, those that need no former one: what was empty is so again.

    What was handed in as it stood before stays.
    """
    key, found = command.runtime.keys.seal, dict[Place, feel.Value]()
    for (scope, name), digest in former.items():
        if sealing.matches(key, _NOTHING, digest):
            found[scope, name] = None
            continue
        stands = variables.unsealed(command, of.id, [name], scope)[name]
        if not sealing.matches(key, json.dumps(feel.dump(stands)).encode(), digest):
            raise Conflict(_SEALED)
    return found


def _before(command: Command, of: Held, since: int, places: Collection[Place]) -> Values:
    """The values that stood in these places before a line: those that the newest line before it gave them."""
    left, found = set(places), Values()
    for line in history.back(command.connection, of.id, ("values.written", "values.erased"), before=since):
        if not left:
            break
        if line.kind == "values.written":
            given = _values(line.data)
            found.update({place: given[place] for place in left & given.keys()})
            left -= given.keys()
        else:
            left -= {(int(scope), name) for scope, names in json.loads(line.data)["names"].items() for name in names}
    return found
