"""One task in the browser: opened, filled in, handed in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from html import unescape
from typing import Any

import pytest
from sqlalchemy import delete, select

from engine import assembly, database, schema, task
from tests.engine.query.hospital import Hospital
from tests.web.browsing import PASSWORD, Browser
from web import create_app
from web.auth import throttle
from web.config import Settings

SignIn = Callable[[str], Browser]


def send(browser: Browser, path: str, body: Any, key: str | None = None, method: str = "POST") -> Any:
    headers = {"Accept": "application/json", "X-CSRFToken": browser.token()}
    if key:
        headers["Idempotency-Key"] = key
    return browser.client.open(path, method=method, json=body, headers=headers)


def island(page: str) -> dict[str, Any]:
    """What the form's script finds on its element."""
    tag = page.split('<div id="form"')[1].split("></div>")[0]
    parts = [part.split('="', 1) for part in tag.split(" data-")[1:]]
    return {part[0]: unescape(part[1].rstrip('"')) if len(part) > 1 else "" for part in parts}


def test_the_page_carries_the_form_and_where_it_is_sent(hospital: Hospital, sign_in: SignIn) -> None:
    waiting = hospital.task(hospital.admit())

    data = island(sign_in("ann").get(f"/tasks/{waiting}").text)

    assert json.loads(data["form"])["components"][0]["key"] == "title"
    assert data["submit-url"] == f"/tasks/{waiting}/complete"
    assert (data["stamp"], data["draft-revision"]) == ("1", "0")


def test_opening_a_task_is_seen_by_who_may_do_it_only(hospital: Hospital, sign_in: SignIn) -> None:
    waiting = hospital.task(hospital.examined())
    t = schema.task.c

    def seen() -> bool:
        with hospital.read("mia") as view:
            return view.connection.execute(select(t.seen_at).where(t.id == waiting)).scalar_one() is not None

    sign_in("mia").get(f"/tasks/{waiting}")
    assert not seen()
    sign_in("dan").get(f"/tasks/{waiting}")
    assert seen()


