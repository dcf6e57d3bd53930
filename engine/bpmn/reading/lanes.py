"""Lanes, nested as drawn, and the lane of each element."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.model import Lane
from engine.bpmn.reading import xml


def read(element: etree._Element) -> tuple[Lane, ...]:
    """The lanes of a process or sub-process."""
    return tuple(_lane(lane) for lanes in xml.children(element, "laneSet") for lane in xml.children(lanes, "lane"))


def _lane(element: etree._Element) -> Lane:
    inner = (lane for lanes in xml.children(element, "childLaneSet") for lane in xml.children(lanes, "lane"))
    members = (xml.reference(xml.text(part)) for part in xml.children(element, "flowNodeRef"))
    return Lane(
        element.get("id") or "",
        element.get("name") or None,
        tuple(member for member in members if member),
        tuple(_lane(lane) for lane in inner),
        xml.line(element),
    )


def names(lanes: tuple[Lane, ...]) -> dict[str, str]:
    """Element id -> name of the innermost lane that has a name."""
    found: dict[str, tuple[int, str]] = {}
    for depth, member, name in _members(lanes, 0, None):
        if name is not None and depth > found.get(member, (-1, ""))[0]:
            found[member] = (depth, name)
    return {member: name for member, (_, name) in found.items()}


def _members(lanes: tuple[Lane, ...], depth: int, around: str | None) -> Iterator[tuple[int, str, str | None]]:
    for lane in lanes:
        name = lane.name or around
        for member in lane.elements:
            yield depth, member, name
        yield from _members(lane.lanes, depth + 1, name)
