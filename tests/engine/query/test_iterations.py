"""Cases begun side by side, one for each row of a list: lists and the family show which is which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from engine import instance, policy, release, schema, worker
from engine.query import inbox, instance_page
from engine.query.inbox import Filter
from engine.runtime import Runtime
from tests.engine import clinic
from tests.engine.desk import Desk
from tests.engine.interpreter import building as b
from tests.engine.query import hospital as house
from tests.engine.query.hospital import Hospital

# What the director notes of a row, relatives are not shown; and of every case it can be read in which ward it is.
CATALOG = house.CATALOG.replace('columns = ["title", "bed"]', 'columns = ["wardId", "title", "bed", "note"]')
LANES = b.tag(
    "laneSet",
    b.tag("lane", *(b.tag("flowNodeRef", each) for each in ("s", "visit", "z")), id="nurses", name="护士"),
    id="lanes",
)
PATIENTS = [
    {"title": "发热", "bed": 1, "note": "陪护", "diagnosis": "肺炎"},
    {"title": "咳嗽", "bed": 2, "note": "观察", "diagnosis": "哮喘"},
]


@pytest.fixture
def hospital(runtime: Runtime) -> Iterator[Hospital]:
    hospital = Hospital(runtime)
    hospital.open()
    with hospital.write("mia") as command:
        policy.release(command, {**clinic.FILES, "catalog.toml": CATALOG.encode()})
    yield hospital
    Desk(runtime).must_be_sound()


def visited(hospital: Hospital, element: str, rows: list[Any], mapping: str = "", **values: str) -> str:
    """A case in which Ann visits all that stands in ``rows``, each a case of its own."""
    visit = b.user("visit", b.ext(mapping), b.several("=rows", element), name="查房")
    drawn = b.scope("process", "stay", LANES, b.start(), visit, b.user("z"), b.flows("s", "visit", "z"))
    with hospital.write("mia") as command:
        release.release(command, {"stay/stay.bpmn": b.document(drawn, {}).encode()})
    with hospital.write("ann") as command:
        case = instance.start(command, "stay", {"wardId": "W1", "familyId": "F1", "rows": rows, **values})
    worker.run_due(hospital.runtime)
    return case


def in_the_list(hospital: Hospital, text: str = "") -> list[dict[str, Any]]:
    with hospital.read("ann") as view:
        works = inbox.todo(view, Filter(text=text)).items
    return sorted((work.columns for work in works), key=str)


def in_the_family(hospital: Hospital, case: str, reader: str) -> list[dict[str, Any]]:
    with hospital.read(reader) as view:
        return sorted((each.columns for each in instance_page.read(view, case, "zh").family), key=str)


def projected(hospital: Hospital) -> set[str]:
    """Every text in any column of any case."""
    with hospital.runtime.read() as view:
        return {str(text) for text in view.connection.execute(select(schema.fact.c.text)).scalars()}


def test_each_is_known_by_the_row_it_was_begun_for_and_by_what_its_case_stands_under(hospital: Hospital) -> None:
    case = visited(hospital, "patient", PATIENTS)
    told = [
        {"wardId": "W1", "title": "发热", "bed": 1, "note": "陪护"},
        {"wardId": "W1", "title": "咳嗽", "bed": 2, "note": "观察"},
    ]

    assert in_the_list(hospital) == told
    assert in_the_family(hospital, case, "mia") == told


def test_it_is_found_by_it(hospital: Hospital) -> None:
    visited(hospital, "patient", PATIENTS)

    assert [columns["bed"] for columns in in_the_list(hospital, "咳嗽")] == [2]


def test_a_row_that_is_one_value_is_known_by_it(hospital: Hospital) -> None:
    visited(hospital, "bed", [7, 8])

    assert in_the_list(hospital) == [{"wardId": "W1", "bed": 7}, {"wardId": "W1", "bed": 8}]


def test_the_row_goes_before_what_its_whole_case_has_under_the_name(hospital: Hospital) -> None:
    named = b.io({"about": "=title", "ward": "=wardId"})
    visited(hospital, "patient", [{"title": "发热"}, {"bed": 2}, {"wardId": "W2"}], named, title="巡诊")

    assert in_the_list(hospital) == [
        {"wardId": "W1", "title": "发热"},
        {"wardId": "W1", "title": "巡诊", "bed": 2},
        {"wardId": "W2", "title": "巡诊"},
    ]


def test_of_a_row_one_is_shown_what_one_is_shown_of_a_case(hospital: Hospital) -> None:
    case = visited(hospital, "patient", PATIENTS)

    assert in_the_family(hospital, case, "kim") == [{"title": "发热"}, {"title": "咳嗽"}]


def test_nothing_sealed_comes_into_a_list_by_a_row(hospital: Hospital) -> None:
    visited(hospital, "diagnosis", PATIENTS)
    assert in_the_list(hospital) == [{"wardId": "W1"}, {"wardId": "W1"}]
    visited(hospital, "patient", PATIENTS)

    assert not projected(hospital) & {"肺炎", "哮喘"}
