"""What a branch has opened and its sibling interrupts is gone, also when both happen in one command (BPMN 13.5.3,
13.5.6)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine import assembly, draft, incident, instance, job, schema, task
from engine.connector import Declaration
from engine.connectors.work import Work
from engine.errors import Conflict
from tests.engine.desk import IDA, Desk
from tests.engine.interpreter import building as b
from tests.provision.databases import Databases

_called: list[str] = []
_ITEM = b.several("=[1, 2]", "i")
LATE = "PT1H"


def note(work: Work) -> dict[str, Any]:
    """A connector that is seen to be called."""
    _called.append(work.element)
    return {}


def fail(work: Work) -> dict[str, Any]:
    """A connector that fails for good."""
    raise job.Hopeless("It is broken.")


@pytest.fixture
def working(databases: Databases, tmp_path: Path) -> Iterator[Desk]:
    """A desk with a connector of its own."""
    _called.clear()
    with databases.ready() as url:
        own = {"work": (Declaration("work", "Notes."), note), "fail": (Declaration("fail", "Fails."), fail)}
        runtime = assembly.open(url, tmp_path / "state", connectors=own)
        desk = Desk(runtime)
        yield desk
        desk.must_be_sound()
        runtime.close()


def timed(identity: str, kind: str) -> str:
    return b.catch(identity, b.timer(kind, LATE))


WORK = {
    "user task": b.user("x"),
    "user task with a border": b.user("x")
    + b.boundary("xb", "x", b.timer("Duration", LATE))
    + b.end("xe")
    + b.flows("xb", "xe"),
    "service task": b.service("x"),
    "call": b.call("x", "q"),
    "iterations": b.user("x", _ITEM),
    "one after another": b.user("x", b.several("=[1, 2]", "i", sequential=True)),
    "timer": timed("x", "Duration"),
    "message": b.catch("x", b.on("message", "m")),
    "receive task": b.tag("receiveTask", id="x", messageRef=b.ref("message", "m")),
    "signal": b.catch("x", b.on("signal", "g")),
    "condition": b.catch("x", b.condition("never = 1")),
    "incident": b.script("x", "=missing.there + 1 > nothing and [1][0]"),
    "event gateway": b.gateway("eventBased", "x")
    + timed("xt", "Duration")
    + b.catch("xm", b.on("message", "m"))
    + b.flows("x", "xt")
    + b.flows("x", "xm"),
    "sub-process": b.sub("x", b.ext(b.io({"local": "=1"})), b.start("xs"), b.user("xu"), b.flows("xs", "xu")),
    "watched sub-process": b.sub(
        "x",
        *(b.start("xs"), b.user("xu"), b.flows("xs", "xu")),
        b.handler("xh", b.start("xi", b.on("message", "m")), b.user("xv"), b.flows("xi", "xv")),
    ),
}
ENDS = {
    "terminate": (b.on("terminate"), ""),
    "error": (b.on("error", "E"), b.on("error", "E")),
    "escalation": (b.on("escalation", "E"), b.on("escalation", "E")),
    "cancel": (b.on("cancel"), b.on("cancel")),
    "signal": (b.on("signal", "stop"), b.on("signal", "stop")),
}


def beside(work: str, end: str, *, first: bool = True) -> str:
    """A process ``<end>``: in a sub-process ``work`` begins, and an end that interrupts it; then comes ``after``."""
    thrown, caught = ENDS[end]
    lead = b.flow("fork", "x"), b.flow("fork", "stop")
    inside = (
        *(b.start("is"), b.gateway("parallel", "fork"), WORK[work], b.end("stop", thrown), b.flow("is", "fork")),
        *(lead if first else reversed(lead)),
    )
    around = b.scope("transaction" if end == "cancel" else "subProcess", "S", *inside)
    border = b.boundary("caught", "S", caught) + b.flows("caught", "after") if caught else ""
    body = b.start(), around, border, b.user("after"), b.user("ready"), b.flows("s", "ready", "S", "after")
    return b.scope("process", end, *body, isExecutable=True)


def released(desk: Desk, *processes: str) -> None:
    """Release processes, each a file of its own, and ``q``, which they may call."""
    called = b.scope("process", "q", b.start("qs"), b.user("qu"), b.flows("qs", "qu"))
    desk.release(*(b.document(each, {"m": '="k"'}).encode() for each in (*processes, called)))


@pytest.mark.parametrize("work", WORK)
def test_what_is_begun_beside_an_end_that_interrupts_it_is_gone(working: Desk, work: str) -> None:
    released(working, *(beside(work, end) for end in ENDS))
    working.tell("m", "k")
    cases = {end: working.start(end) for end in ENDS}
    for end, case in cases.items():
        answer = working.complete(case, "ready")
        assert list(working.tasks(case)) == ["after"], end
        assert answer.next_task == working.tasks(case)["after"].id

    assert _called == []
    assert sorted(working.cases()) == sorted(cases.values())
    with working.runtime.read() as view:
        assert set(view.connection.execute(select(schema.message.c.state)).scalars()) == {"waiting"}
    working.wait(minutes=59)
    assert {end: list(working.tasks(case)) for end, case in cases.items()} == {end: ["after"] for end in ENDS}


def test_the_story_says_that_it_was_reached_and_not_done(working: Desk) -> None:
    released(working, beside("user task", "error"))
    case = working.start("error")
    working.complete(case, "ready")

    told = [kind for kind, element in working.story(case) if element == "x"]
    assert told == ["element.entered", "task.closed"]


def test_an_incident_that_nobody_could_see_is_kept_as_one_that_is_over(working: Desk) -> None:
    released(working, beside("incident", "error"))
    case = working.start("error")
    working.complete(case, "ready")

    with working.runtime.read() as view:
        (kept,) = view.connection.execute(select(schema.incident)).all()
        assert (kept.element, kept.closed_how) == ("x", "continued")


def test_what_was_thrown_before_the_interruption_stays_thrown(working: Desk) -> None:
    fork = b.gateway("parallel", "f") + b.flows("s", "f", "t") + b.flows("f", "e")
    body = b.start(), fork, b.throw("t", b.on("message", "m")), b.user("x"), b.flows("t", "x")
    released(working, b.scope("process", "p", *body, b.end("e", b.on("terminate")), isExecutable=True))
    case = working.start()

    assert working.row(case).state == "ended"
    with working.runtime.read() as view:
        assert list(view.connection.execute(select(schema.message.c.name)).scalars()) == ["m"]


# ---- what was there before the command


STOP = b.boundary("stop", "S", b.on("message", "m")) + b.flows("stop", "after")


def stoppable(*inside: str) -> str:
    """A process with a sub-process that message ``m`` ends."""
    around = b.sub("S", b.start("is"), *inside, b.user("next"), b.flows("is", "x", "next"))
    return b.scope("process", "p", b.start(), around, STOP, b.user("after"), b.flows("s", "S"), isExecutable=True)


def test_what_somebody_had_typed_goes_with_the_task_that_is_taken_away(working: Desk) -> None:
    released(working, stoppable(b.user("x")))
    case = working.start()
    with working.runtime.write(IDA) as command:
        draft.save(command, working.tasks(case)["x"].id, {"weight": 7}, revision=0)
    working.tell("m", "k")

    assert list(working.tasks(case)) == ["after"]
    with working.runtime.read() as view:
        assert view.connection.execute(select(schema.draft)).all() == []


@pytest.mark.parametrize("how", ["interrupted", "cancelled"])
def test_what_failed_for_good_is_nobodys_trouble_once_it_is_not_wanted(working: Desk, how: str) -> None:
    released(working, stoppable(b.service("x", "fail")))
    case = working.start()
    (open_,) = trouble(working)
    assert open_.job_id is not None

    if how == "interrupted":
        working.tell("m", "k")
    else:
        with working.runtime.write(IDA) as command:
            instance.cancel(command, case, "not needed")
        working.work()

    assert trouble(working) == []
    with pytest.raises(Conflict), working.runtime.write(IDA) as command:
        incident.retry(command, open_.id)


def test_a_call_that_failed_is_tried_again(working: Desk) -> None:
    called = b.scope(
        "process", "f", b.start("fs"), b.user("fu"), b.end("fe", b.on("error", "E")), b.flows("fs", "fu", "fe")
    )
    released(working, stoppable(b.call("x", "f")), called)
    case = working.start()
    working.complete(case, "fu")
    (open_,) = trouble(working)
    with working.runtime.write(IDA) as command:
        incident.retry(command, open_.id)
    working.work()

    assert (list(working.tasks(case)), trouble(working)) == (["fu"], [])
    working.tell("m", "k")
    assert list(working.tasks(case)) == ["after"]


def test_iterations_of_which_one_failed_begin_anew_when_they_are_tried_again(working: Desk) -> None:
    each = b.start("xs"), b.user("xu"), b.end("xe", b.on("error", "E")), b.user("xv"), b.flow("xs", "xu")
    way = b.gateway("exclusive", "xg", default="xg-xv"), b.flows("xu", "xg", "xv"), b.flow("xg", "xe", "fails")
    many = b.several("=[1, 2]", "i", "all", "=loopCounter")
    released(working, stoppable(b.sub("x", many, *each, *way)))
    case = working.start()
    first = oldest(working, "xu")
    with working.runtime.write(IDA) as command:
        task.complete(command, first, {"fails": True})
    working.work()
    (open_,) = trouble(working)
    with working.runtime.write(IDA) as command:
        incident.retry(command, open_.id)
    working.work()

    assert trouble(working) == []
    assert sorted(working.row(each).state for each in working.cases()) == ["active"] * 3 + ["cancelled", "ended"]
    for element in ("xu", "xu", "xv", "xv"):
        with working.runtime.write(IDA) as command:
            task.complete(command, oldest(working, element), {"fails": False} if element == "xu" else {})
        working.work()
    assert list(working.tasks(case)) == ["next"]
    assert working.values(case)["all"] == [1, 2]


def oldest(desk: Desk, element: str) -> str:
    """The task of this element that has waited longest."""
    t = schema.task.c
    query = select(t.id).where(t.element == element, t.state == "open").order_by(t.id)
    with desk.runtime.read() as view:
        return str(view.connection.execute(query).scalars().first())


def test_who_is_called_by_who_was_called_goes_too(working: Desk) -> None:
    between = b.scope("process", "r", b.start("rs"), b.call("rc", "q"), b.flows("rs", "rc"))
    released(working, stoppable(b.call("x", "r")), between)
    case = working.start()
    assert list(working.tasks(case)) == ["qu"]
    working.tell("m", "k")

    assert list(working.tasks(case)) == ["after"]
    assert sorted(working.row(each).state for each in working.cases()) == ["active", "cancelled", "cancelled"]


def test_an_answer_of_work_that_is_not_wanted_any_more_changes_nothing(working: Desk) -> None:
    released(working, stoppable(b.service("x")))
    with working.runtime.write(IDA, follow_up=False) as command:
        case = instance.start(command, "p", {})
    with working.runtime.database.write() as connection:
        (leased,) = job.lease(connection, 5)
    working.tell("m", "k")
    job.run(working.runtime, leased)

    assert list(working.tasks(case)) == ["after"]


def trouble(desk: Desk) -> list[Any]:
    with desk.runtime.read() as view:
        return list(view.connection.execute(select(schema.incident).where(schema.incident.c.closed_at.is_(None))))
