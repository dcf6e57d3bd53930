"""The same over the API: a department's token finds, counts and guesses nothing of another department's clue."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from engine import schema
from engine.runtime import Runtime
from tests.journeys.going import played, told
from tests.web.api.programs import Described, Program, token
from tests.web.api.test_confidential import LISTS, addresses, sent
from web import create_app
from web.config import Settings

CLUES = {"di": "XS-2026-01-001", "xf": "XS-2026-01-004"}
NEVER = "0" * 32


@pytest.fixture
def app(district: Runtime) -> Flask:
    """The district's application."""
    return create_app(Settings(state=district.state), district)


@pytest.fixture
def families(district: Runtime) -> dict[str, str]:
    """Two clues, each handed over to a department of its own; by department, the case."""
    return {
        "di": played(district, told("xc_handover_clue", "handed_over")),
        "xf": played(district, told("xc_handover_clue", "out_of_scope")),
    }


def ids(district: Runtime, case: str) -> dict[str, list[str]]:
    """Every case and every task of a family."""
    i, t = schema.instance.c, schema.task.c
    with district.read() as view:
        cases = list(view.connection.execute(select(i.id).where(i.root_id == case)).scalars())
        found = list(view.connection.execute(select(t.id).where(t.instance_id.in_(cases))).scalars())
    assert len(cases) > 1 and len(found) > 1
    return {"instance_id": cases, "task_id": found}


def test_a_departments_token_finds_counts_and_guesses_nothing_of_anothers_clue(
    district: Runtime, app: Flask, families: dict[str, str]
) -> None:
    described = Described(app)
    for own, other in (("di", "xf"), ("xf", "di")):
        whole = Program(app, described, token(district, f"{own}_head"))
        confined = Program(app, described, token(district, f"{own}_head", remit=f"organisation:{other}"))
        assert len(whole.get("/done").json["items"]) == 1 and confined.get("/done").json["items"] == []
        for one in (whole, confined):
            for path in LISTS:
                for text in (CLUES[other], f"JJ-2026-01-{other}"):
                    assert one.get(f"{path}?text={text}").json == {"items": [], "next": None}
            for method, path, argument in addresses(app):
                never = one.ask(method, path.format(NEVER), **sent(method, path))
                for id_ in ids(district, families[other])[argument]:
                    real = one.ask(method, path.format(id_), **sent(method, path))
                    assert (real.status_code, real.json) == (404, never.json), (method, path)


def test_an_inspected_units_token_opens_nothing_at_all(district: Runtime, app: Flask, families: dict[str, str]) -> None:
    described = Described(app)
    for person in ("u1_sec", "u1_liaison"):
        one = Program(app, described, token(district, person))
        assert [one.get(path).json["items"] for path in LISTS] == [[]] * len(LISTS)
        for case in families.values():
            for method, path, argument in addresses(app):
                for id_ in ids(district, case)[argument]:
                    assert one.ask(method, path.format(id_), **sent(method, path)).status_code == 404


def test_a_director_of_the_whole_office_with_a_token_for_one_team_sees_that_teams_clue_only(
    district: Runtime, app: Flask, families: dict[str, str]
) -> None:
    described, case, r = Described(app), families["di"], schema.remit.c
    with district.read() as view:
        query = select(r.remit).where(r.instance_id == case, r.remit.startswith("team:"))
        team = view.connection.execute(query).scalar_one()
    for remit, status in ((None, 200), (team, 200), ("team:NONE", 404)):
        one = Program(app, described, token(district, "od", remit=remit))
        assert one.get(f"/instances/{case}").status_code == status, remit
