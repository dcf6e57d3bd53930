from __future__ import annotations

import pytest

from engine import access, directory, pinyin
from engine.actor import Actor
from engine.database import Database
from engine.directory import Item, Organisation, Person
from engine.errors import Invalid, NotFound
from engine.runtime import Command
from tests.engine.clinic import (
    NOW,
    clinic,
    desk,
    give,
    one_database,  # noqa: F401 - a fixture
)

PEOPLE = ["张伟", "张薇", "李四", "曾志伟", "单雄信", "尉迟恭", "Ann Smith", "王%_五"]


def fill(command: Command) -> Command:
    """People of a house, and a view of somebody who may look them up."""
    directory.put(command, Organisation("O1", "第一医院", "First Hospital", kind="hospital"))
    for n, name in enumerate(PEOPLE):
        directory.put(command, Person(f"p{n}", name, organisation="O1", post="医生"))
    directory.put(command, Person("gone", "张三", active=False))
    directory.put(command, Item("ward", "W1", "一病区", remit="ward:W1", content={"beds": 12}))
    directory.put(command, Item("ward", "W2", "二病区", remit="ward:W2"))
    give(command.connection, "p0", "NURSE", "ward:W1")
    return desk(command.connection, access.actor(command.connection, "p0", NOW))


def found(view: Command, text: str, source: str = "person") -> list[str]:
    return [choice.name for choice in directory.search(view, source, text)]


def test_names_sort_by_pinyin_and_surnames_by_their_own_reading() -> None:
    assert pinyin.person_sort_key("单雄信") == "shan xiong xin"
    assert pinyin.person_sort_key("单于丹") == "chan yu dan"
    assert pinyin.person_sort_key("曾志伟") == "zeng zhi wei"
    assert pinyin.sort_key("区委办") == "qu wei ban"
    assert pinyin.person_sort_key("区桃红") == "ou tao hong"
    assert pinyin.initials(pinyin.person_sort_key("尉迟恭")) == "ycg"
    assert pinyin.sort_key("Ann  Smith 二") == "ann smith er"


def test_people_come_in_the_order_of_pinyin_in_both_databases(database: Database) -> None:
    with clinic(database) as command:
        view = fill(command)
        assert found(view, "") == ["Ann Smith", "李四", "单雄信", "王%_五", "尉迟恭", "曾志伟", "张伟", "张薇"]


TYPED = {
    "张": ["张伟", "张薇"],
    "zhangw": ["张伟", "张薇"],
    "zhang w": ["张伟", "张薇"],
    "zw": ["张伟", "张薇"],
    "ZZ": ["曾志伟"],
    "cz": [],
    "志伟": ["曾志伟"],
    "伟": ["曾志伟", "张伟"],
    "smith": ["Ann Smith"],
    "annsm": ["Ann Smith"],
    "p3": ["曾志伟"],
    "%": ["王%_五"],
    "_": ["王%_五"],
    "张三": [],
}


def test_typing_ahead_finds_parts_of_names_and_beginnings_of_pinyin_and_initials(database: Database) -> None:
    with clinic(database) as command:
        view = fill(command)
        assert {typed: found(view, typed) for typed in TYPED} == TYPED


def test_the_beginning_of_a_name_comes_before_its_middle(database: Database) -> None:
    with clinic(database) as command:
        view = fill(command)
        directory.put(command, Person("p9", "伟大"))
        assert found(view, "伟") == ["伟大", "曾志伟", "张伟"]


def test_at_most_twenty_are_offered(database: Database) -> None:
    with clinic(database) as command:
        view = fill(command)
        for n in range(30):
            directory.put(command, Person(f"many{n}", f"赵{n}"))
        assert len(directory.search(view, "person", "赵", limit=500)) == 20


def test_a_choice_says_what_tells_it_from_its_namesakes(database: Database) -> None:
    with clinic(database) as command:
        view = fill(command)
        assert directory.search(view, "person", "张伟")[0] == directory.Choice("p0", "张伟", None, "第一医院 医生")


def test_looking_up_goes_through_the_access_predicate(database: Database) -> None:
    with clinic(database) as command:
        view = fill(command)
        assert found(view, "", "ward") == ["一病区"]
        assert directory.offered(view, "ward", ["W1", "W2", "W3"]) == {"W1"}
        assert directory.offered(view, "person", ["p1", "gone"]) == {"p1"}
        guest = desk(command.connection, Actor("guest", frozenset({"person:guest"})))
        assert directory.offered(guest, "ward", ["W1"]) == frozenset()
        with pytest.raises(NotFound):
            directory.get(view, "ward", "W2")


def test_what_was_put_in_is_what_comes_out(database: Database) -> None:
    with clinic(database) as command:
        view = fill(command)
        for source, thing in (
            ("person", Person("p1", "张薇", organisation="O1", post="医生")),
            ("organisation", Organisation("O1", "第一医院", "First Hospital", "hospital")),
            ("ward", Item("ward", "W1", "一病区", None, "ward:W1", {"beds": 12})),
        ):
            assert directory.get(view, source, thing.key) == thing


def test_putting_in_again_changes_what_stands_there(database: Database) -> None:
    with clinic(database) as command:
        view = fill(command)
        directory.put(command, Person("p2", "陈四"))
        assert found(view, "chensi") == ["陈四"]
        assert found(view, "lisi") == []


def test_a_key_that_nobody_has_is_called_by_itself(database: Database) -> None:
    with clinic(database) as command:
        view = fill(command)
        assert directory.names(view, ["p0", "gone", "ghost"]) == {"p0": "张伟", "gone": "张三", "ghost": "ghost"}
        assert directory.names(view, ["W2"], "ward") == {"W2": "二病区"}
        assert directory.known(command, "ward", ["W2", "p0"]) == {"W2"}


def test_key_and_name_are_needed(database: Database) -> None:
    with clinic(database) as command, pytest.raises(Invalid) as refused:
        directory.put(command, Person("x" * 65, " "))
    assert [problem.where for problem in refused.value.problems] == ["key", "name"]
