"""Who a task is for and until when: read from the diagram and the policy when the task opens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import access, calendar, clock, feel
from engine.actor import audience, person_audience
from engine.bpmn.diagram import Element
from engine.interpreter.progress import TaskOpened

if TYPE_CHECKING:
    from engine.definition import Definition
    from engine.held import Held
    from engine.runtime import Command, View


@dataclass(frozen=True, slots=True)
class Until:
    """When a task is due, in microseconds, and why, as plain data."""

    at: int
    why: dict[str, Any] | None


def audiences(
    command: Command, held: Held, definition: Definition, element: Element, task: TaskOpened
) -> tuple[str, ...]:
    """Who may take the task, as audience strings.

    What the task names itself goes before its lane. In a diagram that was released plain, without roles, a task that
    names nobody is open to whoever started the instance.
    """
    if definition.plain:
        users = (*task.users, *((task.assignee,) if task.assignee else ()))
        named = [*map(person_audience, users), *map(audience, task.groups)]
        return tuple(dict.fromkeys(named)) or (person_audience(held.started_by),)
    rules = command.rules
    return access.candidate_audiences(rules, element.lane, task.groups, task.users, held.remits, task.assignee)


def deadline(view: View, definition: Definition, element: str) -> dict[str, feel.Value]:
    """The name ``deadline`` of an element that names a rule: the instant at which it falls due, counted from now."""
    key = definition.elements[element].properties.get("deadline")
    if key is None or definition.plain:
        return {}
    return {"deadline": calendar.due(view.rules.deadlines[key], view.now, view.rules.calendar, view.runtime.zone).at}


def due(command: Command, held: Held, definition: Definition, element: Element, task: TaskOpened) -> Until | None:
    """When the task is due: by the date the diagram computes, or by the rule whose key stands in property
    ``deadline``."""
    if task.due is not None:
        return Until(clock.micros(task.due), None)
    key = element.properties.get("deadline")
    if key is None or definition.plain:
        return None
    released = command.rules
    reckoned = calendar.due(released.deadlines[key], command.now, released.calendar, command.runtime.zone)
    return Until(clock.micros(reckoned.at), reckoned.explained())
