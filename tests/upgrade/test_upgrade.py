"""A database of the earliest version, with cases under way, goes on under today's program as if nothing had been."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from engine import (
    access,
    assembly,
    attachment,
    directory,
    draft,
    incident,
    instance,
    message,
    register,
    schema,
    task,
    variables,
)
from engine.actor import Actor
from engine.errors import Conflict, NotFound
from engine.query import inbox, instance_page, story, task_page
from tests.engine.desk import Desk
from tests.provision.databases import Databases
from tests.upgrade import loading
from tests.upgrade.loading import Written
from web import cli


class Shop(Desk):
    """The workshop whose cases the earliest version began."""

    def __init__(self, runtime: Any, written: Written) -> None:
        super().__init__(runtime)
        self.written = written

    def actor(self, key: str) -> Actor:
        """A person with what they have been granted."""
        with self.runtime.read() as view:
            return access.actor(view.connection, key, view.now)

    def act(self, who: str, command: Any, *given: Any, **named: Any) -> Any:
        """Carry out one command as a person, then everything that is owed."""
        with self.runtime.write(self.actor(who)) as desk:
            answer = command(desk, *given, **named)
        self.work()
        return answer

    def open_at(self, case: str, element: str, assignee: str | None = None) -> str:
        """The open task of this element in a family of cases."""
        t, i = schema.task.c, schema.instance.c
        wanted = (i.root_id == case, t.element == element, t.state == "open")
        query = select(t.id).join(schema.instance, i.id == t.instance_id).where(*wanted).order_by(t.id)
        with self.runtime.read() as view:
            mine = query if assignee is None else query.where(t.assignee == assignee)
            return str(view.connection.execute(mine).scalars().one())

    def do(self, who: str, case: str, element: str, **values: Any) -> str:
        """Complete the open task of this element."""
        done = self.open_at(case, element, who if element == "review" else None)
        self.act(who, task.complete, done, values)
        return done

    def files(self) -> dict[str, Any]:
        """Every file by its name."""
        with self.runtime.read() as view:
            return {row.name: row for row in view.connection.execute(select(schema.attachment))}

    def incident_of(self, case: str) -> str:
        """The open incident of a case."""
        n = schema.incident.c
        with self.runtime.read() as view:
            query = select(n.id).where(n.instance_id == case, n.closed_at.is_(None))
            return str(view.connection.execute(query).scalar_one())


def xuncha(*words: str) -> None:
    """Run a command that has to succeed."""
    done = CliRunner().invoke(cli.main, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output


@pytest.fixture
def shop(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The database of then, brought up by the command; whatever a test does with it, everything verifies."""
    written, state = loading.read(), tmp_path / "state"
    with databases.empty() as url:
        loading.load(written, url, state)
        monkeypatch.setenv("XUNCHA_DATABASE_URL", url)
        monkeypatch.setenv("XUNCHA_STATE", str(state))
        xuncha("revise")
        runtime = assembly.open(url, state)
        shop = Shop(runtime, written)
        yield shop
        # Lines of then say less of their case than those of now, which verify knows and a plain comparison would not.
        shop.must_have_nothing_left_over()
        xuncha("verify")
        runtime.close()


def test_everything_verifies_and_stands_as_the_anchor_of_then_says(shop: Shop, tmp_path: Path) -> None:
    kept = tmp_path / "anchor.json"
    kept.write_text(shop.written.anchor)
    xuncha("verify", "--anchor", str(kept))


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("variable", "value", '"x"'),
        ("task", "closed_by", "sol"),
        ("register_entry", "content", "{}"),
        ("authority", "role", "HEAD"),
        ("event", "actor", "sol"),
    ],
)
def test_what_is_changed_by_hand_is_found_in_what_stood_then_too(
    shop: Shop, table: str, column: str, value: str
) -> None:
    changed = schema.metadata.tables[table]
    own = list(changed.primary_key.columns)
    here = changed.c[column] != value
    with shop.runtime.database.write() as connection:
        row = connection.execute(select(*own, changed.c[column]).where(here).order_by(*own)).first()
        assert row is not None
        this = [key == row._mapping[key.name] for key in own]
        connection.execute(update(changed).where(*this).values({column: value}))
    found = CliRunner().invoke(cli.main, ["verify"])
    assert found.exit_code == 4 and table in found.output, found.output
    with shop.runtime.database.write() as connection:
        connection.execute(update(changed).where(*this).values({column: row._mapping[column]}))


def test_a_purchase_that_waited_everywhere_at_once_comes_to_its_end(shop: Shop) -> None:
    case = shop.written.cases["purchase"]
    approving = shop.open_at(case, "approve")
    shop.act("mia", task.complete, approving, {"remark": "可", "paper": [shop.files()["半份.pdf"].id]})
    shop.do("bo", case, "review", opinion="同意")
    shop.do("mia", case, "review", opinion="再议")
    shop.do("cai", case, "unpack", boxes=2)
    shop.tell("offer", "采-1", offered=96_000)
    shop.act("mia", directory.put, directory.Person("zoe", "左怡"))
    shop.act("mia", incident.retry, shop.incident_of(case))
    assert shop.row(case).state == "active"
    shop.wait(days=11)
    assert (shop.row(case).state, shop.row(case).outcome) == ("ended", "finish")
    values = shop.values(case)
    assert (values["opinions"], values["boxes"], values["offered"]) == (["同意", "同意", "再议"], 2, 96_000)
    assert "KEEPER@site:S1" in shop.actor("zoe").audiences


