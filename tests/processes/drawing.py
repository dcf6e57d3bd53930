"""What a diagram looks like, in numbers: boxes, lines and labels of each page, and what is in the way of what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from lxml import etree

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_DC = "{http://www.omg.org/spec/DD/20100524/DC}"
_OMG = "{http://www.omg.org/spec/DD/20100524/DI}"
FRAMES = frozenset({"participant", "lane"})
Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )


@dataclass(frozen=True)
class Line:
    points: tuple[Point, ...]

    @property
    def pieces(self) -> list[tuple[Point, Point]]:
        return list(pairwise(self.points))

    def distance(self, box: Box) -> float:
        """How far a box is from the piece that is nearest to it."""
        return min(_gap(piece, box) for piece in self.pieces)


@dataclass
class Page:
    """One plane: the shapes, lines and labels on it by the id of their element."""

    name: str
    tags: dict[str, str]
    hosts: dict[str, str]
    ends: dict[str, tuple[str, str]]
    shapes: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    labels: dict[str, Box] = field(default_factory=dict)

    @property
    def nodes(self) -> dict[str, Box]:
        return {key: box for key, box in self.shapes.items() if self.tags[key] not in FRAMES}

    @property
    def lanes(self) -> dict[str, Box]:
        return {key: box for key, box in self.shapes.items() if self.tags[key] == "lane"}


def pages(path: Path) -> Iterator[Page]:
    root = etree.fromstring(path.read_bytes())
    tags, hosts, ends = {}, {}, {}
    for element in root.iter(f"{_BPMN}*"):
        if identity := element.get("id"):
            tags[identity] = etree.QName(element).localname
            if host := element.get("attachedToRef"):
                hosts[identity] = host
            if element.get("sourceRef"):
                ends[identity] = (element.get("sourceRef", ""), element.get("targetRef", ""))
    for plane in root.iter(f"{_DI}BPMNPlane"):
        page = Page(f"{path.stem}: {plane.get('bpmnElement')}", tags, hosts, ends)
        for shape in plane.iter(f"{_DI}BPMNShape"):
            page.shapes[shape.get("bpmnElement", "")] = _box(shape.find(f"{_DC}Bounds"))
        for edge in plane.iter(f"{_DI}BPMNEdge"):
            points = tuple((float(p.get("x", "")), float(p.get("y", ""))) for p in edge.iter(f"{_OMG}waypoint"))
            page.lines[edge.get("bpmnElement", "")] = Line(points)
        for label in plane.iter(f"{_DI}BPMNLabel"):
            holder = label.getparent()
            assert holder is not None
            page.labels[holder.get("bpmnElement", "")] = _box(label.find(f"{_DC}Bounds"))
        yield page


def _box(bounds: etree._Element | None) -> Box:
    assert bounds is not None
    x, y, width, height = (float(bounds.get(name, "")) for name in ("x", "y", "width", "height"))
    return Box(x, y, x + width, y + height)


def _gap(piece: tuple[Point, Point], box: Box) -> float:
    (x1, y1), (x2, y2) = piece
    across = max(min(x1, x2) - box.right, box.left - max(x1, x2), 0.0)
    return max(across, min(y1, y2) - box.bottom, box.top - max(y1, y2))


def hits(piece: tuple[Point, Point], box: Box) -> bool:
    """Whether a horizontal or vertical piece of line passes through a box; touching its border is not passing."""
    (x1, y1), (x2, y2) = piece
    return min(x1, x2) < box.right and max(x1, x2) > box.left and min(y1, y2) < box.bottom and max(y1, y2) > box.top


def cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Whether two pieces, one horizontal and one vertical, cross; or two of one direction run over each other."""
    (ax1, ay1), (ax2, ay2) = sorted(one)
    (bx1, by1), (bx2, by2) = sorted(other)
    flat_a, flat_b = ay1 == ay2, by1 == by2
    if flat_a and flat_b:
        return ay1 == by1 and ax1 < bx2 and bx1 < ax2
    if not flat_a and not flat_b:
        return ax1 == bx1 and min(ay1, ay2) < max(by1, by2) and min(by1, by2) < max(ay1, ay2)
    (hx1, hy, hx2), (vx, vy1, vy2) = (
        ((ax1, ay1, ax2), (bx1, min(by1, by2), max(by1, by2)))
        if flat_a
        else ((bx1, by1, bx2), (ax1, min(ay1, ay2), max(ay1, ay2)))
    )
    return hx1 < vx < hx2 and vy1 < hy < vy2
