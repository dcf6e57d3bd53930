"""Drafts: what people have typed is never lost, never somebody else's, and never holds what must not lie about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from engine import draft, schema
from engine.draft import Draft, SavedElsewhere
from engine.errors import Conflict, Forbidden, Invalid, NotFound
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


def save(ward: Ward, who: str, revision: int = 0, **content: object) -> Draft:
    with ward.write(who) as command:
        return draft.save(command, "t1", content, revision=revision)


def read(ward: Ward, who: str) -> Draft | None:
    with ward.read(who) as view:
        return draft.read(view, "t1")


def test_what_was_typed_is_there_again(ward: Ward) -> None:
    save(ward, "ann", title="查房", beds=[1, 2])

    found = read(ward, "ann")

    assert found is not None
    assert (found.content, found.revision) == ({"title": "查房", "beds": [1, 2]}, 1)


def test_each_save_counts_on_from_the_one_it_was_made_from(ward: Ward) -> None:
    save(ward, "ann", title="一")

    assert save(ward, "ann", 1, title="二").revision == 2
    assert save(ward, "ann", 2, title="三").revision == 3


def test_two_people_at_one_task_have_a_draft_each(ward: Ward) -> None:
    save(ward, "ann", title="安")
    save(ward, "abe", title="艾")

    assert {who: read(ward, who).content["title"] for who in ("ann", "abe")} == {"ann": "安", "abe": "艾"}  # type: ignore[union-attr]


@pytest.mark.parametrize("stale", [0, 1, 7])
def test_a_save_from_another_window_is_refused_with_the_version_that_stands(ward: Ward, stale: int) -> None:
    save(ward, "ann", title="一")
    save(ward, "ann", 1, title="二")

    with pytest.raises(SavedElsewhere) as refusal:
        save(ward, "ann", stale, title="别处")

    assert (refusal.value.other.content, refusal.value.other.revision) == ({"title": "二"}, 2)
    assert read(ward, "ann").content == {"title": "二"}  # type: ignore[union-attr]


def test_a_page_that_still_knows_a_discarded_draft_can_save_again(ward: Ward) -> None:
    save(ward, "ann", title="一")
    with ward.write("ann") as command:
        draft.discard(command, "t1")

    assert save(ward, "ann", 1, title="二").revision == 1


def test_sealed_fields_are_left_out_and_named(ward: Ward) -> None:
    saved = save(ward, "ann", title="查房", diagnosis="肺炎")

    assert saved.withheld == ("diagnosis",)
    with ward.read("ann") as view:
        assert "肺炎" not in view.connection.execute(select(schema.draft.c.content)).scalar_one()


def test_a_password_typed_to_sign_is_never_kept(ward: Ward) -> None:
    save(ward, "ann", sign={"password": "plum rain"}, rows=[{"sign": {"password": "plum rain"}}])

    assert read(ward, "ann").content == {"sign": {}, "rows": [{"sign": {}}]}  # type: ignore[union-attr]


def test_a_draft_of_a_task_that_is_not_ones_own_to_know_is_no_draft(ward: Ward) -> None:
    for task in ("t1", "nowhere"):
        with ward.write("eve") as command, pytest.raises(NotFound, match="no such task"):
            draft.save(command, task, {}, revision=0)


def test_somebody_who_sees_the_case_but_is_not_asked_has_nothing_to_draft(ward: Ward) -> None:
    with ward.write("dan") as command, pytest.raises(Forbidden):
        draft.save(command, "t1", {}, revision=0)


def test_a_task_that_a_colleague_took_takes_no_draft(ward: Ward) -> None:
    with ward.rows() as command:
        command.connection.execute(update(schema.task).values(assignee="abe"))

    with ward.write("ann") as command, pytest.raises(Forbidden):
        draft.save(command, "t1", {}, revision=0)


def test_a_task_that_is_over_takes_no_draft(ward: Ward) -> None:
    with ward.rows() as command:
        command.connection.execute(update(schema.task).values(state="completed", closed_by="ann"))

    with ward.write("ann") as command, pytest.raises(Conflict):
        draft.save(command, "t1", {}, revision=0)


def test_a_draft_of_more_than_a_megabyte_is_refused(ward: Ward) -> None:
    with ward.write("ann") as command, pytest.raises(Invalid, match="too large"):
        draft.save(command, "t1", {"title": "长" * 400_000}, revision=0)


def test_saving_a_draft_touches_no_instance_and_takes_few_statements(ward: Ward) -> None:
    save(ward, "ann", title="一")

    save(ward, "ann", 1, title="二")

    assert len(ward.statements) <= 5, ward.statements
    assert not any("FOR UPDATE" in statement or "UPDATE instance" in statement for statement in ward.statements)
