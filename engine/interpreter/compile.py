"""From a diagram's process to the steps that run it. What cannot be run as the standard says is refused here, by name.

A compiled process is never changed while it runs; any number of instances and threads share it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from engine import feel
from engine.bpmn import lint
from engine.bpmn.diagram import Element, EventDefinition, Flow, Process, Scope, walk
from engine.errors import DiagramInvalid, NotFound
from engine.interpreter import ahead, formulas
from engine.interpreter.activities import Call, Sub
from engine.interpreter.events import Boundary, Catch, EventGateway, EventSub, Gathering, Plain, Receive
from engine.interpreter.gateways import Complex, Exclusive, Inclusive, Parallel, Pass
from engine.interpreter.loops import Fan, Passes
from engine.interpreter.steps import ScopeSpec, Step, Way
from engine.interpreter.tasks import Rule, Script, User, Work
from engine.interpreter.throwing import Send, Throw

_STEPS: Mapping[str, type[Step]] = {
    "task": User,
    "userTask": User,
    "manualTask": User,
    "scriptTask": Script,
    "serviceTask": Work,
    "businessRuleTask": Rule,
    "sendTask": Send,
    "receiveTask": Receive,
    "callActivity": Call,
    "subProcess": Sub,
    "transaction": Sub,
    "adHocSubProcess": Sub,
    "exclusiveGateway": Exclusive,
    "parallelGateway": Parallel,
    "inclusiveGateway": Inclusive,
    "complexGateway": Complex,
    "eventBasedGateway": EventGateway,
    "startEvent": Plain,
    "endEvent": Throw,
    "intermediateThrowEvent": Throw,
    "intermediateCatchEvent": Catch,
    "boundaryEvent": Boundary,
}


class Spec:
    """A compiled process.

    Attributes:
        id: of the process.
        process: the model it was compiled from.
        elements: all elements of the process, by id.
        root: the process's own steps.
        start_events: element id -> what starts an instance there: start events with triggers, instantiating receive
            tasks, what stands behind an instantiating event gateway. ``start(at=...)`` takes such an id.
        conditional: whether anything waits for a condition.
    """

    def __init__(self, process: Process, names: Mapping[str, Collection[str]]) -> None:
        self.id = process.id
        self.process = process
        self.elements: Mapping[str, Element] = MappingProxyType({element.id: element for _, element in process.walk()})
        self.start_events: Mapping[str, tuple[EventDefinition, ...]] = MappingProxyType(_start_events(process.scope))
        self._together = _together(process.scope)
        self.conditional = any(d.kind == "conditional" for element in self.elements.values() for d in element.events)
        self._extra = {element: frozenset(wanted) for element, wanted in names.items()}
        asked = list(dict.fromkeys(formula for _, formula in formulas.everything(process.scope)))
        self._names = {text: reading.names for text, reading in zip(asked, feel.read_all(asked), strict=True)}
        self._bodies: dict[str, ScopeSpec] = {}
        self.root = self._scope(process.scope, process.id, keeps=True)
        self._after = ahead.all_after([self.root, *self._bodies.values()])

    def names(self, expression: str) -> frozenset[str]:
        """The names that an expression (without leading ``=``) needs."""
        found = self._names.get(expression)
        return feel.names(expression) if found is None else found

    def expressions_after(self, element: str) -> tuple[str, ...]:
        """What is asked, in the ordinary case, from when a waiting element is done until everything waits again.

        ``""`` stands for the start of the process, ``<element>[]`` for that of an iteration.
        """
        return self.after(element).expressions

    def after(self, element: str) -> ahead.Ahead:
        """``expressions_after``, and by how many steps they are asked."""
        return self._after.get(element, ahead.Ahead())

    def names_after(self, element: str) -> frozenset[str]:
        """The names that ``expressions_after`` need."""
        return frozenset[str]().union(*map(self.names, self.expressions_after(element)))

    def together(self, start: str | None) -> tuple[str, ...]:
        """What else is waited for in an instance that was started behind an event gateway that needs all its events."""
        return self._together.get(start or "", ())

    def body(self, name: str) -> ScopeSpec:
        """One iteration of a loop or multi-instance, by the id of its element.

        Raises:
            NotFound: the element does not repeat.
        """
        if name not in self._bodies:
            raise NotFound("{element} of {process} does not repeat.", element=name, process=self.id)
        return self._bodies[name]

    def judges(self, body: str) -> frozenset[str]:
        """The names that the completion condition of a multi-instance reads: of an iteration that ends, or of others.

        Raises:
            NotFound: no element of this id repeats.
        """
        loop = self.elements[self.body(body).name.removesuffix("[]")].loop
        condition = loop.completion_condition if loop is not None else None
        return self.names(feel.body(condition)) if condition else frozenset()

    # -- building

    def _scope(self, model: Scope, name: str, *, keeps: bool = False) -> ScopeSpec:
        spec = ScopeSpec(name, model, keeps=keeps)
        for element in model.elements.values():
            if not _is_undo_event(element):
                self._element(spec, element)
        _wire(spec, model)
        return spec

    def _element(self, spec: ScopeSpec, element: Element) -> None:
        if element.loop is not None:
            repeated = (Fan if element.loop.kind == "parallel" else Passes)(spec, element)
            repeated.inner = self._body(element)
        else:
            self._single(spec, element)

    def _single(self, spec: ScopeSpec, element: Element) -> Step:
        inner = element.inner
        if inner is not None and inner.triggered_by_event:
            start = next(e for e in inner.elements.values() if e.tag == "startEvent")
            step: Step = EventSub(spec, element, start)
        else:
            step = _class(element, spec.model)(spec, element)
        if inner is not None:
            step.inner = self._scope(inner, element.id)
        return step

    def _body(self, element: Element) -> ScopeSpec:
        assert element.loop is not None
        iterates = element.loop.kind != "standard"
        body = ScopeSpec(
            f"{element.id}[]", None, keeps=iterates, result=element.loop.output_element if iterates else None
        )
        once = replace(element, loop=None, boundary=(), start_quantity=1, completion_quantity=1)
        body.starts = (self._single(body, once),)
        body.required = self._required(element)
        self._bodies[element.id] = body
        return body

    def _required(self, element: Element) -> frozenset[str]:
        """All names that an element and what is in it mention."""
        alone = Scope(element.id, "process", {element.id: element})
        inside = [element.id, *(inner.id for _, inner in walk(element.inner or alone))]
        asked = [formula for _, formula in formulas.everything(element.inner)] if element.inner is not None else []
        # What is asked around the iterations, the collection above all, none of them needs.
        assert element.loop is not None
        asked += [*formulas.inputs(element), *formulas.entry(element), *formulas.outputs(element)]
        asked += [feel.body(element.loop.output_element)] if element.loop.output_element else []
        given = frozenset[str]().union(*(self._extra.get(identity, frozenset()) for identity in inside))
        return given.union(*map(self.names, asked))


def compile(  # noqa: A001
    process: Process, names: Mapping[str, Collection[str]] = MappingProxyType({}), *, released: bool = False
) -> Spec:
    """Compile a process.

    Args:
        process: of a diagram that has been read.
        names: for an element the names it needs beyond its own expressions: those of its form or its decision.
        released: it was judged when it was released, and its cases go on by the rules of that day.

    Raises:
        DiagramInvalid: it holds something that is not run; its problems name each.
    """
    found = () if released else lint.must(process)
    if found:
        raise DiagramInvalid("The process {process} cannot be run.", list(found), process=process.id)
    return Spec(process, names)


def _class(element: Element, scope: Scope | None) -> type[Step]:
    first = element.events[0].kind if element.events else None
    if element.tag in ("endEvent", "intermediateThrowEvent") and (first is None or first == "link"):
        return Plain if first is None else Pass
    if first == "link":
        return Pass
    if element.tag == "startEvent" and element.parallel_multiple and len(element.events) > 1:
        # That of an event sub-process has waited already: its sub-process did.
        return Plain if scope is not None and scope.triggered_by_event else Gathering
    if element.job is not None and element.tag in ("serviceTask", "sendTask", "businessRuleTask", "scriptTask"):
        return Work
    return _STEPS[element.tag]


def _is_undo_event(element: Element) -> bool:
    return element.tag == "boundaryEvent" and any(d.kind == "compensate" for d in element.events)


def _wire(spec: ScopeSpec, model: Scope) -> None:
    """Join the steps of a scope. What begins together begins in the order of ids: where the standard leaves an order
    open, the order of lines in the file decides nothing.
    """
    out: dict[str, list[Flow]] = {}
    for flow in (*model.flows.values(), *_links(model)):
        out.setdefault(flow.source, []).append(flow)
        spec.before.setdefault(flow.target, []).append(flow.source)
    for step in spec.by_id.values():
        element = step.element
        flows = out.get(element.id, [])
        if element.tag != "exclusiveGateway":
            flows = sorted(flows, key=lambda flow: (flow.target, flow.id))
        step.ways = tuple(Way(flow, spec.by_id[flow.target]) for flow in flows)
        for way in step.ways:
            step.connect(way.target)
        step.boundary = tuple(spec.by_id[event] for event in sorted(element.boundary) if event in spec.by_id)
        undo = (model.elements[event].handler for event in element.boundary if event not in spec.by_id)
        step.handler = next(undo, None)
    subs = [step for _, step in sorted(spec.by_id.items()) if isinstance(step, EventSub)]
    spec.undo = next((step for step in subs if step.start.events[0].kind == "compensate"), None)
    spec.event_subs = tuple(step for step in subs if step is not spec.undo)
    starts = [element.id for element in _starts(model)]
    spec.starts = tuple(spec.by_id[each] for each in (starts if spec.one_by_one else sorted(starts)))


def _starts(model: Scope) -> list[Element]:
    """What gets a token when the scope begins: start events without trigger; without any start event all that no flow
    leads to.
    """
    entry = [element for element in model.elements.values() if not element.incoming and _can_start(element)]
    events = [element for element in entry if element.tag == "startEvent"]
    if model.triggered_by_event:
        return []
    return [
        element
        for element in events or entry
        if not (element.tag == "startEvent" and element.events) and not element.instantiate
    ]


def _can_start(element: Element) -> bool:
    if element.tag == "boundaryEvent" or element.for_compensation:
        return False
    if element.inner is not None and element.inner.triggered_by_event:
        return False
    return not (element.tag == "intermediateCatchEvent" and any(d.kind == "link" for d in element.events))


def _start_events(model: Scope) -> dict[str, tuple[EventDefinition, ...]]:
    found: dict[str, tuple[EventDefinition, ...]] = {}
    for element in model.elements.values():
        if (element.tag == "startEvent" and element.events) or (element.tag == "receiveTask" and element.instantiate):
            found[element.id] = element.events
        elif element.instantiate and element.tag == "eventBasedGateway":
            for flow in element.outgoing:
                target = model.elements[model.flows[flow].target]
                found[target.id] = target.events
    return found


def _together(model: Scope) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for element in model.elements.values():
        if element.tag == "eventBasedGateway" and element.gateway_type == "Parallel":
            targets = sorted(model.flows[flow].target for flow in element.outgoing)
            found.update({each: tuple(other for other in targets if other != each) for each in targets})
    return found


def _links(model: Scope) -> list[Flow]:
    """A link throw event leads to the link catch event of its name (BPMN 10.5.5)."""
    catches = {
        e.events[0].name: e.id for e in model.elements.values() if e.tag == "intermediateCatchEvent" and _is_link(e)
    }
    throws = (e for e in model.elements.values() if e.tag == "intermediateThrowEvent" and _is_link(e))
    return [Flow(f"~{throw.id}", throw.id, catches[throw.events[0].name], line=throw.line) for throw in throws]


def _is_link(element: Element) -> bool:
    return bool(element.events) and element.events[0].kind == "link"
