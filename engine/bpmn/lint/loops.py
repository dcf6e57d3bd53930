"""Loops, multi-instance, quantities and ad-hoc sub-processes: everything that happens a number of times."""

from __future__ import annotations

from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.model import ACTIVITIES, EVENTS, Loop
from engine.bpmn.reading import xml

QUANTITY_MOST = 100
"""Each token that is waited for, or sent on, is a step of one command."""


def must(sheet: Sheet) -> None:
    """Rules loop-bound, multi-instance-source, quantity-below-one, quantity-too-large and ad-hoc."""
    for place in sheet.places:
        loop = place.element.loop
        if loop is not None and loop.kind == "standard":
            _standard(sheet, place, loop)
        elif loop is not None:
            _several(sheet, place, loop)
        _quantities(sheet, place)
        if place.element.tag == "adHocSubProcess":
            _ad_hoc(sheet, place)
        if place.element.inner is not None and place.element.inner.triggered_by_event and loop is not None:
            sheet.error(
                place,
                "loop-bound",
                "The event sub-process {id} cannot be repeated by a loop: its event begins it each time.",
                "Delete the loop, and make its start event non-interrupting if it shall begin several times.",
                id=place.id,
            )


def _standard(sheet: Sheet, place: Place, loop: Loop) -> None:
    if loop.maximum is None and not loop.loop_condition:
        sheet.error(
            place,
            "loop-bound",
            "The loop of {id} has no end: neither a condition nor a maximum.",
            "Write the condition under which it goes on, or a maximum.",
            id=place.id,
        )
    if loop.maximum is not None and loop.maximum < 1:
        sheet.error(
            place,
            "loop-bound",
            "The loop of {id} has the maximum {maximum}.",
            "Write a number from 1 up, or delete it.",
            id=place.id,
            maximum=loop.maximum,
        )


def _several(sheet: Sheet, place: Place, loop: Loop) -> None:
    sources = [source for source in (loop.collection, loop.cardinality) if source]
    if len(sources) != 1:
        sheet.error(
            place,
            "multi-instance-source",
            "{id} is done several times, and {count} things say how often.",
            "Name either a collection or a number.",
            id=place.id,
            count=len(sources),
        )
    if loop.element and not loop.collection:
        sheet.error(
            place,
            "multi-instance-source",
            "{id} names a variable for one of several, {name}, but no collection to take it from.",
            "Name the collection.",
            id=place.id,
            name=loop.element,
        )
    if bool(loop.output_collection) != bool(loop.output_element):
        sheet.error(
            place,
            "multi-instance-source",
            "{id} needs both the collection for its results and what one of them is, or neither.",
            "Write outputCollection and outputElement.",
            id=place.id,
        )


def _quantities(sheet: Sheet, place: Place) -> None:
    element = place.element
    for attribute, number in (
        ("startQuantity", element.start_quantity),
        ("completionQuantity", element.completion_quantity),
    ):
        if number < 1:
            sheet.error(
                place,
                "quantity-below-one",
                "The {attribute} of {id} is {number}.",
                "Write a number from 1 up, or delete it.",
                attribute=attribute,
                id=element.id,
                number=number,
            )
        if number > QUANTITY_MOST:
            sheet.error(
                place,
                "quantity-too-large",
                "The {attribute} of {id} is {number}; at most {most} tokens are waited for or sent on.",
                "Write a smaller number, or let a multi-instance count.",
                attribute=attribute,
                id=element.id,
                number=number,
                most=QUANTITY_MOST,
            )


def check(sheet: Sheet) -> None:
    """Rule behaviour-other-than-all."""
    for several in sheet.root.iter(f"{{{xml.BPMN}}}multiInstanceLoopCharacteristics"):
        behaviour = several.get("behavior", "All")
        others = ("oneBehaviorEventRef", "noneBehaviorEventRef")
        if (
            behaviour != "All"
            or any(several.get(name) for name in others)
            or xml.child(several, "complexBehaviorDefinition") is not None
        ):
            sheet.findings.error(
                "behaviour-other-than-all",
                xml.owner(several),
                xml.line(several),
                "{id} is to throw events as its instances end (behavior {behaviour}); that is not run.",
                "Delete it, and throw the event from inside the activity.",
                id=xml.owner(several),
                behaviour=behaviour[:100],
            )


def _ad_hoc(sheet: Sheet, place: Place) -> None:
    inner = place.element.inner
    assert inner is not None
    if not any(element.tag in ACTIVITIES for element in inner.elements.values()):
        sheet.error(place, "ad-hoc", "The ad-hoc sub-process {id} holds no activity.", "Draw one.", id=place.id)
    for element in inner.elements.values():
        if element.tag in EVENTS and element.tag in ("startEvent", "endEvent"):
            sheet.error(
                element,
                "ad-hoc",
                "{id} stands in the ad-hoc sub-process {host}, where nothing has a beginning or an end.",
                "Delete it: activities without an incoming flow can be begun at once.",
                id=element.id,
                host=place.id,
            )
    if inner.triggered_by_event:
        sheet.error(
            place,
            "ad-hoc",
            "{id} is both ad-hoc and begun by an event.",
            "Put the ad-hoc sub-process into an event sub-process.",
            id=place.id,
        )
