"""Files: taken at once, deleted until they are submitted, seen by whoever may see their field."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from engine import attachment, clock, definition, schema, worker
from engine import upload as uploads
from engine.allowance import Allowance
from engine.attachment import Attachment
from engine.errors import Conflict, Forbidden, FormInvalid, Invalid, NotFound, Tampered
from engine.query import attached
from engine.runtime import Command
from tests.engine import clinic
from tests.engine.query.ward import Ward, opened
from tests.provision.databases import Databases

PDF = b"%PDF-1.7\n" + bytes(range(256))


@pytest.fixture(scope="module")
def house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with opened(databases, tmp_path_factory.mktemp("ward")) as ward:
        yield ward


@pytest.fixture
def ward(house: Ward) -> Ward:
    house.reset()
    return house


def add(
    ward: Ward,
    who: str = "ann",
    name: str = "片子.pdf",
    body: bytes = PDF,
    field: str | None = "film",
    task: str = "t1",
) -> Attachment:
    with ward.write(who) as command:
        return attachment.add(command, task, uploads.examined(name, body), field=field)


def submit(ward: Ward, *ids: str, field: str = "film", task: str = "t1", case: str = "c1", who: str = "ann") -> None:
    with ward.write(who) as command:
        attachment.keep(command, definition.load(command, "stay"), case, task, [(field, ids)])


def attach_for_start(command: Command, body: bytes = PDF, field: str | None = "film") -> Attachment:
    of = definition.load(command, "stay")
    return attachment.add_for_start(command, of, uploads.examined("申请.pdf", body), field=field)


def begin(command: Command, case: str, *added: Attachment, field: str = "film") -> None:
    of = definition.load(command, "stay")
    attachment.keep(command, of, case, None, [(field, [each.id for each in added])])


def sees(ward: Ward, who: str, found: Attachment) -> bool:
    with ward.read(who) as view:
        try:
            attachment.find(view, found.id)
        except NotFound:
            return False
        return True


def bodies(ward: Ward) -> int:
    with ward.read("mia") as view:
        return view.connection.execute(select(func.count()).select_from(schema.attachment_body)).scalar_one()


def test_a_file_comes_back_byte_for_byte(ward: Ward) -> None:
    added = add(ward)

    with ward.read("ann") as view:
        found = attachment.find(view, added.id)
        assert attachment.body(view, found) == PDF
    assert (found.name, found.media_type, found.size, found.kept) == ("片子.pdf", "application/pdf", len(PDF), False)


def test_until_it_is_submitted_a_file_is_its_owners_alone(ward: Ward) -> None:
    added = add(ward)

    assert [who for who in ("ann", "abe", "dan", "mia") if sees(ward, who, added)] == ["ann"]


def test_once_submitted_a_file_is_part_of_the_case(ward: Ward) -> None:
    added = add(ward)
    submit(ward, added.id)

    assert [who for who in ("dan", "mia", "eve", "kim") if sees(ward, who, added)] == ["dan", "mia"]


def test_a_file_in_an_open_field_is_shown_to_outsiders_of_the_case(ward: Ward) -> None:
    added = add(ward, field="title")
    submit(ward, added.id, field="title")

    assert sees(ward, "kim", added)


def test_a_file_in_a_sealed_field_stands_encrypted_and_is_shown_to_its_roles_only(ward: Ward) -> None:
    added = add(ward, field="photo")
    submit(ward, added.id, field="photo")

    assert [who for who in ("dan", "mia", "kim") if sees(ward, who, added)] == ["dan"]
    with ward.read("dan") as view:
        stored = view.connection.execute(select(schema.attachment_body.c.body)).scalar_one()
        assert PDF not in bytes(stored)
        assert attachment.body(view, attachment.find(view, added.id)) == PDF


def test_its_owner_can_delete_a_file_before_submitting_and_nothing_of_it_is_left(ward: Ward) -> None:
    added = add(ward)
    with ward.write("ann") as command:
        attachment.remove(command, added.id)

    assert not sees(ward, "ann", added)
    assert bodies(ward) == 0


def test_deleting_one_of_two_files_of_the_same_content_leaves_the_other_whole(ward: Ward) -> None:
    first, second = add(ward), add(ward, "abe", "同一张.pdf")
    with ward.write("ann") as command:
        attachment.remove(command, first.id)

    with ward.read("abe") as view:
        assert attachment.body(view, attachment.find(view, second.id)) == PDF


def test_a_submitted_file_cannot_be_deleted(ward: Ward) -> None:
    added = add(ward)
    submit(ward, added.id)

    with ward.write("ann") as command, pytest.raises(Conflict, match="part of the case now"):
        attachment.remove(command, added.id)
    assert sees(ward, "dan", added)


def test_nobody_deletes_the_file_of_another(ward: Ward) -> None:
    added = add(ward)

    with ward.write("abe") as command, pytest.raises(NotFound):
        attachment.remove(command, added.id)
    assert sees(ward, "ann", added)


def test_a_submission_names_only_files_that_were_handed_in_at_its_own_task(ward: Ward) -> None:
    with ward.rows() as command:
        clinic.case(command.connection, "c2", readers=("DOC@ward:W1",), remits=("ward:W1",))
        clinic.task(command.connection, "t2", "c2", "NURSE@ward:W1")
    submitted = add(ward)
    submit(ward, submitted.id)
    elsewhere = add(ward, body=PDF + b"2")

    for wrong in (elsewhere.id, submitted.id, "nowhere"):
        with pytest.raises(FormInvalid) as refusal:
            submit(ward, wrong, case="c2", task="t2")
        assert [problem.where for problem in refusal.value.problems] == ["film"]


@pytest.mark.parametrize(("attached_to", "named_under"), [("film", "photo"), ("photo", "film"), (None, "photo")])
def test_a_file_is_handed_in_under_the_field_it_was_attached_to_and_no_other(
    ward: Ward, attached_to: str | None, named_under: str
) -> None:
    added = add(ward, field=attached_to)

    with pytest.raises(FormInvalid) as refusal:
        submit(ward, added.id, field=named_under)
    (problem,) = refusal.value.problems
    assert (problem.where, problem.params) == (named_under, {"name": "片子.pdf"})
    assert problem.message.startswith("The file {name} was attached to another field")


def test_what_was_submitted_is_handed_on_under_its_own_field_only(ward: Ward) -> None:
    added = add(ward)
    submit(ward, added.id)

    with pytest.raises(FormInvalid):
        submit(ward, added.id, field="photo")


@pytest.mark.parametrize("field", ["film.x", "patient", "why", ""])
def test_a_field_that_takes_no_files_takes_none(ward: Ward, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        add(ward, field=field)
    assert "no field" in refusal.value.message
    assert bodies(ward) == 0


def test_nobody_hands_in_the_fresh_file_of_another(ward: Ward) -> None:
    added = add(ward)

    with pytest.raises(FormInvalid) as refusal:
        submit(ward, added.id, who="abe")
    assert "among those handed in here" in refusal.value.problems[0].message
    assert not refusal.value.problems[0].params, "not even its name is told"


def test_a_file_whose_field_was_given_another_class_meanwhile_is_attached_again(ward: Ward) -> None:
    added = add(ward, field="photo")
    with ward.rows() as command:
        command.connection.execute(update(schema.attachment).values({"class": "internal"}))

    with pytest.raises(FormInvalid) as refusal:
        submit(ward, added.id, field="photo")
    assert "was changed after" in refusal.value.problems[0].message


def test_a_file_that_was_changed_where_it_stands_is_not_given_out(ward: Ward) -> None:
    added, gone = add(ward), add(ward, body=PDF + b"2")
    with ward.rows() as command:
        b = schema.attachment_body
        command.connection.execute(update(b).where(b.c.sha256 == added.sha256).values(body=PDF + b"!"))
        command.connection.execute(b.delete().where(b.c.sha256 == gone.sha256))

    with ward.read("ann") as view:
        for each in (added, gone):
            with pytest.raises(Tampered, match="no longer what was handed in"):
                attachment.body(view, attachment.find(view, each.id))


def test_a_person_may_have_so_many_files_attached_and_one_more_is_refused(ward: Ward) -> None:
    ward.runtime.unsent = Allowance(files=2)
    try:
        add(ward)
        with ward.write("ann") as command:
            attach_for_start(command)
        with pytest.raises(Invalid, match="2 files"):
            add(ward)
        add(ward, "abe")
        submit(ward)
        with ward.rows() as command:
            command.connection.execute(update(schema.task).values(state="completed", closed_by="ann"))
            clinic.task(command.connection, "t2", "c1", "NURSE@ward:W1", token=2)
        add(ward, task="t2")
        with pytest.raises(Invalid, match="2 files"):
            add(ward, task="t2")
    finally:
        ward.runtime.unsent = Allowance()


def test_files_left_at_a_task_that_is_over_are_cleared_away_and_do_not_count(ward: Ward) -> None:
    ward.runtime.unsent = Allowance(files=1)
    try:
        left = add(ward)
        with ward.rows() as command:
            command.connection.execute(update(schema.task).values(state="cancelled"))
            clinic.task(command.connection, "t2", "c1", "NURSE@ward:W1", token=2)
        add(ward, task="t2", body=PDF + b"2")
        assert not sees(ward, "ann", left)
        assert bodies(ward) == 1
    finally:
        ward.runtime.unsent = Allowance()


def test_the_bytes_of_a_persons_files_together_have_a_limit(ward: Ward) -> None:
    ward.runtime.unsent = Allowance(size=2 * len(PDF))
    try:
        add(ward)
        add(ward)
        with pytest.raises(Invalid, match="may have"):
            add(ward, body=PDF[:20])
    finally:
        ward.runtime.unsent = Allowance()


def test_a_file_for_a_case_that_is_never_begun_is_gone_after_a_day(ward: Ward) -> None:
    with ward.write("ann") as command:
        loose = attach_for_start(command)
        begun = attach_for_start(command, PDF + b"2")
        begin(command, "c1", begun)
    with ward.rows() as command:
        clock.advance(command.connection, timedelta(hours=23))
    worker.run_due(ward.runtime)
    assert sees(ward, "ann", loose)

    with ward.rows() as command:
        clock.advance(command.connection, timedelta(hours=2))
    worker.run_due(ward.runtime)
    assert not sees(ward, "ann", loose)
    assert sees(ward, "dan", begun)
    assert bodies(ward) == 1


def test_a_file_for_a_start_belongs_to_its_process_and_to_the_start(ward: Ward) -> None:
    with ward.write("ann") as command:
        added = attach_for_start(command)
        elsewhere = attach_for_start(command)
        command.connection.execute(
            update(schema.attachment).where(schema.attachment.c.id == elsewhere.id).values(process_key="consult")
        )

    with ward.write("ann") as command, pytest.raises(FormInvalid, match="cannot be submitted"):
        begin(command, "c1", elsewhere)
    with pytest.raises(FormInvalid):
        submit(ward, added.id)
    with ward.write("ann") as command, pytest.raises(Invalid):
        attach_for_start(command, field=None)


def test_a_later_step_may_hand_on_what_an_earlier_one_submitted(ward: Ward) -> None:
    added = add(ward)
    submit(ward, added.id)
    with ward.rows() as command:
        clinic.task(command.connection, "t2", "c1", "DOC@ward:W1", token=2)

    submit(ward, added.id, task="t2", who="dan")

    with ward.read("dan") as view:
        assert attachment.find(view, added.id).task_id == "t1"


def test_what_was_taken_out_of_the_form_again_is_gone_and_what_lies_beside_it_is_kept(ward: Ward) -> None:
    kept, dropped, beside = add(ward), add(ward, body=PDF + b"2"), add(ward, body=PDF + b"3", field=None)
    submit(ward, kept.id)

    assert [sees(ward, "dan", each) for each in (kept, dropped, beside)] == [True, False, True]
    assert bodies(ward) == 2


def test_what_another_has_put_beside_the_form_and_not_handed_over_is_not_handed_in_with_it(ward: Ward) -> None:
    others, own = add(ward, "abe", body=PDF + b"4", field=None), add(ward, field=None)
    submit(ward)

    assert [sees(ward, "dan", each) for each in (others, own)] == [False, True]
    assert not sees(ward, "abe", others)


def test_a_file_for_a_case_not_yet_started_is_its_owners_and_goes_into_the_case(ward: Ward) -> None:
    with ward.write("ann") as command:
        added = attach_for_start(command)
    assert [who for who in ("ann", "abe", "mia") if sees(ward, who, added)] == ["ann"]

    with ward.write("ann") as command:
        begin(command, "c1", added)
    assert sees(ward, "dan", added)


def test_a_loose_file_of_somebody_else_starts_nothing(ward: Ward) -> None:
    with ward.write("abe") as command:
        added = attach_for_start(command)

    with ward.write("ann") as command, pytest.raises(FormInvalid):
        begin(command, "c1", added)


@pytest.mark.parametrize("task", ["t1", "nowhere"])
def test_a_task_that_is_not_ones_own_to_know_takes_no_file(ward: Ward, task: str) -> None:
    with ward.write("eve") as command, pytest.raises(NotFound, match="no such task"):
        attachment.add(command, task, uploads.examined("片子.pdf", PDF))


def test_who_is_not_asked_attaches_nothing(ward: Ward) -> None:
    with pytest.raises(Forbidden):
        add(ward, "dan")


def test_a_closed_task_takes_no_file(ward: Ward) -> None:
    with ward.rows() as command:
        command.connection.execute(update(schema.task).values(state="completed", closed_by="ann"))

    with pytest.raises(Conflict):
        add(ward)


def test_a_file_that_lies_about_its_type_is_refused_and_not_kept(ward: Ward) -> None:
    with pytest.raises(Invalid, match="not what its name says"):
        add(ward, name="片子.png")
    assert bodies(ward) == 0


def test_reading_an_upload_stops_at_twenty_megabytes() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return bytes(size)

    stream = Endless()

    with pytest.raises(Invalid, match="larger than 20 MB"):
        uploads.receive(stream, "片子.pdf")  # type: ignore[arg-type]
    assert stream.given < uploads.LIMIT + 1_000_000


def test_the_page_of_a_case_lists_its_files_and_ones_own_fresh_ones(ward: Ward) -> None:
    kept = add(ward)
    submit(ward, kept.id)
    add(ward, body=PDF + b"2", name="新.pdf")

    with ward.read("ann") as view:
        assert {(each.name, each.mine) for each in attached.files(view, "c1")} >= {("新.pdf", True)}
    with ward.read("dan") as view:
        assert [(each.name, each.mine) for each in attached.files(view, "c1")] == [("片子.pdf", False)]
