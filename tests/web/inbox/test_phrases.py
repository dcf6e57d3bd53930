"""Stock phrases in the browser, and the type-ahead of entries."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.engine.query.hospital import Hospital
from tests.web.browsing import Browser
from tests.web.inbox.test_tasks import island

SignIn = Callable[[str], Browser]


def shown(browser: Browser) -> list[str]:
    page = browser.get("/phrases").text
    return [part.split("</span>")[0] for part in page.split('<span class="phrase-text">')[1:]]


def test_phrases_are_kept_moved_offered_under_forms_and_deleted(hospital: Hospital, sign_in: SignIn) -> None:
    abe = sign_in("abe")
    for text in ("同意。", "<b>已阅"):
        abe.post("/phrases", {"text": text})
    assert shown(abe) == ["同意。", "&lt;b&gt;已阅"]

    second = abe.get("/phrases").text.split('id="phrase-')[2].split('"')[0]
    abe.post(f"/phrases/{second}/move")
    assert shown(abe) == ["&lt;b&gt;已阅", "同意。"]
    assert "已阅" in island(abe.get(f"/tasks/{hospital.task(hospital.admit())}").text)["stock-phrases"]

    abe.post(f"/phrases/{second}/move", {"down": "yes"})
    abe.post(f"/phrases/{second}/delete")
    assert shown(abe) == ["同意。"]


def test_the_phrases_of_others_are_not_there(hospital: Hospital, sign_in: SignIn) -> None:
    mia = sign_in("mia")
    mia.post("/phrases", {"text": "院长意见"})
    own = mia.get("/phrases").text.split('id="phrase-')[1].split('"')[0]

    assert sign_in("ann").post(f"/phrases/{own}/delete").status_code == 404
    assert shown(mia) == ["院长意见"]


def test_an_empty_phrase_is_refused_in_words(sign_in: SignIn) -> None:
    answer = sign_in("ann").post("/phrases", {"text": " "})

    assert (answer.status_code, "1 至 200" in answer.text) == (422, True)


def test_entries_are_found_by_name_and_by_key(sign_in: SignIn) -> None:
    ann = sign_in("ann")

    found = ann.json("/entries?source=person&q=abe").json["entries"]  # type: ignore[index]
    assert [(each["key"], each["title"]) for each in found] == [("abe", "艾伯")]
    known = ann.json("/entries?source=ward&key=W1&key=W9").json["entries"]  # type: ignore[index]
    assert [(each["key"], each["title"]) for each in known] == [("W1", "一病区")]


@pytest.mark.parametrize("query", ["", "source=nothing&q=a", "source=person&q=%25", "source=drug&q="])
def test_what_one_may_not_look_up_is_not_found(sign_in: SignIn, query: str) -> None:
    assert sign_in("ann").json(f"/entries?{query}").json == {"entries": []}
