"""The generator of the bench fills in whatever tasks the diagrams open; what they change must not leave it behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.round import district, ending, figures, playing
from bench.round.district import District
from bench.round.measuring import YARDSTICK, Meter, Taken
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
    ("late_ms", "late_pace", "grew"), [(10.0, 1.0, False), (20.0, 1.0, True), (20.0, 2.0, False), (12.0, 1.0, False)]
)
def test_what_needs_more_at_the_end_has_grown_unless_the_machine_has_become_slower(
    late_ms: float, late_pace: float, grew: bool
) -> None:
    taken = [Taken("complete", "sign", at, 0, 10.0 if at < 50 else late_ms, 12) for at in range(100)]
    taken += [Taken(YARDSTICK, "", at, 0, 1.0 if at < 50 else late_pace, 0) for at in range(100)]
    (course,) = figures.by_element(taken)
    assert course.grew is grew
