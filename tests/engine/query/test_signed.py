"""Signatures on the page of a task: whoever opens a form has signed nothing yet, whatever was signed before."""

from __future__ import annotations

from typing import Any

import pytest

from engine import draft, instance, release, task
from engine.errors import FormInvalid
from engine.query import story, task_page
from engine.query.task_page import TaskPage
from tests.engine import clinic
from tests.engine.bpmn.drawing import extended, file, flow
from tests.engine.query.hospital import LOCALE, Hospital, form

AGAIN = {"type": "checkbox", "key": "again", "label": "再来一次"}
SIGN = {"type": "signature", "key": "sign", "label": "签字", "validate": {"required": True}}
SHOWN = {**SIGN, "validate": {}, "readonly": True}
PATIENT = {"type": "text", "key": "who", "text": "{{patient}}"}
NOTE = {"type": "textfield", "key": "note", "label": "说明"}
PROCESS = file(
    '<process id="stay" name="住院" isExecutable="true"><laneSet id="lanes"><lane id="l" name="医生">'
    + "".join(f"<flowNodeRef>{each}</flowNodeRef>" for each in ("begin", "examine", "more", "read", "finish"))
    + '</lane></laneSet><startEvent id="begin"/>'
    + extended("userTask", 'id="examine" name="检查"', '<z:formDefinition formId="examine"/>')
    + '<exclusiveGateway id="more" name="再来？" default="on"/>'
    + extended("userTask", 'id="read" name="阅读"', '<z:formDefinition formId="read"/>')
    + '<endEvent id="finish" name="完"/>'
    + flow("begin", "examine")
    + flow("examine", "more")
    + '<sequenceFlow id="back" name="再来" sourceRef="more" targetRef="examine">'
    + "<conditionExpression>=again</conditionExpression></sequenceFlow>"
    + '<sequenceFlow id="on" name="继续" sourceRef="more" targetRef="read"/>'
    + flow("read", "finish")
    + "</process>"
)
FILES = {
    "stay/stay.bpmn": PROCESS,
    "stay/forms/examine.json": form("examine", [PATIENT, NOTE, AGAIN, SIGN]),
    "stay/forms/read.json": form("read", [{**NOTE, "readonly": True}, SHOWN]),
    "locales/en.toml": LOCALE.encode(),
}


@pytest.fixture(scope="module")
def twice(hospital: Hospital) -> Hospital:
    """A hospital whose doctors sign the same form again and again; every password is right."""
    hospital.runtime.confirms = lambda *_: True
    with hospital.write("mia") as command:
        clinic.put(
            command.connection, "organisation", id="o1", name="内科", name_en="Medicine", kind="ward", active=True
        )
        people = clinic.schema.person
        command.connection.execute(people.update().where(people.c.id == "dan").values(organisation_id="o1"))
        release.release(command, FILES)
    return hospital


def begun(hospital: Hospital, **values: Any) -> str:
    with hospital.write("ann") as command:
        return instance.start(command, "stay", {"wardId": "W1", **values})


def page(hospital: Hospital, who: str, task_id: str) -> TaskPage:
    with hospital.read(who) as view:
        return task_page.read(view, task_id, "zh")


def signed(hospital: Hospital, case: str, **values: Any) -> str:
    return hospital.do(case, "dan", sign={"password": "known"}, **values)


def test_a_form_that_is_done_again_is_not_signed_yet_and_says_who_signed_before(twice: Hospital) -> None:
    case = begun(twice)
    signed(twice, case, again=True)

    again = page(twice, "dan", twice.task(case))

    assert "sign" not in again.values
    before = again.signed["sign"]
    assert before.person is not None and before.organisation is not None
    assert (before.person.name, before.organisation.name, before.on_behalf_of) == ("丹青", "内科", None)


