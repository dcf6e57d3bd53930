"""Diagrams are for people: everything is drawn, nothing lies over anything else, lines go straight and do not cross."""

from __future__ import annotations

from itertools import combinations

import pytest

from engine.bpmn.diagram import Flow
from tests.processes import drawing
from tests.processes.drawing import Box, Page
from tests.processes.procedure import ROOT, Drawn, drawn

PAGES = [sheet for path in sorted(ROOT.glob("*/*.bpmn")) for sheet in drawing.pages(path)]
BESIDE = 15
each_page = pytest.mark.parametrize("sheet", PAGES, ids=lambda sheet: sheet.name)
each_process = pytest.mark.parametrize("each", drawn().values(), ids=drawn())


@each_process
def test_every_element_and_flow_is_drawn_once(each: Drawn) -> None:
    wanted = {e.id for e in each.elements.values()} | {lane.id for lane in each.process.lanes}
    flows = {flow for scope in _scopes(each) for flow in scope}
    shapes = [key for sheet in drawing.pages(each.path) for key in sheet.shapes if sheet.tags[key] != "participant"]
    lines = [key for sheet in drawing.pages(each.path) for key in sheet.lines]
    assert sorted(shapes) == sorted(wanted)
    assert sorted(lines) == sorted(flows)


def _scopes(each: Drawn) -> list[list[str]]:
    inner = [element.inner for element in each.elements.values() if element.inner is not None]
    return [list(scope.flows) for scope in (each.process.scope, *inner)]


@each_page
def test_no_two_shapes_overlap(sheet: Page) -> None:
    touching = {
        (one, other)
        for (one, a), (other, b) in combinations(sheet.nodes.items(), 2)
        if a.overlaps(b) and sheet.hosts.get(one) != other and sheet.hosts.get(other) != one
    }
    assert not touching


@each_process
def test_every_element_lies_inside_its_lane(each: Drawn) -> None:
    main = next(iter(drawing.pages(each.path)))
    for lane in each.process.lanes:
        outside = {e for e in lane.elements if e not in main.hosts and not main.lanes[lane.id].holds(main.nodes[e])}
        assert not outside, lane.name


@each_page
def test_lines_are_horizontal_or_vertical(sheet: Page) -> None:
    slanted = {key for key, line in sheet.lines.items() for (x1, y1), (x2, y2) in line.pieces if x1 != x2 and y1 != y2}
    assert not slanted


@each_page
def test_lines_begin_and_end_at_their_elements(sheet: Page) -> None:
    loose = {
        key
        for key, line in sheet.lines.items()
        for end, point in zip(sheet.ends[key], (line.points[0], line.points[-1]), strict=True)
        if not _on_border(sheet.shapes[end], point)
    }
    assert not loose


def _on_border(box: Box, point: drawing.Point) -> bool:
    x, y = point
    inside = box.left <= x <= box.right and box.top <= y <= box.bottom
    return inside and (x in (box.left, box.right) or y in (box.top, box.bottom))


@each_page
def test_no_line_passes_through_a_shape(sheet: Page) -> None:
    through = {
        (key, node)
        for key, line in sheet.lines.items()
        for node, box in sheet.nodes.items()
        if node not in sheet.ends[key] and sheet.hosts.get(sheet.ends[key][0]) != node
        for piece in line.pieces
        if drawing.hits(piece, box)
    }
    assert not through


@each_page
def test_no_two_lines_cross(sheet: Page) -> None:
    crossing = {
        (one, other)
        for (one, a), (other, b) in combinations(sheet.lines.items(), 2)
        for piece in a.pieces
        for against in b.pieces
        if drawing.cross(piece, against)
    }
    assert not crossing


@each_page
def test_no_label_lies_over_a_shape_a_line_or_another_label(sheet: Page) -> None:
    over = {(one, other) for (one, a), (other, b) in combinations(sheet.labels.items(), 2) if a.overlaps(b)}
    over |= {(label, node) for label, a in sheet.labels.items() for node, b in sheet.nodes.items() if a.overlaps(b)}
    over |= {
        (label, line)
        for label, box in sheet.labels.items()
        for line, drawn_as in sheet.lines.items()
        for piece in drawn_as.pieces
        if drawing.hits(piece, box)
    }
    assert not over


@each_page
def test_no_label_lies_across_the_border_of_a_lane(sheet: Page) -> None:
    across = {
        (label, frame)
        for label, box in sheet.labels.items()
        for frame, border in sheet.shapes.items()
        if sheet.tags[frame] in drawing.FRAMES and box.overlaps(border) and not border.holds(box)
    }
    assert not across


@each_page
def test_a_label_stands_beside_the_line_that_it_belongs_to(sheet: Page) -> None:
    far = {key for key, box in sheet.labels.items() if key in sheet.lines and sheet.lines[key].distance(box) > BESIDE}
    assert not far


@each_page
def test_everything_lies_on_the_page_of_its_pool(sheet: Page) -> None:
    pool = next((box for key, box in sheet.shapes.items() if sheet.tags[key] == "participant"), None)
    if pool is not None:
        assert not {key for key, box in {**sheet.nodes, **sheet.labels}.items() if not pool.holds(box)}


@each_page
def test_what_has_a_name_beside_it_has_room_for_it(sheet: Page) -> None:
    assert {key for key, box in sheet.labels.items() if box.right - box.left < 10 or box.bottom - box.top < 14} == set()


@each_process
def test_gateways_that_choose_are_questions_and_their_flows_are_labelled(each: Drawn) -> None:
    flows = _flows(each)
    for element in each.elements.values():
        if element.tag == "exclusiveGateway" and len(element.outgoing) > 1:
            assert (element.name or "").endswith("？"), element.id
            assert not [key for key in element.outgoing if not flows[key].name], element.id


def _flows(each: Drawn) -> dict[str, Flow]:
    inner = [element.inner for element in each.elements.values() if element.inner is not None]
    return {key: flow for scope in (each.process.scope, *inner) for key, flow in scope.flows.items()}


@each_process
def test_everything_but_a_parallel_gateway_has_a_name(each: Drawn) -> None:
    assert not [e.id for e in each.elements.values() if not e.name and e.tag != "parallelGateway"]


@each_process
def test_a_diagram_can_be_taken_in_at_a_glance(each: Drawn) -> None:
    assert all(len(sheet.nodes) <= 20 for sheet in drawing.pages(each.path))


@each_page
def test_names_fit_into_their_boxes(sheet: Page) -> None:
    process = next(each for each in drawn().values() if sheet.name.startswith(f"{each.path.stem}:"))
    for key in sheet.nodes:
        element = process.elements[key]
        if sheet.tags[key].endswith(("Task", "Activity", "Process")):
            width = sum(12 if ord(letter) > 0x2E80 else 7 for letter in element.name or "")
            assert width <= 2 * 90, element.name
