"""Each mechanism of the procedure (M001 to M171): which element carries it, which scenario passes through it.

``python -m tests.processes.mechanisms`` writes ``docs/mechanisms.md`` anew.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from engine.bpmn.diagram import Element
from tests.processes.procedure import decision_files, drawn, scenarios

DATA = Path(__file__).with_name("mechanisms.toml")
PAGE = Path(__file__).parents[2] / "docs" / "mechanisms.md"
_RULE = re.compile(r"<text>(M\d{3})</text>")
_HEAD = """# Mechanisms

Each mechanism of the procedure by its number: the elements of the diagrams that carry it (by their `seedRef`, or by a
rule of the decision they ask), a scenario that passes through it, and what is not there yet. Written by
`python -m tests.processes.mechanisms`; a test compares this page with the diagrams.

| No. | Mechanism | Elements | Scenarios | Still to come |
|---|---|---|---|---|
"""
_PAPER = """
## Steps on paper

The office records that the step was done, when and by whom, until the process beside it replaces the step.

| Step | Name | Replaced by |
|---|---|---|
"""


class Place(NamedTuple):
    """Where a mechanism stands: one element of one process."""

    process: str
    element: str


@cache
def told() -> dict[str, Any]:
    """Terms, steps on paper and what is not there yet."""
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


def on_paper() -> dict[Place, dict[str, Any]]:
    """Steps that are said to stand on paper."""
    return {Place(key, name): each for key, steps in told()["paper"].items() for name, each in steps.items()}


def carried() -> dict[str, list[Place]]:
    """Mechanism → elements that name it themselves or ask a decision with a rule that does."""
    found: dict[str, set[Place]] = {}
    for key, each in drawn().items():
        for element in each.elements.values():
            for seed in _named_by(element):
                found.setdefault(seed, set()).add(Place(key, element.id))
    return {seed: sorted(places) for seed, places in sorted(found.items())}


def _named_by(element: Element) -> Iterator[str]:
    if "seedRef" in element.properties:
        yield element.properties["seedRef"]
    for name in {element.properties.get("check"), element.decision.id if element.decision else None} - {None}:
        yield from _rules()[str(name)]


@cache
def _rules() -> dict[str, list[str]]:
    """Decision → mechanisms that its rules name."""
    return {
        name: _RULE.findall(body.decode())
        for body in decision_files().values()
        for name in re.findall(r'<decision id="(\w+)"', body.decode())
    }


def passed_by(place: Place) -> list[str]:
    """Scenarios that pass through an element: a user task is one of their steps; anything else is in their family."""
    element = drawn()[place.process].elements[place.element]
    played = (path for path, each in scenarios().items() if place.process in family(each["start"]["process"]))
    if element.tag != "userTask":
        return list(played)
    return [path for path in played if any(step.get("task") == place.element for step in scenarios()[path]["step"])]


@cache
def family(process: str) -> frozenset[str]:
    """A process and all that it calls."""
    called = {e.called.process for e in drawn()[process].elements.values() if e.called}
    return frozenset({process}.union(*(family(each) for each in called)))


def page() -> str:
    """The page as it has to be."""
    found, brought = carried(), {seed: (p, e["by"]) for p, e in on_paper().items() for seed in e["brings"]}
    lines = []
    for seed, term in told()["terms"].items():
        places = found.get(seed, [])
        missing = told()["not_yet"].get(seed, "")
        if not places and seed in brought:
            (process, element), by = brought[seed]
            missing = f"`{by}`; on paper in `{process}/{element}`"
        lines.append(f"| {seed} | {term} | {_listed(map('/'.join, places))} | {_shown(places)} | {missing} |")
    paper = [
        f"| `{'/'.join(place)}` | {drawn()[place.process].elements[place.element].name} | {_coming(each['by'])} |"
        for place, each in on_paper().items()
    ]
    return _HEAD + "\n".join(lines) + "\n" + _PAPER + "\n".join(paper) + "\n"


def _coming(process: str) -> str:
    return f"`{process}`" + (", which is there to be called" if process in drawn() else "")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _shown(places: list[Place]) -> str:
    """One scenario an element is enough to go and look."""
    first = {scenario for place in places for scenario in passed_by(place)[:1]}
    return _listed(path.removesuffix(".toml").replace("/scenarios/", "/") for path in sorted(first))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
