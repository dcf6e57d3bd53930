"""What makes a diagram readable: ids, names, size, a drawing. Warnings only."""

from __future__ import annotations

import re
from collections import Counter

from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.model import ACTIVITIES

_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_CHOOSING = ("exclusiveGateway", "inclusiveGateway")
MANY = 20


def check(sheet: Sheet) -> None:
    """Rules id-style, label-missing, gateway-question, too-many-elements and diagram-missing."""
    plains = Counter((place.scope.id, place.element.tag) for place in sheet.places if not place.element.events)
    for place in sheet.places:
        _id(sheet, place)
        _label(sheet, place, plains)
        if place.element.tag in _CHOOSING and len(place.element.outgoing) > 1:
            _question(sheet, place)
    for _, scope, _ in sheet.scopes:
        if len(scope.elements) > MANY:
            sheet.findings.warning(
                "too-many-elements",
                scope.id,
                scope.line,
                "{id} holds {count} elements; more than {many} are hard to take in.",
                "Put what belongs together into a sub-process or a process of its own.",
                id=scope.id,
                count=len(scope.elements),
                many=MANY,
            )
    _drawn(sheet)


def _id(sheet: Sheet, place: Place) -> None:
    activity = place.element.tag in ACTIVITIES
    if not _ID.fullmatch(place.id) or (activity and "_" not in place.id):
        sheet.warning(
            place,
            "id-style",
            "The id {id} tells nobody what it is for; it is what the story and moving to a new version go by.",
            "Write verb_object in small letters, such as review_report.",
            id=place.id,
        )


def _label(sheet: Sheet, place: Place, plains: Counter[tuple[str, str]]) -> None:
    element = place.element
    # One plain start and one plain end say all they have to; of several ends each has to say how things ended.
    plain = (
        element.tag in ("startEvent", "endEvent") and not element.events and plains[place.scope.id, element.tag] == 1
    )
    if not element.name and not element.tag.endswith("Gateway") and not plain:
        sheet.warning(
            place,
            "label-missing",
            "{id} has no name, so people see its id.",
            "Give it a name: what is done, or what has happened.",
            id=place.id,
        )


def _question(sheet: Sheet, place: Place) -> None:
    name = (place.element.name or "").strip()
    if not name.endswith(("?", "？")):
        sheet.warning(
            place,
            "gateway-question",
            "{id} decides, but does not ask.",
            "Name it with the question it decides, ending with a question mark.",
            id=place.id,
        )
    for flow in place.flows_out():
        if not flow.name:
            sheet.findings.warning(
                "gateway-question",
                place.id,
                flow.line,
                "The flow from {id} to {target} does not say which answer it stands for.",
                "Name the flow with the answer.",
                id=place.id,
                target=flow.target,
            )


def _drawn(sheet: Sheet) -> None:
    drawn = sheet.diagram.drawn
    for process in sheet.processes:
        missing = [place.id for place in sheet.by_process[process.id] if place.id not in drawn]
        if missing and process.id not in process.scope.elements:
            sheet.findings.warning(
                "diagram-missing",
                process.id,
                process.line,
                "{count} elements of {id} are not drawn: {elements}.",
                "Open the file in a modeler, draw them, and save it.",
                count=len(missing),
                id=process.id,
                elements=", ".join(missing[:10]),
            )
