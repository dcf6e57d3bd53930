"""Roles within a team come from the round: given when its preparation is complete, taken back when it is over."""

from __future__ import annotations

from sqlalchemy import select

from engine import access, scenario, schema
from engine.runtime import Runtime
from tests.processes.procedure import ROOT
from tests.processes.test_round import play


def given(office: Runtime, case: str) -> list[tuple[str, str]]:
    """Roles that the round has given and not taken back."""
    a, i = schema.authority.c, schema.instance.c
    query = (
        select(a.person_id, a.role)
        .join(schema.instance, i.id == a.instance_id)
        .where(i.root_id == case, a.until_at.is_(None))
        .order_by(a.person_id, a.role)
    )
    with office.read() as view:
        return [(row.person_id, row.role) for row in view.connection.execute(query)]


def test_roles_within_a_team_are_given_when_the_gate_is_passed_and_taken_back_when_the_round_is_cancelled(
    office: Runtime,
) -> None:
    (case,) = {*play(office, "xc_round/scenarios/round_runs_to_its_end.toml", steps=20)}
    assert given(office, case) == [("t1_leader", "TC"), ("t1_leader", "TL")]

    list(play(office, "xc_round_cancel/scenarios/round_is_cancelled.toml"))

    assert given(office, case) == []
    with office.read() as view:  # what the administrator gave is still theirs
        assert "TL@team:T1" in access.actor(view.connection, "t1_leader", view.now).audiences


def test_a_team_that_was_let_through_without_its_letters_is_given_no_roles(office: Runtime) -> None:
    path = ROOT / "xc_round/scenarios/head_lets_the_preparation_gate_pass.toml"
    unsigned = path.read_text(encoding="utf-8").replace("lettersSigned = 21", "lettersSigned = 20")
    player = scenario.Player(office, "known")
    for _ in player.play(scenario.read(unsigned.encode(), path.name)):
        pass
    assert given(office, player.case) == []
