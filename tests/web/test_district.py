"""What stands in the demonstration's district when it opens. On SQLite: the engine's tests play on both databases."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine import access, schema
from engine.query import inbox, story
from engine.runtime import Runtime
from web import cast, create_app, demo, installing
from web.config import Settings

PROCESSES = Path(__file__).parents[2] / "processes"
UNHURRIED = timedelta(days=1)


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """The district as ``xuncha demo`` makes it."""
    settings = Settings(state=tmp_path_factory.mktemp("state"), processes=PROCESSES)
    installing.create(settings, demo=True)
    told = cast.story(PROCESSES)
    with closing(installing.open_runtime(settings)) as runtime:
        cast.begin(runtime, told)
        installing.release_from(runtime, PROCESSES)
        cast.enter(runtime, PROCESSES / installing.CAST)
        failed: list[Exception] = []
        assert sum(cast.play(runtime, told, failed.append)) == cast.length(told)
        assert [str(each) for each in failed] == []
        yield runtime


def works(district: Runtime) -> dict[str, list[inbox.Work]]:
    """What waits for each person who has an account."""
    found = {}
    with district.read() as view:
        people = view.connection.execute(select(schema.account.c.person_id)).scalars().all()
        actors = {each: access.actor(view.connection, each, view.now) for each in people}
    for each, actor in actors.items():
        with district.read(actor) as view:
            found[each] = list(inbox.todo(view).items)
    return found


def test_most_people_find_work_and_some_of_it_is_late(district: Runtime):
    waiting = works(district)
    with district.read() as view:
        now = view.now

    assert sum(bool(each) for each in waiting.values()) > len(waiting) / 2
    late = [work for each in waiting.values() for work in each if work.due_at and work.due_at < now - UNHURRIED]
    assert len(late) >= 5
    assert any(work.days_left is not None and work.days_left > 0 for each in waiting.values() for work in each)


def test_whatever_waits_waits_for_somebody_who_can_be_signed_in_as(district: Runtime):
    found = {work.id for each in works(district).values() for work in each}

    with district.read() as view:
        opened = set(view.connection.execute(select(schema.task.c.id).where(schema.task.c.state == "open")).scalars())

    assert opened and found == opened


def test_one_round_is_finished_one_goes_on_and_one_is_planned(district: Runtime):
    i = schema.instance.c
    with district.read() as view:
        rounds = view.connection.execute(
            select(i.state, i.outcome).where(i.process_key == "xc_round", i.parent_id.is_(None)).order_by(i.started_at)
        ).all()
    assert [tuple(each) for each in rounds] == [("ended", "fully_closed"), ("active", None), ("active", None)]


def test_a_story_is_long_enough_to_be_read_page_by_page(district: Runtime):
    e = schema.event.c
    lines = select(func.count(e.number)).group_by(e.instance_id)
    with district.read() as view:
        assert max(view.connection.execute(lines).scalars()) > 100


def test_whoever_the_first_page_invites_finds_something_to_do(district: Runtime):
    told = tomllib.loads((PROCESSES / "demo" / "welcome.toml").read_text("utf-8"))
    waiting = works(district)

    idle = [each["key"] for group in told["groups"] for each in group["people"] if not waiting[each["key"]]]

    assert idle == []


def test_no_line_of_a_story_speaks_of_a_step_without_naming_it(district: Runtime):
    kinds = select(schema.event.c.kind, func.max(schema.event.c.instance_id)).group_by(schema.event.c.kind)
    with district.read() as view:
        cases = {case for _, case in view.connection.execute(kinds)}
        actor = access.actor(view.connection, "od", view.now)

    nameless = set()
    for case in cases:
        with district.read(actor) as view:
            lines = story.read(view, case, "zh", technical=True, size=1000).items
        nameless |= {line.kind for line in lines if "{step}" in line.message and not line.params["step"]}
    assert nameless == set()


@pytest.mark.parametrize("days", [1, 5, 30])
def test_moving_the_clock_keeps_nobody_waiting(district: Runtime, days: int):
    app = create_app(Settings(state=district.state, processes=PROCESSES), district)
    with app.app_context():
        begun = time.process_time()
        moved = demo.advance(days)
        assert time.process_time() - begun < 3

    assert not moved.more and (moved.jobs or days < 5)


def test_nothing_in_the_district_waits_to_be_mended_a_month_later(district: Runtime):
    n = schema.incident.c
    with district.read() as view:
        assert view.connection.execute(select(n.element, n.message).where(n.closed_at.is_(None))).all() == []
