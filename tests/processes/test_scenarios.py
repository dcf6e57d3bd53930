"""Scenarios can be played: persons, tasks, fields and ends exist, and whoever acts holds the role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.bpmn import diagram, lint
from engine.bpmn.diagram import Element
from tests.processes.procedure import Drawn, decision_files, drawn, held, role_titled, scenarios, toml, written

each_scenario = pytest.mark.parametrize("scenario", scenarios().values(), ids=scenarios())
ENGINE = "engine"
# Ends beside the way of the whole, after a reminder, are called like this; and what only its caller plays.
BESIDE = ("_reminded", "_recorded", "_noted")
BEGUN_BY_MESSAGE = {"c_meeting": "c_meeting_requirement", "c_meeting_requirement": "c_remind"}
THROUGH_THE_CALLER = {"xc_handover_form"}
CONNECTORS = {
    "register.append",
    "number.next",
    "directory.put",
    "grant.give",
    "grant.revoke",
    "count",
    "notify",
    "deadline.reckon",
}


def family(key: str) -> Iterator[Drawn]:
    """A process and all it calls or starts by message."""
    yield drawn()[key]
    if key in BEGUN_BY_MESSAGE:
        yield drawn()[BEGUN_BY_MESSAGE[key]]
    for element in drawn()[key].elements.values():
        if element.called is not None:
            yield from family(element.called.process)


def begun(scenario: dict[str, Any], step: dict[str, Any]) -> dict[str, Any]:
    """How the case began that a step is about: the scenario's own, or a further one that a step has begun."""
    further = [each["start"] for each in scenario["step"] if "start" in each and each["case"] == step.get("case")]
    return further[0] if further else scenario["start"]


def task(scenario: dict[str, Any], step: dict[str, Any], name: str) -> tuple[Drawn, Element]:
    found = {e.id: (each, e) for each in family(begun(scenario, step)["process"]) for e in each.user_tasks()}
    return found[name]


@each_scenario
def test_a_scenario_says_in_two_languages_what_happens_and_begins_with_what_the_process_needs(
    scenario: dict[str, Any],
) -> None:
    assert scenario["title"]
    assert scenario["title_en"].isascii()
    for start in (scenario["start"], *(step["start"] for step in scenario["step"] if "start" in step)):
        key, variables = start["process"], start["variables"]
        remits = {name for name, kind in toml("catalog.toml")[key]["remits"].items() if not kind.endswith("?")}
        assert remits <= variables.keys()
        by = start["by"]
        may = {grant.partition("@")[0] for grant in held(by)} if by != ENGINE else set()
        assert by == ENGINE or may & set(toml("catalog.toml")[key]["start"])


@each_scenario
def test_every_step_is_one_thing_that_can_be_done(scenario: dict[str, Any]) -> None:
    for step in scenario["step"]:
        assert len({"task", "clock", "message", "expect", "start"} & step.keys()) == 1, step
        if "task" in step:
            each, element = task(scenario, step, step["task"])
            assert set(step["submit"]) <= written(each.form_of(element)), step["task"]
        if "expect" in step:
            waiting = step["expect"].get("waiting", ())
            assert all(task(scenario, step, name) for name in waiting)
            assert set(step["expect"].get("registers", ())) <= toml("registers.toml").keys()


@each_scenario
def test_required_fields_are_filled_where_nothing_is_refused(scenario: dict[str, Any]) -> None:
    for step in scenario["step"]:
        if "task" in step and "refused" not in step:
            each, element = task(scenario, step, step["task"])
            shown = [c for c in each.form_of(element)["components"] if "conditional" not in c]
            required = {c["key"] for c in shown if c.get("validate", {}).get("required")}
            assert required <= step["submit"].keys(), step["task"]


@each_scenario
def test_whoever_acts_holds_the_role_of_the_lane_within_the_case(scenario: dict[str, Any]) -> None:
    roles = toml("roles.toml")
    for step in scenario["step"]:
        if "task" not in step:
            continue
        variables = begun(scenario, step)["variables"]
        _, element = task(scenario, step, step["task"])
        role = role_titled(element.lane)
        if element.assignment is not None or roles[role].get("assigned"):
            continue
        remit = roles[role].get("remit")
        granted = {grant for grant in held(step["by"]) if grant.startswith(f"{role}@")}
        assert granted, (step["task"], step["by"])
        if remit == "team" and "teamId" in variables:
            assert f"{role}@team:{variables['teamId']}" in granted, (step["task"], step["by"])


@each_scenario
def test_a_scenario_ends_by_looking_at_where_things_stand(scenario: dict[str, Any]) -> None:
    assert "expect" in scenario["step"][-1]
    for step in scenario["step"]:
        if "ended" in step.get("expect", {}):
            process = drawn()[begun(scenario, step)["process"]]
            assert step["expect"]["ended"] in {e.id for e in process.elements.values() if e.tag == "endEvent"}


def test_every_end_of_every_process_is_reached_by_a_scenario() -> None:
    """Ends beside the way of the whole, of what an event started, do not end a case."""
    reached: dict[str, set[str]] = {}
    for each in scenarios().values():
        for step in each["step"]:
            if "ended" in step.get("expect", {}):
                reached.setdefault(begun(each, step)["process"], set()).add(step["expect"]["ended"])
    for key in drawn().keys() - THROUGH_THE_CALLER:
        ends = {e.id for e in drawn()[key].process.scope.elements.values() if e.tag == "endEvent"}
        assert not [end for end in ends - reached.get(key, set()) if not end.endswith(BESIDE)], key


def test_no_diagram_has_anything_that_lint_objects_to() -> None:
    roles, decisions = toml("roles.toml"), "".join(body.decode() for body in decision_files().values())
    calls = {key: [e.called.process for e in each.elements.values() if e.called] for key, each in drawn().items()}
    for key, each in drawn().items():
        around = lint.Surroundings(
            roles={role["title"]: role.get("remit") for role in roles.values()},
            groups=set(roles),
            forms={name: written(form) for name, form in each.forms.items()},
            decisions={word.split('"')[0] for word in decisions.split('<decision id="')[1:]},
            processes=calls,
            deadlines=set(toml("deadlines.toml")),
            connectors=CONNECTORS,
            remits={
                k: {n: v.rstrip("?") for n, v in entry["remits"].items()} for k, entry in toml("catalog.toml").items()
            },
        )
        assert lint.check(diagram.read(each.path.read_bytes(), each.path.name), around) == (), key
