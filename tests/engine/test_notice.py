"""Notices: what is laid before a person, once, until it is read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine import notice
from engine.errors import Invalid, NotFound
from engine.query import inbox
from engine.query.inbox import Notice
from tests.engine.query.ward import Ward, opened
from tests.provision.databases import Databases


@pytest.fixture(scope="module")
def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with opened(databases, tmp_path_factory.mktemp("ward")) as ward:
        yield ward


@pytest.fixture
def ward(house: Ward) -> Ward:
    house.reset()
    return house


def send(ward: Ward, *persons: str, text: str = "请阅", source: str | None = None) -> int:
    with ward.write("mia") as command:
        return notice.send(command, persons, "copy", "c1", text=text, source=source)


def before(ward: Ward, who: str) -> list[Notice]:
    with ward.read(who) as view:
        return list(inbox.notices(view).items)


def test_a_notice_lies_before_each_person_once_and_unread(ward: Ward) -> None:
    assert send(ward, "dan", "eve", "dan") == 2

    (found,) = before(ward, "dan")
    assert (found.kind, found.by.name, found.text, found.unread) == ("copy", "米雅", "请阅", True)
    assert before(ward, "ann") == []


def test_the_same_source_reaches_a_person_once_however_often_it_is_sent(ward: Ward) -> None:
    assert [send(ward, "dan", source="job-1"), send(ward, "dan", "eve", source="job-1")] == [1, 1]
    assert send(ward, "dan", source="job-2") == 1


def test_reading_a_notice_tells_what_it_is_about_and_counts_the_first_time(ward: Ward) -> None:
    send(ward, "dan")
    (found,) = before(ward, "dan")

    for _ in range(2):
        with ward.write("dan") as command:
            assert notice.mark_read(command, found.id) == ("c1", None)

    assert [each.unread for each in before(ward, "dan")] == [False]


def test_a_notice_of_another_person_cannot_be_read(ward: Ward) -> None:
    send(ward, "dan")
    (found,) = before(ward, "dan")

    with ward.write("eve") as command, pytest.raises(NotFound):
        notice.mark_read(command, found.id)

    assert [each.unread for each in before(ward, "dan")] == [True]


def test_all_of_ones_own_can_be_read_at_once(ward: Ward) -> None:
    send(ward, "dan", "eve")
    send(ward, "dan")

    with ward.write("dan") as command:
        assert notice.mark_all_read(command) == 2

    assert [each.unread for each in before(ward, "dan")] == [False, False]
    assert [each.unread for each in before(ward, "eve")] == [True]


def test_a_note_has_an_end(ward: Ward) -> None:
    with ward.write("mia") as command, pytest.raises(Invalid, match="at most 1000"):
        notice.send(command, ["dan"], "copy", "c1", text="长" * 1001)
