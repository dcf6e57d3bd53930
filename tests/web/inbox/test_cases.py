"""One case in the browser: page, story, diagram, comments; and starting one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import select

from engine import schema
from tests.engine.query.hospital import Hospital
from tests.web.browsing import Browser
from tests.web.inbox.test_tasks import asked, island, send

SignIn = Callable[[str], Browser]


def test_the_page_of_a_case_holds_what_one_may_see(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.examined(plan="多喝水", diagnosis="肺炎")

    page = sign_in("mia").get(f"/cases/{case}").text

    for word in ("事由", "发热", "护理计划", "多喝水", "检查", "办理经过"):
        assert word in page
    assert "肺炎" not in page


def test_sealed_values_are_shown_to_who_says_why_and_that_is_written_down(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.examined(diagnosis="肺炎")
    dan = sign_in("dan")
    page = dan.get(f"/cases/{case}").text
    assert ("初步诊断" in page, "肺炎" in page) == (True, False)

    refused = dan.post(f"/cases/{case}/asked", {"reason": " "})
    assert (refused.status_code, "请先说明查阅理由" in refused.text, "肺炎" in refused.text) == (422, True, False)
    assert "肺炎" in dan.post(f"/cases/{case}/asked", {"reason": "会诊前核对"}).text

    r = schema.access_record.c
    with hospital.read("mia") as view:
        kept = view.connection.execute(select(r.person_id, r.what, r.detail).where(r.object == case)).all()
    assert [tuple(row) for row in kept] == [("dan", "asked", "会诊前核对"), ("dan", "opened", "diagnosis")]


def test_the_story_speaks_both_languages(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.examined()
    mia = sign_in("mia")
    assert "“办理入院”" in mia.get(f"/cases/{case}/story").text

    mia.post("/language", {"language": "en"})
    assert "Ann completed “Admit”." in mia.get(f"/cases/{case}/story").text
    mia.post("/language", {"language": "zh"})


def test_a_term_that_a_step_has_written_is_said_in_the_language_of_the_page(
    hospital: Hospital, sign_in: SignIn
) -> None:
    case = hospital.admit()
    hospital.do(case, "ann", title="观察")
    mia = sign_in("mia")
    assert "to be watched" not in mia.get(f"/cases/{case}").text

    mia.post("/language", {"language": "en"})
    page = mia.get(f"/cases/{case}").text
    mia.post("/language", {"language": "zh"})

    assert page.count("to be watched") == 2  # beside its name and among what is recorded
    assert "观察" not in page


def test_a_long_story_leads_on_to_its_earlier_lines(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.admit()
    waiting, ann = hospital.task(case), sign_in("ann")
    for number in range(16):
        ann.post(f"/tasks/{waiting}/{('claim', 'unclaim')[number % 2]}")
        ann.post(f"/tasks/{waiting}/{('claim', 'unclaim')[number % 2]}")
    mia = sign_in("mia")

    first = mia.get(f"/cases/{case}/story?all=yes").text
    number = int(first.rsplit('<li value="', 1)[1].split('"')[0])

    assert "发起事项" in mia.get(f"/cases/{case}/story?all=yes&before={max(number, 3)}").text


def test_a_value_that_only_shares_the_name_of_a_field_is_told_as_what_it_is(
    hospital: Hospital, sign_in: SignIn
) -> None:
    case = hospital.admit(scan=2)

    assert "<dt>片子</dt><dd>2</dd>" in re.sub(r"\s*([<>])\s*", r"\1", sign_in("mia").get(f"/cases/{case}/story").text)


def test_the_diagram_knows_where_the_case_stands(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.examined()
    mia = sign_in("mia")
    page = unescape(mia.get(f"/cases/{case}/diagram").text)

    assert '"tokens": {"examine": 1}' in page
    xml = mia.get(f"/cases/{case}/diagram.bpmn")
    assert (xml.mimetype, b'id="examine"' in xml.data) == ("application/xml", True)
    assert xml.headers["X-Content-Type-Options"] == "nosniff"


def test_comments_are_added_and_read_where_the_case_is(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.examined()

    answer = sign_in("dan").client.post(
        f"/cases/{case}/comments",
        data={"text": "请复查<b>"},
        headers={"HX-Request": "true", "X-CSRFToken": sign_in("dan").token()},
    )

    assert "请复查&lt;b&gt;" in answer.text
    assert "请复查" in sign_in("mia").get(f"/cases/{case}/talk").text


def test_an_empty_comment_is_refused_in_words(hospital: Hospital, sign_in: SignIn) -> None:
    case = hospital.examined()

    answer = sign_in("dan").post(f"/cases/{case}/comments", {"text": " "})

    assert (answer.status_code, "请先填写内容" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/cases/{}"),
        ("GET", "/cases/{}/story"),
        ("GET", "/cases/{}/diagram"),
        ("GET", "/cases/{}/diagram.bpmn"),
        ("GET", "/cases/{}/talk"),
        ("POST", "/cases/{}/asked"),
    ],
)
def test_a_foreign_case_and_none_at_all_look_exactly_alike(
    hospital: Hospital, sign_in: SignIn, method: str, path: str
) -> None:
    foreign, eve = hospital.examined(diagnosis="肺炎"), sign_in("eve")

    here = asked(hospital, eve, method, path.format(foreign))
    nowhere = asked(hospital, eve, method, path.format("0" * 32))

    assert here[0] == 404
    assert here == nowhere


# ---- starting


def test_what_one_may_start_is_offered_with_a_form(hospital: Hospital, sign_in: SignIn) -> None:
    ann = sign_in("ann")
    assert 'href="/start/stay"' in ann.get("/start").text
    assert 'href="/start/stay"' not in sign_in("dan").get("/start").text

    fields = json.loads(island(ann.get("/start/stay").text)["form"])["components"]

    assert [(field["key"], field["type"]) for field in fields] == [
        ("businessKey", "textfield"),
        ("wardId", "entry"),
        ("familyId", "entry"),
    ]


def test_starting_leads_to_what_one_has_to_do_first(hospital: Hospital, sign_in: SignIn) -> None:
    ann = sign_in("ann")
    body = {"values": {"businessKey": "住C-1", "wardId": "W1", "familyId": None}}

    answers = [send(ann, "/start/stay", body, key="start-1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert "住C-1" in ann.get(answers[0].json["location"]).text


def test_what_decides_who_sees_the_case_must_be_given(hospital: Hospital, sign_in: SignIn) -> None:
    answer = send(sign_in("ann"), "/start/stay", {"values": {"businessKey": "住C-2"}})

    assert answer.status_code == 422
    assert [problem["where"] for problem in answer.json["problems"]] == ["wardId"]


def test_a_process_that_one_may_not_start_and_none_at_all_look_alike(hospital: Hospital, sign_in: SignIn) -> None:
    dan = sign_in("dan")
    seen = []
    for key in ("stay", "stey"):
        for method, path in (("GET", f"/start/{key}"), ("POST", f"/start/{key}")):
            token = dan.token()
            hospital.statements.clear()
            headers = {"X-CSRFToken": token, "Accept": "application/json"}
            answer = dan.client.open(path, method=method, headers=headers, json={"values": {}})
            seen.append((answer.status_code, answer.text.replace(key, ""), list(hospital.statements)))

    assert seen[:2] == seen[2:]
    assert seen[0][0] == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        "/tasks/%00",
        "/tasks/%00/claim",
        "/cases/a%00",
        "/cases/%ff/story",
        "/files/%00",
        "/start/%00",
        "/phrases/%00/delete",
        "/todo?text=%00",
    ],
)
def test_an_address_with_characters_that_no_key_has_breaks_nothing(sign_in: SignIn, method: str, path: str) -> None:
    ann = sign_in("ann")

    answer = ann.client.open(path, method=method, headers={"X-CSRFToken": ann.token()})

    assert answer.status_code < 500


@pytest.mark.parametrize("text", ["\0", "\ud800", "x\0y"])
def test_text_with_characters_that_cannot_be_kept_breaks_nothing(
    hospital: Hospital, sign_in: SignIn, text: str
) -> None:
    case, dan = hospital.examined(), sign_in("dan")
    data = {"text": text.encode("utf-8", "surrogatepass")}
    waiting = hospital.task(case)

    for path in (f"/cases/{case}/comments", "/phrases", f"/tasks/{waiting}/remind", f"/tasks/{waiting}/copy"):
        headers = {"X-CSRFToken": dan.token()}
        assert dan.client.post(path, data=data, headers=headers).status_code < 500, path
    assert send(dan, f"/tasks/{waiting}/draft", {"values": {"a": text}, "revision": 0}, method="PUT").status_code < 500
    assert dan.json("/entries?source=%00&q=%00").status_code < 500
    assert send(dan, "/start/stay", {"values": {"wardId": text}}).status_code < 500
