"""Stock phrases: a person's own, in the person's own order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine import phrase
from engine.errors import Invalid, NotFound
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


def add(ward: Ward, who: str, *texts: str) -> list[str]:
    with ward.write(who) as command:
        return [phrase.add(command, text).id for text in texts]


def mine(ward: Ward, who: str) -> list[str]:
    with ward.read(who) as view:
        return [each.text for each in phrase.mine(view)]


def test_phrases_stand_in_the_order_in_which_they_were_added(ward: Ward) -> None:
    add(ward, "ann", "同意。", "已阅。", "请补充材料。")

    assert mine(ward, "ann") == ["同意。", "已阅。", "请补充材料。"]


def test_nobody_sees_the_phrases_of_others(ward: Ward) -> None:
    add(ward, "ann", "同意。")

    assert mine(ward, "abe") == []


def test_a_phrase_that_is_there_already_is_not_kept_twice(ward: Ward) -> None:
    assert len(set(add(ward, "ann", "请 补充。", "  请  补充。 "))) == 1
    assert mine(ward, "ann") == ["请 补充。"]


def test_phrases_can_be_put_into_another_order(ward: Ward) -> None:
    _a, b, c = add(ward, "ann", "甲", "乙", "丙")

    with ward.write("ann") as command:
        phrase.arrange(command, [c])
    assert mine(ward, "ann") == ["丙", "甲", "乙"]

    with ward.write("ann") as command:
        phrase.arrange(command, [b, "not one of mine"])
    assert mine(ward, "ann") == ["乙", "丙", "甲"]


def test_nobody_orders_the_phrases_of_others(ward: Ward) -> None:
    first, _second = add(ward, "ann", "甲", "乙")
    (own,) = add(ward, "abe", "丙")

    with ward.write("abe") as command:
        phrase.arrange(command, [own, own, first])

    assert mine(ward, "ann") == ["甲", "乙"]


def test_arranging_nothing_changes_nothing(ward: Ward) -> None:
    with ward.write("ann") as command:
        phrase.arrange(command, ["x"])

    assert mine(ward, "ann") == []


def test_a_phrase_can_be_deleted_by_its_owner_only(ward: Ward) -> None:
    (own,) = add(ward, "ann", "同意。")

    with ward.write("abe") as command, pytest.raises(NotFound):
        phrase.remove(command, own)
    with ward.write("ann") as command:
        phrase.remove(command, own)

    assert mine(ward, "ann") == []


@pytest.mark.parametrize("text", ["", "   ", "长" * 201])
def test_a_phrase_of_no_or_too_many_characters_is_refused(ward: Ward, text: str) -> None:
    with ward.write("ann") as command, pytest.raises(Invalid, match="1 to 200"):
        phrase.add(command, text)


def test_there_is_an_end_to_what_one_can_keep(ward: Ward) -> None:
    add(ward, "ann", *(f"第{n}句" for n in range(phrase.LIMIT)))

    with ward.write("ann") as command, pytest.raises(Invalid, match="delete one first"):
        phrase.add(command, "再一句")
