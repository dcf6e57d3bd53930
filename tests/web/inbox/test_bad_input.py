"""What a page would never send, and what people send by mistake: each is answered in a sentence, and nothing is
written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine import schema
from tests.engine.query.hospital import Hospital
from tests.web.browsing import Browser

SignIn = Callable[[str], Browser]
LANGUAGES = ("zh", "en")
RIGHT = {"title": "发热"}


def send(browser: Browser, path: str, body: Any, method: str = "POST") -> Any:
    headers = {"Accept": "application/json", "X-CSRFToken": browser.token()}
    return browser.client.open(path, method=method, json=body, headers=headers)


def in_both(browser: Browser, act: Callable[[], Any]) -> list[Any]:
    """The same sent by somebody who reads Chinese, then English."""
    answers = []
    for language in LANGUAGES:
        browser.post("/language", {"language": language})
        answers.append(act())
    browser.post("/language", {"language": "zh"})
    return answers


def state(hospital: Hospital, case: str) -> tuple[int, str]:
    """How long the story is, and whether the task is open: what must not change."""
    e, t = schema.event.c, schema.task.c
    with hospital.read("mia") as view:
        events = select(func.count()).select_from(schema.event).where(e.instance_id == case)
        task = select(t.state).where(t.instance_id == case)
        return view.connection.execute(events).scalar_one(), view.connection.execute(task).scalar_one()


@pytest.mark.parametrize(
    ("values", "where", "chinese", "english"),
    [
        ({}, "title", "此项必填。", "This is required."),
        ({**RIGHT, "bed": "三"}, "bed", "必须是数字。", "This must be a number."),
        ({**RIGHT, "bed": 1e300}, "bed", "数字过大。", "This number is too large."),
        ({"title": {"a": 1}}, "title", "必须是文本。", "This must be text."),
        ({"title": "x" * 101}, "title", "最多允许 100 个", "at most 100 are allowed"),
        ({**RIGHT, "plan": "x" * 30_000}, "plan", "最多允许 20000 个", "at most 20000 are allowed"),
        ({**RIGHT, "nothing": 1}, "nothing", "表单没有字段 nothing。", "The form has no field nothing."),
        ({**RIGHT, "wardId": "W2"}, "wardId", "表单没有字段 wardId。", "The form has no field wardId."),
        ({**RIGHT, "scan": ["0" * 32]}, "scan", "请重新添加", "attach it again"),
        ({**RIGHT, "scan": "a.pdf"}, "scan", "必须是列表。", "This must be a list."),
        ({**RIGHT, "watch": "x"}, "watch", "必须是多行列表。", "This must be a list of rows."),
        (
            {**RIGHT, "watch": [{"day": "1 April"}]},
            "watch.0.day",
            "请写成 2026-04-01 的样子",
            "written like 2026-04-01",
        ),
        (
            {**RIGHT, "watch": [{"nurse": "x"}]},
            "watch.0.nurse",
            "x 不存在，或者未对您开放。",
            "x is not there, or not open",
        ),
        ({**RIGHT, "watch": [{"kind": "三级"}]}, "watch.0.kind", "不在可选项之中。", "not one of the choices"),
        (
            {**RIGHT, "bed": 99, "watch": [{"note": "x"}]},
            "watch",
            "此项不适用，请留空。",
            "This does not apply here. Leave it empty.",
        ),
    ],
)
def test_what_does_not_fit_the_form_is_said_by_field_in_both_languages_and_nothing_is_written(
    hospital: Hospital, sign_in: SignIn, values: Any, where: str, chinese: str, english: str
) -> None:
    case, ann = hospital.admit(), sign_in("ann")
    path, before = f"/tasks/{hospital.task(case)}/complete", state(hospital, case)

    answers = in_both(ann, lambda: send(ann, path, {"values": values, "stamp": "1"}))

    assert [answer.status_code for answer in answers] == [422, 422], [a.json for a in answers]
    for answer, says in zip(answers, (chinese, english), strict=True):
        assert answer.json["message"]
        assert [(each["where"], says in each["message"]) for each in answer.json["problems"]] == [(where, True)], (
            answer.json
        )
    assert state(hospital, case) == before


@pytest.mark.parametrize(("method", "path"), [("POST", "complete"), ("PUT", "draft")])
def test_five_megabytes_are_refused_with_what_may_be_sent(
    hospital: Hospital, sign_in: SignIn, method: str, path: str
) -> None:
    case, ann = hospital.admit(), sign_in("ann")
    address, before = f"/tasks/{hospital.task(case)}/{path}", state(hospital, case)
    body = {"values": {"title": "x" * 5_000_000}, "stamp": "1", "revision": 0}

    answers = in_both(ann, lambda: send(ann, address, body, method))

    assert [answer.status_code for answer in answers] == [413, 413]
    assert ["1 MB" in answer.json["message"] for answer in answers] == [True, True]
    assert state(hospital, case) == before


@pytest.mark.parametrize("task_id", ["0" * 32, "x", "..%2f..", "a" * 500, "<img>"])
def test_a_wrong_task_is_not_there_in_words(hospital: Hospital, sign_in: SignIn, task_id: str) -> None:
    ann = sign_in("ann")

    answers = in_both(ann, lambda: send(ann, f"/tasks/{task_id}/complete", {"values": RIGHT, "stamp": "1"}))

    assert [answer.status_code for answer in answers] == [404, 404]
    assert all(answer.json["message"] for answer in answers)
    assert answers[0].json["message"] != answers[1].json["message"]


def test_a_stamp_of_yesterday_says_who_was_faster_and_keeps_what_was_typed(hospital: Hospital, sign_in: SignIn) -> None:
    waiting, ann = hospital.task(hospital.admit()), sign_in("ann")
    ann.post(f"/tasks/{waiting}/claim", {"stamp": "1"})

    answers = in_both(ann, lambda: send(ann, f"/tasks/{waiting}/complete", {"values": RIGHT, "stamp": "1"}))

    assert [answer.status_code for answer in answers] == [409, 409]
    assert ["安宁" in answers[0].json["message"], "Ann" in answers[1].json["message"]] == [True, True]


def test_an_ended_session_is_told_so_in_the_language_of_the_browser(hospital: Hospital, wards: Flask) -> None:
    waiting, visitor = hospital.task(hospital.admit()), Browser(wards)

    answers = in_both(
        visitor, lambda: send(visitor, f"/tasks/{waiting}/draft", {"values": RIGHT, "revision": 0}, "PUT")
    )

    assert [(answer.status_code, answer.json["error"]) for answer in answers] == [(401, "signed_out")] * 2
    assert answers[1].json["message"] == "Your session has ended. Sign in again to go on; nothing is lost."
    assert answers[0].json["message"] != answers[1].json["message"]
