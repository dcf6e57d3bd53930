"""Files in the browser: taken at once, given out so that nothing in them runs."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select, update

from engine import schema
from engine import upload as uploads
from tests.engine.query.hospital import Hospital
from tests.engine.test_filetype import PNG, workbook
from tests.web.browsing import Browser
from tests.web.inbox.test_tasks import send

SignIn = Callable[[str], Browser]
PDF = b"%PDF-1.7\n" + bytes(200)


def upload(browser: Browser, path: str, name: str = "片子.pdf", body: bytes = PDF, **form: str) -> Any:
    data = {"file": (BytesIO(body), name), **form}
    headers = {"Accept": "application/json", "X-CSRFToken": browser.token()}
    return browser.client.post(path, data=data, headers=headers)


@pytest.fixture
def waiting(hospital: Hospital) -> str:
    """A task of Ann's."""
    return hospital.task(hospital.admit())


def test_a_file_is_taken_at_once_and_comes_back(waiting: str, sign_in: SignIn) -> None:
    ann = sign_in("ann")

    answer = upload(ann, f"/tasks/{waiting}/files", field="scan")

    assert (answer.status_code, answer.json["name"], answer.json["size"]) == (201, "片子.pdf", len(PDF))
    assert ann.get(answer.json["url"]).data == PDF


@pytest.mark.parametrize(
    ("name", "body", "shown"), [("片子.pdf", PDF, True), ("片子.png", PNG, True), ("名册.xlsx", workbook(), False)]
)
def test_pdf_and_pictures_are_shown_and_everything_else_is_saved(
    waiting: str, sign_in: SignIn, name: str, body: bytes, shown: bool
) -> None:
    ann = sign_in("ann")
    url = upload(ann, f"/tasks/{waiting}/files", name, body).json["url"]

    answer = ann.get(url)

    assert answer.headers["Content-Disposition"].startswith("inline" if shown else "attachment")
    assert ("sandbox" in answer.headers["Content-Security-Policy"]) is not shown
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert ann.get(f"{url}?save").headers["Content-Disposition"].startswith("attachment")


def test_a_text_says_its_charset_once(waiting: str, sign_in: SignIn) -> None:
    ann = sign_in("ann")
    url = upload(ann, f"/tasks/{waiting}/files", "记录.txt", "体温正常".encode()).json["url"]

    assert ann.get(url).headers["Content-Type"] == "text/plain; charset=utf-8"


def test_a_name_is_never_a_path(waiting: str, sign_in: SignIn) -> None:
    answer = upload(sign_in("ann"), f"/tasks/{waiting}/files", "../../etc/passwd.pdf")

    assert "/" not in answer.json["name"]
    header = sign_in("ann").get(answer.json["url"]).headers["Content-Disposition"]
    assert ".." not in header
    assert "\n" not in header


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("片子.png", PDF, "名实不符"),
        ("page.html", b"<script>", "不接受"),
        ("空.pdf", b"", "空的"),
        ("大.pdf", PDF + bytes(uploads.LIMIT), "20 MB"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(
    waiting: str, sign_in: SignIn, name: str, body: bytes, said: str
) -> None:
    answer = upload(sign_in("ann"), f"/tasks/{waiting}/files", name, body)

    assert (answer.status_code, said in answer.json["message"]) == (422, True), answer.json


def test_what_is_far_too_large_is_stopped_while_it_arrives(waiting: str, sign_in: SignIn) -> None:
    answer = upload(sign_in("ann"), f"/tasks/{waiting}/files", "大.pdf", bytes(27 * 1024 * 1024))

    assert answer.status_code == 413


def test_without_a_file_there_is_nothing_to_take(waiting: str, sign_in: SignIn) -> None:
    ann = sign_in("ann")
    answer = ann.client.post(
        f"/tasks/{waiting}/files",
        data={"field": "x"},
        headers={"Accept": "application/json", "X-CSRFToken": ann.token()},
    )

    assert answer.status_code == 422


def test_ones_own_file_is_deleted_before_it_is_submitted_and_not_after(
    waiting: str, hospital: Hospital, sign_in: SignIn
) -> None:
    ann = sign_in("ann")
    first, second = (upload(ann, f"/tasks/{waiting}/files", field="scan").json for _ in range(2))

    assert ann.post(f"{first['url']}/delete").status_code == 303
    assert ann.get(first["url"]).status_code == 404

    send(ann, f"/tasks/{waiting}/complete", {"values": {"title": "发热", "scan": [second["id"]]}, "stamp": "1"})
    assert ann.post(f"{second['url']}/delete").status_code in (404, 409)
    assert sign_in("dan").get(second["url"]).data == PDF


def test_a_file_beside_the_form_goes_into_the_case_with_it(waiting: str, hospital: Hospital, sign_in: SignIn) -> None:
    ann = sign_in("ann")
    beside = upload(ann, f"/tasks/{waiting}/files").json

    send(ann, f"/tasks/{waiting}/complete", {"values": {"title": "发热"}, "stamp": "1"})

    assert sign_in("dan").get(beside["url"]).data == PDF


def test_a_foreign_file_and_none_at_all_look_exactly_alike(waiting: str, hospital: Hospital, sign_in: SignIn) -> None:
    url = upload(sign_in("ann"), f"/tasks/{waiting}/files").json["url"]
    eve = sign_in("eve")
    seen = []
    for path in (url, "/files/" + "0" * 32):
        for method, end in (("GET", ""), ("POST", "/delete")):
            token = eve.token()
            hospital.statements.clear()
            headers = {"X-CSRFToken": token, "Accept": "application/json"}
            answer = eve.client.open(path + end, method=method, headers=headers)
            seen.append((answer.status_code, answer.text, list(hospital.statements)))

    assert seen[:2] == seen[2:]
    assert seen[0][0] == 404


def test_a_process_that_is_not_ones_own_to_start_takes_no_file_and_none_at_all_looks_alike(
    hospital: Hospital, sign_in: SignIn
) -> None:
    foreign, missing = (upload(sign_in("kim"), f"/start/{key}/files", field="scan") for key in ("stay", "nowhere"))

    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert foreign.json["message"].replace("stay", "") == missing.json["message"].replace("nowhere", "")


def test_a_field_that_the_form_does_not_have_takes_no_file(waiting: str, sign_in: SignIn) -> None:
    for path in (f"/tasks/{waiting}/files", "/start/stay/files"):
        answer = upload(sign_in("ann"), path, field="scans")
        assert (answer.status_code, "没有" in answer.json["problems"][0]["message"]) == (422, True), answer.json


def test_a_file_whose_content_was_changed_in_the_database_is_refused_in_words_and_written_down(
    waiting: str, hospital: Hospital, sign_in: SignIn
) -> None:
    ann = sign_in("ann")
    file = upload(ann, f"/tasks/{waiting}/files", body=PDF + b"to be changed", field="scan").json
    with hospital.rows() as command:
        a, b = schema.attachment.c, schema.attachment_body
        digest = command.connection.execute(select(a.sha256).where(a.id == file["id"])).scalar_one()
        command.connection.execute(update(b).where(b.c.sha256 == digest).values(body=PDF))

    answer = ann.json(file["url"])

    assert (answer.status_code, "不再是" in answer.json["message"]) == (500, True), answer.json
    with hospital.rows() as command:
        r = schema.access_record.c
        noted = select(r.what, r.person_id).where(r.object == file["id"])
        assert command.connection.execute(noted).all() == [("changed", "ann")]
