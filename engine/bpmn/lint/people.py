"""Who does what, with which form, by when and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache

from engine.bpmn.dialect import PROPERTIES
from engine.bpmn.lint.sheet import BY_HAND, THROW, Place, Sheet
from engine.bpmn.model import Lane, walk
from engine.bpmn.reading import xml


def check(sheet: Sheet) -> None:
    """Rules on lanes, groups, forms, bindings of forms, deadlines, notBy, basis and the other properties."""
    _lanes(sheet)
    for place in sheet.places:
        _assignment(sheet, place)
        _nobody(sheet, place)
        _properties(sheet, place)
        if place.element.tag in ("userTask", "startEvent"):
            _form(sheet, place)
        if place.element.loop is not None and place.element.loop.kind != "standard":
            _audience(sheet, place)


def _lanes(sheet: Sheet) -> None:
    roles = sheet.around.roles
    for process in sheet.processes if roles is not None else ():
        used = {element.lane for _, element in process.walk()}
        for lane in _nested(process.lanes):
            if lane.name in used and lane.name not in (roles or ()):
                sheet.findings.error(
                    "lane-unknown",
                    lane.id,
                    lane.line,
                    "The lane {name} is the title of no role.",
                    "Choose one of: {known}.",
                    name=lane.name,
                    known=", ".join(sorted(roles or ())),
                )


def _nested(lanes: tuple[Lane, ...]) -> Iterator[Lane]:
    for lane in lanes:
        yield lane
        yield from _nested(lane.lanes)


def _assignment(sheet: Sheet, place: Place) -> None:
    element, assignment = place.element, place.element.assignment
    groups = sheet.around.groups
    named = "" if assignment is None else assignment.candidate_groups or ""
    if groups is not None and not named.startswith("="):
        for key in filter(None, map(str.strip, named.split(","))):
            if key not in groups:
                sheet.error(
                    place,
                    "lane-unknown",
                    "{id} is for the group {group}, which is the key of no role.",
                    "Choose one of: {known}.",
                    id=place.id,
                    group=key[:100],
                    known=", ".join(sorted(groups)),
                )
    someone = assignment is not None and (assignment.assignee or assignment.candidate_users or named)
    if sheet.around.roles is not None and element.tag in BY_HAND and not element.lane and not someone:
        sheet.error(
            place,
            "task-without-lane",
            "{id} is in no lane and assigned to nobody, so nobody could do it.",
            "Move it into the lane of a role, or name people in zeebe:assignmentDefinition.",
            id=place.id,
        )


def _nobody(sheet: Sheet, place: Place) -> None:
    """Without roles a task is for whoever started the instance, and a message, signal or timer is nobody."""
    begins, who = sheet.around.unattended.get(place.process.id), place.element.assignment
    named = who is not None and (who.assignee or who.candidate_users or who.candidate_groups)
    if begins is not None and place.element.tag in BY_HAND and not named:
        sheet.error(
            place,
            "task-for-nobody",
            "{id} is for whoever starts the case, but {begins} begins it without a person.",
            "Name people in zeebe:assignmentDefinition, or release with roles and put the task into a lane.",
            id=place.id,
            begins=begins,
        )


def _form(sheet: Sheet, place: Place) -> None:
    element, forms = place.element, sheet.around.forms
    source = sheet.source(element.id)
    definition = None if source is None else xml.extension(source, "formDefinition")
    binding = None if definition is None else definition.get("bindingType")
    if binding not in (None, "", "deployment"):
        sheet.error(
            place,
            "binding-type",
            "{id} names the binding {binding}.",
            "Delete it: what is called is frozen with the diagram. Only a called process may be the latest.",
            binding=binding[:100],
            id=place.id,
        )
    if definition is not None and element.tag == "startEvent" and (element.events or place.host is not None):
        sheet.error(
            place,
            "form-missing",
            "{id} has a form, but nobody fills it in: it does not begin a process by hand.",
            "Delete the form, or give it to a user task.",
            id=place.id,
        )
    if forms is None:
        return
    if element.form_id is not None and element.form_id not in forms:
        sheet.error(
            place,
            "form-missing",
            "There is no form {form}, which {id} names.",
            "Put it beside the diagram, in forms/{form}.json, or correct the id.",
            form=element.form_id[:200],
            id=place.id,
        )
    elif element.tag == "userTask" and element.form_id is None and element.id not in forms:
        sheet.warning(
            place,
            "form-missing",
            "{id} has no form: it will be completed without entering anything.",
            "If that is not meant, put a form beside the diagram, in forms/{id}.json.",
            id=place.id,
        )


def _audience(sheet: Sheet, place: Place) -> None:
    """What different people see is an instance of its own; a body of several that each have another audience is not."""
    roles, remits = sheet.around.roles, sheet.around.remits.get(place.process.id)
    if roles is None or remits is None:
        return
    inside = [place.element]
    if place.element.inner is not None:
        inside += [element for _, element in walk(place.element.inner)]
    for element in inside:
        kind = roles.get(element.lane or "")
        if element.tag in BY_HAND and kind is not None and kind not in remits.values():
            sheet.error(
                element,
                "audience-in-multi-instance",
                "{id} is done by {lane} for each of several in {host}; each is for others, within their {kind}.",
                "Draw it as a process of its own with that remit, and call it for each.",
                id=element.id,
                lane=element.lane,
                host=place.id,
                kind=kind,
            )


def _properties(sheet: Sheet, place: Place) -> None:
    element = place.element
    _not_by(sheet, place)
    deadline, known = element.properties.get("deadline"), sheet.around.deadlines
    if deadline is not None and known is not None and deadline not in known:
        sheet.error(
            place,
            "deadline-unknown",
            "There is no deadline rule {deadline}, which {id} names.",
            "Choose one of: {known}.",
            deadline=deadline[:100],
            id=place.id,
            known=", ".join(sorted(known)),
        )
    if known is not None and element.tag == "userTask" and not element.properties.get("basis"):
        sheet.warning(
            place,
            "basis-missing",
            "{id} does not say why it must be done.",
            "Name the rule it follows in the property basis.",
            id=place.id,
        )
    if element.properties.get("realisedBy", "paper") != "paper":
        sheet.error(
            place,
            "property-misspelt",
            "The property realisedBy of {id} is {value}; it can only be paper.",
            "Write paper, or delete it.",
            id=place.id,
            value=element.properties["realisedBy"][:100],
        )
    _elsewhere(sheet, place)
    for name in element.properties:
        likely = "" if name in PROPERTIES else _likely(name[:40])
        if likely:
            sheet.warning(
                place,
                "property-misspelt",
                "The property {name} of {id} means nothing; {likely} would.",
                "Correct its name.",
                name=name[:100],
                id=place.id,
                likely=likely,
            )


_OF_TASKS = ("notBy", "check", "realisedBy")
_OF_MESSAGES = ("correlationKey", "timeToLive")
_THROWERS = frozenset({"sendTask", "endEvent", THROW})


def _elsewhere(sheet: Sheet, place: Place) -> None:
    """A property that is read of some elements only says nothing on others."""
    element = place.element
    message = any(event.kind == "message" for event in element.events)
    sends = element.tag in _THROWERS and element.job is None and message
    for names, there, places in (
        (_OF_TASKS, element.tag in BY_HAND, BY_HAND),
        (_OF_MESSAGES, sends, _THROWERS),
    ):
        for name in names if not there else ():
            if name in element.properties:
                sheet.error(
                    place,
                    "property-elsewhere",
                    "The property {name} means nothing on {id}: it belongs on {places}.",
                    "Move it there, or delete it; a message that a connector sends has no key.",
                    name=name,
                    id=place.id,
                    places=", ".join(sorted(places)),
                )


@lru_cache(1000)
def _likely(name: str) -> str:
    """The property that was probably meant; empty if none."""
    spelt = {key.lower(): key for key in PROPERTIES}
    close = get_close_matches(name.lower(), spelt, 1, 0.8)
    return spelt[close[0]] if close else ""


def _not_by(sheet: Sheet, place: Place) -> None:
    for key in filter(None, re.split(r"[,\s]+", place.element.properties.get("notBy", ""))):
        if key not in sheet.by_hand(place.process):
            sheet.error(
                place,
                "not-by-unknown",
                "{id} may not be done by whoever did {task}, which is no user task of this process.",
                "Correct the id in the property notBy.",
                id=place.id,
                task=key[:100],
            )
