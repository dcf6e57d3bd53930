"""What each fact of a Progress becomes: one function a fact."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from engine import assigning, canonical, clock, feel, ident, job, message, schema, variables
from engine.bpmn.diagram import Element
from engine.errors import Invalid
from engine.interpreter import progress as p
from engine.writing import gone
from engine.writing.rows import Rows

FAN_BATCH = 100
_FIXED = "{name} decides who may see the case: it is set when the case is started and never changed."
_NO_NAME = "A variable has a name of at most {most} characters; {name} is none."
WRITERS: dict[type, Callable[[Rows, Any], None]] = {}


def _of(kind: type) -> Callable[[Callable[[Rows, Any], None]], Callable[[Rows, Any], None]]:
    def register(function: Callable[[Rows, Any], None]) -> Callable[[Rows, Any], None]:
        WRITERS[kind] = function
        return function

    return register


@_of(p.Entered)
def _entered(rows: Rows, fact: p.Entered) -> None:
    rows.line("element.entered", fact.element, token=fact.token, scope=fact.scope)


@_of(p.Left)
def _left(rows: Rows, fact: p.Left) -> None:
    rows.line("element.left", fact.element, token=fact.token, outcome=fact.outcome)


@_of(p.ScopeOpened)
def _scope_opened(rows: Rows, fact: p.ScopeOpened) -> None:
    rows.line("scope.opened", fact.element, scope=fact.scope)


@_of(p.ScopeClosed)
def _scope_closed(rows: Rows, fact: p.ScopeClosed) -> None:
    rows.line("scope.closed", None, scope=fact.scope)
    rows.closed_scopes.add(fact.scope)


@_of(p.Written)
def _value(rows: Rows, fact: p.Written) -> None:
    # An activity's own scope may hold another value under the name: what it sends says whom a message is about.
    decides = rows.held.remits.get(fact.name) if fact.scope == 0 else None
    if decides is not None and fact.value != decides and not rows.held.new:
        raise Invalid(_FIXED, name=fact.name)
    if not variables.can_be_kept(fact.name):
        raise Invalid(_NO_NAME, name=feel.cleaned(fact.name)[:100], most=variables.NAME_MOST)
    dumped = rows.seal(fact) if fact.name in rows.definition.sealed else feel.dump(fact.value)
    rows.values[fact.scope, fact.name] = dumped
    rows.unwritten.setdefault(fact.scope, {})[fact.name] = dumped


@_of(p.Erased)
def _erased(rows: Rows, fact: p.Erased) -> None:
    rows.erased.append((fact.scope, fact.name))
    last = rows.held.lines[-1] if rows.held.lines else None
    if last is None or last.kind != "values.erased" or rows.unwritten:
        rows.line("values.erased", None, names={})
    rows.held.lines[-1].data["names"].setdefault(str(fact.scope), []).append(fact.name)


@_of(p.TaskOpened)
def _task_opened(rows: Rows, fact: p.TaskOpened) -> None:
    element = rows.definition.elements[fact.element]
    audiences = assigning.audiences(rows.command, rows.held, rows.definition, element, fact)
    due, follow_up = _until(rows, element, fact)
    task = {
        "id": ident.new(),
        "instance_id": rows.held.id,
        "token": fact.token,
        "definition_id": rows.held.definition_id,
        "process_key": rows.held.process_key,
        "element": fact.element,
        "name": element.name or element.id,
        "scope": fact.scope,
        "state": "open",
        "stamp": 1,
        "changed_by": None,
        "changed_at": rows.at,
        "change": "opened",
        "assignee": fact.assignee,
        "priority": fact.priority if fact.priority is not None else 50,
        "opened_at": rows.at,
        "due_at": due.at if due else None,
        "due_why": canonical.text(due.why) if due and due.why else None,
        "follow_up_at": follow_up,
        "after_task": rows.completed,
        "recallable": False,
        "has_drafts": False,
    }
    rows.inserts[schema.task].append(task)
    rows.inserts[schema.candidate] += [
        {"task_id": task["id"], "audience": a, "place": due.at if due else schema.UNDUE} for a in audiences
    ]
    rows.opened.append(task)
    rows.line(
        "task.opened",
        fact.element,
        token=fact.token,
        scope=rows.visits[fact.token]["scope"],
        task=task["id"],
        assignee=fact.assignee,
        audiences=sorted(audiences),
        due=task["due_at"],
        why=due.why if due else None,
        priority=task["priority"],
        name=task["name"],
        inner=fact.scope,
        after=rows.completed,
        follow_up=task["follow_up_at"],
    )


def _until(rows: Rows, element: Element, fact: p.TaskOpened) -> tuple[assigning.Until | None, int | None]:
    """When the task is due and when it is to be looked at again; a step that is taken back keeps its dates."""
    again = rows.reopens
    if again is not None and again.element == fact.element:
        why = None if again.due_why is None else json.loads(again.due_why)
        return None if again.due_at is None else assigning.Until(again.due_at, why), again.follow_up_at
    due = assigning.due(rows.command, rows.held, rows.definition, element, fact)
    return due, clock.micros(fact.follow_up) if fact.follow_up else None


@_of(p.TaskClosed)
def _task_closed(rows: Rows, fact: p.TaskClosed) -> None:
    done = fact.outcome == "completed" and rows.completed is not None
    if not rows.passes(fact):
        rows.closed_tasks[fact.token] = fact.outcome
    rows.line("task.completed" if done else "task.closed", fact.element, token=fact.token, outcome=fact.outcome)
    if done:
        rows.completion = rows.held.lines[-1]
        rows.completion_number = rows.held.sequence + len(rows.held.lines)


@_of(p.TimerOpened)
def _timer_opened(rows: Rows, fact: p.TimerOpened) -> None:
    at = clock.micros(fact.due)
    told = {"token": fact.token, "arm": fact.arm, "due": at, "text": fact.text}
    if not rows.passes(fact):
        place = {"instance_id": rows.held.id, "token": fact.token, "arm": fact.arm, "element": fact.element}
        made = rows.owe("timer", due_at=at, **place)
        told |= {"job": made["id"], "digest": _digest(made)}
    rows.line("timer.opened", fact.element, **told)


@_of(p.Subscribed)
def _subscribed(rows: Rows, fact: p.Subscribed) -> None:
    row = {"token": fact.token, "arm": fact.arm, "kind": fact.kind, "name": fact.name, "key": message.key(fact.key)}
    if not rows.passes(fact):
        rows.subscribed.append({**row, "element": fact.element})
    rows.line("subscription.opened", fact.element, **row)


@_of(p.ArmClosed)
def _arm_closed(rows: Rows, fact: p.ArmClosed) -> None:
    if not rows.passes(fact):
        rows.closed_arms.append((fact.token, fact.arm))
    rows.line("arm.closed", None, token=fact.token, arm=fact.arm, outcome=fact.outcome)


@_of(p.JobWanted)
def _job_wanted(rows: Rows, fact: p.JobWanted) -> None:
    kind, value = feel.dump(dict(fact.inputs))
    rows.crossed = True
    if rows.passes(fact):
        rows.line("job.opened", fact.element, token=fact.token, job=None, type=fact.type)
        return
    made = rows.owe(
        "connector",
        instance_id=rows.held.id,
        token=fact.token,
        element=fact.element,
        retries=fact.retries if fact.retries is not None else 3,
        content={"type": fact.type, "headers": dict(fact.headers), "inputs": [kind, value]},
    )
    told = {"token": fact.token, "job": made["id"], "type": fact.type}
    rows.line("job.opened", fact.element, **told, digest=_digest(made))


def _digest(made: dict[str, Any]) -> str:
    """What a line says of the content of a job."""
    return hashlib.sha256(made["content"].encode()).hexdigest()


@_of(p.JobDropped)
def _job_dropped(rows: Rows, fact: p.JobDropped) -> None:
    if not rows.passes(fact):
        rows.dropped_jobs.add(fact.token)
    rows.line("job.closed", fact.element, token=fact.token)


@_of(p.CallWanted)
def _call_wanted(rows: Rows, fact: p.CallWanted) -> None:
    values = {name: feel.dump(value) for name, value in fact.variables.items()}
    content = {"process": fact.process, "binding": fact.binding, "variables": values, "wanted": list(fact.returns)}
    counted = _children(rows, fact, "call", [content], 1, each=False, single=True)
    rows.line("children.opened", fact.element, token=fact.token, process=fact.process, **counted)


@_of(p.FanWanted)
def _fan_wanted(rows: Rows, fact: p.FanWanted) -> None:
    snapshot = {name: feel.dump(value) for name, value in fact.snapshot.items()}
    same = {"body": fact.body, "element": fact.input_element, "snapshot": snapshot, "total": len(fact.items)}
    batches = (
        {**same, "from": start, "items": [feel.dump(item) for item in fact.items[start : start + FAN_BATCH]]}
        for start in range(0, len(fact.items), FAN_BATCH)
    )
    counted = _children(rows, fact, "fan", batches, len(fact.items), each=fact.conditional, single=False)
    rows.line("children.opened", fact.element, token=fact.token, body=fact.body, **counted)


def _children(
    rows: Rows, fact: Any, kind: str, contents: Iterable[dict[str, Any]], total: int, *, each: bool, single: bool
) -> dict[str, Any]:
    """Owe the children, and count those that end; returns what the counter says."""
    rows.crossed = True
    counted = {"first": 0, "total": total, "each": each, "single": single}
    if rows.passes(fact):
        return counted
    if fact.token not in rows.visits:  # its stage is tried again
        counted["first"] = rows.wanted_again[fact.token] = gone.first_free(rows, fact.token)
    for content in contents:
        whole = {**content, "first": counted["first"]}
        rows.owe(kind, instance_id=rows.held.id, token=fact.token, element=fact.element, content=whole)
    rows.inserts[schema.counter].append({"instance_id": rows.held.id, "token": fact.token, "done": 0, **counted})
    return counted


@_of(p.ChildrenDropped)
def _children_dropped(rows: Rows, fact: p.ChildrenDropped) -> None:
    if not rows.passes(fact):
        rows.dropped_children.add(fact.token)
        if fact.running:
            rows.dropped_jobs.add(fact.token)
            rows.unwanted.add(fact.token)
    rows.line("children.closed", fact.element, token=fact.token)


@_of(p.Thrown)
def _thrown(rows: Rows, fact: p.Thrown) -> None:
    rows.crossed = True
    rows.line("event.thrown", fact.element, token=fact.token, kind=fact.kind, name=fact.name, key=fact.key)
    if fact.kind == "escalation":
        if rows.held.parent_id is not None:
            carried = {name: feel.dump(value) for name, value in fact.content.items()}
            content = {"kind": fact.kind, "code": fact.name, "content": carried}
            rows.owe("thrown", instance_id=rows.held.parent_id, token=rows.held.parent_token, content=content)
        return
    rows.owe(
        "publish" if fact.kind == "message" else "broadcast",
        content={
            "name": fact.name,
            "key": message.key(fact.key),
            "ttl": None if fact.ttl is None else fact.ttl // timedelta(microseconds=1),
            "content": {name: feel.dump(value) for name, value in fact.content.items()},
            "sender": rows.held.id,
            # An event may throw several, each a message of its own.
            "id": ident.new(),
        },
    )


@_of(p.IncidentOpened)
def _incident_opened(rows: Rows, fact: p.IncidentOpened) -> None:
    params = job.plain({**fact.params, "expression": fact.expression})
    made = {
        "id": ident.new(),
        "instance_id": rows.held.id,
        "token": fact.token,
        "job_id": None,
        "element": fact.element,
        "message": fact.reason,
        "params": json.dumps(params, ensure_ascii=False),
        "opened_at": rows.at,
        **rows.incident_closed(over=rows.passes(fact)),
    }
    rows.inserts[schema.incident].append(made)
    rows.crossed = True
    told = {"incident": f"token:{fact.token}", "id": made["id"], "token": fact.token}
    rows.line("incident.opened", fact.element, **told, message=fact.reason, params=params)


@_of(p.IncidentClosed)
def _incident_closed(rows: Rows, fact: p.IncidentClosed) -> None:
    if not rows.passes(fact):
        rows.closed_incidents.add(fact.token)
    rows.line("incident.closed", None, incident=f"token:{fact.token}")
