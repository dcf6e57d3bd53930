"""The line breaks just as a command is being kept: the page says so, and what is sent again is done once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update

from engine import assembly, schema
from engine.errors import Unavailable
from engine.runtime import Runtime
from tests.engine.bpmn.drawing import straight
from tests.engine.desk import IDA, Desk
from tests.provision.databases import PostgresDatabases, SqliteFiles
from tests.provision.wire import Wire, laid
from tests.web.browsing import Browser
from tests.web.conftest import enter
from tests.web.looking import rows
from web import create_app, once
from web.auth import bearer
from web.config import Settings

PLAIN = straight('<userTask id="a"/>', '<userTask id="b"/>')
COUNTED = (schema.instance, schema.task, schema.event, schema.notice, schema.attachment, schema.message, schema.phrase)
COUNTED += (schema.comment,)
PDF = b"%PDF-1.7\n" + bytes(200)


class Office:
    """An application whose database stands behind a wire, and a database beside it."""

    def __init__(self, runtime: Runtime, wire: Wire, state: Path) -> None:
        self.wire = wire
        self.app: Flask = create_app(Settings(state=state), runtime)
        self.desk = Desk(runtime)
        for who in ("ida", "bo"):
            enter(runtime, who, who, who)
        self.desk.release(PLAIN)
        self.ida = Browser(self.app)
        self.ida.sign_in("ida")
        self.token = self.ida.token()
        with runtime.write(IDA) as command:
            command.connection.execute(update(schema.account).values(administrator=True))
            self.bearer = bearer.add(command, "ida", "test", days=1)
        self.app.test_client().get("/api/todo", headers={"Authorization": f"Bearer {self.bearer}"})  # its first use
        self.case = self.desk.start()
        self.task = self.desk.tasks(self.case)["a"].id

    def counts(self) -> list[int]:
        """How many rows there are of what commands make."""
        with self.desk.runtime.read() as view:
            return [view.connection.execute(select(func.count()).select_from(each)).scalar_one() for each in COUNTED]

    def form(self, path: str, **fields: Any) -> Any:
        """Send a form of a page."""
        return self.ida.client.post(path, data={"csrf_token": self.token, once.FIELD: "k-1", **fields})

    def script(self, path: str, body: Any) -> Any:
        """Send JSON as a page does."""
        headers = {"Accept": "application/json", "X-CSRFToken": self.token, once.HEADER: "k-1"}
        return self.ida.client.post(path, json=body, headers=headers)

    def program(self, path: str, body: Any = None, **options: Any) -> Any:
        """Send what a program sends."""
        headers = {"Authorization": f"Bearer {self.bearer}", once.HEADER: "k-1"}
        sent = {"json": body} if body is not None else options
        return self.app.test_client().post(f"/api{path}", headers=headers, **sent)


@pytest.fixture
def office(postgresql_databases: PostgresDatabases, tmp_path: Path) -> Iterator[Office]:
    with (
        postgresql_databases.ready() as url,
        laid(url) as wire,
        closing(assembly.open(wire.url, tmp_path / "state")) as runtime,
    ):
        yield Office(runtime, wire, tmp_path / "state")


def upload() -> dict[str, Any]:
    return {"file": (BytesIO(PDF), "scan.pdf")}


COMMANDS: dict[str, Callable[[Office], Any]] = {
    "start": lambda o: o.script("/start/p", {"values": {"number": "7"}}),
    "complete": lambda o: o.script(f"/tasks/{o.task}/complete", {"values": {}, "stamp": "1"}),
    "finish": lambda o: o.form(f"/tasks/{o.task}/finish", stamp="1"),
    "claim": lambda o: o.form(f"/tasks/{o.task}/claim"),
    "remind": lambda o: o.form(f"/tasks/{o.task}/remind", text="please"),
    "copy": lambda o: o.form(f"/tasks/{o.task}/copy", text="look", person="ida"),
    "comment": lambda o: o.form(f"/cases/{o.case}/comments", text="a remark"),
    "upload": lambda o: o.form(f"/tasks/{o.task}/files", **upload()),
    "phrase": lambda o: o.form("/phrases", text="in good order"),
    "api start": lambda o: o.program("/processes/p/instances", {"values": {}}),
    "api claim": lambda o: o.program(f"/tasks/{o.task}/claim", {}),
    "api complete": lambda o: o.program(f"/tasks/{o.task}/complete", {"values": {}}),
    "api remark": lambda o: o.program(f"/instances/{o.case}/comments", {"text": "a remark"}),
    "api file": lambda o: o.program(f"/tasks/{o.task}/files", data=upload()),
    "api message": lambda o: o.program("/messages", {"name": "late", "key": "7", "content": {}}),
}


@pytest.mark.parametrize("what", COMMANDS)
def test_when_the_answer_to_commit_is_lost_that_is_said_and_sent_again_it_is_done_once(
    what: str, office: Office
) -> None:
    before = office.counts()
    office.wire.lose_the_answer_to(b"COMMIT")

    lost = COMMANDS[what](office)

    assert office.wire.has_lost_an_answer and lost.status_code == 503, lost.text
    said = lost.json["message"] if lost.is_json else lost.text
    assert "可能已经办理" in said and "没有改动" not in said
    kept = office.counts()
    assert kept != before

    again = COMMANDS[what](office)
    assert again.status_code < 400, again.text
    assert office.counts() == kept

    third = COMMANDS[what](office)
    assert (third.status_code, third.location, third.data) == (again.status_code, again.location, again.data)


def test_taking_back_is_done_once_too(office: Office) -> None:
    office.desk.complete(office.case, "a")
    office.wire.lose_the_answer_to(b"COMMIT")

    office.form(f"/tasks/{office.task}/withdraw", reason="too early")
    again = office.form(f"/tasks/{office.task}/withdraw", reason="too early")

    assert again.status_code == 303 and "/tasks/" in again.location
    assert len([kind for kind, _ in office.desk.story(office.case) if kind == "task.withdrawn"]) == 1


# ---- keys, on one kind of database


@pytest.fixture
def ward(tmp_path: Path, sqlite_databases: SqliteFiles) -> Iterator[Office]:
    with sqlite_databases.ready() as url, closing(assembly.open(url, tmp_path / "state")) as runtime:
        yield Office(runtime, None, tmp_path / "state")  # type: ignore[arg-type]


def test_a_page_may_be_come_back_to_and_say_something_else(ward: Office) -> None:
    for text in ("first", "second", "second"):
        assert ward.form(f"/cases/{ward.case}/comments", text=text).status_code == 303

    assert [each["text"] for each in rows(ward.desk.runtime, schema.comment)] == ["first", "second"]


def test_a_program_that_uses_a_key_for_something_else_is_refused(ward: Office) -> None:
    first, other = (ward.program(f"/instances/{ward.case}/comments", {"text": text}) for text in ("one", "two"))

    assert (first.status_code, other.status_code) == (201, 422) and other.json["error"] == "key_reused"


def test_what_was_refused_is_not_remembered_under_its_key(ward: Office) -> None:
    taken_back = lambda: [kind for kind, _ in ward.desk.story(ward.case)].count("task.withdrawn")  # noqa: E731
    ward.form(f"/tasks/{ward.task}/withdraw", reason="x")
    assert taken_back() == 0

    ward.desk.complete(ward.case, "a")
    ward.form(f"/tasks/{ward.task}/withdraw", reason="x")
    assert taken_back() == 1


def test_every_form_of_a_page_carries_a_key_of_its_own(ward: Office) -> None:
    page = ward.ida.get(f"/tasks/{ward.task}").text
    forms = [each for each in page.split("<form")[1:] if 'method="post"' in each.split(">")[0]]
    keys = [each.split(f'name="{once.FIELD}" value="')[1].split('"')[0] for each in forms]

    assert len(forms) > 2 and len(set(keys)) == len(keys)


def test_what_is_owed_after_a_command_does_not_make_it_fail(ward: Office) -> None:
    def away(*_: object) -> None:
        raise Unavailable("The database cannot be used at the moment.")

    ward.desk.runtime.after_commit = away
    assert ward.script("/start/p", {"values": {}}).status_code == 200


def test_an_answer_that_cannot_be_made_does_not_say_that_nothing_was_done(ward: Office) -> None:
    engine, kept = ward.desk.runtime.database.engine, []
    event.listen(engine, "commit", kept.append)

    def broken(connection: Any, *_: Any) -> None:
        if kept:
            raise Unavailable("The database cannot be used at the moment. Nothing was changed.")

    event.listen(engine, "before_cursor_execute", broken)
    answer = ward.ida.client.post(
        f"/cases/{ward.case}/comments",
        data={"csrf_token": ward.token, "text": "a remark"},
        headers={"HX-Request": "true"},
    )
    event.remove(engine, "before_cursor_execute", broken)

    assert answer.status_code == 503 and "已经办理" in answer.text and "Nothing was changed" not in answer.text
    assert len(rows(ward.desk.runtime, schema.comment)) == 1
