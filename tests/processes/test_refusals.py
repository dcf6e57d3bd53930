"""What must fail, in a district where a round has run: the twelve negative tests, as far as these processes reach.

N02 (a unit before its feedback) is held where feedback is tested; N08 and N12 are refusals within the round's scenario.
Of the others this is what these processes hold, and what a later one brings:

- N04 a recusal closes a unit's cases and takes back what was claimed. That the office's director is told of it comes
  with team formation (P02), which is on paper in this round.
- N06 asks for a coordination request (P13): no process here carries one.
- N07 a team opens nothing of what a department does with its clue; after its account it is shown how its own clues
  stand (`test_knowing`), in whatever list or, later, export.
- N09 two signatures of one person are refused where three parties sign; an appraisal (P14) is on paper.
- N10 no address of the application gives the system administrator a business form.
- N11 letters (P02) are on paper: a round with one missing does not pass its preparation gate (`test_round`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Row, select
from werkzeug.routing import Rule

from engine import access, grant, instance, register, scenario, schema, task, worker
from engine.actor import ENGINE, Actor
from engine.errors import NotFound
from engine.query import inbox, instance_page, task_page
from engine.runtime import Runtime
from tests.processes.conftest import WHOLE_ROUND
from tests.processes.procedure import ROOT, drawn
from tests.web.browsing import Browser
from web import create_app
from web.config import Settings

CLUES = ("xc_handover", "xc_handover_clue", "xc_handover_form", "c_trisign", "xc_clue_handle", "xc_handover_account")


def cases(office: Runtime, *processes: str, **remits: str) -> list[str]:
    """Cases of processes under these remits, as they stand in the database."""
    i, r = schema.instance.c, schema.remit.c
    query = select(i.id).where(i.process_key.in_(processes), i.body.is_(None))
    for kind, key in remits.items():
        query = query.where(i.id.in_(select(r.instance_id).where(r.remit == f"{kind}:{key}")))
    with office.read() as view:
        found = list(view.connection.execute(query).scalars())
    assert found
    return found


def may_open(office: Runtime, person: str, case: str) -> bool:
    with office.read() as view:
        actor = access.actor(view.connection, person, view.now)
    with office.read(actor) as view:
        try:
            instance_page.read(view, case, "zh")
        except NotFound:
            return False
        return True


def entries(office: Runtime, person: str, key: str) -> list[register.Entry]:
    with office.read() as view:
        actor = access.actor(view.connection, person, view.now)
    with office.read(actor) as view:
        return register.entries(view, key, limit=500)


@pytest.mark.parametrize("person", ["u1_liaison", "u1_sec", "u3_vice"])
def test_n01_an_inspected_unit_finds_no_clue_by_any_address(after_the_round: Runtime, person: str) -> None:
    assert not [case for case in cases(after_the_round, *CLUES) if may_open(after_the_round, person, case)]
    for book in ("clue_found", "clue_team", "clue_office", "clue_department", "info", "account", "reconciliation"):
        with pytest.raises(NotFound):
            entries(after_the_round, person, book)


def test_n01_nor_does_the_search_in_its_lists_know_one(after_the_round: Runtime) -> None:
    with after_the_round.read() as view:
        actor = access.actor(view.connection, "u1_liaison", view.now)
    with after_the_round.read(actor) as view:
        for page in (inbox.todo(view, size=500), inbox.done(view, size=500), inbox.started(view, size=500)):
            assert "XS-2026-01" not in str(page)
            assert "线索" not in str(page)


def test_n03_a_member_of_one_team_opens_nothing_of_a_unit_of_the_other(after_the_round: Runtime) -> None:
    of_u3 = cases(after_the_round, "xc_onsite", "xc_report_unit", "xc_handover_clue", unit="u3")
    assert not [case for case in of_u3 if may_open(after_the_round, "t1_audit", case)]
    own = cases(after_the_round, "xc_onsite", unit="u1")
    assert all(may_open(after_the_round, "t1_audit", case) for case in own)


def test_n05_a_department_opens_no_clue_that_another_was_handed(after_the_round: Runtime) -> None:
    of_di = cases(after_the_round, "xc_clue_handle", organisation="di")
    assert not [case for case in of_di if may_open(after_the_round, "og_intake", case)]
    assert all(may_open(after_the_round, "di_intake", case) for case in of_di)
    assert {entry.remit for entry in entries(after_the_round, "og_intake", "clue_department")} == {"organisation:og"}


@pytest.mark.parametrize(("task", "sentence"), [("confirm_minutes", "全程"), ("form_group", "查过账的人员")])
def test_n08_n12_the_round_goes_on_only_after_these_were_refused(task: str, sentence: str) -> None:
    told = scenario.read(WHOLE_ROUND.read_bytes(), WHOLE_ROUND.name)
    assert [step for step in told.steps if step.get("task") == task and sentence in step.get("refused", "")]


def test_n04_whoever_recuses_from_a_unit_opens_nothing_of_it_any_more(after_the_round: Runtime) -> None:
    kinds = ("xc_onsite", "xc_report_unit", "xc_handover_clue")
    of_u3 = [case for case in cases(after_the_round, *kinds, unit="u3") if may_open(after_the_round, "t2_audit", case)]
    others = [case for case in cases(after_the_round, *kinds, unit="u2") if may_open(after_the_round, "t2_audit", case)]
    assert of_u3 and others

    with after_the_round.write(ENGINE) as command:
        grant.exclude(command, "t2_audit", "unit:u3", "亲属任职（虚构）")

    assert not [case for case in of_u3 if may_open(after_the_round, "t2_audit", case)]
    assert all(may_open(after_the_round, "t2_audit", case) for case in others)


def test_n04_what_they_had_claimed_goes_back_to_the_others(office: Runtime) -> None:
    with office.write(_as(office, "t2_audit")) as command:
        begun = instance.start(command, "xc_paper", {"roundId": "XC-2026-01", "unitId": "u3", "teamId": "T2"})
    worker.run_due(office)
    (work,) = _open_tasks(office, begun)
    with office.write(_as(office, "t2_audit")) as command:
        task.claim(command, work.id)

    with office.write(ENGINE) as command:
        grant.exclude(command, "t2_audit", "unit:u3", "亲属任职（虚构）")
    worker.run_due(office)

    (work,) = _open_tasks(office, begun)
    assert work.assignee is None
    with office.read(_as(office, "t2_audit")) as view, pytest.raises(NotFound):
        task_page.read(view, work.id, "zh")
    assert may_open(office, "t2_leader", begun)


def _as(office: Runtime, person: str) -> Actor:
    with office.read() as view:
        return access.actor(view.connection, person, view.now)


def _open_tasks(office: Runtime, case: str) -> list[Row[tuple[str, str | None]]]:
    t = schema.task.c
    with office.read() as view:
        return list(view.connection.execute(select(t.id, t.assignee).where(t.instance_id == case, t.state == "open")))


def test_n07_a_team_opens_nothing_of_what_a_department_does_with_its_clue(after_the_round: Runtime) -> None:
    handling = cases(after_the_round, "xc_clue_handle")
    of_the_teams = ("t1_leader", "t1_deputy", "t1_audit", "t2_leader", "t2_audit")
    assert not [(who, case) for who in of_the_teams for case in handling if may_open(after_the_round, who, case)]


def test_n09_nobody_signs_for_two_of_the_three_parties() -> None:
    told = scenario.read((ROOT / "c_trisign/scenarios/one_person_cannot_sign_twice.toml").read_bytes(), "n09")
    second = [step for step in told.steps if step.get("task") == "sign_office"]
    assert [step for step in second if "巡察组签字" in step.get("refused", "")]
    signing = {
        each.id: set(re.findall(r"\w+", each.properties.get("notBy", ""))) for each in drawn()["c_trisign"].user_tasks()
    }
    assert signing["sign_office"] >= {"sign_team"} and signing["sign_department"] >= {"sign_team", "sign_office"}


NOT_OF_A_CASE = {"phrase_id", "filename"}


def _ids(office: Runtime) -> dict[str, list[str]]:
    """What addresses are made of: of each process a case and what hangs on it."""
    i, t, a, n = schema.instance.c, schema.task.c, schema.attachment.c, schema.notice.c
    with office.read() as view:
        rows = view.connection.execute(select(i.process_key, i.id)).all()
        some = list({row.process_key: row.id for row in rows}.values())
        tasks = list(view.connection.execute(select(t.id).where(t.instance_id.in_(some))).scalars())
        files = list(view.connection.execute(select(a.id).limit(5)).scalars())
        laid = list(view.connection.execute(select(n.id).limit(5)).scalars())
    found = {"instance_id": some, "task_id": tasks, "attachment_id": files, "notice_id": laid}
    return {**found, "process_key": sorted(drawn()), "field": ["members"]}


def _addresses(app: Flask, rule: Rule, ids: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Addresses of real things under a rule, each with that of something that does not exist."""
    place = app.url_map.bind("localhost")
    nothing = place.build(rule.endpoint, dict.fromkeys(rule.arguments, "nothing"))
    for turn in range(max(len(ids[name]) for name in rule.arguments)):
        values = {name: ids[name][turn % len(ids[name])] for name in rule.arguments}
        yield place.build(rule.endpoint, values), nothing


