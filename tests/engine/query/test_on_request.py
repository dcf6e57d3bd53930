"""What a case shows to those who say why they look: for a while, and never without a line that says so."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine import asking, policy, schema
from engine.errors import Invalid, NotFound
from engine.query import instance_page, story
from engine.runtime import View
from tests.engine import clinic
from tests.engine.query import hospital as house
from tests.engine.query.hospital import Hospital

RESTRICTED = 'plan = { class = "restricted", roles = ["DOC"], ask = ["DIR"] }'
CATALOG = house.CATALOG.replace('plan = { roles = ["KIN"] }', RESTRICTED)


def admitted(hospital: Hospital) -> str:
    with hospital.write("mia") as command:
        policy.release(command, {**clinic.FILES, "catalog.toml": CATALOG.encode()})
    return hospital.examined(plan="多喝水")


def labels(view: View, case: str) -> tuple[list[str], list[str]]:
    page = instance_page.read(view, case, "zh")
    return [each.field.label for each in page.values], [each.label for each in page.on_request]


def test_it_is_named_but_not_shown_until_one_has_said_why(hospital: Hospital) -> None:
    case = admitted(hospital)
    with hospital.read("mia") as view:
        assert labels(view, case) == (["事由", "床位"], ["护理计划", "过敏史"])
        assert "多喝水" not in str(story.read(view, case, "zh"))

    with hospital.write("mia") as command:
        asking.ask(command, case, " 复核 ")
        assert [(each.field.label, each.value) for each in instance_page.opened(command, case, "zh")] == [
            ("护理计划", "多喝水")
        ]

    with hospital.read("mia") as view:
        assert labels(view, case) == (["事由", "床位", "护理计划"], ["过敏史"])
        assert "多喝水" in str(story.read(view, case, "zh"))
        assert records(view, case) == [("mia", "asked", "复核")]


def test_it_opens_no_other_case_and_nothing_to_anybody_else(hospital: Hospital) -> None:
    case, other = admitted(hospital), hospital.examined(plan="静养")
    with hospital.write("dan") as command:
        asking.ask(command, case, "查房")
    with hospital.write("mia") as command:
        asking.ask(command, other, "查房")
    with hospital.read("mia") as view:
        assert labels(view, case) == (["事由", "床位"], ["护理计划", "过敏史"])
    with hospital.read("dan") as view:
        assert labels(view, case) == (["事由", "床位", "护理计划"], ["初步诊断"])


@pytest.mark.parametrize(("reason", "sentence"), [("  ", "Say why"), ("x" * 501, "at most 500")])
def test_a_reason_must_be_one(hospital: Hospital, reason: str, sentence: str) -> None:
    case = admitted(hospital)
    with pytest.raises(Invalid, match=sentence), hospital.write("mia") as command:
        asking.ask(command, case, reason)
    with hospital.read("mia") as view:
        assert records(view, case) == []


def test_nobody_learns_of_a_case_by_asking(hospital: Hospital) -> None:
    case = admitted(hospital)
    for key in (case, "0" * 32):
        with (
            pytest.raises(NotFound, match="There is no such case, or it is not yours to see"),
            hospital.write("eve") as c,
        ):
            asking.ask(c, key, "好奇")
    with hospital.read("mia") as view:
        assert records(view, case) == []


def records(view: View, case: str) -> list[tuple[str, str, str]]:
    r = schema.access_record.c
    query = select(r.person_id, r.what, r.detail).where(r.object == case).order_by(r.id)
    return [tuple(row) for row in view.connection.execute(query)]
