"""The four lists: what stands in them, in which order, and for whom."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from sqlalchemy import insert, update

from engine import clock, draft, schema
from engine.query import inbox
from engine.query.inbox import Filter
from tests.engine import clinic
from tests.engine.query.ward import REMITS, Ward

DAY = 86_400_000_000
NURSES = "NURSE@ward:W1"
TOKENS = count(10)


def put(ward: Ward, key: str, *candidates: str, **values: Any) -> None:
    """One more task, of case ``c1`` unless another is named."""
    with ward.rows() as command:
        now = clock.micros(command.now)
        due = values.pop("due", None)
        row = {"due_at": None if due is None else now + due * DAY, "opened_at": now, **values}
        clinic.task(
            command.connection, key, row.pop("case", "c1"), *(candidates or (NURSES,)), token=next(TOKENS), **row
        )


def change(ward: Ward, table: Any, **values: Any) -> None:
    """Change every row of a table."""
    with ward.rows() as command:
        command.connection.execute(update(table).values(**values))


def todo(ward: Ward, who: str = "ann", **wanted: Any) -> list[str]:
    with ward.read(who) as view:
        return [work.id for work in inbox.todo(view, Filter(**wanted)).items]


def test_a_task_waits_for_everyone_it_is_offered_to_and_nobody_else(ward: Ward) -> None:
    assert {who: todo(ward, who) for who in ("ann", "abe", "dan", "mia", "eve", "kim")} == {
        "ann": ["t1"],
        "abe": ["t1"],
        "dan": [],
        "mia": [],
        "eve": [],
        "kim": [],
    }


def test_a_task_that_was_taken_waits_for_its_taker_only(ward: Ward) -> None:
    change(ward, schema.task, assignee="abe")

    assert (todo(ward, "ann"), todo(ward, "abe")) == ([], ["t1"])


def test_a_task_is_gone_with_the_role_even_for_who_had_taken_it(ward: Ward) -> None:
    put(ward, "t2", "DOC@ward:W1", assignee="ann")

    assert todo(ward) == ["t1"]


def test_what_is_due_first_stands_first_and_what_is_never_due_last(ward: Ward) -> None:
    for key, due in (("late", -2), ("soon", 1), ("far", 40)):
        put(ward, key, due=due)

    assert todo(ward) == ["late", "soon", "far", "t1"]


def test_the_newest_can_stand_first(ward: Ward) -> None:
    put(ward, "old", opened_at=5, due=-9)
    put(ward, "new", opened_at=9)

    assert todo(ward, order="arrival") == ["new", "old", "t1"]


def test_a_recusal_takes_the_ward_out_of_list_and_count_at_once(ward: Ward) -> None:
    with ward.rows() as command:
        clinic.put(command.connection, "exclusion", person_id="ann", remit="ward:W1", since_at=0)
    try:
        with ward.read("ann") as view:
            assert inbox.todo(view).items == ()
            assert inbox.overview(view).todo == 0
    finally:
        with ward.rows() as command:
            command.connection.execute(schema.exclusion.delete())


@pytest.mark.parametrize("order", inbox.ORDERS)
def test_turning_pages_shows_every_task_once_in_the_order_of_the_list(ward: Ward, order: str) -> None:
    for number in range(11):
        put(ward, f"n{number:02}", due=(None, 3, 3, 8)[number % 4], opened_at=number // 2)
    whole = todo(ward, order=order)

    seen: list[str] = []
    after = None
    with ward.read("ann") as view:
        for _ in whole:
            page = inbox.todo(view, Filter(order=order), after, size=3)
            seen += [work.id for work in page.items]
            if (after := page.next) is None:
                break

    assert seen == whole
    assert len(seen) == 12


@pytest.mark.parametrize("after", ["", "x", "not a place", "W10", "WzEsMl0", "eyJhIjoxfQ", "WyJhIiwxXQ"])
def test_a_place_that_no_page_wrote_is_the_beginning(ward: Ward, after: str) -> None:
    with ward.read("ann") as view:
        assert [work.id for work in inbox.todo(view, after=after).items] == ["t1"]


def test_the_list_can_be_narrowed_to_one_process_what_is_late_or_what_one_has_begun(ward: Ward) -> None:
    put(ward, "late", due=-1)
    put(ward, "soon", due=1)
    put(ward, "walk", process_key="walk")
    with ward.write("ann") as command:
        draft.save(command, "walk", {"a": 1}, revision=0)

    assert todo(ward, overdue=True) == ["late"]
    assert todo(ward, process="walk") == ["walk"]
    assert todo(ward, drafted=True) == ["walk"]
    assert todo(ward, "abe", drafted=True) == []


@pytest.mark.parametrize(
    ("text", "found"), [("复查", ["t2"]), ("住-7", ["t1", "t2"]), ("发热", ["t1", "t2"]), ("100%", [])]
)
def test_search_finds_steps_numbers_and_columns(ward: Ward, text: str, found: list[str]) -> None:
    put(ward, "t2", element="check")
    with ward.rows() as command:
        called = {"definition_id": "stay", "kind": "element", "key": "check", "language": "zh", "text": "复查血象"}
        clinic.put(command.connection, "word", **called)
        clinic.column(command.connection, "c1", "title", "发热待查")
        clinic.number(command.connection, "c1", "住-7")

    assert todo(ward, text=text) == found


def test_search_finds_nothing_by_a_column_that_one_is_not_shown(ward: Ward) -> None:
    put(ward, "t2", "KIN@family:F1")
    with ward.rows() as command:
        for name in ("title", "bed"):
            clinic.column(command.connection, "c1", name, f"<{name}>")

    with ward.read("kim") as view:
        (work,) = inbox.todo(view).items
        assert work.columns == {"title": "<title>"}
    assert todo(ward, "kim", text="<title>") == ["t2"]
    assert todo(ward, "kim", text="<bed>") == []
    assert set(todo(ward, "ann", text="<bed>")) == {"t1"}


def test_a_row_says_what_is_unread_drafted_taken_and_how_many_working_days_are_left(ward: Ward) -> None:
    put(ward, "t2", due=30, assignee="ann", seen_at=1)
    with ward.write("ann") as command:
        draft.save(command, "t2", {}, revision=0)

    with ward.read("ann") as view:
        first, second = inbox.todo(view).items
    assert (first.unread, first.drafted, first.days_left is not None, first.assignee.name) == (
        False,
        True,
        True,
        "安宁",
    )  # type: ignore[union-attr]
    assert (second.unread, second.drafted, second.days_left, second.assignee) == (True, False, None, None)


def test_done_holds_what_one_has_completed_oneself_latest_first(ward: Ward) -> None:
    put(ward, "a", state="completed", closed_by="ann", closed_at=5)
    put(ward, "b", state="completed", closed_by="ann", closed_at=9)
    put(ward, "c", state="completed", closed_by="abe", closed_at=7)
    put(ward, "d", state="cancelled", closed_by="ann", closed_at=8)

    with ward.read("ann") as view:
        assert [work.id for work in inbox.done(view).items] == ["b", "a"]


def test_started_by_me_shows_where_each_case_stands_and_with_whom(ward: Ward) -> None:
    with ward.rows() as command:
        clinic.case(command.connection, "c2", readers=("person:dan",), remits=REMITS, started_by="dan")
    put(ward, "x", case="c2", element="weigh", assignee="ann", opened_at=1)
    put(ward, "y", case="c2", element="wash", opened_at=2)
    put(ward, "z", case="c2", element="wash", opened_at=3)

    with ward.read("dan") as view:
        (case,) = inbox.started(view).items
    assert [(step, who and who.name) for step, who in case.steps] == [("weigh", "安宁"), ("wash", None)]
    with ward.read("mia") as view:
        assert inbox.started(view).items == ()


def notices(ward: Ward, *rows: dict[str, Any]) -> None:
    with ward.rows() as command:
        base = {"instance_id": "c1", "kind": "copy", "by": "mia", "read_at": None, "text": None}
        command.connection.execute(insert(schema.notice), [{**base, **row} for row in rows])


def test_for_information_holds_ones_own_latest_first(ward: Ward) -> None:
    notices(
        ward,
        {"id": "n1", "person_id": "dan", "at": 1, "text": "请阅"},
        {"id": "n2", "person_id": "dan", "at": 2, "by": "engine", "read_at": 3},
        {"id": "n3", "person_id": "eve", "at": 3},
    )

    with ward.read("dan") as view:
        second, first = inbox.notices(view).items
        found = inbox.notices(view, Filter(text="请阅")).items
    assert (first.by.name, first.unread, second.by, second.unread) == ("米雅", True, None, False)  # type: ignore[union-attr]
    assert [each.id for each in found] == ["n1"]


def test_the_numbers_beside_the_lists_count_what_one_may_see(ward: Ward) -> None:
    put(ward, "seen", seen_at=1)
    put(ward, "taken", assignee="abe")
    put(ward, "lost", "DOC@ward:W1", assignee="ann")
    put(ward, "walk", process_key="walk")
    notices(ward, {"id": "n1", "person_id": "ann", "at": 1}, {"id": "n2", "person_id": "ann", "at": 1, "read_at": 2})

    with ward.read("ann") as view:
        seen = inbox.overview(view)
    assert (seen.todo, seen.todo_unread, seen.notices_unread) == (3, 2, 1)
    assert [key for key, _definition in seen.processes] == ["stay", "walk"]


LISTS: list[Callable[..., Any]] = [inbox.todo, inbox.done, inbox.started, inbox.notices, inbox.overview]


@pytest.mark.parametrize("read", LISTS, ids=lambda read: read.__name__)
def test_a_list_takes_as_many_statements_for_many_rows_as_for_one(ward: Ward, read: Callable[..., Any]) -> None:
    def fill(numbers: range) -> None:
        for n in numbers:
            with ward.rows() as command:
                clinic.case(
                    command.connection, f"k{n}", readers=("person:ann", NURSES), remits=REMITS, started_by="ann"
                )
            put(ward, f"o{n}", case=f"k{n}")
            put(ward, f"d{n}", case=f"k{n}", state="completed", closed_by="ann", closed_at=n)
            notices(ward, {"id": f"n{n}", "person_id": "ann", "at": n, "instance_id": f"k{n}"})

    def statements() -> int:
        with ward.read("ann") as view:
            read(view)
            return len(ward.statements)

    fill(range(1))
    few = statements()
    fill(range(1, 12))

    assert statements() == few <= 7
