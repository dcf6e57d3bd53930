"""A table of a form, taken in from a workbook and given out as one, over HTTP."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from engine import schema, task
from tests.engine import clinic
from tests.engine.query.hospital import Hospital
from tests.web.browsing import Browser
from web.inbox import sheets

SignIn = Callable[[str], Browser]
HEADINGS = ["日期", "护士", "说明", "夜班", "级别"]


def workbook(*lines: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def take(browser: Browser, task_id: str, body: bytes, *, field: str = "watch", name: str = "陪护.xlsx") -> Any:
    headers = {"Accept": "application/json", "X-CSRFToken": browser.token()}
    data = {"file": (io.BytesIO(body), name)}
    return browser.client.post(f"/tasks/{task_id}/sheets/{field}", data=data, headers=headers)


def give(browser: Browser, task_id: str, rows: Any, field: str = "watch") -> Any:
    return browser.post_json(f"/tasks/{task_id}/sheets/{field}/out", {"rows": rows})


def test_a_sheet_comes_back_as_rows_for_the_form_and_nothing_is_kept(hospital: Hospital, sign_in: SignIn) -> None:
    waiting, ann = hospital.task(hospital.admit()), sign_in("ann")
    lines = [date(2026, 4, 1), "艾伯", "早", "是", "特级"], [None, "abe", "晚", None, None]

    answer = take(ann, waiting, workbook(HEADINGS, *lines))

    assert answer.status_code == 200, answer.text
    assert answer.json["rows"] == [
        {"day": "2026-04-01", "nurse": "abe", "note": "早", "night": True, "kind": "特级"},
        {"nurse": "abe", "note": "晚"},
    ]
    assert (answer.json["titles"], answer.json["problems"]) == ({"person": {"abe": "艾伯"}}, [])
    with hospital.read("mia") as view:
        stored = view.connection.execute(select(schema.draft.c.content).where(schema.draft.c.task_id == waiting))
        assert stored.first() is None


def test_one_person_has_one_workbook_read_at_a_time_and_others_do_not_wait(hospital: Hospital, sign_in: SignIn) -> None:
    ann, abe, body = sign_in("ann"), sign_in("abe"), workbook(HEADINGS)
    mine, theirs = (hospital.task(hospital.admit()) for _ in range(2))

    with sheets.alone("ann"):
        refused = take(ann, mine, body)
        assert (refused.status_code, "另一个工作簿" in refused.json["message"]) == (409, True), refused.json
        assert take(abe, theirs, body).status_code == 200
    assert take(ann, mine, body).status_code == 200
    assert take(ann, mine, b"PK").status_code == 422
    assert take(ann, mine, body).status_code == 200


def test_what_did_not_fit_is_told_by_place_in_the_language_of_the_reader(hospital: Hospital, sign_in: SignIn) -> None:
    waiting, abe = hospital.task(hospital.admit()), sign_in("abe")
    body = workbook(["Day", "护士", "Remark", "级别"], ["2026-02-30", "无此人", "x" * 10, "special"])

    chinese = take(abe, waiting, body).json
    abe.post("/language", {"language": "en"})
    english = take(abe, waiting, body).json
    abe.post("/language", {"language": "zh"})

    assert chinese["problems"][0] == {"where": "C", "message": "此列不属于本表：Remark。"}
    assert english["rows"] == [{"note": "x" * 10, "kind": "特级"}]
    assert english["problems"] == [
        {"where": "A2", "message": "This is no date. It is written like 2026-04-01."},
        {"where": "B2", "message": "Nothing that you may choose here is called 无此人."},
    ]


def test_a_person_outside_learns_nobodys_key_by_a_sheet(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.admit()
    waiting = hospital.task(case)
    with hospital.rows() as command:
        clinic.offer(command.connection, waiting, "KIN@family:F1")

    answer = take(sign_in("kim"), waiting, workbook(HEADINGS, [None, "艾伯"]))

    assert answer.json["rows"] == [{}]
    assert [each["where"] for each in answer.json["problems"]] == ["B2"]


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("陪护.xls", b"x", "xlsx"),
        ("陪护.xlsx", b"%PDF-1.7", "名实不符"),
        ("陪护.xlsx", workbook(["别的"]), "日期"),
        ("陪护.xlsx", b"PK\x03\x04" + bytes(6 * 1024 * 1024), "5 MB"),
    ],
)
def test_what_is_no_such_sheet_is_refused_in_words(
    hospital: Hospital, sign_in: SignIn, name: str, body: bytes, says: str
) -> None:
    answer = take(sign_in("ann"), hospital.task(hospital.admit()), body, name=name)

    assert (answer.status_code, says in answer.json["message"]) == (422, True), answer.json


def test_a_table_that_the_form_does_not_have_is_not_there(hospital: Hospital, sign_in: SignIn) -> None:
    waiting, ann = hospital.task(hospital.admit()), sign_in("ann")

    for field in ("title", "nothing"):
        assert take(ann, waiting, workbook(HEADINGS), field=field).status_code == 404
        assert give(ann, waiting, [], field).status_code == 404


def test_rows_go_out_as_text_numbers_and_dates_and_that_is_written_down(hospital: Hospital, sign_in: SignIn) -> None:
    waiting, ann = hospital.task(hospital.admit()), sign_in("ann")
    rows = [{"day": "2026-04-01", "nurse": "艾伯", "note": "=1+1", "night": True, "kind": "特级"}, {"note": "@x"}]

    answer = give(ann, waiting, rows)

    assert (answer.status_code, answer.headers["X-Content-Type-Options"]) == (200, "nosniff")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert [[cell.value for cell in line] for line in sheet.rows] == [
        HEADINGS,
        [datetime(2026, 4, 1), "艾伯", "=1+1", "是", "特级"],  # noqa: DTZ001 - a spreadsheet knows no zones
        [None, None, "@x", None, None],
    ]
    assert {cell.data_type for line in sheet.rows for cell in line} <= {"s", "d", "n"}
    with hospital.read("mia") as view:
        r = schema.access_record.c
        query = select(r.person_id, r.what, r.detail).where(r.object == waiting)
        assert view.connection.execute(query).all() == [("ann", "exported", "watch")]


@pytest.mark.parametrize("rows", [None, {}, "x", [1], [{}] * 2001])
def test_what_are_no_rows_is_refused_in_words(hospital: Hospital, sign_in: SignIn, rows: Any) -> None:
    answer = give(sign_in("ann"), hospital.task(hospital.admit()), rows)

    assert (answer.status_code, bool(answer.json["message"])) == (422, True)


def test_who_only_looks_on_gives_out_and_takes_nothing_in(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.admit()
    waiting, mia = hospital.task(case), sign_in("mia")

    assert give(mia, waiting, []).status_code == 200
    assert take(mia, waiting, workbook(HEADINGS)).status_code == 403
    with hospital.write("ann") as command:
        task.complete(command, waiting, {"title": "发热"})
    assert take(sign_in("ann"), waiting, workbook(HEADINGS)).status_code == 409


def test_a_foreign_task_and_none_at_all_look_alike_to_sheets(hospital: Hospital, sign_in: SignIn) -> None:
    foreign, eve = hospital.task(hospital.admit()), sign_in("eve")
    body = workbook(HEADINGS, [None, "艾伯"])

    for send in (lambda key: take(eve, key, body), lambda key: give(eve, key, [{"note": "x"}])):
        here, nowhere = send(foreign), send("0" * 32)
        assert (here.status_code, here.text) == (404, nowhere.text)
