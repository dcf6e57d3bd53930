"""Comments: plain words beside a case, for whoever may see the case."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine import comment
from engine.errors import Invalid, NotFound
from engine.query import attached
from tests.engine import clinic
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


def say(ward: Ward, who: str, text: str, case: str = "c1", **more: str) -> None:
    with ward.write(who) as command:
        comment.add(command, case, text, **more)


def heard(ward: Ward, who: str) -> list[tuple[str, str]]:
    with ward.read(who) as view:
        return [(each.by.name, each.text) for each in attached.comments(view, "c1")]


def test_comments_are_read_in_the_order_in_which_they_were_made(ward: Ward) -> None:
    say(ward, "dan", "先看化验单。")
    say(ward, "mia", "  同意。\n请抓紧。 ")

    assert heard(ward, "dan") == [("丹青", "先看化验单。"), ("米雅", "同意。\n请抓紧。")]


def test_who_is_asked_for_one_task_may_comment_at_it_without_seeing_the_case(ward: Ward) -> None:
    say(ward, "ann", "已备好。", task_id="t1")

    assert heard(ward, "dan") == [("安宁", "已备好。")]
    with ward.write("ann") as command, pytest.raises(NotFound):
        comment.add(command, "c1", "没有任务")


def test_an_outsider_reads_open_comments_only(ward: Ward) -> None:
    say(ward, "dan", "内部看法。")
    say(ward, "dan", "请家属带证件。", cls="open")

    assert heard(ward, "kim") == [("丹青", "请家属带证件。")]


@pytest.mark.parametrize("case", ["c1", "nowhere"])
def test_a_case_that_is_not_ones_own_takes_no_comment_as_if_it_were_not_there(ward: Ward, case: str) -> None:
    with ward.write("eve") as command, pytest.raises(NotFound, match="no such case"):
        comment.add(command, case, "路过")


def test_a_task_of_another_case_is_no_way_in(ward: Ward) -> None:
    with ward.rows() as command:
        clinic.case(command.connection, "c2", readers=("DIR@*",))

    with ward.write("ann") as command, pytest.raises(NotFound):
        comment.add(command, "c2", "串门", task_id="t1")


@pytest.mark.parametrize(
    ("text", "said"), [("", "Write something"), (" \n ", "Write something"), ("长" * 4001, "at most 4000")]
)
def test_an_empty_or_endless_comment_is_refused(ward: Ward, text: str, said: str) -> None:
    with ward.write("dan") as command, pytest.raises(Invalid, match=said):
        comment.add(command, "c1", text)


def test_what_is_sealed_has_no_place_in_a_comment(ward: Ward) -> None:
    with ward.write("dan") as command, pytest.raises(Invalid, match="open or internal"):
        comment.add(command, "c1", "秘密", cls="sealed")
