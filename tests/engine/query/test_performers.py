"""Whom a task is for is what it was offered to, on every page alike, not the lane that it stands in."""

from __future__ import annotations

from typing import Any

import pytest

from engine import instance, release
from engine.query import instance_page, performers, task_page
from tests.engine.bpmn.drawing import extended, file, flow
from tests.engine.query.hospital import LOCALE, Hospital, form

ADMIT = '<z:assignmentDefinition candidateGroups="=groups" candidateUsers="=users"/>'
PROCESS = file(
    '<process id="stay" name="住院" isExecutable="true"><laneSet id="lanes"><lane id="l" name="护士">'
    + "".join(f"<flowNodeRef>{each}</flowNodeRef>" for each in ("begin", "admit", "finish"))
    + '</lane></laneSet><startEvent id="begin"/>'
    + extended("userTask", 'id="admit" name="办理入院"', '<z:formDefinition formId="admit"/>', ADMIT)
    + '<endEvent id="finish" name="完"/>'
    + flow("begin", "admit")
    + flow("admit", "finish")
    + "</process>"
)
FILES = {
    "stay/stay.bpmn": PROCESS,
    "stay/forms/admit.json": form("admit", [{"type": "textfield", "key": "title", "label": "事由"}]),
    "locales/en.toml": LOCALE.encode(),
}


@pytest.fixture(scope="module")
def named(hospital: Hospital) -> Hospital:
    """A hospital in which the case says whose work a step is."""
    with hospital.write("mia") as command:
        release.release(command, FILES)
    return hospital


def begun(hospital: Hospital, groups: Any, users: Any) -> str:
    with hospital.write("ann") as command:
        return instance.start(command, "stay", {"wardId": "W1", "groups": groups, "users": users})


@pytest.mark.parametrize(
    ("groups", "users", "chinese", "english"),
    [
        (["DOC"], [], "医生", "Doctor"),
        (["DOC", "NURSE"], [], "护士 / 医生", "Nurse / Doctor"),
        ([], ["dan"], "丹青", "Dan"),
        (["DOC"], ["abe"], "医生 / 艾伯", "Doctor / Abe"),
        ([], [], "护士", "Nurse"),
    ],
)
def test_a_task_is_for_whom_it_was_offered_to(
    named: Hospital, groups: list[str], users: list[str], chinese: str, english: str
) -> None:
    case = begun(named, groups, users)
    waiting = named.task(case)
    for language, said in (("zh", chinese), ("en", english)):
        with named.read("mia") as view:
            (step,) = instance_page.read(view, case, language).steps
            assert step.performers == said
            assert task_page.read(view, waiting, language).performers == said


def test_what_is_over_is_for_nobody(named: Hospital) -> None:
    done = named.do(begun(named, ["DOC"], []), "dan", title="发热")
    with named.read("dan") as view:
        assert task_page.read(view, done, "zh").performers == ""


def test_whom_one_may_not_look_up_is_not_named(named: Hospital) -> None:
    """A relative, told of a task, is told the role and no name of the house."""
    waiting = named.task(begun(named, ["DOC"], ["abe"]))
    with named.read("kim") as view:
        assert performers.of(view, [waiting], "zh") == {waiting: "医生"}
