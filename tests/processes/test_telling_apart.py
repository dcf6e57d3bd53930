"""Cases begun side by side, a unit, a clue, an item each: lists show of every one which it is."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import pytest
from sqlalchemy import or_, select

from engine import schema
from engine.bpmn.diagram import Element, Loop
from engine.runtime import Runtime
from tests.processes.procedure import drawn, toml

SIDE_BY_SIDE = [
    (key, element, element.loop)
    for key, each in drawn().items()
    for element in each.elements.values()
    if element.loop is not None and element.loop.kind == "parallel"
]


@pytest.mark.parametrize(
    ("key", "element", "loop"), SIDE_BY_SIDE, ids=[f"{key}-{element.id}" for key, element, _ in SIDE_BY_SIDE]
)
def test_what_is_begun_side_by_side_has_a_column_of_its_own(key: str, element: Element, loop: Loop) -> None:
    assert loop.element, "without an element all of them are the same"
    entries = re.findall(rf"\b{loop.element}\.(\w+)", drawn()[key].path.read_text(encoding="utf-8"))
    written = re.findall(r"(\w+):", loop.collection or "")
    assert {loop.element, *entries, *written} & toml("catalog.toml")[key]["columns"].keys()


def test_a_unit_is_shown_no_more_of_its_rectification_than_the_items_themselves_say() -> None:
    """What lists take out of a row of the plan is open in the case of each item as well."""
    catalog = toml("catalog.toml")
    shown = {name for name in ("itemNo", "title") if name in catalog["xc_rectify"]["columns"]}
    assert shown == {"itemNo", "title"}
    for key in ("xc_rectify", "xc_rectify_item"):
        assert all(catalog[key]["fields"][name]["class"] == "open" for name in shown)


def test_in_a_whole_round_no_two_cases_begun_for_one_step_look_the_same(after_the_round: Runtime) -> None:
    i, f = schema.instance.c, schema.fact.c
    shown: dict[str, set[tuple[str, str]]] = defaultdict(set)
    with after_the_round.read() as view:
        told = select(schema.fact).where(or_(f.text.is_not(None), f.number.is_not(None)))
        for row in view.connection.execute(told):
            shown[row.instance_id].add((row.name, row.text or str(row.number)))
        begun = view.connection.execute(select(schema.instance).where(i.body.is_not(None))).all()
    looks = Counter((row.process_key, row.body, row.parent_id, frozenset(shown[row.id])) for row in begun)
    assert looks.total() > 100
    assert not {look[:2] for look, times in looks.items() if times > 1}
