"""Every file opens in any tool that holds it against the schema of BPMN 2.0."""

from __future__ import annotations

import pytest

from engine.bpmn import diagram
from engine.interpreter import validating
from tests.processes.procedure import ROOT

FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("*/*.bpmn"))


@pytest.mark.parametrize("name", FILES)
def test_a_diagram_keeps_to_the_schema(name: str) -> None:
    found = validating.check(diagram.read((ROOT / name).read_bytes(), name))

    assert [str(finding) for finding in found] == []
