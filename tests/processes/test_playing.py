"""Every way through every process, played on the real engine; after each step history folds to what stands, and at
the end the invariants of the procedure hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from engine import history, scenario, schema
from engine.runtime import Runtime
from tests.engine import leftover
from tests.processes import invariants
from tests.processes.procedure import ROOT

SCENARIOS = sorted(ROOT.glob("*/scenarios/*.toml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: f"{p.parent.parent.name}-{p.stem}")
def test_the_way_through_is_as_told(office: Runtime, path: Path) -> None:
    player = scenario.Player(office, "known")

    for case in player.play(scenario.read(path.read_bytes(), path.name)):
        with office.read() as view:
            family = select(schema.instance.c.id).where(schema.instance.c.root_id == case)
            for member in view.connection.execute(family).scalars().all():
                history.verify(view.connection, office.keys.history, member)
                lines = history.lines(view.connection, member)
                assert history.fold(lines) == history.stored(view.connection, member)
            leftover.nothing_is_open_of_what_is_over(view.connection)
    with office.read() as view:
        invariants.hold(view)