def test_n10_no_address_gives_the_system_administrator_a_business_form(after_the_round: Runtime) -> None:
    app = create_app(Settings(state=after_the_round.state, processes=ROOT), after_the_round)
    browser = Browser(app)
    assert browser.post("/demo/sign-in", {"person": "sysadmin"}).status_code == 303
    ids, headers = _ids(after_the_round), {"X-CSRFToken": browser.token(), "Accept": "application/json"}
    assert all(ids.values())
    named = re.compile(rf"[0-9a-f]{{32}}|\b({'|'.join(ids['process_key'])})\b")

    def answer(address: str, method: str) -> tuple[int, str]:
        given = browser.client.open(address, method=method, json={"values": {}}, headers=headers)
        return given.status_code, named.sub("nothing", f"{given.location} {given.json}")

    for rule in app.url_map.iter_rules():
        assert rule.arguments <= ids.keys() | NOT_OF_A_CASE, f"{rule} is a new kind of address"
        if rule.arguments and not rule.arguments & NOT_OF_A_CASE:
            for real, nothing in _addresses(app, rule, ids):
                for method in (rule.methods or set()) & {"GET", "POST", "PUT"}:
                    refused = answer(real, method)
                    assert refused == answer(nothing, method), (method, real)
                    assert refused[0] != 200, (method, real)


def test_n10_nor_does_a_page_without_an_address_of_its_own_name_one(after_the_round: Runtime) -> None:
    app = create_app(Settings(state=after_the_round.state, processes=ROOT), after_the_round)
    browser = Browser(app)
    browser.post("/demo/sign-in", {"person": "sysadmin"})
    for rule in app.url_map.iter_rules():
        if not rule.arguments and "GET" in (rule.methods or ()):
            page = browser.get(rule.rule).text
            assert not [number for number in ("XS-2026-01", "JJ-2026-01", "DG-2026-01", "ZG-2026-01") if number in page]
