"""Keys: closed to others, rotated without losing what was written under them, and never older than the database."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select, update

from engine import anchor, assembly, clock, history, keys, rotating, schema, sealing
from engine.database import Database
from engine.errors import Invalid, Tampered, Unavailable
from engine.evidence import verifying
from engine.keys import OVERLAP, Ring
from tests.engine.bpmn.drawing import straight
from tests.engine.desk import IDA, Desk

TWO_STEPS = straight('<userTask id="first"/>', '<userTask id="second"/>')


def rotate(desk: Desk, *names: str) -> None:
    with desk.runtime.write(IDA) as command:
        rotating.rotate(command, names or keys.ROTATING)


def test_lines_from_before_and_after_a_rotation_stand_in_one_chain(desk: Desk) -> None:
    desk.release(TWO_STEPS)
    case = desk.start(n=1)
    before = desk.runtime.keys.history.newest
    rotate(desk)
    desk.complete(case, "first")

    now = desk.runtime.keys.history
    assert now.newest.number == 2 and now.generations[0] == before
    with desk.runtime.read() as view:
        assert verifying.verify(view).faults == ()
        with pytest.raises(Tampered, match="Line 1 "):
            history.verify(view.connection, Ring(now.generations[1:]), case)
        with pytest.raises(Tampered):
            history.verify(view.connection, Ring(now.generations[:1]), case)


def test_a_line_chained_under_a_key_that_had_been_replaced_by_then_is_found(desk_unsound: Desk) -> None:
    desk_unsound.release(TWO_STEPS)
    case = desk_unsound.start(n=1)
    stolen = Ring(desk_unsound.runtime.keys.history.generations)
    rotate(desk_unsound)
    with desk_unsound.runtime.write() as command:
        stands = command.connection.execute(select(schema.instance).where(schema.instance.c.id == case)).one()
        late = clock.micros(command.now) + OVERLAP + 1
        forged = [history.Line("task.told", "first", {})]
        number, head = history.append(
            command.connection, stolen, case, stands.sequence, stands.head, forged, by=IDA, at=late
        )
        changed = update(schema.instance).where(schema.instance.c.id == case)
        command.connection.execute(changed.values(sequence=number, head=head))

    with desk_unsound.runtime.read() as view, pytest.raises(Tampered, match=f"Line {number} "):
        history.verify(view.connection, desk_unsound.runtime.keys.history, case)


def test_who_rotate_at_the_same_moment_come_one_after_the_other(desk: Desk) -> None:
    desk.release(TWO_STEPS)
    with desk.runtime.write(IDA) as command:
        rotating.begin(command)
    with ThreadPoolExecutor(4) as hands:
        list(hands.map(lambda _: rotate(desk, "history"), range(4)))
    desk.start(n=1)

    assert [each.number for each in desk.runtime.keys.history.generations] == [1, 2, 3, 4, 5]
    with desk.runtime.read() as view:
        assert verifying.verify(view).faults == ()


def test_what_was_sealed_before_a_rotation_opens_after_it_and_new_values_go_under_the_new_key() -> None:
    first, second = b"k" * 32, b"n" * 32
    old, both = Ring.of(first), Ring.of(first, second)
    sealed, digest = sealing.seal(old, b"a name", place="p"), sealing.digest(old, b"a name")

    assert sealing.open(both, sealed, place="p") == b"a name" and sealing.matches(both, b"a name", digest)
    anew = sealing.seal(both, b"a name", place="p")
    assert sealing.open(both, anew, place="p") == b"a name"
    with pytest.raises(Tampered):
        sealing.open(old, anew, place="p")
    for at in range(len(anew)):
        with pytest.raises(Tampered):
            sealing.open(both, anew[:at] + bytes([anew[at] ^ 1]) + anew[at + 1 :], place="p")


def test_an_anchor_from_before_a_rotation_still_counts_and_one_dated_after_it_does_not(desk: Desk) -> None:
    desk.release(TWO_STEPS)
    desk.start(n=1)
    with desk.runtime.write(IDA) as command:
        made = anchor.make(command)
    rotate(desk, "anchor")
    with desk.runtime.read() as view:
        assert anchor.check(view, made) == ()
        late = json.loads(made) | {"at": json.loads(made)["at"] + 1}
        with pytest.raises(Invalid):
            anchor.check(view, json.dumps(late))


def test_a_key_that_is_none_is_not_rotated(desk: Desk) -> None:
    with pytest.raises(Invalid, match="history, seal, anchor"):
        rotate(desk, "session")


def test_key_files_that_are_older_than_the_database_are_refused(desk: Desk, tmp_path: Path) -> None:
    rotate(desk, "history")
    file = desk.runtime.state / "keys" / "history"
    newest = file.read_text()
    file.write_text(newest.splitlines()[0])
    url = desk.runtime.database.engine.url.render_as_string(hide_password=False)

    with pytest.raises(Unavailable, match="older than the database"):
        assembly.open(url, desk.runtime.state)
    file.write_text(newest)
    assembly.open(url, desk.runtime.state).close()


@pytest.mark.parametrize("lost", keys.ROTATING)
def test_a_key_that_is_lost_is_not_made_anew_for_a_database_that_was_written_under_it(desk: Desk, lost: str) -> None:
    with desk.runtime.write(IDA) as command:
        rotating.begin(command)
    folder = desk.runtime.state / "keys"
    right = (folder / lost).read_bytes()
    url = desk.runtime.database.engine.url.render_as_string(hide_password=False)
    (folder / lost).unlink()

    with pytest.raises(Unavailable, match=f"{lost} is not the one"):
        assert desk.runtime.keys  # a process that is at work
    for _ in range(2):
        with pytest.raises(Unavailable, match=f"{lost} is not the one"):
            assembly.open(url, desk.runtime.state)
    (folder / lost).write_bytes(right)
    assembly.open(url, desk.runtime.state).close()
    assert desk.runtime.keys


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    keys.load(tmp_path)
    (tmp_path / "keys" / "seal").write_text("lost")
    with pytest.raises(Unavailable, match="seal is not in the form"):
        keys.load(tmp_path)


def test_keys_that_others_could_read_are_closed_to_them_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keys.load(tmp_path)
    folder = tmp_path / "keys"
    folder.chmod(0o755)
    (folder / "history").chmod(0o644)

    keys.load(tmp_path)

    assert [path.stat().st_mode & 0o077 for path in (folder, folder / "history")] == [0, 0]
    assert len(caplog.records) == 2 and str(folder / "history") in caplog.text


def test_a_database_that_others_could_read_is_closed_to_them_with_what_stands_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    url = f"sqlite:///{path}"
    Database(url).create()
    files = [path, tmp_path / "x.db-wal", tmp_path / "x.db-shm"]
    for each in files:
        each.touch()
        each.chmod(0o644)

    Database(url).close()

    assert [each.stat().st_mode & 0o777 for each in files] == [0o600] * 3


def test_a_new_database_is_closed_to_others_from_its_first_moment(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    database.create()
    assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}
    assert len(list(tmp_path.iterdir())) == 3
