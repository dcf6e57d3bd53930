"""The round of the demonstration through the pages, by the people whose work it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from engine import scenario, schema
from engine.runtime import Runtime
from tests.journeys import reading
from tests.journeys.conftest import PATIENCE_MS, founded, served
from tests.journeys.round import Round
from tests.journeys.walking import Walker
from tests.processes.conftest import BEGINS, WHOLE_ROUND

CLUE = "XS-2026-01-"
REGISTERED, HANDED_IN = "register_clue", "accept_account"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# What is read in English, and what is done on a telephone; all else in Chinese on a desk.
ENGLISH = {"xc_rectify", "xc_rectify_item", "xc_rectify_transfer"}
TELEPHONE = {"xc_onsite_fix", "xc_feedback"}


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A district of its own, whose clock begins before anything of the round has happened."""
    with founded(tmp_path_factory.mktemp("round"), BEGINS) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def address(district: Runtime) -> Iterator[str]:
    with served(district) as where:
        yield where


@pytest.fixture(scope="module")
def seats(address: str, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[dict[str, Walker]]:
    """A desk, a desk of somebody who reads English, a telephone."""
    found, contexts = {}, []
    for name, language, size in (("desk", "zh", WIDE), ("english", "en", WIDE), ("telephone", "zh", NARROW)):
        contexts.append(browser.new_context(**browser_context_args, viewport=size))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE_MS)
        found[name] = Walker(page, language, address, forms=False)
    yield found
    for each in contexts:
        each.close()


@pytest.fixture(scope="module")
def midway() -> dict[str, str]:
    """What a member of the second team could read when both teams had handed in their accounts."""
    return {}


@pytest.fixture(scope="module")
def gone(district: Runtime, seats: dict[str, Walker], midway: dict[str, str]) -> Round:
    """The round, gone to where its scenario ends."""

    def seat(process: str) -> Walker:
        return seats["english" if process in ENGLISH else "telephone" if process in TELEPHONE else "desk"]

    told = scenario.read(WHOLE_ROUND.read_bytes(), WHOLE_ROUND.name)
    walking = Round(district, told, seat)
    *_, last = (step for step in told.steps if step.get("task") == HANDED_IN)
    for step in walking.goes():
        if step is last:
            midway.update(reading.everything(walking.at(seats["desk"], "t2_audit")))
    return walking


def test_every_kind_of_step_was_done_through_the_pages(gone: Round, district: Runtime) -> None:
    t = schema.task.c
    with district.read() as view:
        done = view.connection.execute(select(t.process_key, t.element).where(t.state == "completed").distinct())
        assert {tuple(row) for row in done} - gone.walked == set()
    assert {step["task"] for step in gone.told.steps if "task" in step} == {element for _, element in gone.walked}


def test_what_the_scenario_refuses_was_refused_on_the_page(gone: Round) -> None:
    assert gone.refused == [step["refused"] for step in gone.told.steps if "refused" in step]


def test_a_leader_sees_where_the_round_stands_and_reads_its_story_to_the_beginning(
    gone: Round, seats: dict[str, Walker]
) -> None:
    desk = seats["desk"]
    desk.becomes("lgh")
    for path in reading.LISTS:
        desk.looks_at(path, path)
    desk.looks_at(f"/cases/{gone.case}", "case")
    expect(desk.page.locator("svg .djs-element").first).to_be_visible()
    expect(desk.page.get_by_role("table").last).to_contain_text("中期推动会")
    story = "\n".join(_lines_to_the_beginning(desk))
    assert "巡察办综合岗干部发起事项" in story
    done = _done(gone.district, gone.case)
    assert done
    assert {name for each in done if (name := f"“{desk.words.element('xc_round', each)}”") not in story} == set()


def test_a_member_of_the_other_team_reads_of_no_clue_of_this_one(
    gone: Round, seats: dict[str, Walker], midway: dict[str, str]
) -> None:
    desk = seats["desk"]
    desk.becomes("t2_audit")
    after = reading.everything(desk)
    found = {(step["by"][:2], step["where"]["clueNo"]) for step in gone.told.steps if step.get("task") == REGISTERED}
    own, others = ({number for team, number in found if team == of} for of in ("t2", "t1"))
    assert {number for number in own if any(number in text for text in midway.values())} == own
    assert {number for number in others if any(number in text for text in (*midway.values(), *after.values()))} == set()
    _are_as_if_they_had_never_been(desk, _cases(gone.district, "teamId", "T1"))


def test_the_liaison_of_an_inspected_unit_reads_of_no_clue_at_all(gone: Round, seats: dict[str, Walker]) -> None:
    desk = seats["desk"]
    desk.becomes("u1_liaison")
    read = reading.everything(desk)
    assert any("ZG-2026-01-u1-" in text for text in read.values())
    assert {path for path, text in read.items() if CLUE in text or "线索" in text} == set()
    for path in reading.LISTS:
        assert "<tbody" not in desk.page.request.get(f"{desk.address}{path}?text={CLUE}").text()
    _are_as_if_they_had_never_been(desk, _cases(gone.district, "clueNo"))


def test_no_page_made_a_mistake(gone: Round, seats: dict[str, Walker]) -> None:
    assert {name: walker.faults for name, walker in seats.items() if walker.faults} == {}


def _lines_to_the_beginning(walker: Walker) -> list[str]:
    lines = walker.page.locator(".story > li")
    while (earlier := walker.page.get_by_role("button", name="更早的记录")).count():
        shown = lines.count()
        earlier.click()
        expect(lines.nth(shown)).to_be_visible()
    return lines.all_inner_texts()


def _done(district: Runtime, case: str) -> list[str]:
    t = schema.task.c
    with district.read() as view:
        query = select(t.element).where(t.instance_id == case, t.state == "completed").distinct()
        return list(view.connection.execute(query).scalars())


def _cases(district: Runtime, name: str, value: str | None = None) -> list[str]:
    """Cases that have a value of this name, or this one."""
    v = schema.variable.c
    query = select(v.instance_id).where(v.name == name, v.scope == 0).distinct()
    if value is not None:
        query = query.where(v.value == json.dumps(value))
    with district.read() as view:
        found = list(view.connection.execute(query).scalars())
    assert found
    return found


def _are_as_if_they_had_never_been(walker: Walker, cases: list[str]) -> None:
    for path in ("/cases/{}", "/cases/{}/story", "/cases/{}/diagram", "/cases/{}/talk"):
        answers = {walker.page.request.get(walker.address + path.format(case)).status for case in (*cases, "0" * 32)}
        assert answers == {404}, path
