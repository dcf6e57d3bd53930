"""Each operation by the right person, and by a wrong one, for whom there is nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from engine import message, schema
from tests.engine.query.hospital import FILES, Hospital
from tests.web.api.conftest import ADMINISTRATOR
from tests.web.api.programs import Program
from tests.web.browsing import PASSWORD
from web import i18n

With = Callable[..., Program]
CHINESE = i18n.catalogue("zh").ugettext("There is nothing here")


def stays(hospital: Hospital) -> int:
    with hospital.read("mia") as view:
        return int(view.connection.execute(select(func.count()).select_from(schema.instance)).scalar_one())


# ---- starting


def test_one_sees_what_one_may_start_and_with_what(program: With) -> None:
    assert [each["process"] for each in program("ann").get("/processes").json["items"]] == ["stay"]
    assert program("dan").get("/processes").json["items"] == []

    found = program("ann").get("/processes/stay").json
    assert (found["name"], found["form"]) == ("A stay", None)
    assert [(each["variable"], each["source"], each["required"]) for each in found["asks"]] == [
        ("wardId", "ward", True),
        ("familyId", "family", False),
    ]


def test_a_process_is_started_once_for_one_key(program: With, hospital: Hospital) -> None:
    body = {"values": {"wardId": "W1", "businessKey": "住-7"}}
    first = program("ann").post("/processes/stay/instances", body, key="k-start")
    count = stays(hospital)
    again = program("ann").post("/processes/stay/instances", body, key="k-start")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["instanceId"] == again.json["instanceId"] and stays(hospital) == count
    assert first.json["firstTask"] == hospital.task(first.json["instanceId"])
    assert first.json["seesCase"] is False

    other = program("ann").post("/processes/stay/instances", {"values": {"wardId": "W1"}}, key="k-start")
    assert (other.status_code, other.json["error"]) == (422, "key_reused")


def test_who_may_not_start_a_process_is_told_what_who_names_none_is_told(program: With) -> None:
    for path, ask in (("/processes/{}", Program.get), ("/processes/{}/instances", _start)):
        mine, none = (ask(program("dan"), path.format(key)) for key in ("stay", "nowhere"))
        assert mine.status_code == none.status_code == 404
        assert mine.text.replace("stay", "nowhere") == none.text


def _start(one: Program, path: str) -> Any:
    return one.post(path, {"values": {"wardId": "W1"}})


def test_a_remit_that_is_missing_or_not_ones_own_is_refused_by_name(program: With) -> None:
    refused = program("ann").post("/processes/stay/instances", {"values": {}})
    assert refused.status_code == 422 and [each["where"] for each in refused.json["problems"]] == ["wardId"]
    assert program("ann").post("/processes/stay/instances", {"values": {"wardId": "W2"}}).status_code == 404


# ---- lists


def test_the_four_lists_show_what_is_ones_own(program: With, hospital: Hospital) -> None:
    case = hospital.examined()
    waiting = hospital.task(case)
    with hospital.write("mia") as command:
        row = {"id": "n" * 32, "person_id": "dan", "instance_id": case, "task_id": waiting, "kind": "copy", "by": "mia"}
        command.connection.execute(schema.notice.insert().values(at=1, text="<img onerror=x>", **row))

    todo = {each["id"]: each for each in program("dan").get("/todo").json["items"]}
    assert (todo[waiting]["name"], todo[waiting]["processName"], todo[waiting]["columns"]) == (
        "Examine",
        "A stay",
        {"title": "发热", "bed": 3},
    )
    assert case in {each["instanceId"] for each in program("ann").get("/done").json["items"]}
    (notice,) = [each for each in program("dan").get("/notices").json["items"] if each["instanceId"] == case]
    assert (notice["by"], notice["text"]) == ({"id": "mia", "name": "Mia"}, "<img onerror=x>")
    started = hospital.admit(by="abe")
    assert program("abe").get("/started").json["items"] == []  # a nurse does not see the case itself
    assert started

    for path in ("/todo", "/done", "/started", "/notices"):
        assert program("eve").get(path).json == {"items": [], "next": None}


def test_a_list_is_read_piece_by_piece(program: With, hospital: Hospital) -> None:
    waiting = {hospital.task(hospital.admit()) for _ in range(5)}
    found, after = [], ""
    while True:
        piece = program("abe").get(f"/todo?size=2&order=arrival{after}").json
        assert len(piece["items"]) <= 2
        found += [each["id"] for each in piece["items"]]
        if piece["next"] is None:
            break
        after = f"&after={piece['next']}"
    assert waiting <= set(found) and len(found) == len(set(found))


def test_a_list_is_narrowed_by_text_and_nothing_is_found_by_what_one_may_not_see(
    program: With, hospital: Hospital
) -> None:
    hospital.examined(title="皮疹")
    assert len(program("dan").get("/todo?text=皮疹").json["items"]) == 1
    assert program("eve").get("/todo?text=皮疹").json["items"] == []
    assert program("dan").get("/todo?process=walk").json["items"] == []


# ---- one task


def test_a_task_brings_its_form_in_the_language_asked_for_and_its_values(program: With, hospital: Hospital) -> None:
    case = hospital.examined()
    found = program("dan").get(f"/tasks/{hospital.task(case)}").json
    assert found["form"]["components"][0]["label"] == "Finding" and found["name"] == "Examine"
    assert {"submit", "claim"} <= set(found["can"]) and found["stamp"] == 1
    assert found["others"] == []
    assert found["due"]["daysLeft"] == 3
    chinese = program("dan").get(f"/tasks/{hospital.task(case)}", language="zh").json
    assert chinese["form"]["components"][0]["label"] == "结论" and chinese["name"] == "检查"


@pytest.mark.parametrize(
    ("verb", "body"), [("", None), ("/claim", {}), ("/unclaim", {}), ("/complete", {"values": {}})]
)
def test_a_task_of_another_ward_is_not_there(
    verb: str, body: dict[str, Any] | None, program: With, hospital: Hospital
) -> None:
    waiting = hospital.task(hospital.examined())
    method = "GET" if body is None else "POST"
    mine, none = (program("eve").ask(method, f"/tasks/{each}{verb}", json=body) for each in (waiting, "0" * 32))
    assert mine.status_code == 404 and mine.json == none.json


def test_taking_a_task_and_putting_it_back_say_how_it_stands(program: With, hospital: Hospital) -> None:
    waiting = hospital.task(hospital.admit())
    taken = program("ann").post(f"/tasks/{waiting}/claim", {"stamp": 1}).json
    assert (taken["assignee"]["id"], taken["stamp"]) == ("ann", 2)
    refused = program("abe").post(f"/tasks/{waiting}/complete", {"values": {"title": "x"}})
    assert (refused.status_code, refused.json["error"]) == (403, "forbidden")
    assert refused.json["message"].startswith("Ann has this task.")
    back = program("ann").post(f"/tasks/{waiting}/unclaim", {"stamp": 2}).json
    assert (back["assignee"], back["stamp"]) == (None, 3)


def test_a_stale_stamp_changes_nothing_and_says_who_did_what(program: With, hospital: Hospital) -> None:
    waiting = hospital.task(hospital.admit())
    program("abe").post(f"/tasks/{waiting}/claim", {"stamp": 1})
    program("abe").post(f"/tasks/{waiting}/unclaim", {"stamp": 2})

    body = {"values": {"title": "发热"}, "stamp": 1}
    late = program("ann").post(f"/tasks/{waiting}/complete", body)
    assert (late.status_code, late.json["error"]) == (409, "conflict") and "Abe" in late.json["message"]
    chinese = program("ann").post(f"/tasks/{waiting}/complete", body, language="zh-CN,en;q=0.5")
    assert "艾伯" in chinese.json["message"]


def test_handing_in_twice_under_one_key_answers_the_same_and_with_other_values_is_refused(
    program: With, hospital: Hospital
) -> None:
    waiting = hospital.task(hospital.admit())
    path, body = f"/tasks/{waiting}/complete", {"values": {"title": "发热"}, "stamp": 1}
    first, again = (program("ann").post(path, body, key="k-1") for _ in range(2))
    assert first.status_code == again.status_code == 200 and first.json == again.json
    other = program("ann").post(path, {"values": {"title": "咳嗽"}}, key="k-1")
    assert (other.status_code, other.json["error"]) == (422, "key_reused")
    without = program("ann").post(path, body)
    assert without.status_code == 409


def test_who_was_asked_and_came_second_is_told_that_somebody_was_faster(program: With, hospital: Hospital) -> None:
    case = hospital.admit()
    done = hospital.do(case, "ann", title="发热")
    late = program("abe").post(f"/tasks/{done}/complete", {"values": {"title": "x"}})
    assert late.status_code == 409 and "Ann" in late.json["message"]
    assert program("eve").post(f"/tasks/{done}/complete", {"values": {}}).status_code == 404


def test_a_form_that_does_not_fit_is_refused_field_by_field_in_the_language_asked_for(
    program: With, hospital: Hospital
) -> None:
    path = f"/tasks/{hospital.task(hospital.admit())}/complete"
    missing = program("ann").post(path, {"values": {"bed": "x"}})
    assert missing.status_code == 422 and {each["where"] for each in missing.json["problems"]} == {"title", "bed"}
    checked = program("ann").post(path, {"values": {"title": "退回"}})
    assert checked.json["problems"] == [{"where": "title", "message": "Say why."}]


def test_a_signature_is_given_with_the_password_and_refused_without(program: With, hospital: Hospital) -> None:
    case = hospital.examined()
    path = f"/tasks/{hospital.task(case)}/complete"
    for wrong in ({}, {"password": "not it at all"}):
        refused = program("dan").post(path, {"values": {"outlook": "好转", "sign": wrong}})
        assert refused.status_code == 422 and [each["where"] for each in refused.json["problems"]] == ["sign"]
    done = program("dan").post(path, {"values": {"outlook": "好转", "sign": {"password": PASSWORD}}})
    assert done.status_code == 200 and done.json["nextTask"] == hospital.task(case)


# ---- cases


def test_a_case_shows_values_steps_and_sealed_fields_by_name_only(program: With, hospital: Hospital) -> None:
    case = hospital.examined(allergy="penicillin", plan="rest")
    found = program("mia").get(f"/instances/{case}").json
    assert (found["processName"], found["state"], found["startedBy"]["name"]) == ("A stay", "active", "Ann")
    assert {each["name"]: each["value"] for each in found["values"]}["plan"] == "rest"
    assert found["onRequest"] == ["过敏史"] and "penicillin" not in str(found)
    assert [each["taskId"] for each in found["steps"]] == [hospital.task(case)]
    told = program("mia").get(f"/instances/{case}/story")
    assert "penicillin" not in told.text and "Ann completed" in told.text


def test_a_story_is_read_piece_by_piece(program: With, hospital: Hospital) -> None:
    case = hospital.examined()
    whole = program("mia").get(f"/instances/{case}/story?technical=true").json["items"]
    found: list[Any] = []
    before = ""
    while True:
        piece = program("mia").get(f"/instances/{case}/story?technical=true&size=2{before}").json
        found += piece["items"]
        if piece["next"] is None:
            break
        before = f"&before={piece['next']}"
    # What a step recorded stands in its own line where a piece ends between the two.
    assert {each["number"] for each in whole} <= {each["number"] for each in found}
    assert len(found) == len({each["number"] for each in found})


def test_a_case_of_others_and_its_story_are_not_there(program: With, hospital: Hospital) -> None:
    case = hospital.examined()
    for who in ("eve", "ann", "kim", ADMINISTRATOR):
        for end in ("", "/story"):
            mine, none = (program(who).get(f"/instances/{each}{end}") for each in (case, "0" * 32))
            assert mine.status_code == 404 and mine.json == none.json
    assert program("dan").get(f"/instances/{case}").status_code == 200
    assert program("dan").get(f"/instances/{case}/story").status_code == 404  # seen, but the story is not told


# ---- for administrators


def test_an_administrator_releases_and_what_has_not_changed_keeps_its_version(program: With) -> None:
    files = {path: body.decode() for path, body in FILES.items()}
    same = program(ADMINISTRATOR).post("/releases", {"files": files})
    assert [(each["process"], each["version"], each["changed"]) for each in same.json["items"]] == [("stay", 1, False)]
    changed = {**files, "stay/stay.bpmn": files["stay/stay.bpmn"].replace("办理出院", "送出院")}
    (new,) = program(ADMINISTRATOR).post("/releases", {"files": changed}).json["items"]
    assert (new["version"], new["changed"]) == (2, True)
    (back,) = program(ADMINISTRATOR).post("/releases", {"files": files}).json["items"]
    assert back["version"] == 3


def test_what_has_faults_is_not_released_and_each_fault_is_named(program: With) -> None:
    files = {path: body.decode() for path, body in FILES.items()}
    for path, body in {
        "stay/stay.bpmn": "<!DOCTYPE x [<!ENTITY a 'b'>]><definitions/>",
        "stay/forms/admit.json": "{",
        "stay/check_admit.dmn": "<no",
        "locales/en.toml": "no toml",
    }.items():
        refused = program(ADMINISTRATOR).post("/releases", {"files": {**files, path: body}})
        assert refused.status_code == 422, (path, refused.text)
        assert refused.json["message"] and "Traceback" not in refused.text
    strange = {**files, "locales/en.toml": "stay = 1\n[values]\na = 2\n"}
    refused = program(ADMINISTRATOR).post("/releases", {"files": strange})
    assert {each["where"] for each in refused.json["problems"]} == {"locales/en.toml.stay", "locales/en.toml.values"}


def test_releasing_and_sending_messages_are_an_administrators_without_a_remit(program: With) -> None:
    files = {"x.bpmn": "<definitions/>"}
    for one in (program("mia"), program(ADMINISTRATOR, "ward:W1")):
        for path, body in (("/releases", {"files": files}), ("/messages", {"name": "a", "key": "b"})):
            refused = one.post(path, body)
            assert (refused.status_code, refused.json["error"]) == (403, "forbidden")
            # Nothing that was sent is looked at.
            assert one.ask("POST", path, data=b"no json").json == refused.json


def test_a_message_reaches_the_case_that_waits_once_and_with_its_types(program: With, hospital: Hospital) -> None:
    sent = {"name": "ward.called", "key": "7", "content": {"on": "2026-04-01", "n": 2}, "types": {"on": "date"}}
    first = program(ADMINISTRATOR).post("/messages", {**sent, "messageId": "m-7", "ttl": "P2D"})
    assert (first.status_code, first.json) == (202, {"messageId": "m-7"})
    again = program(ADMINISTRATOR).post("/messages", {**sent, "messageId": "m-7"})
    assert again.json == first.json
    other = program(ADMINISTRATOR).post("/messages", {**sent, "key": "8", "messageId": "m-7"})
    assert (other.status_code, other.json["error"]) == (422, "key_reused")

    with hospital.rows() as command:
        content = message.content(command, "m-7")
        rows = command.connection.execute(select(schema.message)).all()
    assert str(content["on"]) == "2026-04-01" and type(content["on"]).__name__ == "date" and content["n"] == 2
    assert len([row for row in rows if row.id == "m-7"]) == 1


# ---- as on the page


def test_reading_a_task_counts_as_opening_it_for_who_may_do_it_only(program: With, hospital: Hospital) -> None:
    waiting = hospital.task(hospital.examined())
    t = schema.task.c

    def is_seen() -> bool:
        with hospital.read("mia") as view:
            return view.connection.execute(select(t.seen_at).where(t.id == waiting)).scalar_one() is not None

    assert program("mia").get(f"/tasks/{waiting}").status_code == 200 and not is_seen()
    assert program("dan").get("/todo").status_code == 200 and not is_seen()
    assert program("dan").get(f"/tasks/{waiting}").status_code == 200 and is_seen()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("en", "There is nothing"),
        ("en-GB, zh;q=0.5", "There is nothing"),
        ("zh-Hant", CHINESE),
        ("fr, zh;q=0.1", CHINESE),
        (None, CHINESE),
        ("fr", CHINESE),
        ("*", CHINESE),
        ("en;q=0", CHINESE),
    ],
)
def test_sentences_are_in_the_first_language_asked_for_that_is_spoken_here(
    asked: str | None, said: str, program: With
) -> None:
    head = {} if asked is None else {"Accept-Language": asked}
    told = program("ann").client.get("/api/nowhere", headers={**head, "Cookie": "xuncha-language=en"})
    assert told.json["message"].startswith(said), told.json
