"""What does not fit is refused whole, place by place, in the language asked for; nothing of it breaks anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.query.hospital import Hospital
from tests.web.api.conftest import ADMINISTRATOR
from tests.web.api.programs import Program

With = Callable[..., Program]
START = "/processes/stay/instances"


@pytest.mark.parametrize("body", [b"", b"no json", b"[1]", b'"x"', b"null", b"\xff\xfe", b'{"values": {', b"[" * 5000])
@pytest.mark.parametrize("path", [START, "/messages", "/releases", f"/tasks/{'0' * 32}/claim"])
def test_what_is_no_json_object_is_refused(path: str, body: bytes, program: With) -> None:
    answer = program(ADMINISTRATOR).ask("POST", path, data=body)
    assert answer.status_code == 422 and answer.json["error"] == "invalid"


@pytest.mark.parametrize(
    ("path", "body", "where", "sentence"),
    [
        (START, {}, "values", "This is required."),
        (START, {"values": []}, "values", "This must be an object."),
        (START, {"values": {}, "extra": 1}, "extra", "There is no field of this name."),
        ("/tasks/x/claim", {"stamp": "soon"}, "stamp", "This must be a whole number."),
        ("/tasks/x/claim", {"stamp": -1}, "stamp", "This number is too small."),
        ("/tasks/x/complete", {"values": {}, "stamp": 1.5}, "stamp", "This must be a whole number."),
        ("/messages", {"name": "", "key": "a"}, "name", "This must not be empty."),
        ("/messages", {"name": 7, "key": "a"}, "name", "This must be text."),
        ("/messages", {"name": "a", "key": "k" * 256}, "key", "This is too long."),
        ("/messages", {"name": "a", "key": "a", "ttl": "soon"}, "ttl", "This must be a duration like PT1H or P3D."),
        ("/messages", {"name": "a", "key": "a", "ttl": "-P1D"}, "ttl", "This number is too small."),
        ("/messages", {"name": "a", "key": "a", "types": {"on": "day"}}, "types.on", "This must be one of "),
        ("/releases", {"files": {}}, "files", ""),
        ("/releases", {"files": {"a.bpmn": 1}}, "files.a.bpmn", "This must be text."),
    ],
)
def test_each_fault_is_named_in_both_languages(
    path: str, body: dict[str, Any], where: str, sentence: str, program: With
) -> None:
    english, chinese = (program(ADMINISTRATOR).post(path, body, language=each) for each in ("en", "zh"))
    assert english.status_code == chinese.status_code == 422
    assert [each["where"] for each in english.json["problems"]] == [where]
    assert english.json["problems"][0]["message"].startswith(sentence)
    for said in (chinese.json["message"], chinese.json["problems"][0]["message"]):
        assert any("\u4e00" <= each <= "\u9fff" for each in said)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", '[{}, {"deep": -Infinity}]'])
def test_numbers_without_end_are_refused(value: str, program: With, hospital: Hospital) -> None:
    answer = program("ann").ask("POST", START, data=f'{{"values": {{"wardId": "W1", "bed": {value}}}}}'.encode())
    assert answer.status_code == 422
    done = f'{{"values": {{"title": "x", "bed": {value}}}}}'.encode()
    assert (
        program("ann").ask("POST", f"/tasks/{hospital.task(hospital.admit())}/complete", data=done).status_code == 422
    )
    message = f'{{"name": "a", "key": "a", "content": {{"n": {value}}}}}'.encode()
    assert program(ADMINISTRATOR).ask("POST", "/messages", data=message).status_code == 422


@pytest.mark.parametrize(
    ("content", "types"), [({"on": "soon"}, {"on": "date"}), ({"on": 7}, {"on": "dateTime"}), ({"n": 2**60}, {})]
)
def test_a_message_with_a_value_that_is_none_is_refused(content: Any, types: Any, program: With) -> None:
    body = {"name": "a", "key": "a", "content": content, "types": types}
    assert program(ADMINISTRATOR).post("/messages", body).status_code == 422


def test_what_is_too_large_is_refused_and_a_release_may_be_larger(program: With) -> None:
    large = json.dumps({"values": {"wardId": "W1", "title": "x" * 5_000_000}}).encode()
    for path in (START, "/messages", f"/tasks/{'0' * 32}/complete"):
        refused = program(ADMINISTRATOR).ask("POST", path, data=large)
        assert (refused.status_code, refused.json["error"]) == (413, "request_entity_too_large")
    files = {"files": {"readme.txt": "x" * 5_000_000}}
    assert program(ADMINISTRATOR).post("/releases", files).json == {"items": []}


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("size=0", "size"),
        ("size=201", "size"),
        ("size=x", "size"),
        ("overdue=perhaps", "overdue"),
        ("order=name", "order"),
        ("colour=red", "colour"),
        (f"text={'x' * 101}", "text"),
    ],
)
def test_a_query_that_asks_for_what_there_is_not_is_refused(query: str, where: str, program: With) -> None:
    answer = program("ann").get(f"/todo?{query}")
    assert answer.status_code == 422 and [each["where"] for each in answer.json["problems"]] == [where]


@pytest.mark.parametrize("after", ["x", "%00", "W10", "eyJ9", "x" * 400])
def test_a_place_that_no_list_gave_begins_at_the_beginning(after: str, program: With, hospital: Hospital) -> None:
    hospital.admit()
    first, strange = (program("ann").get(f"/todo?size=1{more}") for more in ("", f"&after={after}"))
    assert strange.status_code == 200 and strange.json == first.json


@pytest.mark.parametrize("text", ["%00", "%F0%9F%90%B1", "' OR 1=1 --", "%25", "_"])
def test_a_text_to_search_for_is_a_text(text: str, program: With) -> None:
    assert program("eve").get(f"/todo?text={text}").json == {"items": [], "next": None}


def test_a_key_that_is_too_long_is_refused_and_not_cut(program: With) -> None:
    refused = program("ann").post(START, {"values": {"wardId": "W1"}}, key="k" * 201)
    assert [each["where"] for each in refused.json["problems"]] == ["Idempotency-Key"]


def test_what_is_not_there_and_what_is_done_otherwise_is_answered_in_json(program: With) -> None:
    for language, said in (("en", "There is nothing here"), ("zh", "这里没有内容")):
        answer = program("ann").client.get("/api/nowhere", headers={"Accept-Language": language, "HX-Request": "true"})
        assert (answer.status_code, answer.mimetype) == (404, "application/json")
        assert answer.json["error"] == "not_found" and (language == "zh" or answer.json["message"] == said)
    assert program("ann").ask("DELETE", "/todo").status_code == 405
    assert program(None).ask("DELETE", "/todo").status_code in (401, 405)
