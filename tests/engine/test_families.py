"""A parent, what it has called and its iterations: suspended, failing, cancelled together, on a real database."""

from __future__ import annotations

from sqlalchemy import select

from engine import instance, message, schema, task
from tests.engine.desk import IDA, Desk
from tests.engine.interpreter import building as b

FAILS = b.sub(
    "S",
    b.several("=[1, 2]", "i"),
    *(b.start("is"), b.user("u"), b.end("t", b.on("error", "N")), b.flows("is", "u", "t")),
)


def test_what_comes_to_a_suspended_family_waits_for_it(desk: Desk) -> None:
    late = b.boundary("d", "ask", b.timer("Duration", "PT1H"), interrupting=False), b.user("late")
    heard = b.catch("c", b.on("signal", "g")), b.user("heard"), b.flows("qs", "c", "heard")
    called = b.scope(
        "process", "q", b.start("qs"), b.user("ask"), *late, *heard, b.flows("qs", "ask"), b.flows("d", "late")
    )
    caller = b.scope("process", "p", b.start(), b.call("c1", "q"), b.flows("s", "c1"))
    desk.release(b.document(caller + called, {}).encode())
    case = desk.start()
    with desk.runtime.write(IDA) as command:
        instance.suspend(command, case, "budget")
    desk.work()
    with desk.runtime.write(IDA) as command:
        message.broadcast(command, "g", {})
    desk.wait(hours=2)
    assert list(desk.tasks(case)) == ["ask"]

    with desk.runtime.write(IDA) as command:
        instance.resume(command, case, "budget is there")
    desk.work()
    assert sorted(desk.tasks(case)) == ["ask", "heard", "late"]


def test_iterations_of_a_suspended_case_begin_when_it_goes_on(desk: Desk) -> None:
    many = b.user("v", b.several("=[1, 2, 3]", "i"))
    desk.release(b.text(b.start(), many, b.user("z"), b.flows("s", "v", "z")).encode())
    with desk.runtime.write(IDA, follow_up=False) as command:
        case = instance.start(command, "p", {})
        instance.suspend(command, case, "budget")
    desk.work()
    assert desk.cases() == [case]

    with desk.runtime.write(IDA) as command:
        instance.resume(command, case, "budget is there")
    desk.work()
    assert len(desk.cases()) == 4


def test_an_error_of_an_iteration_waits_for_its_suspended_parent(desk: Desk) -> None:
    caught = b.boundary("b", "S", b.on("error", "N")), b.user("w"), b.flows("s", "S"), b.flows("b", "w")
    desk.release(b.text(b.start(), FAILS, *caught).encode())
    case = desk.start()
    iteration = next(each for each in desk.cases() if each != case)
    with desk.runtime.write(IDA, follow_up=False) as command:
        task.complete(command, desk.task_of(iteration), {})
        instance.suspend(command, case, "budget")
    desk.work()
    assert "w" not in desk.tasks(case)

    with desk.runtime.write(IDA) as command:
        instance.resume(command, case, "budget is there")
    desk.work()
    assert list(desk.tasks(case)) == ["w"]
    assert sorted(desk.row(each).state for each in desk.cases()) == ["active", "cancelled", "ended"]


def test_an_error_of_a_called_process_that_nobody_takes_is_an_incident_of_its_caller(desk: Desk) -> None:
    called = b.scope(
        "process", "q", b.start("qs"), b.user("u"), b.end("e", b.on("error", "E")), b.flows("qs", "u", "e")
    )
    caller = b.scope("process", "p", b.start(), b.call("c", "q"), b.user("z"), b.flows("s", "c", "z"))
    desk.release(b.document(caller + called, {}).encode())
    case = desk.start()
    desk.complete(case, "u")

    with desk.runtime.read() as view:
        assert list(view.connection.execute(select(schema.incident.c.instance_id)).scalars()) == [case]


def test_a_message_that_came_for_a_task_just_done_waits_for_another_receiver(desk: Desk) -> None:
    border = b.boundary("b", "u", b.on("message", "m")), b.user("w"), b.flows("b", "w")
    path = b.start(), b.user("u"), *border, b.user("z"), b.flows("s", "u", "z")
    desk.release(b.document(b.scope("process", "p", *path), {"m": "=no"}).encode())
    case = desk.start(no="7")
    waiting = desk.tasks(case)["u"].id
    with desk.runtime.write(IDA, follow_up=False) as command:
        message.publish(command, "m", "7", {})
        task.complete(command, waiting, {})
    desk.work()

    assert list(desk.tasks(case)) == ["z"]
    with desk.runtime.read() as view:
        assert list(view.connection.execute(select(schema.message.c.state)).scalars()) == ["waiting"]


def test_a_transaction_that_is_done_for_each_of_several_is_cancelled_as_a_whole(desk: Desk) -> None:
    undone = b.undone_by("ca", "a", "una"), b.user("una", isForCompensation=True)
    ways = b.gateway("exclusive", "g", default="g-ok"), b.end("ok"), b.end("c", b.on("cancel"))
    lead = b.flows("ts", "a", "g", "ok"), b.flow("g", "c", "i = 2")
    several = b.several("=[1, 2]", "i", sequential=True)
    body = b.scope("transaction", "T", several, b.start("ts"), b.user("a"), *undone, *ways, *lead)
    after = b.boundary("b", "T", b.on("cancel")), b.user("off"), b.user("fine"), b.flows("b", "off")
    desk.release(b.text(b.start(), body, *after, b.flows("s", "T", "fine")).encode())
    case = desk.start()
    for each in ("a", "a", "una"):
        desk.complete(case, each)

    assert list(desk.tasks(case)) == ["off"]
