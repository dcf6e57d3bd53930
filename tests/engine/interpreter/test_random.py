"""Random diagrams with random paths: every run ends, passes each block as often as it must, leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from engine.bpmn import lint
from engine.bpmn.diagram import Element, Process, Scope
from engine.interpreter import Fact
from tests.engine.interpreter.growing import HEARD, Grown, grow
from tests.engine.interpreter.playing import Case, redrawn
from tests.engine.interpreter.test_marking import picture

STEPS = 600


@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=0, max_value=2**32))
def test_every_run_of_every_diagram_ends_and_leaves_nothing(seed: int, path: int) -> None:
    grown = grow(seed)
    case = run(grown, path)
    assert case.over == "completed"
    assert not case.fold.incidents
    for element in grown.once:
        assert case.completed.count(element) == 1, f"{element} was passed {case.completed.count(element)} times"
    assert nothing_left(case)


@given(
    st.integers(min_value=0, max_value=2**32),
    st.integers(min_value=0, max_value=2**32),
    st.integers(min_value=0, max_value=20),
)
def test_cancelling_at_any_moment_leaves_nothing(seed: int, path: int, steps: int) -> None:
    case = run(grow(seed), path, steps)
    if case.ended is None:
        case.cancel()
    assert nothing_left(case)
    assert all(member.ended is not None for member in family(case))


@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=0, max_value=2**32))
def test_the_same_path_gives_the_same_facts_and_changes_no_spec(seed: int, path: int) -> None:
    grown = grow(seed)
    first = run(grown, path)
    before = picture(first.spec)
    again = Case(first.spec, grown.variables, others=grown.processes())
    play(again, path)
    assert everything(again) == everything(first)
    assert picture(first.spec) == before


@given(*[st.integers(min_value=0, max_value=2**32)] * 3)
def test_the_order_of_lines_in_the_file_changes_nothing(seed: int, path: int, order: int) -> None:
    grown = grow(seed)
    drawn = run(grown, path)
    with redrawn(lambda process: shuffled(process, Random(order))):
        assert everything(run(grown, path)) == everything(drawn)


def shuffled(process: Process, chance: Random) -> Process:
    """The same process with its elements, flows and borders written down in another order.

    Two orders say something: that of the conditions of an exclusive gateway, and that of what is done one by one.
    """
    return replace(process, scope=_shuffled(process.scope, chance))


def _shuffled(scope: Scope, chance: Random) -> Scope:
    elements, flows = list(scope.elements.values()), list(scope.flows.values())
    if scope.ordering != "Sequential":
        chance.shuffle(elements)
    ordered = {flow.source for flow in flows if scope.elements[flow.source].tag == "exclusiveGateway"}
    others = [flow for flow in flows if flow.source not in ordered]
    chance.shuffle(others)
    flows = [*others, *(flow for flow in flows if flow.source in ordered)]
    return replace(
        scope,
        elements={element.id: _element(element, chance) for element in elements},
        flows={flow.id: flow for flow in flows},
    )


def _element(element: Element, chance: Random) -> Element:
    boundary, outgoing = list(element.boundary), list(element.outgoing)
    chance.shuffle(boundary)
    chance.shuffle(outgoing)
    inner = None if element.inner is None else _shuffled(element.inner, chance)
    return replace(element, boundary=tuple(boundary), outgoing=tuple(outgoing), inner=inner)


def nothing_left(case: Case) -> bool:
    folds = [member.fold for member in family(case)]
    open_things = (f.visits or f.tasks or f.timers or f.subscriptions or f.jobs or f.children for f in folds)
    return not any(open_things) and all(set(fold.scopes) == {0} for fold in folds)


def run(grown: Grown, path: int, steps: int | None = None) -> Case:
    drawn = grown.processes()
    # Nothing outside can undo what ends in parallel iterations: such a diagram is refused, and says so.
    refused = {getattr(finding, "rule", "") for process in drawn.values() for finding in lint.must(process)}
    assume(refused != {"compensation-inside-fan"})
    case = Case(drawn["p"], grown.variables, others=drawn)
    play(case, path, steps)
    return case


def play(case: Case, path: int, steps: int | None = None) -> None:
    """Take open actions at random until nothing is open, or as many as are wanted."""
    chance = Random(path)
    for _ in range(STEPS if steps is None else steps):
        open_cases = [member for member in family(case) if member.ended is None]
        actions = [action for member in open_cases for action in available(member)]
        if not actions:
            return
        chance.choice(actions)()
    if steps is None:
        raise AssertionError(f"not over after {STEPS} steps: {case.standing}")


def available(case: Case) -> list[Callable[[], Case]]:
    """What somebody can do for a case now."""
    fold = case.fold
    found = [partial(case.complete, fact.element) for fact in fold.tasks.values()]
    found += [partial(case.finish, fact.element) for fact in fold.jobs.values()]
    arrive = {"message": case.message, "signal": case.signal}
    waiting = [fact for fact in fold.subscriptions.values() if not fact.name.startswith(HEARD)]
    found += [partial(arrive[fact.kind], fact.name) for fact in waiting]
    found += [partial(case.pass_time, minutes=minutes) for minutes in (10, 45, 90) if fold.timers]
    return list(found)


def family(case: Case) -> list[Case]:
    return [case, *(member for child in case.children for member in family(child))]


def everything(case: Case) -> list[tuple[Fact, ...]]:
    return [tuple(member.facts) for member in family(case)]
