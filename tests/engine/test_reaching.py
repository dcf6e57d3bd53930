"""Messages, signals and timers between cases, on a real database."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from engine import clock, instance, message, schema
from engine.errors import KeyReused
from tests.engine.bpmn.drawing import extended, flow, process, straight
from tests.engine.desk import IDA, Desk
from tests.engine.interpreter import building as b

FOR_IDA = '<z:assignmentDefinition candidateUsers="ida"/>'
PAID = extended("message", 'id="m_paid" name="paid"', '<z:subscription correlationKey="=no"/>')
WAITS = straight(
    '<intermediateCatchEvent id="money_came"><messageEventDefinition messageRef="m_paid"/></intermediateCatchEvent>',
    '<userTask id="ship_goods"/>',
    top=PAID,
)
TIMED = straight(
    '<intermediateCatchEvent id="a_week"><timerEventDefinition><timeDuration>P7D</timeDuration></timerEventDefinition>'
    "</intermediateCatchEvent>",
    '<userTask id="look_again"/>',
)


def _states(desk: Desk) -> list[str]:
    with desk.runtime.read() as view:
        return list(view.connection.execute(select(schema.message.c.state)).scalars())


def test_a_message_reaches_the_case_of_its_key_only(desk: Desk) -> None:
    desk.release(WAITS)
    seven, eight = desk.start(no="7"), desk.start(no="8")

    desk.tell("paid", "7", amount=100)

    assert list(desk.tasks(seven)) == ["ship_goods"]
    assert desk.values(seven)["amount"] == 100
    assert desk.tasks(eight) == {}


def test_a_message_that_comes_first_waits_for_its_receiver(desk: Desk) -> None:
    desk.release(WAITS)
    desk.tell("paid", "7")

    assert list(desk.tasks(desk.start(no="7"))) == ["ship_goods"]
    assert _states(desk) == ["taken"]


def test_a_message_enters_one_case_of_a_process_the_oldest(desk: Desk) -> None:
    desk.release(WAITS)
    first, second = desk.start(no="7"), desk.start(no="7")

    desk.tell("paid", "7")

    assert (list(desk.tasks(first)), list(desk.tasks(second))) == (["ship_goods"], [])


def test_a_message_nobody_takes_expires(desk: Desk) -> None:
    with desk.runtime.write(IDA) as command:
        message.publish(command, "paid", "9", {}, ttl=timedelta(minutes=5))
    desk.wait(minutes=6)

    desk.release(WAITS)
    assert desk.tasks(desk.start(no="9")) == {}
    assert _states(desk) == ["expired"]


def test_a_message_sent_twice_under_one_id_is_sent_once(desk: Desk) -> None:
    with desk.runtime.write(IDA) as command:
        one = message.publish(command, "paid", "7", {"a": 1}, message_id="m1")
        two = message.publish(command, "paid", "7", {"a": 1}, message_id="m1")

    assert one == two
    with pytest.raises(KeyReused), desk.runtime.write(IDA) as command:
        message.publish(command, "paid", "7", {"a": 2}, message_id="m1")


def test_a_receiver_that_is_gone_gives_the_message_back(desk: Desk) -> None:
    desk.release(WAITS)
    first, second = desk.start(no="7"), desk.start(no="7")
    with desk.runtime.write(IDA, follow_up=False) as command:
        message.publish(command, "paid", "7", {})
        instance.cancel(command, first, "not needed")
    desk.work()

    assert list(desk.tasks(second)) == ["ship_goods"]


def test_a_message_starts_a_process_once_for_a_key(desk: Desk) -> None:
    starts = process(
        "\n".join(
            [
                '<startEvent id="order_came"><messageEventDefinition messageRef="m_order"/></startEvent>',
                extended("userTask", 'id="take_order"', FOR_IDA),
                flow("order_came", "take_order"),
            ]
        ),
        top='<message id="m_order" name="order"/>',
    )
    desk.release(starts)

    desk.tell("order", "7", what="tea")
    desk.tell("order", "7", what="tea again")

    (case,) = desk.cases()
    assert desk.values(case) == {"what": "tea"}
    assert desk.row(case).business_key == "7"


def test_messages_of_one_key_that_come_at_once_start_one_case_and_the_others_enter_it(desk: Desk) -> None:
    gathers = process(
        "\n".join(
            [
                '<startEvent id="order_came"><messageEventDefinition messageRef="m_order"/></startEvent>',
                extended("userTask", 'id="pack_orders"', FOR_IDA),
                flow("order_came", "pack_orders"),
                '<subProcess id="add_order" triggeredByEvent="true">',
                '<startEvent id="another_came" isInterrupting="false">',
                '<messageEventDefinition messageRef="m_order"/></startEvent>',
                extended("userTask", 'id="add_to_parcel"', FOR_IDA),
                flow("another_came", "add_to_parcel"),
                "</subProcess>",
            ]
        ),
        top=extended("message", 'id="m_order" name="order"', '<z:subscription correlationKey="=customer"/>'),
    )
    desk.release(gathers)
    with desk.runtime.write(IDA, follow_up=False) as command:
        for what in ("tea", "rice", "salt"):
            message.publish(command, "order", "7", {"customer": "7", "what": what})
    desk.work()

    assert len({desk.row(each).root_id for each in desk.cases()}) == 1
    with desk.runtime.read() as view:
        elements = view.connection.execute(select(schema.task.c.element)).scalars().all()
    assert sorted(elements) == ["add_to_parcel", "add_to_parcel", "pack_orders"]
    assert set(_states(desk)) == {"taken"}


def test_a_timer_fires_when_its_time_has_come_and_not_before(desk: Desk) -> None:
    desk.release(TIMED)
    case = desk.start()

    desk.wait(days=6)
    assert desk.tasks(case) == {}
    desk.wait(days=1, seconds=1)
    assert list(desk.tasks(case)) == ["look_again"]


def test_a_suspended_case_takes_its_timer_when_it_goes_on(desk: Desk) -> None:
    desk.release(TIMED)
    case = desk.start()
    with desk.runtime.write(IDA) as command:
        instance.suspend(command, case, "budget")
    desk.wait(days=8)
    assert desk.tasks(case) == {}

    with desk.runtime.write(IDA) as command:
        instance.resume(command, case, "budget is there")
    desk.work()
    assert list(desk.tasks(case)) == ["look_again"]


def test_an_interrupting_timer_takes_the_task_away(desk: Desk) -> None:
    desk.release(
        process(
            "\n".join(
                [
                    '<startEvent id="b"/><userTask id="answer_letter"/><userTask id="ask_again"/>',
                    '<boundaryEvent id="too_late" attachedToRef="answer_letter">',
                    "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition></boundaryEvent>",
                    flow("b", "answer_letter"),
                    flow("too_late", "ask_again"),
                ]
            )
        )
    )
    case = desk.start()
    desk.wait(days=4)

    assert list(desk.tasks(case)) == ["ask_again"]


def test_a_thrown_message_carries_what_its_inputs_say_and_nothing_else(desk: Desk) -> None:
    sends = straight(
        extended(
            "sendTask",
            'id="tell_them" messageRef="m_paid"',
            '<z:properties><z:property name="correlationKey" value="=n"/></z:properties>',
            '<z:ioMapping><z:input source="=amount" target="sum"/></z:ioMapping>',
        ),
        top=PAID,
    ).replace(b'id="p"', b'id="sender"')
    desk.release(WAITS, sends)
    case = desk.start("p", no="7")

    desk.start("sender", n="7", amount=5, secret="x")

    assert desk.values(case) == {"no": "7", "sum": 5}


def test_a_signal_reaches_everybody_who_waits(desk: Desk) -> None:
    desk.release(
        straight(
            '<intermediateCatchEvent id="all_clear"><signalEventDefinition signalRef="s"/></intermediateCatchEvent>',
            '<userTask id="go_on"/>',
            top='<signal id="s" name="clear"/>',
        )
    )
    cases = [desk.start(), desk.start()]
    with desk.runtime.write(IDA) as command:
        message.broadcast(command, "clear", {})
    desk.work()

    assert [list(desk.tasks(c)) for c in cases] == [["go_on"], ["go_on"]]


@pytest.mark.parametrize(("interrupting", "outcome"), [("true", "given_up"), ("false", "written")])
def test_a_case_that_something_interrupts_has_ended_as_that_ends(desk: Desk, interrupting: str, outcome: str) -> None:
    desk.release(
        process(
            "\n".join(
                [
                    '<startEvent id="b"/><userTask id="write"/><endEvent id="written"/>',
                    flow("b", "write"),
                    flow("write", "written"),
                    '<subProcess id="told" triggeredByEvent="true">',
                    f'<startEvent id="told_b" isInterrupting="{interrupting}">',
                    '<messageEventDefinition messageRef="m_paid"/></startEvent><endEvent id="given_up"/>',
                    flow("told_b", "given_up"),
                    "</subProcess>",
                ]
            ),
            PAID,
        )
    )
    case = desk.start(no="7")

    desk.tell("paid", "7")
    if interrupting == "false":
        desk.complete(case, "write")

    assert desk.row(case).outcome == outcome


def test_an_event_that_throws_two_messages_sends_both(desk: Desk) -> None:
    both = b.throw("tell", b.on("message", "m"), b.on("message", "n"))
    desk.release(b.text(b.start(), both, b.user("z"), b.flows("s", "tell", "z")).encode())
    desk.start()

    with desk.runtime.read() as view:
        assert set(view.connection.execute(select(schema.message.c.name)).scalars()) == {"m", "n"}


def test_a_case_hears_its_own_signal_once_and_not_what_it_waits_for_later(desk: Desk) -> None:
    start = b.start("hs", b.on("signal", "g"), isInterrupting=False)
    answer = b.handler("H", start, b.user("h"), b.flows("hs", "h"))
    path = b.throw("t", b.on("signal", "g")), b.catch("c", b.on("signal", "g")), b.flows("s", "t", "c")
    desk.release(b.text(b.start(), *path, answer).encode())
    case, other = desk.start(), desk.start()

    # The second case was there for nothing of its own signal but the first one heard it.
    assert (desk.visits(case).count("h"), desk.visits(other).count("h")) == (2, 1)
    assert desk.row(case).state == "active"


def test_two_signals_in_a_row_are_heard_twice_by_what_goes_on_waiting_and_once_by_what_does_not(desk: Desk) -> None:
    lasting = b.boundary("d", "u", b.on("signal", "g"), interrupting=False), b.user("w"), b.flows("d", "w")
    once = b.catch("c", b.on("signal", "g")), b.user("z"), b.flows("s", "c", "z")
    desk.release(b.text(b.start(), b.user("u"), *lasting, *once, b.flows("s", "u")).encode())
    case = desk.start()
    with desk.runtime.write(IDA, follow_up=False) as command:
        message.broadcast(command, "g", {})
        message.broadcast(command, "g", {})
    desk.work()

    assert (desk.visits(case).count("w"), desk.visits(case).count("z")) == (2, 1)


@pytest.mark.parametrize("key", ["7", ""])
def test_two_messages_at_once_start_one_process_of_their_key(desk: Desk, key: str) -> None:
    someone = b.ext(b.tag("zeebe:assignmentDefinition", assignee="ida"))
    begun = b.start("s", b.on("message", "order")), b.user("u", someone), b.flows("s", "u")
    desk.release(b.document(b.scope("process", "p", *begun), {}).encode())
    with desk.runtime.write(IDA) as command:
        message.publish(command, "order", key, {})
        message.publish(command, "order", key, {})
    desk.work()

    assert len(desk.cases()) == (1 if key else 2)
    assert sorted(_states(desk)) == (["taken", "waiting"] if key else ["taken", "taken"])


def test_what_begins_each_month_begins_on_the_last_day_again_after_a_short_one(desk: Desk) -> None:
    cycle = b.timer("Cycle", "R/2027-01-31T09:00:00/P1M")
    desk.release(b.text(b.start("s", cycle), b.end("e"), b.flows("s", "e")).encode())
    seen = []
    for _ in range(3):
        with desk.runtime.read() as view:
            jobs = select(schema.job.c.due_at).where(schema.job.c.kind == "start_timer")
            due = clock.instant(view.connection.execute(jobs).scalar_one())
            seen.append(f"{due:%m-%d}")
            span = due - view.now
        desk.wait(seconds=span.total_seconds() + 1)

    assert seen == ["01-31", "02-28", "03-31"]


@pytest.mark.parametrize("kind", ["error", "escalation"])
@pytest.mark.parametrize("apart", ["iteration", "call"])
def test_what_an_error_or_escalation_brings_crosses_to_who_catches_it(desk: Desk, kind: str, apart: str) -> None:
    thrown = b.end("t", b.ext(b.io({"why": "=reason"})), b.on(kind, "N"))
    inner = b.start("is"), b.user("u"), thrown, b.flows("is", "u", "t")
    caught = b.boundary("b", "S", b.on(kind, "N")), b.user("w"), b.flows("s", "S"), b.flows("b", "w")
    if apart == "iteration":
        file = b.scope("process", "p", b.start(), b.sub("S", b.several("=[1]", "i"), *inner), *caught)
    else:
        file = b.scope("process", "p", b.start(), b.call("S", "q"), *caught) + b.scope("process", "q", *inner)
    desk.release(b.document(file, {}).encode())
    case = desk.start()

    desk.complete(case, "u", reason="ill", secret="x")

    assert list(desk.tasks(case)) == ["w"]
    assert desk.values(case) == {"why": "ill"}


def test_what_a_late_timer_leads_to_happens_on_the_day_it_runs(desk: Desk) -> None:
    late = b.catch("w", b.timer("Duration", "PT1H")), b.script("day", "=today()", "seen")
    again = b.catch("v", b.timer("Duration", "PT2H")), b.user("z"), b.flows("s", "w", "day", "v", "z")
    desk.release(b.text(b.start(), *late, *again).encode())
    case = desk.start()
    with desk.runtime.write() as command:
        began = command.now
        clock.advance(command.connection, timedelta(days=3))
    # Nobody was there meanwhile; now somebody is.
    desk.work()

    zone = ZoneInfo(desk.runtime.zone)
    assert desk.values(case)["seen"] == (began + timedelta(days=3)).astimezone(zone).date()
    assert desk.tasks(case) == {}
    desk.wait(hours=1)
    assert desk.tasks(case) == {}
    desk.wait(hours=1, seconds=5)
    assert list(desk.tasks(case)) == ["z"]


def test_a_cycle_that_missed_its_times_keeps_its_hour_and_makes_nothing_up(desk: Desk) -> None:
    daily = b.boundary("d", "a", b.timer("Cycle", "R/P1D"), interrupting=False), b.user("told"), b.flows("d", "told")
    desk.release(b.text(b.start(), b.user("a"), *daily, b.flows("s", "a")).encode())
    case = desk.start()
    with desk.runtime.read() as view:
        jobs = select(schema.job.c.due_at).where(schema.job.c.kind == "timer")
        first = view.connection.execute(jobs).scalar_one()
    desk.wait(days=3, hours=5)

    with desk.runtime.read() as view:
        assert view.connection.execute(jobs).scalar_one() == first + timedelta(days=3) // timedelta(microseconds=1)
    assert desk.visits(case).count("told") == 1
