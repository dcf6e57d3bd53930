"""The folder `processes/` as the tests about it read it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.bpmn import diagram
from engine.bpmn.diagram import Element, Process

ROOT = Path(__file__).parents[2] / "processes"
WHOLE_OFFICE = "*"


@dataclass(frozen=True)
class Drawn:
    """One process with what lies beside its diagram."""

    key: str
    path: Path
    process: Process
    forms: Mapping[str, dict[str, Any]]

    @property
    def elements(self) -> dict[str, Element]:
        return {element.id: element for _, element in self.process.walk()}

    def user_tasks(self) -> list[Element]:
        return [element for element in self.elements.values() if element.tag == "userTask"]

    def form_of(self, element: Element) -> dict[str, Any]:
        return self.forms[element.form_id or element.id]


@cache
def toml(path: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


@cache
def drawn() -> dict[str, Drawn]:
    found = {}
    for path in sorted(ROOT.glob("*/*.bpmn")):
        read = diagram.read(path.read_bytes(), path.name)
        forms = {
            f.stem: json.loads(f.read_text(encoding="utf-8")) for f in sorted((path.parent / "forms").glob("*.json"))
        }
        for key, process in read.processes.items():
            found[key] = Drawn(key, path, process, forms)
    return found


def fields(form: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every component with its path (`attendees.user` is a column); one without key is known by its id."""
    for component in form["components"]:
        name = component.get("key") or component["id"].removeprefix(form["id"] + "_")
        yield name, component
        for column in component.get("columns", ()):
            yield f"{name}.{column['key']}", column


def written(form: Mapping[str, Any]) -> set[str]:
    """Names that a form's submission holds."""
    return {component["key"] for component in form["components"] if "key" in component}


def every_form() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for key, each in drawn().items():
        for name, form in each.forms.items():
            yield key, name, form


@cache
def decision_files() -> dict[str, bytes]:
    return {str(path.relative_to(ROOT)): path.read_bytes() for path in sorted(ROOT.rglob("*.dmn"))}


@cache
def scenarios() -> dict[str, dict[str, Any]]:
    return {
        str(path.relative_to(ROOT)): toml(str(path.relative_to(ROOT)))
        for path in sorted(ROOT.glob("*/scenarios/*.toml"))
    }


def held(person: str) -> set[str]:
    """The grants of somebody in the cast: `TL@team:T1`."""
    return set(toml("demo/cast.toml")["people"][person]["grants"])


def role_titled(title: str | None) -> str:
    return next(key for key, role in toml("roles.toml").items() if role["title"] == title)