def test_handing_in_leads_back_to_the_list_or_on_to_ones_own_next_step(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.admit()
    first = hospital.task(case)
    answer = send(sign_in("ann"), f"/tasks/{first}/complete", {"values": {"title": "发热"}, "stamp": "1"})
    assert answer.json["location"] == f"/todo?after_task={first}&recall=yes"

    second = hospital.task(case)
    body = {"values": {"outlook": "好转", "sign": {"password": PASSWORD}}, "stamp": "1"}
    answer = send(sign_in("dan"), f"/tasks/{second}/complete", body)
    assert answer.json["location"] == f"/tasks/{hospital.task(case)}?after={second}"


def test_a_second_click_gives_the_answer_of_the_first(hospital: Hospital, sign_in: SignIn) -> None:
    waiting = hospital.task(hospital.admit())
    body = {"values": {"title": "发热"}, "stamp": "1"}

    answers = [send(sign_in("ann"), f"/tasks/{waiting}/complete", body, key="k-1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json


def test_while_the_database_is_locked_handing_in_is_refused_and_goes_through_afterwards(
    hospital: Hospital, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = hospital.task(hospital.admit())
    body = {"values": {"title": "发热"}, "stamp": "1"}
    monkeypatch.setattr(database, "BUSY_MS", 300)
    url, state = hospital.runtime.database.engine.url.render_as_string(hide_password=False), hospital.runtime.state
    with closing(assembly.open(url, state)) as impatient:
        ann = Browser(create_app(Settings(state=state), impatient))
        ann.sign_in("ann")
        with hospital.runtime.database.write() as locking:
            locking.execute(select(schema.instance.c.id).with_for_update())
            refused = send(ann, f"/tasks/{waiting}/complete", body, key="k-3")

    assert (refused.status_code, refused.json["error"]) == (503, "unavailable")
    assert "数据库暂时无法使用" in refused.json["message"]
    assert send(sign_in("ann"), f"/tasks/{waiting}/complete", body, key="k-3").status_code == 200


def test_the_same_key_with_another_content_is_refused(hospital: Hospital, sign_in: SignIn) -> None:
    waiting = hospital.task(hospital.admit())
    send(sign_in("ann"), f"/tasks/{waiting}/complete", {"values": {"title": "发热"}}, key="k-2")

    answer = send(sign_in("ann"), f"/tasks/{waiting}/complete", {"values": {"title": "头痛"}}, key="k-2")

    assert answer.status_code == 422


def test_what_is_wrong_is_said_field_by_field(hospital: Hospital, sign_in: SignIn) -> None:
    waiting = hospital.task(hospital.admit())

    answer = send(sign_in("ann"), f"/tasks/{waiting}/complete", {"values": {"bed": "三"}, "stamp": "1"})

    assert answer.status_code == 422
    assert {problem["where"] for problem in answer.json["problems"]} == {"title", "bed"}


@pytest.mark.parametrize("body", [None, [], {}, {"values": []}, {"values": "x"}])
def test_what_is_no_submission_is_refused_in_words(hospital: Hospital, sign_in: SignIn, body: Any) -> None:
    waiting = hospital.task(hospital.admit())

    answer = send(sign_in("ann"), f"/tasks/{waiting}/complete", body)

    assert (answer.status_code, bool(answer.json["message"])) == (422, True)


def test_who_was_slower_learns_who_did_what_and_when(hospital: Hospital, sign_in: SignIn) -> None:
    waiting = hospital.task(hospital.admit())
    with hospital.write("abe") as command:
        task.complete(command, waiting, {"title": "头痛"})

    answer = send(sign_in("ann"), f"/tasks/{waiting}/complete", {"values": {"title": "发热"}, "stamp": "1"}, key="k-3")

    assert answer.status_code == 409
    assert "艾伯" in answer.json["message"]
    page = sign_in("ann").get(f"/tasks/{waiting}")
    assert (page.status_code, "艾伯" in page.text) == (409, True)
    assert sign_in("eve").get(f"/tasks/{waiting}").status_code == 404


def test_who_is_too_late_to_take_a_task_is_led_to_it_as_it_stands(hospital: Hospital, sign_in: SignIn) -> None:
    waiting, ann = hospital.task(hospital.admit()), sign_in("ann")
    with hospital.write("abe") as command:
        task.claim(command, waiting)

    late = ann.post(f"/tasks/{waiting}/claim", {"stamp": "1"})

    assert (late.status_code, late.location) == (303, f"/tasks/{waiting}")
    shown = ann.get(late.location)
    assert shown.status_code == 200
    assert (shown.text.count("艾伯已于"), shown.text.count("此任务由 艾伯")) == (1, 1)
    assert "艾伯已于" not in ann.get(late.location).text  # said once, and reloading shows the task


def test_who_is_too_late_for_a_task_that_is_over_is_told_once_and_not_to_reload(
    hospital: Hospital, sign_in: SignIn
) -> None:
    waiting, ann = hospital.task(hospital.admit()), sign_in("ann")
    with hospital.write("abe") as command:
        task.complete(command, waiting, {"title": "头痛"})

    for late in (ann.post(f"/tasks/{waiting}/claim", {"stamp": "1"}), ann.get(f"/tasks/{waiting}")):
        assert late.status_code == 409
        page = late.text
        assert (page.count("艾伯"), "重新载入" in page, "刷新" in page, 'href="/"' in page) == (1, False, False, True)


def test_a_wrong_password_signs_nothing_and_counts_as_a_guess(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.examined()
    body = {"values": {"outlook": "好转", "sign": {"password": "not mine at all"}}, "stamp": "1"}

    answer = send(sign_in("dan"), f"/tasks/{hospital.task(case)}/complete", body)

    assert [problem["where"] for problem in answer.json["problems"]] == ["sign"]
    with hospital.read("mia") as view:
        own = schema.guess.c.person == "dan", schema.guess.c.address == throttle.SIGNED_IN
        assert view.connection.execute(select(schema.guess.c.failures).where(*own)).scalar_one() == 1


@pytest.fixture
def forgetting(hospital: Hospital) -> Iterator[None]:
    """What is guessed in this test is held against nobody in the next."""
    yield
    with hospital.runtime.database.write() as connection:
        connection.execute(delete(schema.guess))


def test_who_signs_is_not_stopped_by_what_strangers_guess(
    hospital: Hospital, sign_in: SignIn, forgetting: None
) -> None:
    case = hospital.examined()
    dan = sign_in("dan")
    stranger = Browser(dan.client.application)
    for number in range(130):
        stranger.sign_in("dan" if number % 2 else f"name{number}", "not mine at all")
    body = {"values": {"outlook": "好转", "sign": {"password": PASSWORD}}, "stamp": "1"}

    assert send(dan, f"/tasks/{hospital.task(case)}/complete", body).status_code == 200


def test_who_guesses_at_the_password_of_a_session_rests_and_stops_no_sign_in(
    hospital: Hospital, sign_in: SignIn, forgetting: None
) -> None:
    case, dan = hospital.examined(), sign_in("dan")
    waiting = f"/tasks/{hospital.task(case)}/complete"
    for _ in range(5):
        send(dan, waiting, {"values": {"outlook": "好转", "sign": {"password": "not mine"}}, "stamp": "1"})

    right = {"values": {"outlook": "好转", "sign": {"password": PASSWORD}}, "stamp": "1"}
    assert send(dan, waiting, right).status_code == 422
    assert Browser(dan.client.application).sign_in("dan").status_code == 303


def test_nobody_signs_by_sending_a_ready_made_signature(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.examined()
    body = {"values": {"outlook": "好转", "sign": {"person": "dan", "at": "2026-01-01", "digest": "x"}}, "stamp": "1"}

    assert send(sign_in("dan"), f"/tasks/{hospital.task(case)}/complete", body).status_code == 422


def test_a_step_without_a_form_is_confirmed_by_a_button(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.examined()
    body = {"values": {"outlook": "好转", "sign": {"password": PASSWORD}}}
    send(sign_in("dan"), f"/tasks/{hospital.task(case)}/complete", body)
    dan, last = sign_in("dan"), hospital.task(case)
    assert "确认办结" in dan.get(f"/tasks/{last}").text

    answer = dan.post(f"/tasks/{last}/finish", {"stamp": "1", "key": "once"})

    assert (answer.status_code, answer.location) == (303, f"/todo?after_task={last}")


def test_a_draft_is_saved_and_both_versions_are_shown_on_a_conflict(hospital: Hospital, sign_in: SignIn) -> None:
    waiting, ann = hospital.task(hospital.admit()), sign_in("ann")
    path = f"/tasks/{waiting}/draft"

    saved = send(ann, path, {"values": {"title": "一", "diagnosis": "密"}, "revision": 0}, method="PUT")
    assert (saved.json["revision"], saved.json["withheld"]) == (1, ["diagnosis"])

    conflict = send(ann, path, {"values": {"title": "二"}, "revision": 0}, method="PUT")
    assert conflict.status_code == 409
    assert conflict.json["other"]["values"] == {"title": "一"}

    page = ann.get(f"/tasks/{waiting}").text
    assert (json.loads(island(page)["values"])["title"], island(page)["draft-revision"]) == ("一", "1")
    ann.post(f"{path}/discard")
    assert island(ann.get(f"/tasks/{waiting}").text)["draft-revision"] == "0"


def test_a_signed_out_page_is_told_so_in_json(hospital: Hospital, sign_in: SignIn, wards: Any) -> None:
    waiting = hospital.task(hospital.admit())

    answer = send(Browser(wards), f"/tasks/{waiting}/complete", {"values": {}})

    assert (answer.status_code, answer.json["error"]) == (401, "signed_out")


# ---- what else can be done with a task


def test_a_task_is_taken_and_put_back(hospital: Hospital, sign_in: SignIn) -> None:
    waiting, ann = hospital.task(hospital.admit()), sign_in("ann")

    ann.post(f"/tasks/{waiting}/claim", {"stamp": "1"})
    assert "退回待领" in ann.get(f"/tasks/{waiting}").text
    assert "此任务由 安宁" in sign_in("abe").get(f"/tasks/{waiting}").text

    ann.post(f"/tasks/{waiting}/unclaim", {"stamp": "2"})
    assert "领取" in sign_in("abe").get(f"/tasks/{waiting}").text


def test_a_task_is_handed_over_with_a_reason(hospital: Hospital, sign_in: SignIn) -> None:
    waiting, ann = hospital.task(hospital.admit()), sign_in("ann")

    assert ann.post(f"/tasks/{waiting}/assign", {"person": "abe", "reason": "", "stamp": "1"}).status_code == 422
    assert ann.post(f"/tasks/{waiting}/assign", {"person": "eve", "reason": "请办", "stamp": "1"}).status_code == 422
    assert ann.post(f"/tasks/{waiting}/assign", {"person": "abe", "reason": "请办", "stamp": "1"}).status_code == 303

    assert island(sign_in("abe").get(f"/tasks/{waiting}").text)["stamp"] == "2"
    assert "readonly" in island(ann.get(f"/tasks/{waiting}").text)


def test_what_was_handed_in_is_taken_back_with_what_had_been_filled_in(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.admit()
    done, ann = hospital.task(case), sign_in("ann")
    send(ann, f"/tasks/{done}/complete", {"values": {"title": "发热"}, "stamp": "1"})
    assert "撤回" in ann.get(f"/tasks/{done}").text

    answer = ann.post(f"/tasks/{done}/withdraw", {"reason": "填错了"})

    assert answer.location == f"/tasks/{hospital.task(case)}"
    assert json.loads(island(ann.get(answer.location).text)["values"])["title"] == "发热"


def test_who_sees_the_case_reminds_whoever_has_the_task(hospital: Hospital, sign_in: SignIn) -> None:
    waiting = hospital.task(hospital.examined())

    sign_in("mia").post(f"/tasks/{waiting}/remind", {"text": "请抓紧<script>"})

    assert "请抓紧&lt;script&gt;" in sign_in("dan").get("/notices").text


def test_a_case_is_sent_for_information_to_people_found_by_name(hospital: Hospital, sign_in: SignIn) -> None:
    waiting, mia = hospital.task(hospital.examined()), sign_in("mia")
    found = mia.get(f"/tasks/{waiting}/people?q=dan&person=ann").text
    assert ('value="ann" checked' in found, 'value="dan"' in found) == (True, True)

    answer = mia.post(f"/tasks/{waiting}/copy", {"person": "dan", "text": "请知悉"})

    assert answer.status_code == 303
    assert "请知悉" in sign_in("dan").get("/notices").text


def test_next_and_previous_lead_through_ones_list(hospital: Hospital, sign_in: SignIn) -> None:
    first, second = hospital.task(hospital.examined()), hospital.task(hospital.examined())
    dan = sign_in("dan")

    assert dan.get(f"/tasks/{first}/next").location == f"/tasks/{second}"
    assert dan.get(f"/tasks/{second}/next?back=yes").location == f"/tasks/{first}"
    assert sign_in("eve").get(f"/tasks/{second}/next").location == "/todo"


# ---- nothing for others


def test_names_and_texts_are_never_markup(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.admit(number="<img onerror=1>")
    hospital.do(case, "ann", title="<img onerror=2>")

    for path in (f"/tasks/{hospital.task(case)}", f"/cases/{case}", f"/cases/{case}/story", "/todo", "/started"):
        page = sign_in("mia").get(path).text
        assert "<img onerror" not in page


POSTS = ("claim", "unclaim", "assign", "withdraw", "remind", "copy", "finish", "draft/discard")


def asked(hospital: Hospital, browser: Browser, method: str, path: str) -> tuple[int, str, list[str]]:
    token = browser.token()
    hospital.statements.clear()
    headers = {"X-CSRFToken": token, "Accept": "application/json"}
    body = {"values": {}, "revision": 0} if path.endswith(("complete", "draft")) else None
    answer = browser.client.open(path, method=method, headers=headers, json=body)
    return answer.status_code, answer.text, list(hospital.statements)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/tasks/{}"),
        ("GET", "/tasks/{}/people?q=a"),
        ("POST", "/tasks/{}/complete"),
        ("PUT", "/tasks/{}/draft"),
        *(("POST", f"/tasks/{{}}/{each}") for each in POSTS if each != "draft/discard"),
    ],
)
def test_a_foreign_task_and_none_at_all_look_exactly_alike(
    hospital: Hospital, sign_in: SignIn, method: str, path: str
) -> None:
    foreign, eve = hospital.task(hospital.admit()), sign_in("eve")

    here = asked(hospital, eve, method, path.format(foreign))
    nowhere = asked(hospital, eve, method, path.format("0" * 32))

    # Handing over without a reason is refused before anybody looks which task it is.
    assert here[0] == (422 if path.endswith("assign") else 404)
    assert here == nowhere


def test_what_a_decision_says_against_a_submission_is_said_in_the_readers_language(
    hospital: Hospital, sign_in: SignIn
) -> None:
    waiting, abe = hospital.task(hospital.admit()), sign_in("abe")
    body = {"values": {"title": "退回"}, "stamp": "1"}

    def said() -> str:
        (problem,) = send(abe, f"/tasks/{waiting}/complete", body).json["problems"]
        assert problem["where"] == "title"
        return str(problem["message"])

    assert said() == "请写明事由。"
    abe.post("/language", {"language": "en"})
    assert said() == "Say why."
    abe.post("/language", {"language": "zh"})
