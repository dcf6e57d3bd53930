"""Variables: who writes them, who reads them, and who must not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from engine import feel
from engine.bpmn.lint import expressions
from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.lint.writes import Write, Writes
from engine.bpmn.model import Element, Scope

# Which branches run side by side is worked out for scopes that a person could still read.
_SURVEYED = 600
_FORKS = frozenset({"parallelGateway", "inclusiveGateway", "complexGateway"})


def check(sheet: Sheet) -> None:
    """Rules protected-name, function-name, write-across-iteration, name-unknown and parallel-writes."""
    writes = Writes(sheet)
    _functions(sheet, writes)
    opaque = {process.id for process in sheet.processes if _opaque(sheet, process.id)}
    for place in sheet.places:
        _protected(sheet, writes, place)
        if place.element.loop is not None and place.element.loop.kind != "standard":
            _across(sheet, writes, place)
        if place.process.id not in opaque:
            _unknown(sheet, writes, place)
    for _, scope, _ in sheet.scopes:
        small = len(scope.elements) + len(scope.flows) <= _SURVEYED
        for element in scope.elements.values() if small else ():
            _parallel(sheet, writes, scope, element)


def _protected(sheet: Sheet, writes: Writes, place: Place) -> None:
    guarded = sheet.around.guarded(place.process.id)
    seen: set[str] = set()
    for write in writes.spots(place.element):
        if write.name in guarded and write.name not in seen:
            seen.add(write.name)
            sheet.error(
                place,
                "protected-name",
                "{id} writes {name} ({where}), which decides who sees the instance and never changes.",
                "Use another name.",
                id=place.id,
                name=write.name,
                where=write.where,
            )


def _functions(sheet: Sheet, writes: Writes) -> None:
    """Names that are functions too: read without parentheses they are the variable, with them never.

    What a connector calls its answer is not for the diagram to choose.
    """
    spots = ((place.element, write) for place in sheet.places for write in writes.spots(place.element))
    written = [(element, write) for element, write in spots if write.where != "taskDefinition"]
    for process in sheet.processes:
        starts = [e for e in process.scope.elements.values() if e.tag == "startEvent" and not e.events]
        fields = [(e, Write(n, "form", e)) for e in starts for n in sheet.around.fields(e.form_id or e.id) or ()]
        written += fields or [
            (e, Write(n, "form", e)) for e in starts[:1] for n in sheet.around.fields(process.id) or ()
        ]
    names = sorted({write.name for _, write in written})
    calls = feel.read_all(f"{name}(x)" for name in names)
    functions = {name for name, reading in zip(names, calls, strict=True) if name in reading.calls}
    told: set[tuple[str, str]] = set()
    for element, write in written:
        if write.name in functions and (element.id, write.name) not in told:
            told.add((element.id, write.name))
            sheet.warning(
                element,
                "function-name",
                "{id} writes {name} ({where}), which is the name of a function of FEEL.",
                "Use another name: {name}(…) stays the function, and other tools may take one for the other.",
                id=element.id,
                name=write.name,
                where=write.where,
            )


def _across(sheet: Sheet, writes: Writes, place: Place) -> None:
    loop = place.element.loop
    own = {mapping.target for mapping in place.element.inputs} | {loop.element if loop else None}
    seen: set[str] = set()
    for write in writes.inside(place.element):
        other = None if write.name in own | seen else writes.outside(place, write.name)
        if other is not None:
            seen.add(write.name)
            sheet.error(
                write.element,
                "write-across-iteration",
                "{id} writes {name} ({where}) for each of several in {host}, but {other} gives {name} outside, once.",
                "Collect it with outputCollection and outputElement, or use another name.",
                id=write.element.id,
                name=write.name,
                where=write.where,
                host=place.id,
                other=other,
            )


def _opaque(sheet: Sheet, process: str) -> bool:
    """Whether names can come into a process that the diagram and its surroundings do not tell."""
    around = sheet.around
    if around.given is None or process not in around.given:
        return True
    # With outputs, only what these say leaves the element.
    places = (place for place in sheet.by_process[process] if not place.element.outputs)
    return any(_brings(sheet, place.element) for place in places)


def _brings(sheet: Sheet, element: Element) -> bool:
    """Whether names that nobody has told can come with what an element waits for: a message, a form, an answer."""
    around = sheet.around
    receives = element.tag not in ("sendTask", "intermediateThrowEvent", "endEvent") and any(
        event.kind in ("message", "signal", "error", "escalation") for event in element.events
    )
    form = element.form_id or element.id
    unread = (
        element.tag == "userTask" and around.fields(form) is None and (around.forms is None or form in around.forms)
    )
    answers = element.job is not None and around.results(element.job.type) is None
    return receives or unread or answers


def _unknown(sheet: Sheet, writes: Writes, place: Place) -> None:
    seen: set[str] = set()
    for expression in expressions.of(place):
        for name in sorted(expressions.names(expression.text) - seen):
            seen.add(name)
            if writes.visible(place, name, expression.inside) or _comes_back(sheet, writes, place, expression, name):
                continue
            sheet.findings.warning(
                "name-unknown",
                place.id,
                expression.line,
                "{id} reads {name} ({where}), which nothing in the process writes.",
                "Correct the name, or write it before: a name that is not there stops the process.",
                id=place.id,
                name=name,
                where=expression.where,
            )
    for decision in _decisions(place.element):
        for name in sorted(set(sheet.around.asked(decision)) - seen):
            if not writes.visible(place, name):
                sheet.warning(
                    place,
                    "name-unknown",
                    "{id} asks the decision {decision}, which reads {name}; nothing in the process writes that.",
                    "Correct the name in the table, or write it before: a name that is not there stops the process.",
                    id=place.id,
                    decision=decision,
                    name=name,
                )


def _decisions(element: Element) -> Iterator[str]:
    named = (element.decision.id if element.decision is not None else None, element.properties.get("check"))
    return (each for each in named if each and not each.startswith("="))


def _comes_back(sheet: Sheet, writes: Writes, place: Place, expression: expressions.Expression, name: str) -> bool:
    """Whether an output may find the name in what has come to its element: in a message, or in what a called process
    leaves behind; of one in another file that is not known.
    """
    called = place.element.called
    if expression.where != "output" or called is None:
        return expression.where == "output" and _brings(sheet, place.element)
    process = sheet.diagram.processes.get(called.process)
    return (
        process is None
        or name in writes.given(process.id)
        or name in (*process.scope.declares, *writes.writers(process.scope))
    )


def _parallel(sheet: Sheet, writes: Writes, scope: Scope, element: Element) -> None:
    """Two branches that run side by side and write one name: which value stays is a matter of luck."""
    branches = _branches(scope, element)
    if len(branches) < 2:
        return
    reached = [_reach(scope, begin, element.id) for begin in branches]
    alone = [
        own.difference(*(other for at, other in enumerate(reached) if at != index)) for index, own in enumerate(reached)
    ]
    written = [{w.name: w.element.id for key in part for w in writes.leaving(scope.elements[key])} for part in alone]
    told: set[str] = set()
    for one, other in combinations(written, 2):
        for name in sorted((one.keys() & other.keys()) - told):
            told.add(name)
            sheet.warning(
                element,
                "parallel-writes",
                "{first} and {second} both write {name} and may run at the same time; the later one wins.",
                "Let each write a name of its own, and put them together behind the join.",
                first=one[name],
                second=other[name],
                name=name,
            )


def _branches(scope: Scope, element: Element) -> list[str]:
    """Where the ways begin that tokens of one element may take side by side."""
    activity = element.tag not in ("exclusiveGateway", "eventBasedGateway") and not element.tag.endswith("Gateway")
    branches = [scope.flows[key].target for key in element.outgoing] if activity or element.tag in _FORKS else []
    border = [key for key in element.boundary if not scope.elements[key].interrupting]
    return branches + border


def _reach(scope: Scope, begin: str, without: str) -> set[str]:
    found: set[str] = set()
    stack = [begin]
    while stack:
        key = stack.pop()
        if key not in found and key != without:
            found.add(key)
            element = scope.elements[key]
            stack.extend(scope.flows[flow].target for flow in element.outgoing)
            stack.extend(element.boundary)
    return found