def test_who_signs_again_signs_anew_and_the_page_of_each_round_shows_its_own(twice: Hospital) -> None:
    case = begun(twice)
    first = signed(twice, case, again=True)
    assert page(twice, "dan", first).values["sign"]["person"] == "dan"

    second = signed(twice, case)

    for done in (page(twice, "dan", each) for each in (first, second)):
        assert done.closed_at is not None and done.values["sign"]["at"] == done.closed_at.isoformat()
    shown = page(twice, "dan", twice.task(case))
    assert shown.values["sign"]["at"] == shown.signed["sign"].at.isoformat()  # a form may show it, and only that


def test_the_page_of_a_step_that_is_done_shows_what_was_handed_in_whatever_came_later(twice: Hospital) -> None:
    case = begun(twice)
    first = signed(twice, case, note="一", again=True)
    second = signed(twice, case, note="二")
    twice.statements.clear()

    assert [page(twice, "dan", each).values["note"] for each in (first, second)] == ["一", "二"]
    assert len([each for each in twice.statements if not each.startswith("BEGIN")]) <= 16


@pytest.mark.parametrize("forged", ["before", "ready"])
def test_a_signature_of_before_counts_for_nobody(twice: Hospital, forged: str) -> None:
    case = begun(twice)
    signed(twice, case, again=True)
    reading = page(twice, "dan", twice.task(case)).signed["sign"]
    sent = {"person": "dan", "onBehalfOf": None, "at": reading.at.isoformat(), "digest": reading.digest}

    with pytest.raises(FormInvalid) as refused:
        twice.do(case, "dan", sign=sent if forged == "before" else {**sent, "password": "known"})

    assert [each.where for each in refused.value.problems] == ["sign"]
    with pytest.raises(FormInvalid):
        twice.do(case, "dan")  # and leaving it out is not signing


def test_a_draft_signs_nothing(twice: Hospital) -> None:
    case = begun(twice)
    waiting = twice.task(case)
    with twice.write("dan") as command:
        draft.save(command, waiting, {"note": "未完", "sign": {"person": "mia", "at": 0}}, revision=0)

    laid = page(twice, "dan", waiting).draft
    assert laid is not None and laid.content == {"note": "未完"}


def test_what_a_form_shows_is_signed_with_it(twice: Hospital) -> None:
    """The same answer over another text is another signature."""
    digests = []
    for patient in ("甲", "乙", "乙"):
        case = begun(twice, patient=patient)
        signed(twice, case, note="同")
        digests.append(page(twice, "dan", twice.task(case)).signed["sign"].digest)

    assert digests[0] != digests[1] == digests[2]


def test_a_task_that_waits_shows_nobody_a_signature_as_its_own(twice: Hospital) -> None:
    case = begun(twice)
    signed(twice, case, again=True)
    waiting = twice.task(case)
    with twice.write("dan") as command:
        task.claim(command, waiting)

    read_only = page(twice, "mia", waiting)

    assert ("submit" in read_only.can, "sign" in read_only.values, "sign" in read_only.signed) == (False, False, True)


def test_a_signature_kept_under_a_name_of_its_own_is_told_once(twice: Hospital) -> None:
    kept = '<z:ioMapping><z:output source="=sign" target="doctorSignature"/></z:ioMapping>'
    asked = '<zeebe:formDefinition formId="examine"/>'
    shown = {**SHOWN, "key": "doctorSignature", "label": "医生签字"}
    with twice.write("mia") as command:
        drawn = PROCESS.replace(asked.encode(), (asked + kept.replace("z:", "zeebe:")).encode())
        drawn = drawn.replace(b"=again", b"=false")
        release.release(
            command, {**FILES, "stay/stay.bpmn": drawn, "stay/forms/read.json": form("read", [shown, NOTE])}
        )
    case = begun(twice)
    done = signed(twice, case, note="一")
    assert page(twice, "dan", done).values["sign"]["person"] == "dan"

    with twice.read("mia") as view:
        lines = [line for line in story.read(view, case, "zh").items if line.kind == "task.completed"]
    assert [[each.field.type for each in line.values].count("signature") for line in lines] == [1]
