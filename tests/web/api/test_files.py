"""Files in the fields of a form, beside it, and remarks: handed in and given out over the wire, to whom pages would."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from engine import release, schema
from engine import upload as uploads
from tests.engine.query.hospital import ADMIT, FILES, Hospital, form
from tests.engine.test_filetype import PNG, workbook
from tests.web.api.programs import Program

With = Callable[..., Program]
PDF, LIST = b"%PDF-1.7\n" + bytes(200), workbook()


@pytest.fixture(scope="module", autouse=True)
def with_photo(hospital: Hospital) -> None:
    """A form with a second field of files, for doctors only, and one that starts a stay."""
    photo = {"type": "files", "key": "photo", "label": "照片"}
    with hospital.runtime.write() as command:
        changed = {"admit": [*ADMIT, photo], "begin": [{"type": "files", "key": "scan", "label": "片子"}]}
        release.release(command, {**FILES, **{f"stay/forms/{key}.json": form(key, of) for key, of in changed.items()}})


def hand_in(one: Program, path: str, name: str, content: bytes, **form: str) -> Any:
    data = {"file": (BytesIO(content), name), **form}
    return one.ask("POST", path, data=data, content_type="multipart/form-data")


def take_out(one: Program, file_id: str) -> Any:
    return one.client.get(f"/api/files/{file_id}", headers={"Authorization": f"Bearer {one.token}"})


@pytest.fixture
def case(hospital: Hospital) -> str:
    return hospital.admit()


def admitted(program: With, hospital: Hospital, case: str) -> dict[str, Any]:
    """A case whose form was handed in with two files in one field and one in another, and a workbook beside it."""
    ann, at = program("ann"), f"/tasks/{hospital.task(case)}"
    handed = {
        "scan": hand_in(ann, f"{at}/files", "片子.pdf", PDF, field="scan").json,
        "second": hand_in(ann, f"{at}/files", "片子二.png", PNG, field="scan").json,
        "photo": hand_in(ann, f"{at}/files", "照片.png", PNG, field="photo").json,
        "beside": hand_in(ann, f"{at}/files", "名册.xlsx", LIST).json,
    }
    scans = [handed["scan"]["id"], handed["second"]["id"]]
    values = {"title": "发热", "bed": 3, "scan": scans, "photo": [handed["photo"]["id"]]}
    assert ann.post(f"{at}/complete", {"values": values}).status_code == 200
    return handed


def test_files_of_several_fields_and_beside_the_form_travel_with_it(
    program: With, hospital: Hospital, case: str
) -> None:
    handed = admitted(program, hospital, case)
    assert (handed["scan"]["mediaType"], handed["scan"]["size"], handed["scan"]["field"]) == (
        "application/pdf",
        len(PDF),
        "scan",
    )
    assert handed["second"]["mediaType"] == "image/png" and handed["beside"]["field"] is None

    dan = program("dan")
    listed = {each["id"]: each["name"] for each in dan.get(f"/instances/{case}/files").json["items"]}
    assert listed == {each["id"]: each["name"] for each in handed.values()}
    for key, content in (("scan", PDF), ("second", PNG), ("beside", LIST)):
        assert take_out(dan, handed[key]["id"]).data == content


def test_a_file_is_given_out_to_be_saved_and_never_to_be_run(program: With, hospital: Hospital, case: str) -> None:
    handed = admitted(program, hospital, case)
    answer = take_out(program("dan"), handed["scan"]["id"])
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"] and "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("片子.png", PDF, "not what its name says"),
        ("程序.exe", b"MZ" + bytes(64), "are not taken"),
        ("片子.pdf", b"", "empty"),
        ("大.pdf", PDF + bytes(uploads.LIMIT), "20 MB"),
    ],
)
def test_a_kind_that_is_not_taken_and_a_lie_about_it_are_refused(
    program: With, hospital: Hospital, case: str, name: str, content: bytes, said: str
) -> None:
    refused = hand_in(program("ann"), f"/tasks/{hospital.task(case)}/files", name, content, field="scan")
    assert refused.status_code == 422, refused.text
    assert said in refused.text


def test_a_request_without_a_file_is_refused(program: With, hospital: Hospital, case: str) -> None:
    assert program("ann").post(f"/tasks/{hospital.task(case)}/files").status_code == 422


def test_whoever_may_not_see_a_file_learns_that_there_is_none(program: With, hospital: Hospital, case: str) -> None:
    handed = admitted(program, hospital, case)
    for who in ("eve", None):
        mine, none = take_out(program(who), handed["scan"]["id"]), take_out(program(who), "nothing")
        assert mine.status_code == none.status_code == (401 if who is None else 404)
        assert mine.json == none.json
    for what in ("files", "comments"):
        mine, none = (program("eve").get(f"/instances/{each}/{what}") for each in (case, "none"))
        assert mine.status_code == none.status_code == 404 and mine.json == none.json
    assert take_out(program("dan", "ward:W2"), handed["scan"]["id"]).status_code == 404  # confined to elsewhere


def test_a_file_cannot_be_handed_in_for_a_task_that_is_not_ones_own(
    program: With, hospital: Hospital, case: str
) -> None:
    mine, none = (
        hand_in(program("eve"), f"/tasks/{at}/files", "片子.pdf", PDF) for at in (hospital.task(case), "none")
    )
    assert mine.status_code == none.status_code == 404 and mine.json == none.json


def test_a_sealed_file_is_given_to_its_roles_alone_and_that_is_written_down(
    program: With, hospital: Hospital, case: str
) -> None:
    sealed = admitted(program, hospital, case)["photo"]["id"]
    assert take_out(program("mia"), sealed).status_code == 404  # sees the case, and is no doctor
    assert take_out(program("dan"), sealed).data == PNG

    r = schema.access_record.c
    with hospital.read("mia") as view:
        kept = view.connection.execute(select(r.person_id, r.what).where(r.object == sealed)).all()
    assert [tuple(each) for each in kept] == [("dan", "opened")]


def test_a_file_for_a_start_is_its_owners_alone(program: With) -> None:
    handed = hand_in(program("ann"), "/processes/stay/files", "片子.pdf", PDF, field="scan")
    assert handed.status_code == 201
    assert take_out(program("ann"), handed.json["id"]).data == PDF
    assert take_out(program("dan"), handed.json["id"]).status_code == 404

    assert hand_in(program("ann"), "/processes/stay/files", "片子.pdf", PDF).status_code == 422
    foreign, none = (hand_in(program("kim"), f"/processes/{key}/files", "a.pdf", PDF) for key in ("stay", "nowhere"))
    assert foreign.status_code == none.status_code == 404


def test_remarks_are_made_and_read_where_the_case_is(program: With, hospital: Hospital, case: str) -> None:
    hospital.do(case, "ann", title="发热", bed=3)
    made = program("dan").post(f"/instances/{case}/comments", {"text": "请补片子"})
    assert made.status_code == 201
    assert [(each["by"]["name"], each["text"]) for each in made.json["items"]] == [("Dan", "请补片子")]
    assert program("mia").get(f"/instances/{case}/comments").json == made.json

    assert program("dan").post(f"/instances/{case}/comments", {"text": " "}).status_code == 422
    assert program("eve").get(f"/instances/{case}/comments").status_code == 404
    mine, none = (program("eve").post(f"/instances/{at}/comments", {"text": "?"}) for at in (case, "none"))
    assert mine.status_code == none.status_code == 404 and mine.json == none.json
