"""What the lines of a case say must stand in the tables of running work, row by row.

A line that an older version wrote may say less: then the columns that it does not speak of are left open.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from engine import canonical, schema
from engine.actor import person_audience

Data = dict[str, Any]
Row = dict[str, Any]
Rows = dict[tuple[Any, ...], Row]
Tables = dict[str, Rows]
REBUILT = (
    *("instance", "visit", "variable", "task", "candidate", "reader", "remit"),
    *("job", "subscription", "counter", "incident"),
)


@dataclass(slots=True)
class State:
    """A case's rows by table and key, without the instance's id.

    Attributes:
        marking: the digest of the last one that a line has told of.
        columns: names that are projected for lists, since the case's first line has told of them.
        past: all values that the case's own variables have had.
        gave: digest of what it gave to its caller.
    """

    tables: Tables = field(default_factory=lambda: {name: {} for name in REBUILT})
    marking: str | None = field(default=None, compare=False)
    columns: frozenset[str] | None = field(default=None, compare=False)
    past: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list), compare=False)
    gave: str | None = field(default=None, compare=False)

    @property
    def case(self) -> Row:
        """The row of the instance itself."""
        return self.tables["instance"].setdefault((), {})


@dataclass(slots=True)
class _Fold(State):
    asked: dict[int, str] = field(default_factory=dict)
    opened: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    incidents: dict[str, tuple[Any, ...]] = field(default_factory=dict)


def fold(lines: Iterable[Any]) -> State:
    """The rows that a sequence of lines leads to.

    Args:
        lines: rows of ``event``, oldest first.
    """
    state = _Fold()
    for line in lines:
        data = json.loads(line.data)
        handler = _FOLD.get(line.kind)
        if handler is not None:
            handler(state, line, data)
        state.marking = data.get("marking", state.marking)
    return State(state.tables, state.marking, state.columns, state.past, state.gave)


def known_kinds() -> frozenset[str]:
    """Kinds of lines that lead to rows; others only tell."""
    return frozenset(_FOLD)


# ---- the case


def _started(state: _Fold, line: Any, data: Data) -> None:
    row = state.case
    names = {"definition": "definition_id", "process": "process_key", "business": "business_key", "parent": "parent_id"}
    names |= {"token": "parent_token", "index": "parent_index", "remits": "remits"}
    names |= {"root": "root_id", "body": "body", "wanted": "wanted", "starter": "started_by"}
    row |= {column: data[name] for name, column in names.items() if name in data}
    row |= {"state": "active", "outcome": None, "started_at": line.at, "ended_at": None}
    for audience in data["readers"]:
        state.tables["reader"][audience,] = {}
    if "under" in data:
        state.tables["remit"] = {(remit,): {} for remit in data["under"]}
        state.columns = frozenset(data["columns"])
    else:
        del state.tables["remit"]


def _circulated(state: _Fold, _line: Any, data: Data) -> None:
    for person in data["persons"]:
        state.tables["reader"][person_audience(person),] = {}


def _becomes(name: str) -> Callable[[_Fold, Any, Data], None]:
    def handler(state: _Fold, _line: Any, _data: Data) -> None:
        state.case["state"] = name

    return handler


def _over(state: _Fold, line: Any, data: Data) -> None:
    state.case.update({"state": line.kind.partition(".")[2], "ended_at": line.at, "outcome": data.get("outcome")})
    state.gave = data.get("gave")
    if "outcome" not in data:
        del state.case["outcome"]


def _reopened(state: _Fold, _line: Any, _data: Data) -> None:
    state.case.update({"state": "active", "outcome": None, "ended_at": None})
    state.gave = None


# ---- tokens and values


def _entered(state: _Fold, line: Any, data: Data) -> None:
    row = {"element": line.element, "scope": data["scope"], "entered_at": line.at}
    state.tables["visit"][data["token"],] = {**row, "left_at": None, "outcome": None, "actor": None}


def _left(state: _Fold, line: Any, data: Data) -> None:
    token = data["token"]
    state.tables["visit"][token,] |= {"left_at": line.at, "outcome": data["outcome"], "actor": line.actor}
    _job_closed(state, line, data)
    _children_closed(state, line, data)


def _written(state: _Fold, _line: Any, data: Data) -> None:
    for scope, values in data["values"].items():
        for name, (kind, value) in values.items():
            state.tables["variable"][int(scope), name] = {"type": kind, "value": value}
            if scope == "0":
                state.past[name].append((kind, value))


def _erased(state: _Fold, _line: Any, data: Data) -> None:
    for scope, names in data["names"].items():
        for name in names:
            del state.tables["variable"][int(scope), name]


def _scope_closed(state: _Fold, _line: Any, data: Data) -> None:
    values = state.tables["variable"]
    for key in [key for key in values if key[0] == data["scope"]]:
        del values[key]


# ---- tasks


def _task_opened(state: _Fold, line: Any, data: Data) -> None:
    _entered(state, line, data)
    row = {"token": data["token"], "element": line.element, "state": "open", "assignee": data["assignee"]}
    row |= {"opened_at": line.at, "due_at": data["due"], "priority": data["priority"]}
    row |= {"due_why": canonical.text(data["why"]) if data["why"] else None}
    row |= {"closed_at": None, "closed_by": None, "on_behalf_of": None, "closed_line": None}
    row |= {"definition_id": state.case["definition_id"], "process_key": state.case["process_key"]}
    if "name" in data:
        row |= {"name": data["name"], "scope": data["inner"], "after_task": data["after"]}
        row |= {"follow_up_at": data["follow_up"], "stamp": 1}
        row |= {"change": "opened", "changed_by": None, "changed_at": line.at}
    state.tables["task"][data["task"],] = row
    state.asked[data["token"]] = data["task"]
    place = schema.UNDUE if data["due"] is None else data["due"]
    for audience in data["audiences"]:
        state.tables["candidate"][data["task"], audience] = {"place": place}


def _task_closed(state: _Fold, line: Any, data: Data) -> None:
    _left(state, line, data)
    task = state.asked.get(data["token"])
    if task is None:
        return
    row, how = state.tables["task"][task,], "completed" if line.kind == "task.completed" else "cancelled"
    row |= {"state": how, "closed_at": line.at, "closed_by": line.actor, "on_behalf_of": line.on_behalf_of}
    row |= {"change": how, "changed_by": line.actor, "changed_at": line.at}
    row |= {"closed_line": line.number if how == "completed" else None}
    if "stamp" in row:
        row["stamp"] += 1
    candidates = state.tables["candidate"]
    for each in [each for each in candidates if each[0] == task]:
        del candidates[each]


_CHANGE = ("stamp", "change", "changed_by", "changed_at")


def _task_given(state: _Fold, line: Any, data: Data) -> None:
    row = state.tables["task"][state.asked[data["token"]],]
    row |= {"assignee": data["assignee"], "change": line.kind.partition(".")[2], "changed_by": line.actor}
    row |= {"changed_at": line.at, "stamp": data.get("stamp")}
    if "stamp" not in data:  # an older version wrote another moment into the row, and one change not at all
        for name in _CHANGE:
            del row[name]


# ---- what is waited for


def _timer_opened(state: _Fold, line: Any, data: Data) -> None:
    key = ("timer", data["token"], data["arm"])
    row = {"element": line.element, "due_at": data["due"]}
    row |= {"id": data["job"], "content": data["digest"]} if "digest" in data else {}
    state.tables["job"][key] = row


def _subscribed(state: _Fold, _line: Any, data: Data) -> None:
    row = {"kind": data["kind"], "name": data["name"], "key": data["key"], "process_key": state.case["process_key"]}
    state.tables["subscription"][data["token"], data["arm"]] = row


def _arm_closed(state: _Fold, _line: Any, data: Data) -> None:
    state.tables["job"].pop(("timer", data["token"], data["arm"]), None)
    state.tables["subscription"].pop((data["token"], data["arm"]), None)


def _job_opened(state: _Fold, line: Any, data: Data) -> None:
    row = {"element": line.element, "id": data["job"]}
    row |= {"content": data["digest"]} if "digest" in data else {}
    state.tables["job"]["connector", data["token"], 0] = row


def _job_closed(state: _Fold, _line: Any, data: Data) -> None:
    state.tables["job"].pop(("connector", data["token"], 0), None)


def _children_opened(state: _Fold, _line: Any, data: Data) -> None:
    names = [name for name in ("first", "total", "each", "single") if name in data]
    state.tables["counter"][data["token"],] = {name: data[name] for name in names}


def _children_closed(state: _Fold, _line: Any, data: Data) -> None:
    state.tables["counter"].pop((data["token"],), None)


def _incident_opened(state: _Fold, line: Any, data: Data) -> None:
    of = data["incident"]
    state.opened[of] += 1
    key = state.incidents[of] = (of, state.opened[of])
    row = {"element": line.element, "message": data["message"]}
    row |= {"closed_at": None, "closed_by": None, "closed_how": None}
    if "id" in data:
        row |= {"id": data["id"], "token": data["token"], "opened_at": line.at, "params": data["params"]}
    state.tables["incident"][key] = row


def _incident_closed(state: _Fold, line: Any, data: Data) -> None:
    row = state.tables["incident"][state.incidents[data["incident"]]]
    row |= {"closed_at": line.at, "closed_by": line.actor, "closed_how": data.get("how", "continued")}
    if "id" not in row:  # an older version wrote another moment into the row
        del row["closed_at"]


_FOLD: dict[str, Callable[[_Fold, Any, Data], None]] = {
    "instance.started": _started,
    "instance.circulated": _circulated,
    "instance.suspended": _becomes("suspended"),
    "instance.resumed": _becomes("active"),
    "instance.cancelled": _over,
    "instance.ended": _over,
    "instance.reopened": _reopened,
    "element.entered": _entered,
    "element.left": _left,
    "values.written": _written,
    "values.erased": _erased,
    "scope.closed": _scope_closed,
    "task.opened": _task_opened,
    "task.closed": _task_closed,
    "task.completed": _task_closed,
    "task.claimed": _task_given,
    "task.unclaimed": _task_given,
    "task.assigned": _task_given,
    "timer.opened": _timer_opened,
    "subscription.opened": _subscribed,
    "arm.closed": _arm_closed,
    "job.opened": _job_opened,
    "job.closed": _job_closed,
    "job.done": _job_closed,
    "children.opened": _children_opened,
    "children.closed": _children_closed,
    "incident.opened": _incident_opened,
    "incident.closed": _incident_closed,
}
