"""Outside parties are told the office in place of its people, wherever they may read."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from flask import Flask
from sqlalchemy import func, select

from engine import access, schema
from engine.runtime import Runtime
from tests.processes.procedure import ROOT
from tests.web.api.programs import token
from tests.web.browsing import Browser
from web import create_app
from web.config import Settings

OUTSIDE = ("US", "UL", "UP", "RL", "RI", "RH", "CD", "HU")
LISTS = ("/todo", "/done", "/started", "/notices")
OF_A_TASK = ("/tasks/{}", "/api/tasks/{}")
OF_A_CASE = (
    *(f"/cases/{{}}{each}" for each in ("", "/story", "/talk")),
    *(f"/api/instances/{{}}{each}" for each in ("", "/story", "/files", "/comments")),
)


def outsiders(office: Runtime) -> dict[str, set[str]]:
    """One person of each outside party, with the keys of those whom they may not look up."""
    a, p = schema.authority.c, schema.person.c
    with office.read() as view:
        query = select(func.min(a.person_id)).where(a.role.in_(OUTSIDE)).group_by(a.role)
        who = set(view.connection.execute(query).scalars())
        actors = {each: access.actor(view.connection, each, view.now) for each in who}
        everybody = set(view.connection.execute(select(p.id)).scalars())
        known = {
            each: set(view.connection.execute(select(p.id).where(access.visible(actor, "person"))).scalars())
            for each, actor in actors.items()
        }
    return {each: everybody - seen for each, seen in known.items() if seen != everybody}


def open_to(office: Runtime, who: str) -> list[str]:
    """Addresses of what somebody may open: one task of each step in each state, one case of each process."""
    t, i = schema.task.c, schema.instance.c
    with office.read() as view:
        actor = access.actor(view.connection, who, view.now)
        tasks = select(func.min(t.id)).where(access.visible(actor, "task"))
        tasks = tasks.group_by(t.process_key, t.element, t.state, t.closed_by)
        cases = select(func.min(i.id)).where(access.visible(actor, "instance")).group_by(i.process_key, i.state)
        found = [way.format(key) for key in view.connection.execute(tasks).scalars() for way in OF_A_TASK]
        return found + [way.format(key) for key in view.connection.execute(cases).scalars() for way in OF_A_CASE]


def read_by(app: Flask, who: str, bearer: str, ways: list[str]) -> Iterator[tuple[str, str]]:
    """What stands on these pages and in these answers, and in the lists."""
    browser, program = Browser(app), app.test_client(use_cookies=False)
    browser.post("/demo/sign-in", {"person": who})
    for way in [*LISTS, *(f"/api{each}" for each in LISTS), *ways]:
        sends = way.startswith("/api")
        answer = program.get(way, headers={"Authorization": f"Bearer {bearer}"}) if sends else browser.get(way)
        assert answer.status_code in (200, 404, 409), way  # a story need not be theirs; what is over is said so
        yield f"{who} {way} {answer.status_code}", answer.text


def test_outside_parties_find_no_name_and_no_key_of_the_office_anywhere(after_the_round: Runtime) -> None:
    """Names of the demonstration's people are those of their posts; here each has one that stands nowhere else."""
    office = after_the_round
    hidden = outsiders(office)
    p = schema.person
    with office.write() as command:
        for key in set().union(*hidden.values()):
            command.connection.execute(
                p.update().where(p.c.id == key).values(name=f"隐名·{key}", name_en=f"Hidden·{key}")
            )
    app = create_app(Settings(state=office.state, processes=ROOT), office)
    found: dict[str, set[str]] = {}
    fronts = 0
    for who, others in sorted(hidden.items()):
        names = re.compile("(?:隐名|Hidden)·(%s)\\b|[\"'](%s)[\"']" % (("|".join(sorted(others)),) * 2))
        for path, text in read_by(app, who, token(office, who), open_to(office, who)):
            fronts += "巡察办" in text
            told = {each[0] for each in names.finditer(html.unescape(text))}
            if told:
                found[path] = told
    assert found == {}
    assert fronts > 10
