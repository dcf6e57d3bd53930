"""Which way a token goes: conditions and defaults on the flows that leave gateways and activities."""

from __future__ import annotations

from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.model import EVENTS, GATEWAYS

_CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway", "complexGateway"})


def check(sheet: Sheet) -> None:
    """Rules on defaults, conditions, the activation of complex gateways and the direction of all."""
    for place in sheet.places:
        _default(sheet, place)
        _conditions(sheet, place)
        if place.element.tag in GATEWAYS:
            _direction(sheet, place)
        if place.element.tag == "complexGateway":
            _activation(sheet, place)


def _default(sheet: Sheet, place: Place) -> None:
    element = place.element
    if element.default is None:
        return
    if element.default not in element.outgoing:
        sheet.error(
            place,
            "default-elsewhere",
            "The default flow {flow} of {id} does not leave {id}.",
            "Choose one of its own flows.",
            flow=element.default,
            id=element.id,
        )
    elif place.scope.flows[element.default].condition:
        sheet.error(
            place,
            "default-with-condition",
            "The default flow {flow} of {id} has a condition; a default is taken when no condition holds.",
            "Delete the condition, or choose another default.",
            flow=element.default,
            id=element.id,
        )


def _conditions(sheet: Sheet, place: Place) -> None:
    element = place.element
    choosing = element.tag in _CHOOSING
    unconditional = element.tag in EVENTS or element.tag in ("parallelGateway", "eventBasedGateway")
    for flow in place.flows_out():
        if choosing and len(element.outgoing) > 1 and not flow.condition and flow.id != element.default:
            sheet.findings.error(
                "condition-missing",
                flow.id if not flow.id.startswith("~") else element.id,
                flow.line,
                "The flow from {id} to {target} has no condition and is not the default.",
                "Write its condition, or make it the default flow.",
                id=element.id,
                target=flow.target,
            )
        elif unconditional and flow.condition:
            sheet.findings.error(
                "condition-on-parallel",
                flow.id if not flow.id.startswith("~") else element.id,
                flow.line,
                "The flow from {id} to {target} has a condition, but {tag} takes all of its flows.",
                "Delete the condition, or put an exclusive gateway before {target}.",
                id=element.id,
                target=flow.target,
                tag=element.tag,
            )


def _direction(sheet: Sheet, place: Place) -> None:
    """A gateway that says it joins or splits, and does something else, is drawn wrong in one of the two ways."""
    element, source = place.element, sheet.source(place.id)
    said = None if source is None else source.get("gatewayDirection")
    joins, splits = len(element.incoming) > 1, len(element.outgoing) > 1
    fits = {"Converging": not splits, "Diverging": not joins, "Mixed": joins and splits}
    if said is not None and not fits.get(said, said == "Unspecified"):
        sheet.warning(
            place,
            "gateway-direction",
            "The gateway {id} says that it is {said}, but {count_in} flows lead to it and {count_out} leave it.",
            "Correct the flows, or delete gatewayDirection.",
            id=place.id,
            said=said[:100],
            count_in=len(element.incoming),
            count_out=len(element.outgoing),
        )


def _activation(sheet: Sheet, place: Place) -> None:
    element = place.element
    if len(element.incoming) > 1 and not element.activation_condition:
        sheet.error(
            place,
            "complex-activation",
            "The complex gateway {id} joins flows, but does not say when it is to go on.",
            "Write its activation condition, such as activationCount = 2, or use another gateway.",
            id=element.id,
        )
