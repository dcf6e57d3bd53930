"""Every throwing event matters: without it the test that plays its diagram fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from engine.bpmn.diagram import Element, Process, Scope
from tests.engine.interpreter import test_compensation, test_events, test_gateways, test_loops, test_scopes, test_tasks
from tests.engine.interpreter.playing import redrawn

MODULES = (test_compensation, test_events, test_gateways, test_loops, test_scopes, test_tasks)
NOTHING_TO_UNDO = {
    ("test_what_is_undone_is_undone_once", "u"),
    ("test_what_a_handler_completes_is_not_undone_itself", "u"),
    ("test_a_throw_with_nothing_to_undo_goes_on", "t"),
}
"""That these throw to no effect is what their tests say."""
THROWS = ("endEvent", "intermediateThrowEvent")


def plays(module: ModuleType) -> list[tuple[str, Callable[[], None]]]:
    """The tests of a module that need nothing given."""
    found = [(name, play) for name, play in vars(module).items() if name.startswith("test_") and callable(play)]
    return [(name, play) for name, play in found if not play.__code__.co_argcount]


def throwing(process: Process) -> list[str]:
    return [element.id for _, element in process.walk() if element.tag in THROWS and element.events]


def without(process: Process, identity: str) -> Process:
    """The process with one event that throws nothing."""
    return replace(process, scope=_scope(process.scope, identity))


def _scope(scope: Scope, identity: str) -> Scope:
    return replace(scope, elements={key: _element(element, identity) for key, element in scope.elements.items()})


def _element(element: Element, identity: str) -> Element:
    if element.id == identity:
        return replace(element, events=(), job=None)
    return replace(element, inner=_scope(element.inner, identity)) if element.inner is not None else element


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition("_")[2])
def test_a_test_fails_when_an_event_of_its_diagram_throws_nothing(module: ModuleType) -> None:
    idle = []
    for name, play in plays(module):
        found: set[str] = set()

        def look(process: Process, found: set[str] = found) -> Process:
            found.update(throwing(process))
            return process

        with redrawn(look) as reached:
            play()
        idle += [(name, event) for event in sorted(found & reached) if not fails(play, event)]
    assert set(idle) == NOTHING_TO_UNDO & {(name, event) for name, _ in plays(module) for _, event in NOTHING_TO_UNDO}


def fails(play: Callable[[], Any], event: str) -> bool:
    """Whether a test notices that an event throws nothing."""
    with redrawn(lambda process: without(process, event)):
        try:
            play()
        except (Exception, pytest.fail.Exception):
            return True
    return False
