"""Which names an element writes, and how far they reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.model import Element, Scope

_THROWS = frozenset({"sendTask", "intermediateThrowEvent", "endEvent"})
# Names that the engine itself gives, where they mean something.
ENGINE_NAMES = frozenset(
    {
        "loopCounter",
        "numberOfInstances",
        "numberOfActiveInstances",
        "numberOfCompletedInstances",
        "numberOfTerminatedInstances",
        "activationCount",
    }
)

# The instant at which the rule that the property of that name names falls due; known to the element's own expressions.
DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class Write:
    """A name that something in the diagram writes, and the attribute that says so."""

    name: str
    where: str
    element: Element


class Writes:
    """The writes of a whole diagram, worked out once."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._given: dict[str, frozenset[str]] = {}
        self._leaving: dict[str, tuple[Write, ...]] = {}
        # scope -> name -> the elements that write it there
        self._writers: dict[str, dict[str, list[str]]] = {}

    def spots(self, element: Element) -> Iterator[Write]:
        """Every name that the element itself writes anywhere, also where only it can see it."""
        yield from self._results(element)
        for mapping in element.outputs:
            yield Write(mapping.target, "output", element)
        # What a call or a message is given are names elsewhere.
        if element.tag != "callActivity" and element.tag not in _THROWS:
            for mapping in element.inputs:
                yield Write(mapping.target, "input", element)
        if element.loop is not None and element.loop.element:
            yield Write(element.loop.element, "inputElement", element)
        yield from _collected(element)
        if element.inner is not None:
            for name in element.inner.declares:
                yield Write(name, "dataObject", element)

    def inside(self, element: Element) -> tuple[Write, ...]:
        """The names that one run of an element writes beyond itself: one of several, into its iteration."""
        if element.outputs:
            return tuple(Write(mapping.target, "output", element) for mapping in element.outputs)
        local = {mapping.target for mapping in element.inputs}
        own = [write for write in self._results(element) if write.name not in local]
        if element.inner is not None:
            local.update(element.inner.declares)
            of_scope = chain.from_iterable(self.leaving(member) for member in element.inner.elements.values())
            # One writer a name is enough, and keeps what nested scopes hand on small.
            kept = {write.name: write for write in of_scope if write.name not in local}
            own += kept.values()
        return tuple(own)

    def leaving(self, element: Element) -> tuple[Write, ...]:
        """The names that an element writes into the scope it stands in."""
        found = self._leaving.get(element.id)
        if found is None:
            several = element.loop is not None and element.loop.kind != "standard"
            found = _collected(element) + (() if several else self.inside(element))
            self._leaving[element.id] = found
        return found

    def outside(self, place: Place, name: str) -> str | None:
        """What gives a name around an element, other than itself: an id; ``None`` if nothing does."""
        if name in self.given(place.process.id):
            return place.process.id
        for scope, without in ((place.scope, place.element), *place.around):
            others = [key for key in self.writers(scope).get(name, ()) if key != without.id]
            if name in scope.declares or others:
                return others[0] if others else scope.id
        return next((host.id for _, host in place.around if name in _locals(host)), None)

    def visible(self, place: Place, name: str, inside: bool = False) -> bool:
        """Whether an expression of the element may find the name, however late it is written.

        Args:
            inside: it is worked out with what one run of the element has written.
        """
        inner = place.element.inner
        if inside and inner is not None and (name in inner.declares or name in self.writers(inner)):
            return True
        if name in ENGINE_NAMES or name in self._sheet.around.functions:
            return True
        if name == DEADLINE and place.element.properties.get(DEADLINE):
            return True
        if name in _locals(place.element) or any(write.name == name for write in self.spots(place.element)):
            return True
        return name in self.writers(place.scope) or self.outside(place, name) is not None

    def writers(self, scope: Scope) -> dict[str, list[str]]:
        """Name -> the ids of the elements of a scope that write it there."""
        found = self._writers.get(scope.id)
        if found is None:
            found = self._writers[scope.id] = {}
            for element in scope.elements.values():
                for write in self.leaving(element):
                    found.setdefault(write.name, []).append(element.id)
        return found

    def given(self, process: str) -> frozenset[str]:
        """What an instance has from its start: remits, fields of its start form, what its callers hand over."""
        found = self._given.get(process)
        if found is None:
            found = self._given[process] = self._at_start(process)
        return found

    def _at_start(self, process: str) -> frozenset[str]:
        around = self._sheet.around
        found = {
            *around.remits.get(process, ()),
            *(around.given or {}).get(process, ()),
            *(around.fields(process) or ()),
        }
        for element in self._sheet.diagram.processes[process].scope.elements.values():
            if element.tag == "startEvent" and not element.events:
                found.update(around.fields(element.form_id or element.id) or ())
        return frozenset(found)

    def _results(self, element: Element) -> Iterator[Write]:
        """What an element's own work writes, before mappings."""
        if element.script is not None and element.script.result:
            yield Write(element.script.result, "resultVariable", element)
        if element.decision is not None and element.decision.result:
            yield Write(element.decision.result, "resultVariable", element)
        if element.job is not None:
            for name in self._sheet.around.results(element.job.type) or ():
                yield Write(name, "taskDefinition", element)
        if element.tag == "userTask":
            for name in self._sheet.around.fields(element.form_id or element.id) or ():
                yield Write(name, "form", element)


def _collected(element: Element) -> tuple[Write, ...]:
    name = None if element.loop is None else element.loop.output_collection
    return (Write(name, "outputCollection", element),) if name else ()


def _locals(element: Element) -> frozenset[str]:
    """The names that only the element and what is in it can see."""
    names = {mapping.target for mapping in element.inputs}
    if element.loop is not None and element.loop.element:
        names.add(element.loop.element)
    return frozenset(names)
