from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import number
from engine.database import Database
from engine.errors import Invalid
from tests.engine.clinic import desk

PATTERN = "XS-{year}-{round}-{n:03}"


def take(database: Database, pattern: str = PATTERN, **values: object) -> str:
    with database.write() as connection:
        return number.next(desk(connection), pattern, values)


def test_numbers_count_for_each_way_of_filling_the_pattern(database: Database) -> None:
    assert take(database, year=2026, round="01") == "XS-2026-01-001"
    assert take(database, year=2026, round="01") == "XS-2026-01-002"
    assert take(database, year=2026, round="02") == "XS-2026-02-001"
    assert take(database, "{n}号") == "1号"
    assert take(database, "{n:3}") == "001"


def test_a_rollback_leaves_no_gap(database: Database) -> None:
    take(database, "{n}")
    with pytest.raises(RuntimeError), database.write() as connection:
        assert number.next(desk(connection), "{n}", {}) == "2"
        raise RuntimeError
    assert take(database, "{n}") == "2"


def test_people_at_the_same_moment_get_different_numbers_without_gaps(database: Database) -> None:
    with ThreadPoolExecutor(4) as people:
        taken = list(people.map(lambda _: take(database, "{n}"), range(24)))
    assert sorted(map(int, taken)) == list(range(1, 25))


def test_braces_in_a_value_are_no_places(database: Database) -> None:
    assert take(database, "{who}-{n}", who="{n}{year}") == "{n}{year}-1"
    assert take(database, "{{{who}}}-{n}", who="x") == "{x}-1"


@pytest.mark.parametrize(
    "pattern", ["XS-{year}", "{n}{n}", "{n", "{n.real}", "{a[0]}-{n}", "{n:>9}", "{year:04}-{n}", "{}-{n}"]
)
def test_a_faulty_pattern_is_refused_and_said_so(pattern: str) -> None:
    with pytest.raises(Invalid, match="is no pattern for numbers"):
        number.check(pattern)


def test_a_pattern_names_what_it_needs(database: Database) -> None:
    assert number.check(PATTERN) == {"year", "round"}
    for value in (None, True, 1.5, " ", ["01"]):
        with pytest.raises(Invalid) as refused:
            take(database, year=2026, round=value)
        assert [problem.where for problem in refused.value.problems] == ["round"]
    with pytest.raises(Invalid, match="at most 255"):
        take(database, year=2026, round="x" * 300)
