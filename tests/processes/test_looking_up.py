"""Whatever a command asks for is found by a key: no table that grows with the work is looked through to its end."""

from __future__ import annotations

import pytest

from engine import scenario
from engine.runtime import Runtime
from tests.engine import plans
from tests.processes.procedure import ROOT

# What there is as much of as processes, deadlines and registers; everything else grows with people or with work.
FEW = frozenset({"clock", "counter", "definition", "meta", "number", "part", "policy", "start_event"})


@pytest.mark.parametrize(
    "told",
    [
        "xc_handover_clue/scenarios/handed_over.toml",
        "xc_clue_handle/scenarios/handling_is_overdue.toml",
        "xc_onsite/scenarios/issues_a_clue_and_a_fix.toml",
        "xc_evaluate/scenarios/passed.toml",
    ],
)
def test_no_command_looks_through_a_table_that_grows(office: Runtime, told: str) -> None:
    with plans.listened(office) as asked:
        for _ in scenario.Player(office, "known").play(scenario.read((ROOT / told).read_bytes(), told)):
            pass
    found = {text: tables for text, scanned in plans.scans(office, asked).items() if (tables := scanned - FEW)}
    assert not found, "\n\n".join(f"{tables}: {text}" for text, tables in found.items())