def test_a_vote_that_is_taken_back_now_can_be_given_again(shop: Shop) -> None:
    case = shop.written.cases["purchase"]
    voted = shop.do("bo", case, "review", opinion="同意")
    again = shop.act("bo", task.withdraw, voted, "看错了")
    assert again == shop.open_at(case, "review", "bo")
    shop.do("bo", case, "review", opinion="不同意")
    shop.do("mia", case, "review", opinion="再议")
    assert shop.values(case)["opinions"] == ["不同意", "同意", "再议"]


def test_what_was_completed_then_is_not_taken_back_and_the_sentence_says_why(shop: Shop) -> None:
    case = shop.written.cases["leave"]
    with shop.runtime.read() as view:
        t = schema.task.c
        asked = view.connection.execute(select(t.id).where(t.instance_id == case, t.element == "ask")).scalar_one()
    with pytest.raises(Conflict, match="a former version of the program completed it"):
        shop.act("bo", task.withdraw, asked, "改天")
    shop.do("mia", case, "confirm")
    assert (shop.values(case)["used"], shop.row(case).outcome) == (5, "finish")


@pytest.mark.parametrize("which", ["overhaul", "suspended"])
def test_loops_timers_and_compensation_go_on_where_they_stood(shop: Shop, which: str) -> None:
    case = shop.written.cases[which]
    if which == "suspended":
        shop.act("mia", instance.resume, case, "配件到了")
        shop.do("cai", case, "power_off")
    while "inspect" in shop.tasks(case):
        shop.do("cai", case, "inspect", finding="待修")
    shop.do("cai", case, "oil", again=True)
    shop.do("cai", case, "oil", again=False)
    shop.do("cai", case, "judge", unsafe=True)
    shop.do("cai", case, "power_on")
    for _ in range(3):
        shop.wait(days=4)
        shop.do("ann", case, "report")
    shop.wait(days=7) if which == "suspended" else None
    assert set(shop.tasks(case)) == set() and shop.row(case).state == "active"
    shop.act("mia", message.broadcast, "alarm", {})
    assert shop.row(case).state == "ended"
    machines = {"overhaul": ["完好", "待修", "待修"], "suspended": ["待修"]}
    assert shop.values(case)["findings"] == machines[which]


def test_a_border_timer_of_then_fires_beside_what_it_hangs_on(shop: Shop) -> None:
    case = shop.written.cases["purchase"]
    shop.wait(days=6)
    assert {"approve", "hurry"} <= set(shop.tasks(case))
    shop.do("ann", case, "hurry")
    assert "approve" in shop.tasks(case)


def test_what_was_sealed_kept_and_begun_is_there_for_whom_it_was(shop: Shop) -> None:
    case = shop.written.cases["purchase"]
    with shop.runtime.read(shop.actor("mia")) as view:
        assert variables.unsealed(view, case, ["floor"]) == {"floor": "九万二"}
        assert draft.read(view, shop.open_at(case, "approve")).content == {"remark": "价格偏"}
        for row in shop.files().values():
            if row.kept:
                assert attachment.body(view, attachment.find(view, row.id)).startswith(b"%PDF-1.7")
        assert [entry.values["price"] for entry in register.entries(view, "purchases")] == [97_000]
    with shop.runtime.read(shop.actor("sol")) as view, pytest.raises(NotFound):
        attachment.find(view, shop.files()["标书.pdf"].id)


def test_a_key_that_came_then_gives_the_same_answer_now(shop: Shop) -> None:
    values = {"siteId": "S1", "asker": "bo", "used": 2}
    again = shop.act("bo", instance.start, "leave", values, business_key="假-asked", key="asked")
    assert again == shop.written.cases["leave"]


def test_a_file_that_was_never_sent_goes_after_its_day(shop: Shop) -> None:
    assert "未交.pdf" in shop.files()
    shop.wait(days=2)
    assert "未交.pdf" not in shop.files() and {"报价.pdf", "标书.pdf", "半份.pdf"} <= set(shop.files())


def test_a_new_case_of_a_process_released_then_starts_and_ends(shop: Shop) -> None:
    case = shop.start("leave", shop.actor("bo"), siteId="S1", asker="bo", used=0)
    shop.do("bo", case, "ask", days=2)
    shop.do("mia", case, "confirm")
    assert shop.row(case).state == "ended"


def test_lists_pages_and_stories_read_what_stood_then(shop: Shop) -> None:
    case = shop.written.cases["purchase"]
    with shop.runtime.read(shop.actor("mia")) as view:
        waiting = inbox.todo(view).items
        assert {(row.element, row.drafted) for row in waiting} == {
            ("approve", True),
            ("review", False),
            ("confirm", False),
        }
        for text in ("采-1", "车床", "审批"):
            assert case in {row.instance_id for row in inbox.todo(view, inbox.Filter(text=text)).items}, text
        for row in waiting:
            assert task_page.read(view, row.id, "zh").element == row.element
        for each in shop.written.cases.values():
            assert instance_page.read(view, each, "en").id == each
            assert story.read(view, each, "zh").items


def test_grants_exclusions_and_substitutes_count_as_then_and_end_in_time(shop: Shop) -> None:
    dan = shop.actor("dan")
    assert "KEEPER@site:S1" in dan.audiences and dan.exclusions == {"site:S1"}
    shop.wait(days=41)
    assert "KEEPER@site:S1" not in shop.actor("dan").audiences
