"""Who is not to know: a department of other departments' clues, an inspected unit of any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page
from sqlalchemy import select
from werkzeug.routing import Rule

from engine import schema
from engine.runtime import Runtime
from tests.journeys.going import played, told
from tests.journeys.walking import Walker
from web import create_app
from web.config import Settings

ADDRESSED = {"instance_id": schema.instance, "task_id": schema.task, "attachment_id": schema.attachment}
LISTS = ("/todo", "/done", "/started", "/notices")
# What differs from one request to the next: tokens and the time of day.
PASSING = re.compile(r'(content|value)="[^"]{20,}"|datetime="[^"]*"|\d\d:\d\d')
OTHERWISE = {"field": "facts"}
CLUES = {"di": "XS-2026-01-001", "xf": "XS-2026-01-004"}


class Answer(NamedTuple):
    """What an address answers, without what differs from one request to the next."""

    status: int
    type: str
    text: str


class Prober:
    """Whoever is signed in, trying addresses."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def tries(self, method: str, path: str, id_: str) -> Answer:
        """Ask as a page would, forgery token and all."""
        token = self.page.locator('meta[name="csrf-token"]').get_attribute("content") or ""
        headers = {"X-CSRFToken": token, "Referer": self.address}
        options: dict[str, Any] = {} if method == "GET" else {"data": {"values": {}, "stamp": "1"}}
        answer = self.page.request.fetch(
            self.address + path.replace("{id}", id_), method=method, headers=headers, max_redirects=0, **options
        )
        text = PASSING.sub("", answer.text().replace(id_, "{id}"))
        return Answer(answer.status, answer.headers.get("content-type", ""), text)

    def reads(self, path: str) -> str:
        """The text of a page."""
        return self.page.request.get(self.address + path).text()


@pytest.fixture
def families(district: Runtime, address: str) -> dict[str, str]:
    """Two clues, each handed over to a department of its own; by department, the case."""
    return {
        "di": played(district, told("xc_handover_clue", "handed_over")),
        "xf": played(district, told("xc_handover_clue", "out_of_scope")),
    }


def test_a_department_finds_counts_and_guesses_nothing_of_anothers_clue(
    district: Runtime, address: str, page: Page, families: dict[str, str]
) -> None:
    walker, prober = Walker(page, "zh", address), Prober(page, address)
    for own, other in (("di", "xf"), ("xf", "di")):
        walker.becomes(f"{own}_head")
        assert [prober.reads(path).count("<tr") for path in LISTS] == [0, 2, 0, 0]
        for said in (CLUES[other], f"JJ-2026-01-{other}"):
            assert not any("<tbody" in prober.reads(f"{path}?text={said}") for path in LISTS)
        assert prober.reads(f"/entries?source=clue&q={CLUES[other]}") == prober.reads("/entries?source=clue&q=XS-0000")
        _all_as_if_it_had_never_been(district, prober, families[other])
        _all_as_if_it_had_never_been(district, prober, families[own], but_for=f"{own}_head")


def test_an_inspected_unit_sees_nothing_at_all(
    district: Runtime, address: str, page: Page, families: dict[str, str]
) -> None:
    walker, prober = Walker(page, "zh", address), Prober(page, address)
    for person in ("u1_sec", "u1_liaison"):
        walker.becomes(person)
        walker.sees_nothing()
        assert prober.page.request.get(f"{address}/counts").json() == {"inbox.notices": 0, "inbox.todo": 0}
        for source in ("clue", "team", "round"):
            assert '"entries":[]' in prober.reads(f"/entries?source={source}&q=").replace(" ", "")
        for case in families.values():
            _all_as_if_it_had_never_been(district, prober, case)


def _all_as_if_it_had_never_been(district: Runtime, prober: Prober, case: str, *, but_for: str = "") -> None:
    """Every address of every case, task and file of the family answers as one that never existed."""
    for method, path, argument in _addresses(district):
        never = prober.tries(method, path, "0" * 32)
        assert never.status >= 300, (method, path, never)
        ids = _ids(district, argument, case, but_for)
        # Whatever is not read is refused alike for all: one of each kind tells as much as all of them.
        for id_ in ids if method == "GET" else ids[:1]:
            assert prober.tries(method, path, id_) == never, (method, path, id_)


def _addresses(district: Runtime) -> Iterator[tuple[str, str, str]]:
    """Method, path with ``{id}`` and what the id is of, for every address of a case, a task or a file."""
    app = create_app(Settings(state=district.state), district)
    for rule in app.url_map.iter_rules():
        named = rule.arguments & set(ADDRESSED)
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT"}) if named else ():
            (argument,) = named
            yield method, _path(rule, argument), argument


def _path(rule: Rule, argument: str) -> str:
    path = rule.rule.replace(f"<{argument}>", "{id}")
    for name, value in OTHERWISE.items():
        path = path.replace(f"<{name}>", value)
    assert "<" not in path, path
    return path


def _ids(district: Runtime, argument: str, case: str, but_for: str) -> list[str]:
    """The family's ids; without those of what this person has done, and of the case it was done in."""
    table, i, t = ADDRESSED[argument], schema.instance.c, schema.task.c
    instance = table.c.id if table is schema.instance else table.c.instance_id
    theirs = select(t.instance_id).where(t.closed_by == but_for)
    query = select(table.c.id).join(schema.instance, i.id == instance) if table is not schema.instance else select(i.id)
    with district.read() as view:
        found = view.connection.execute(query.where(i.root_id == case, instance.not_in(theirs)))
        ids = list(found.scalars())
    assert ids, argument
    return ids
