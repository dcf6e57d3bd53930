"""What is done with goes after its days; what anything still needs stays, and nobody misses anybody for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, event, func, insert, select

from engine import assembly, clearing, clock, instance, job, message, schema, submission, worker
from engine.errors import KeyReused
from engine.retention import Retention
from engine.runtime import Runtime
from engine.worker import Worker
from tests.engine import plans
from tests.engine.bpmn.drawing import extended, straight
from tests.engine.desk import IDA, Desk
from tests.provision.databases import PostgresDatabases

WAITS = straight(
    '<intermediateCatchEvent id="until_paid"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>',
    '<userTask id="ship"/>',
    top=extended("message", 'id="m" name="paid"', '<z:subscription correlationKey="=no"/>'),
)
PLAIN = straight('<userTask id="read"/>')
SOON_S = 0.3


@pytest.fixture
def armed(desk: Desk) -> Desk:
    """A desk whose workers clear away what is done with."""
    return _armed(desk)


@pytest.fixture
def lines(postgresql_databases: PostgresDatabases, tmp_path: Path) -> Iterator[Desk]:
    """A desk on PostgreSQL, where two write at the same moment."""
    with postgresql_databases.ready() as url, closing(assembly.open(url, tmp_path / "state")) as runtime:
        desk = _armed(Desk(runtime))
        desk.release(WAITS)
        yield desk
        desk.must_be_sound()


def _armed(desk: Desk) -> Desk:
    with desk.runtime.write() as command:
        clearing.arm(command.connection)
    desk.work()
    return desk


def _count(desk: Desk, table: Table) -> int:
    with desk.runtime.read() as view:
        return int(view.connection.execute(select(func.count()).select_from(table)).scalar_one())


def _states(desk: Desk) -> list[str]:
    with desk.runtime.read() as view:
        return sorted(view.connection.execute(select(schema.message.c.state)).scalars())


def test_the_answer_to_what_was_sent_under_a_key_is_kept_for_its_days(armed: Desk) -> None:
    armed.release(PLAIN)
    case = armed.start("p", IDA, "once")
    armed.wait(days=29)
    assert armed.start("p", IDA, "once") == case

    armed.wait(days=2)

    assert _count(armed, schema.submission) == 0
    assert armed.start("p", IDA, "once") != case


def test_the_answer_of_a_service_stays_while_its_job_may_be_tried_again(armed: Desk) -> None:
    with armed.runtime.write() as command:
        row = {"actor": "engine", "command": "connector", "object": "work", "digest": "", "answer": "{}", "at": 0}
        job.add(command, "sweep", due_at=schema.UNDUE, content={"person": "ida"})
        standing = command.connection.execute(select(schema.job.c.id).where(schema.job.c.kind == "sweep")).scalar_one()
        command.connection.execute(insert(schema.submission), [{**row, "key": key} for key in (standing, "done")])
    armed.wait(days=31)

    with armed.runtime.read() as view:
        assert list(view.connection.execute(select(schema.submission.c.key)).scalars()) == [standing]


def test_a_message_that_was_delivered_or_has_expired_goes_with_its_receipts(armed: Desk) -> None:
    armed.release(WAITS)
    case = armed.start(no="7")
    armed.tell("paid", "7")
    armed.tell("paid", "8")
    armed.wait(days=29)
    assert _states(armed) == ["expired", "taken"] and _count(armed, schema.receipt) == 1

    armed.wait(days=2)

    assert _states(armed) == [] and _count(armed, schema.receipt) == 0
    assert list(armed.tasks(case)) == ["ship"]


def test_a_message_sent_again_within_its_days_is_sent_once(armed: Desk) -> None:
    armed.release(WAITS)

    def send(**content: Any) -> None:
        with armed.runtime.write(IDA) as command:
            message.publish(command, "paid", "7", content, message_id="M")

    send()
    armed.wait(days=29)
    with pytest.raises(KeyReused):
        send(other=1)
    assert _count(armed, schema.message) == 1

    armed.wait(days=2)
    send(other=1)
    assert _states(armed) == ["waiting"]


def test_a_message_waits_for_its_receiver_for_as_long_as_it_was_told_to(armed: Desk) -> None:
    armed.release(WAITS)
    with armed.runtime.write(IDA) as command:
        message.publish(command, "paid", "7", {}, ttl=timedelta(days=90))
    armed.wait(days=60)

    assert list(armed.tasks(armed.start(no="7"))) == ["ship"]


def test_a_message_on_its_way_to_a_suspended_case_stands_until_it_has_come_in(armed: Desk) -> None:
    armed.release(WAITS)
    case = armed.start(no="7")
    with armed.runtime.write(IDA, follow_up=False) as command:
        instance.suspend(command, case, "why")
    armed.tell("paid", "7", amount=5)
    armed.wait(days=400)

    with armed.runtime.write(IDA) as command:
        instance.resume(command, case, "why")
    armed.work()

    assert list(armed.tasks(case)) == ["ship"] and armed.values(case)["amount"] == 5
    armed.wait(days=2)
    assert _states(armed) == []


def test_a_case_that_has_waited_on_a_channel_since_long_ago_still_gets_its_message(armed: Desk) -> None:
    armed.release(WAITS)
    case = armed.start(no="7")
    armed.wait(days=400)
    assert _count(armed, schema.channel) == 0

    armed.tell("paid", "7")

    assert list(armed.tasks(case)) == ["ship"]


def test_a_channel_in_use_is_written_once_a_day_and_stays(armed: Desk) -> None:
    used = select(schema.channel.c.used_at)
    seen = []
    for _ in range(3):
        for _ in range(2):
            armed.tell("paid", "7")
            with armed.runtime.read() as view:
                seen.append(view.connection.execute(used).scalar_one())
        armed.wait(days=20)

    assert seen[0] == seen[1] < seen[2] == seen[3] < seen[4] == seen[5]


def test_whoever_locks_a_channel_just_when_it_is_cleared_away_is_not_missed(lines: Desk) -> None:
    with lines.runtime.write() as command:
        message.lock_channel(command, "paid", "7")
        clock.advance(command.connection, timedelta(days=40))
    cases: list[str] = []
    receiver = threading.Thread(target=lambda: cases.append(lines.start(no="7")))

    with lines.runtime.write(IDA, follow_up=False) as command:
        with _after_first(lines.runtime, "INSERT INTO channel", lambda: _in_a_thread(lines.work)):
            message.publish(command, "paid", "7", {})
        receiver.start()
        receiver.join(SOON_S)
        assert not cases, "who waits for a message did not wait for who sends it"
    receiver.join(30)
    lines.work()

    assert list(lines.tasks(cases[0])) == ["ship"]


def test_clearing_passes_over_a_channel_that_somebody_holds(lines: Desk) -> None:
    with lines.runtime.write() as command:
        message.lock_channel(command, "paid", "7")
        message.lock_channel(command, "paid", "8")
        clock.advance(command.connection, timedelta(days=40))

    with lines.runtime.database.write() as holding:
        holding.execute(select(schema.channel.c.key).where(schema.channel.c.key == "7").with_for_update())
        _in_a_thread(lines.work)

    with lines.runtime.read() as view:
        assert list(view.connection.execute(select(schema.channel.c.key)).scalars()) == ["7"]


def test_a_key_that_is_cleared_away_while_it_is_looked_up_is_a_new_one(lines: Desk) -> None:
    def send() -> Any:
        return submission.once(command, "POST x", "", "k", "told", lambda: command.now.isoformat())

    with lines.runtime.write(IDA) as command:
        before = send()
        clock.advance(command.connection, timedelta(days=40))
    with (
        lines.runtime.write(IDA) as command,
        _after_first(lines.runtime, "INSERT INTO submission", lambda: _in_a_thread(lines.work)),
    ):
        assert send() > before


def test_more_than_one_batch_goes_at_once_and_each_takes_as_many_statements(
    armed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "AT_ONCE", 3)
    _a_month_ago(armed, 10)
    turns: list[int] = []

    def heard(_c: object, _cursor: object, said: str, _given: object, _context: object, _many: bool) -> None:
        if said.startswith("DELETE FROM job"):
            turns.append(0)
        if turns:
            turns[-1] += 1

    event.listen(armed.runtime.database.engine, "before_cursor_execute", heard)
    worker.run_due(armed.runtime)

    assert [_count(armed, each) for each in (schema.message, schema.submission, schema.channel)] == [0, 0, 0]
    assert len(turns) == 4 and len(set(turns[:3])) == 1


def test_what_is_cleared_away_is_found_by_its_age_in_an_index(armed: Desk) -> None:
    _a_month_ago(armed, 3)
    with plans.listened(armed.runtime) as asked:
        worker.run_due(armed.runtime)
    grown = {"submission", "message", "receipt", "channel"}
    found = {text: tables & grown for text, tables in plans.scans(armed.runtime, asked).items() if tables & grown}

    assert sum(text.startswith("DELETE") for text in asked) >= 5
    assert not found, found


def _a_month_ago(desk: Desk, many: int) -> None:
    with desk.runtime.write(IDA) as command:
        for number in range(many):
            message.publish(command, "paid", str(number), {})
            submission.keep(command, "start", "", str(number), {}, {})
    desk.wait(days=1)
    with desk.runtime.write() as command:
        clock.advance(command.connection, timedelta(days=40))


def test_what_is_to_be_kept_for_ever_is_kept(armed: Desk) -> None:
    armed.runtime.retention = Retention(answers=0, messages=0)
    armed.release(PLAIN)
    armed.start("p", IDA, "once")
    armed.tell("paid", "7")
    armed.wait(days=4000)

    assert [_count(armed, each) for each in (schema.submission, schema.message, schema.channel)] == [1, 1, 1]


def test_several_workers_owe_one_clearing_which_owes_itself_again_each_day(desk: Desk) -> None:
    workers = [Worker(desk.runtime) for _ in range(3)]
    for each in workers:
        each.start()
    _until(lambda: _due(desk) != [] and _due(desk)[0] > 0)
    for each in workers:
        each.stop()
    (first,) = _due(desk)

    desk.wait(days=10)

    (then,) = _due(desk)
    assert then - first >= 10 * 86_400_000_000


def test_a_clearing_that_fails_is_tried_again_and_never_given_up(armed: Desk) -> None:
    armed.tell("paid", "7")
    armed.runtime.retention = None  # type: ignore[assignment] # a fault of the program
    armed.wait(days=31)
    for _ in range(6):
        armed.wait(hours=3)
    armed.runtime.retention = Retention()
    armed.wait(days=1)

    assert _count(armed, schema.message) == 0 and _count(armed, schema.incident) == 0


def _due(desk: Desk) -> list[int]:
    with desk.runtime.read() as view:
        j = schema.job.c
        return list(view.connection.execute(select(j.due_at).where(j.kind == "clear")).scalars())


def _in_a_thread(work: Callable[[], object]) -> None:
    """On a connection of its own, within this moment."""
    other = threading.Thread(target=work)
    other.start()
    other.join(10)
    assert not other.is_alive(), "it waits for somebody"


@contextmanager
def _after_first(runtime: Runtime, beginning: str, act: Callable[[], None]) -> Iterator[None]:
    """Do something right after this thread's first such statement."""
    me, done = threading.get_ident(), threading.Event()

    def heard(_c: object, _cursor: object, said: str, _given: object, _context: object, _many: bool) -> None:
        if threading.get_ident() == me and said.startswith(beginning) and not done.is_set():
            done.set()
            act()

    event.listen(runtime.database.engine, "after_cursor_execute", heard)
    try:
        yield
    finally:
        event.remove(runtime.database.engine, "after_cursor_execute", heard)
    assert done.is_set()


def _until(true: Callable[[], bool], seconds: float = 20) -> None:
    patience = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < patience, "it never came to this"
        time.sleep(0.02)
