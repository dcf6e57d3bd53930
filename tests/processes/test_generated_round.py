"""The generator of the bench fills in whatever tasks the diagrams open; what they change must not leave it behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from bench.round import district, ending, figures, playing
from bench.round.counting import Counter
from bench.round.district import District
from bench.round.measuring import Meter, Taken
from engine import assembly, worker
from engine.database import Database
from tests.provision.databases import Databases


@pytest.mark.slow
def test_a_generated_round_comes_to_its_end_with_nothing_lost(databases: Databases, tmp_path: Path) -> None:
    size = District(teams=1, units=1, issues=5, clues=1)
    with databases.empty() as url:
        database = Database(url)
        database.create(demo="1")
        database.close()
        runtime = assembly.open(url, tmp_path / "state")
        try:
            district.found(runtime, size)
            player = playing.Player(runtime, size, Meter(runtime.database), rest=lambda: worker.run_due(runtime))
            for _ in player.play():
                pass
            ending.check(runtime, size, player.case)
        finally:
            runtime.close()


@pytest.mark.parametrize(
    ("late_calls", "late_steps", "grew"),
    [(2_000, 100, False), (4_000, 100, True), (2_000, 400, True), (2_200, 120, False)],
)
def test_what_is_more_work_at_the_end_has_grown(late_calls: int, late_steps: int, grew: bool) -> None:
    early, late = (2_000, 100), (late_calls, late_steps)
    taken = [Taken("complete", "sign", at, 0, 12, *(early if at < 50 else late)) for at in range(100)]
    (course,) = figures.by_element(taken)
    assert course.grew is grew


def test_a_branch_that_is_more_work_is_not_growth_and_time_alone_says_nothing() -> None:
    taken = [Taken("complete", "sign", at, 0, 12 + at // 50, 2_000 * (1 + at // 50), 100) for at in range(100)]
    slow = [Taken("complete", "look", at, 1.0 + at, 12) for at in range(100)]
    assert [course.grew for course in figures.by_element(taken + slow)] == [False, False, False]


def test_work_is_counted_alike_each_time_and_apart_from_what_is_done_within(databases: Databases) -> None:
    def walk() -> None:
        for _ in range(50):
            _step()

    with databases.ready() as url:
        database = Database(url)
        counter = Counter(database)
        with counter.of() as outer:
            walk()
            with counter.of() as inner, database.read() as connection:
                walk()
                connection.execute(_MANY).all()
        with counter.of() as once:
            walk()
        with counter.of() as again:
            walk()
        database.close()
    assert again == once and once.calls > 50
    assert outer.calls - once.calls < 20 and inner.calls > 50
    assert (inner.steps > 50) is database.is_sqlite and outer.steps == 0


def _step() -> None:
    pass


_MANY = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT max(i) FROM n")
