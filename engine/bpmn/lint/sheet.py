"""A diagram laid out for judging: its elements with what is around them, and the findings so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from lxml import etree

from engine.bpmn.finding import Findings
from engine.bpmn.lint.surroundings import Surroundings
from engine.bpmn.model import Diagram, Element, Flow, Process, Scope
from engine.bpmn.reading import references, xml

BY_HAND = frozenset({"userTask", "manualTask", "task"})
CATCH, THROW = "intermediateCatchEvent", "intermediateThrowEvent"


@dataclass(frozen=True, slots=True)
class Place:
    """An element, the scope it stands in, and the sub-processes around it, innermost first."""

    process: Process
    scope: Scope
    element: Element
    around: tuple[tuple[Scope, Element], ...] = ()

    @property
    def id(self) -> str:
        """The element's id."""
        return self.element.id

    @property
    def host(self) -> Element | None:
        """The sub-process that the element stands in; ``None`` on the level of the process."""
        return self.around[0][1] if self.around else None

    def flows_out(self) -> tuple[Flow, ...]:
        """The flows that leave it."""
        return tuple(self.scope.flows[key] for key in self.element.outgoing)

    def flows_in(self) -> tuple[Flow, ...]:
        """The flows that lead to it."""
        return tuple(self.scope.flows[key] for key in self.element.incoming)


@dataclass(slots=True)
class Marks:
    """What is found in one scope.

    Attributes:
        handlers: the start events of its event sub-processes.
        thrown, caught: link name -> ids of the link events.
        undoes: something in it or below it is a compensation that can be asked for.
    """

    handlers: list[Element] = field(default_factory=list)
    thrown: dict[str | None, list[str]] = field(default_factory=dict)
    caught: dict[str | None, list[str]] = field(default_factory=dict)
    undoes: bool = False


def _mark(scope: Scope) -> Marks:
    found = Marks()
    for element in scope.elements.values():
        inner = element.inner
        if inner is not None and inner.triggered_by_event:
            found.handlers += (start for start in inner.elements.values() if start.tag == "startEvent")
        ends = found.thrown if element.tag == THROW else found.caught
        for event in element.events:
            if event.kind == "link":
                ends.setdefault(event.name, []).append(element.id)
            elif event.kind == "compensate":
                found.undoes |= element.tag in ("boundaryEvent", "startEvent")
    return found


class Sheet:
    """What the rules read, and where they write."""

    def __init__(self, diagram: Diagram, surroundings: Surroundings) -> None:
        self.diagram = diagram
        self.around = surroundings
        self.findings = Findings()
        self.findings.extend(diagram.doubts)
        self.processes = tuple(process for process in diagram.processes.values() if process.executable)

    @cached_property
    def root(self) -> etree._Element:
        """The XML, for rules about words that the model does not hold."""
        return references.resolve(xml.parse(self.diagram.xml))

    @cached_property
    def _sources(self) -> dict[str, etree._Element]:
        return {str(element.get("id")): element for element in self.root.iter(f"{{{xml.BPMN}}}*") if element.get("id")}

    def source(self, identity: str) -> etree._Element | None:
        """The XML of an element; ``None`` where only the model is judged."""
        return self._sources.get(identity) if self.diagram.xml else None

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every element of every process that is run."""
        return tuple(place for process in self.processes for place in _places(process, process.scope, ()))

    @cached_property
    def scopes(self) -> tuple[tuple[Process, Scope, Element | None], ...]:
        """Every scope of every process that is run, with the sub-process that holds it."""
        found: list[tuple[Process, Scope, Element | None]] = [(item, item.scope, None) for item in self.processes]
        inner = ((place.process, place.element.inner, place.element) for place in self.places)
        return (*found, *((process, scope, host) for process, scope, host in inner if scope is not None))

    @cached_property
    def _hosts(self) -> dict[str, tuple[Scope, Element]]:
        return {place.id: (place.scope, place.element) for place in self.places if place.element.inner is not None}

    @cached_property
    def by_process(self) -> dict[str, list[Place]]:
        """The places of each process that is run."""
        found: dict[str, list[Place]] = {process.id: [] for process in self.processes}
        for place in self.places:
            found[place.process.id].append(place)
        return found

    @cached_property
    def _by_hand(self) -> dict[str, frozenset[str]]:
        places = self.by_process.items()
        return {key: frozenset(place.id for place in of if place.element.tag in BY_HAND) for key, of in places}

    def by_hand(self, process: Process) -> frozenset[str]:
        """The ids of the tasks of a process that people do."""
        return self._by_hand[process.id]

    @cached_property
    def _marks(self) -> dict[str, Marks]:
        found = {scope.id: _mark(scope) for _, scope, _ in self.scopes}
        # Inner scopes come after those around them, so that from the back each hands on to one not yet read.
        for _, scope, _ in reversed(self.scopes):
            if found[scope.id].undoes and scope.parent in found:
                found[scope.parent].undoes = True
        return found

    def marks(self, scope: Scope) -> Marks:
        """What rules look for in a scope again and again."""
        return self._marks[scope.id]

    def stoppable(self, scope: Scope) -> bool:
        """Whether something can stop the whole scope: an interrupting event sub-process or an event on its border."""
        if any(start.interrupting for start in self.marks(scope).handlers):
            return True
        if scope.id not in self._hosts:
            return False
        outer, host = self._hosts[scope.id]
        return any(outer.elements[key].interrupting for key in host.boundary) or self.stoppable(outer)

    def error(self, place: Place | Element, rule: str, message: str, advice: str = "", /, **params: object) -> None:
        """Notes a fault of an element."""
        element = place.element if isinstance(place, Place) else place
        self.findings.error(rule, element.id, element.line, message, advice, **params)

    def warning(self, place: Place | Element, rule: str, message: str, advice: str = "", /, **params: object) -> None:
        """Notes a doubt about an element."""
        element = place.element if isinstance(place, Place) else place
        self.findings.warning(rule, element.id, element.line, message, advice, **params)


def _places(process: Process, scope: Scope, around: tuple[tuple[Scope, Element], ...]) -> Iterator[Place]:
    for element in scope.elements.values():
        yield Place(process, scope, element, around)
        if element.inner is not None:
            yield from _places(process, element.inner, ((scope, element), *around))
