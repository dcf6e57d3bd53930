"""What is asked of others: connectors, decisions, called processes."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping

from engine.bpmn.lint.sheet import Place, Sheet
from engine.bpmn.model import Called, Process

_COUNT = re.compile(r"\d{1,9}")


def must(sheet: Sheet) -> None:
    """Rules on connectors, decisions, called processes and what they are given."""
    for place in sheet.places:
        _work(sheet, place)
        _decision(sheet, place)
        if place.element.tag == "callActivity":
            _call(sheet, place, place.element.called)


def check(sheet: Sheet) -> None:
    """Circles of calls."""
    _cycles(sheet)


def _work(sheet: Sheet, place: Place) -> None:
    element = place.element
    job = element.job
    if job is None or not job.type:
        if element.tag == "serviceTask" or job is not None:
            sheet.error(
                place,
                "connector-unknown",
                "{id} does not say which connector does the work.",
                "Name it in the type of zeebe:taskDefinition.",
                id=place.id,
            )
        return
    if job.retries is not None and not job.retries.startswith("=") and not _COUNT.fullmatch(job.retries.strip()):
        sheet.error(
            place,
            "connector-unknown",
            "{id} is to be tried {retries} times.",
            "Write a number, or a FEEL expression that begins with =.",
            id=place.id,
            retries=job.retries[:100],
        )
    known = sheet.around.connectors
    if known is not None and job.type not in known:
        sheet.error(
            place,
            "connector-unknown",
            "There is no connector {type}, which {id} names.",
            "Choose one of: {known}.",
            type=job.type[:100],
            id=place.id,
            known=", ".join(sorted(known)),
        )
    elif sheet.around.work is not None and not job.type.startswith("="):
        for problem in sheet.around.work(job.type, job.headers, [mapping.target for mapping in element.inputs]):
            sheet.error(
                place,
                "connector-misused",
                problem.message,
                "Correct the {part} of {id}.",
                **{**problem.params, "part": problem.where, "id": place.id},
            )


def _decision(sheet: Sheet, place: Place) -> None:
    element, known = place.element, sheet.around.decisions
    asked = element.properties.get("check")
    if element.tag == "businessRuleTask" and element.job is None:
        decision = element.decision
        if decision is None or not decision.id:
            sheet.error(
                place,
                "decision-missing",
                "{id} does not say which decision it asks.",
                "Name it in the decisionId of zeebe:calledDecision.",
                id=place.id,
            )
        else:
            _ask(sheet, place, decision.id, known is not None and decision.id not in known)
            if not decision.result:
                sheet.error(
                    place,
                    "decision-missing",
                    "{id} does not say which variable receives the answer.",
                    "Name it in resultVariable.",
                    id=place.id,
                )
            if decision.binding != "deployment":
                _binding(sheet, place, decision.binding)
    if asked is not None:
        _ask(sheet, place, asked, known is not None and asked not in known)


def _ask(sheet: Sheet, place: Place, decision: str, missing: bool) -> None:
    if missing:
        sheet.error(
            place,
            "decision-missing",
            "There is no decision {decision}, which {id} asks.",
            "Put its table beside the diagram, or correct the id; an expression cannot be frozen with the diagram.",
            decision=decision[:200],
            id=place.id,
        )


def _binding(sheet: Sheet, place: Place, binding: str) -> None:
    sheet.error(
        place,
        "binding-type",
        "{id} names the binding {binding}.",
        "Delete it: what is called is frozen with the diagram. Only a called process may be the latest.",
        binding=binding[:100],
        id=place.id,
    )


def _call(sheet: Sheet, place: Place, called: Called | None) -> None:
    if called is None or not called.process:
        sheet.error(
            place,
            "called-missing",
            "{id} does not say which process it calls.",
            "Name it in the processId of zeebe:calledElement.",
            id=place.id,
        )
        return
    known, beside = sheet.around.processes, sheet.diagram.processes.get(called.process)
    fixed = not called.process.startswith("=")
    if beside is not None and not beside.executable:
        sheet.error(
            place,
            "called-missing",
            "The process {process}, which {id} calls, is not executable.",
            "Set isExecutable to true on it, or call another one.",
            process=called.process[:200],
            id=place.id,
        )
    elif fixed and known is not None and called.process not in known and beside is None:
        sheet.error(
            place,
            "called-missing",
            "There is no process {process}, which {id} calls.",
            "Release it first or with this one, or correct the id.",
            process=called.process[:200],
            id=place.id,
        )
    if called.propagate_all:
        sheet.error(
            place,
            "propagate-all",
            "{id} hands over all variables, to people who may not see what is in them.",
            "Delete propagateAll…, and write an input or output mapping for each value that shall travel.",
            id=place.id,
        )
    if called.binding not in ("deployment", "latest"):
        _binding(sheet, place, called.binding)


def calls(process: Process) -> frozenset[str]:
    """The ids of the processes that a process calls, as far as they are fixed."""
    called = (element.called for _, element in process.walk())
    return frozenset(item.process for item in called if item is not None and not item.process.startswith("="))


def _cycles(sheet: Sheet) -> None:
    """One finding for each circle of calls that a process of this file belongs to."""
    graph: dict[str, frozenset[str]] = {}
    if isinstance(sheet.around.processes, Mapping):
        graph.update({key: frozenset(value) for key, value in sheet.around.processes.items()})
    graph.update({process.id: calls(process) for process in sheet.processes})
    circle = _circles(graph)
    told: set[int] = set()
    for place in sheet.places:
        called, process = place.element.called, place.process.id
        if called is None or called.process not in graph or circle[called.process] != circle[process]:
            continue
        if circle[process] not in told:
            told.add(circle[process])
            way = _way(graph, called.process, process)
            sheet.error(
                place,
                "call-cycle",
                "{id} begins a circle of calls: {way}.",
                "Let the process go back by a flow, or call a process that does not call this one.",
                id=place.id,
                way=" → ".join((process, *way[:20])),
            )


def _circles(graph: Mapping[str, frozenset[str]]) -> dict[str, int]:
    """Process -> number of its circle: two have the same where each calls the other, directly or not (Kosaraju)."""
    back: dict[str, list[str]] = {}
    for key, following in graph.items():
        for one in following:
            back.setdefault(one, []).append(key)
    number: dict[str, int] = {}
    for key in reversed(_finished(graph)):
        stack = [key]
        while stack:
            at = stack.pop()
            if at not in number:
                number[at] = number.setdefault(key, len(number))
                stack.extend(one for one in back.get(at, ()) if one not in number and one in graph)
    return number


def _finished(graph: Mapping[str, frozenset[str]]) -> list[str]:
    """All processes, each after those it calls."""
    order: list[str] = []
    seen: set[str] = set()
    for key in graph:
        stack = [(key, False)]
        while stack:
            at, done = stack.pop()
            if done:
                order.append(at)
            elif at not in seen:
                seen.add(at)
                stack.append((at, True))
                stack.extend((one, False) for one in sorted(graph[at]) if one in graph and one not in seen)
    return order


def _way(graph: Mapping[str, frozenset[str]], begin: str, goal: str) -> tuple[str, ...]:
    """The shortest way of calls from one process to another that it leads to."""
    came: dict[str, str] = {begin: ""}
    queue = deque([begin])
    while queue and goal not in came:
        at = queue.popleft()
        for one in sorted(graph.get(at, ())):
            if one not in came:
                came[one] = at
                queue.append(one)
    way = [goal]
    while came.get(way[-1]):
        way.append(came[way[-1]])
    return tuple(reversed(way))
