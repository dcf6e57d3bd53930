"""The cases that a demonstration begins with: played as far as its story says, on a clock that begins where it says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from engine import clock, release, schema
from engine.actor import ENGINE
from engine.errors import Conflict, EngineError, NotFound
from engine.runtime import Runtime
from web import cast

DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://example.org/leave">
  <process id="leave" name="Leave" isExecutable="true">
    <startEvent id="asked"/><sequenceFlow id="a" sourceRef="asked" targetRef="approve"/>
    <userTask id="approve" name="Approve"/><sequenceFlow id="b" sourceRef="approve" targetRef="book"/>
    <userTask id="book" name="Book"/><sequenceFlow id="c" sourceRef="book" targetRef="answered"/>
    <endEvent id="answered"/>
  </process>
</definitions>
"""
SCENARIO = """
[start]
process = "leave"
by = "ida"
number = "LEAVE-1"
[[step]]
task = "approve"
by = "ida"
[[step]]
task = "book"
by = "ida"
"""
STORY = """
begins = 2026-03-02T09:00:00+08:00
[[case]]
scenario = "leave.toml"
[[case]]
scenario = "leave.toml"
at = 2026-03-09T10:00:00+08:00
until = "book"
replace = { "LEAVE-1" = "LEAVE-2" }
"""
REST = """
[start]
process = "leave"
by = "ida"
begun = true
[[step]]
task = "book"
by = "ida"
"""
GOES_ON = """
[[case]]
scenario = "rest.toml"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Processes with a story beside them."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "cases.toml").write_text(STORY)
    (tmp_path / "demo" / "cast.toml").write_text('[people.ida]\nname = "艾达"\n')
    (tmp_path / "leave.toml").write_text(SCENARIO)
    return tmp_path


def begun(runtime: Runtime, folder: Path) -> cast.Story:
    """The story, its clock set, its process released and its people entered."""
    told = cast.story(folder)
    cast.begin(runtime, told)
    with runtime.write(ENGINE) as command:
        release.release(command, {"leave.bpmn": DIAGRAM}, plain=True)
    cast.enter(runtime, folder / "demo" / "cast.toml")
    return told


def play(runtime: Runtime, told: cast.Story) -> tuple[list[int], list[str]]:
    """Steps that were taken, and why a case stopped."""
    failed: list[EngineError] = []
    return list(cast.play(runtime, told, failed.append)), [str(each) for each in failed]


def now(runtime: Runtime) -> datetime:
    with runtime.read() as view:
        return view.now


def cases(runtime: Runtime) -> dict[str, str]:
    """State of each case by its number."""
    with runtime.read() as view:
        found = view.connection.execute(select(schema.instance.c.business_key, schema.instance.c.state))
        return {row.business_key: row.state for row in found}


def test_a_story_is_played_on_its_own_clock_and_each_case_as_far_as_it_says(demo_runtime: Runtime, folder: Path):
    told = begun(demo_runtime, folder)
    assert now(demo_runtime).replace(second=0, microsecond=0) == datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

    steps, failed = play(demo_runtime, told)

    assert failed == [] and steps == [1] * 5 and cast.length(told) == 5
    assert cases(demo_runtime) == {"LEAVE-1": "ended", "LEAVE-2": "active"}
    assert now(demo_runtime).replace(second=0, microsecond=0) == datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
    with demo_runtime.read() as view:
        waiting = select(schema.task.c.element).where(schema.task.c.state == "open")
        assert view.connection.execute(waiting).scalars().all() == ["book"]


def test_a_case_that_has_been_begun_is_gone_on_with(demo_runtime: Runtime, folder: Path):
    (folder / "rest.toml").write_text(REST)
    (folder / "demo" / "cases.toml").write_text(STORY.replace('"LEAVE-2" }', '"LEAVE-2" }\n' + GOES_ON))

    steps, failed = play(demo_runtime, begun(demo_runtime, folder))

    assert failed == [] and len(steps) == 7
    assert cases(demo_runtime) == {"LEAVE-1": "ended", "LEAVE-2": "ended"}


def test_where_nothing_has_been_begun_nothing_can_be_gone_on_with(demo_runtime: Runtime, folder: Path):
    (folder / "rest.toml").write_text(REST)
    (folder / "demo" / "cases.toml").write_text(GOES_ON)

    assert play(demo_runtime, begun(demo_runtime, folder)) == ([2], ["No case of leave has been begun."])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('until = "book"', 'until = "fly"', "leave.toml has no step fly."),
        ('scenario = "leave.toml"\nat', 'scenario = "gone.toml"\nat', "There is no file gone.toml"),
        ("2026-03-09", "2026-02-09", "The clock only goes forward."),
        ('"LEAVE-2"', '"LEAVE-2", "approve" = "approved"', "approved does not wait"),
    ],
)
def test_a_case_that_cannot_be_played_is_said_and_the_others_are_there(
    demo_runtime: Runtime, folder: Path, old: str, new: str, said: str
):
    (folder / "demo" / "cases.toml").write_text(STORY.replace(old, new))
    told = begun(demo_runtime, folder)

    steps, failed = play(demo_runtime, told)

    assert len(failed) == 1 and said in failed[0]
    assert sum(steps) == cast.length(told)
    assert cases(demo_runtime)["LEAVE-1"] == "ended"


def test_where_no_story_is_told_nothing_has_happened(demo_runtime: Runtime, tmp_path: Path):
    told = cast.story(tmp_path)
    before = now(demo_runtime)

    cast.begin(demo_runtime, told)

    assert play(demo_runtime, told) == ([], [])
    assert (now(demo_runtime) - before).total_seconds() < 60


def test_time_begins_before_anything_has_happened_and_in_demonstrations_only(
    demo_runtime: Runtime, runtime: Runtime, folder: Path
):
    told = begun(demo_runtime, folder)
    with pytest.raises(Conflict):
        cast.begin(demo_runtime, told)
    with pytest.raises(NotFound):
        cast.begin(runtime, told)
    with runtime.read() as view:
        assert abs((view.now - clock.instant(clock.lease_now(view.connection))).total_seconds()) < 60


def test_signing_takes_the_persons_own_password_again_once_the_story_is_told(demo_runtime: Runtime, folder: Path):
    told = begun(demo_runtime, folder)
    own = demo_runtime.confirms

    play(demo_runtime, told)

    assert demo_runtime.confirms is own
