"""Rules on what is written out in the file: the length of names and keys."""

from __future__ import annotations

import pytest

from tests.engine.bpmn.drawing import flow, process, straight
from tests.engine.bpmn.lint.case import Case, check

OK = '<startEvent id="s"/><endEvent id="e"/>' + flow("s", "e")


def named(length: int) -> bytes:
    return straight(f'<task id="a" name="{"名" * length}"/>')


def told(length: int) -> bytes:
    return straight('<receiveTask id="a" messageRef="m"/>', top=f'<message id="m" name="{"m" * length}"/>')


def called(length: int) -> bytes:
    return process(OK, attributes=f'id="{"p" * length}" isExecutable="true"')


def given(attribute: str, value: str) -> bytes:
    extensions = f'<extensionElements><z:assignmentDefinition {attribute}="{value}"/></extensionElements>'
    return straight(f'<userTask id="a">{extensions}</userTask>')


CASES = [
    Case("name-too-long", "a", named(256), named(255)),
    Case("name-too-long", "m", told(256), told(255)),
    Case("name-too-long", "p" * 64, called(65), called(64)),
    Case("name-too-long", "a", given("assignee", "x" * 65), given("assignee", "x" * 64)),
    Case("name-too-long", "a", given("candidateUsers", "a," + "x" * 65), given("candidateUsers", "x" * 64 + ",b")),
    Case("name-too-long", "a", given("assignee", "x" * 65), given("assignee", "=" + "x" * 65)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_names_and_keys_are_as_long_as_they_can_be_kept(case: Case) -> None:
    check(case)
