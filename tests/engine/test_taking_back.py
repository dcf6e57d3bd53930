"""撤回: taking back a completed task, only where that undoes all that its completion did."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine import draft, instance, job, release, schema, task
from engine.errors import Conflict
from engine.query import task_page
from tests.engine.desk import IDA, Desk
from tests.engine.interpreter.building import (
    boundary,
    catch,
    condition,
    end,
    ext,
    flow,
    flows,
    gateway,
    io,
    on,
    script,
    several,
    start,
    sub,
    tag,
    text,
    throw,
    timer,
    undo,
    undone_by,
    user,
)

BESIDE = gateway("parallel", "f"), user("b"), flows("f", "b")
STILL_OPEN = {
    "a step before it has been joined": (
        *BESIDE,
        gateway("parallel", "j"),
        user("c"),
        flows("s", "f", "a", "j", "c"),
        flows("b", "j"),
    ),
    "a timer has begun to run beside the next step": (
        *BESIDE,
        catch("w", timer("Duration", "PT1H")),
        user("late"),
        flows("s", "a", "f", "w", "late"),
    ),
    "something else was ended by it": (
        sub(
            "S",
            *(start("is"), user("a"), user("b"), end("t", on("terminate"))),
            *(flows("is", "a", "t"), flows("is", "b")),
        ),
        user("c"),
        flows("s", "S", "c"),
    ),
    "it was one of several in a row": (user("a", several("=[1, 2]", "i", sequential=True)), flows("s", "a")),
    "what came after could be undone twice": (
        *(user("a"), script("x", "=1"), undone_by("ux", "x", "v"), user("v", isForCompensation=True), user("c")),
        *(flows("s", "a", "x", "c"), boundary("h", "c", on("message", "m")), flows("h", "end"), end("end")),
    ),
    "it undoes something, and what comes after it would not be undone": (
        *(script("r", "=1"), undone_by("ur", "r", "a"), user("a", isForCompensation=True)),
        *(script("q", "=1"), undone_by("uq", "q", "z"), user("z", isForCompensation=True)),
        *(throw("t", undo()), user("b"), flows("s", "q", "r", "t", "b")),
    ),
    "it led to something being undone": (
        *(script("r", "=1"), undone_by("ur", "r", "v"), script("v", "=1", isForCompensation=True), user("a")),
        *(throw("t", undo()), user("c"), flows("s", "r", "a", "t", "c")),
    ),
    "it was one of several in a row that are told apart by their place": (
        tag(
            "adHocSubProcess",
            *(user("a"), user("c"), user("d"), flows("c", "d"), tag("completionCondition", "=done = true")),
            id="A",
            ordering="Sequential",
        ),
        *(user("z"), flows("s", "A", "z")),
    ),
    "a condition has seen its values": (
        *(gateway("parallel", "f"), user("h"), boundary("k", "h", condition("=n > 5"), interrupting=False)),
        *(user("z"), user("c"), flows("s", "f", "a", "c"), flows("f", "h"), flows("k", "z")),
    ),
    "it begins only when two have come": (
        *(gateway("parallel", "f"), user("a", startQuantity=2), user("c")),
        *(flows("s", "f", "g", "a", "c"), flow("f", "a"), gateway("exclusive", "g")),
    ),
}


@pytest.mark.parametrize("why", STILL_OPEN)
def test_what_cannot_be_undone_altogether_is_not_taken_back(desk: Desk, why: str) -> None:
    parts = "".join(STILL_OPEN[why])
    own = "" if 'id="a"' in parts else user("a")
    desk.release(text(start(), own, parts).encode())
    case = desk.start("p", IDA, None, n=9, done=False)
    if "b" in desk.tasks(case) and "ended" not in why:
        desk.complete(case, "b")
    first = desk.tasks(case)["a"].id
    desk.complete(case, "a", n=1)
    before = desk.visits(case), sorted(desk.tasks(case))

    with pytest.raises(Conflict, match="no longer be taken back"), desk.runtime.write(IDA) as command:
        task.withdraw(command, first, "a slip")
    assert (desk.visits(case), sorted(desk.tasks(case))) == before


def test_a_step_with_mappings_and_events_on_its_border_is_taken_back_like_any_other(desk: Desk) -> None:
    first = user("a", ext(io({"x": "=1"}, {"y": "=x"})), startQuantity=1) + boundary(
        "t", "a", timer("Duration", "P1D"), interrupting=False
    )
    gate = gateway("exclusive", "g", default="g-b"), user("b"), user("c"), user("late"), flows("t", "late")
    after = boundary("u", "b", timer("Duration", "P2D"), interrupting=False), user("later"), flows("u", "later")
    desk.release(text(start(), first, *gate, *after, flows("s", "a", "g", "b"), flow("g", "c", "y = 2")).encode())
    case = desk.start()
    done = desk.tasks(case)["a"].id
    desk.complete(case, "a")

    with desk.runtime.write(IDA) as command:
        task.withdraw(command, done, "a slip")

    assert list(desk.tasks(case)) == ["a"]
    desk.complete(case, "a", x=2)
    assert list(desk.tasks(case)) == ["c"]
    desk.wait(days=3)
    assert list(desk.tasks(case)) == ["c"]


@pytest.mark.parametrize("event", [timer("Duration", "PT1H"), on("message", "m")])
def test_where_an_event_of_the_next_step_has_led_on_it_is_not_taken_back(desk: Desk, event: str) -> None:
    border = boundary("t", "b", event, interrupting=False), user("late"), flows("t", "late")
    desk.release(text(start(), user("a"), user("b"), *border, flows("s", "a", "b")).encode())
    case = desk.start()
    done = desk.tasks(case)["a"].id
    desk.complete(case, "a")
    desk.wait(hours=2)
    desk.tell("m")

    with pytest.raises(Conflict, match="led on already"):
        withdrawn(desk, done)
    assert sorted(desk.tasks(case)) == ["b", "late"]


def test_a_next_step_that_the_diagram_gives_to_somebody_is_taken_back_until_they_open_it(desk: Desk) -> None:
    theirs = ext(tag("zeebe:assignmentDefinition", assignee="bo"))
    desk.release(text(start(), user("a"), user("b", theirs), flows("s", "a", "b")).encode())
    case = desk.start()
    done = desk.tasks(case)["a"].id
    desk.complete(case, "a")
    assert may_be_taken_back(desk, done)

    withdrawn(desk, done)

    assert list(desk.tasks(case)) == ["a"]


def test_what_was_taken_back_is_undone_once(desk: Desk) -> None:
    undoing = undone_by("ua", "a", "v"), user("v", isForCompensation=True), user("b"), user("z")
    thrown = '<intermediateThrowEvent id="t"><compensateEventDefinition/></intermediateThrowEvent>'
    desk.release(text(start(), user("a"), *undoing, thrown, flows("s", "a", "b", "t", "z")).encode())
    case = desk.start()
    done = desk.tasks(case)["a"].id
    desk.complete(case, "a")
    with desk.runtime.write(IDA) as command:
        task.withdraw(command, done, "a slip")
    desk.complete(case, "a")
    desk.complete(case, "b")
    desk.complete(case, "v")

    assert list(desk.tasks(case)) == ["z"]


def withdrawn(desk: Desk, done: str) -> str:
    with desk.runtime.write(IDA) as command:
        again = task.withdraw(command, done, "a slip")
    desk.work()
    return again


def test_what_a_script_counted_is_counted_once(desk: Desk) -> None:
    counting = script("count", "=round + 1", "round"), script("note", "=append(seen, round)", "seen")
    desk.release(text(start(), user("a"), *counting, user("b"), flows("s", "a", "count", "note", "b")).encode())
    case = desk.start("p", IDA, None, round=0, seen=[])
    done = desk.tasks(case)["a"].id
    desk.complete(case, "a", remark="first")

    withdrawn(desk, done)

    assert desk.values(case) == {"round": 0, "seen": []}
    desk.complete(case, "a", remark="second")
    assert desk.values(case) == {"round": 1, "seen": [1], "remark": "second"}


def test_taking_back_twice_goes_back_to_the_values_of_the_beginning(desk: Desk) -> None:
    desk.release(text(start(), user("a"), script("x", "=n + 1", "n"), user("b"), flows("s", "a", "x", "b")).encode())
    case = desk.start("p", IDA, None, n=0)
    for typed in ({"remark": "one"}, {"n": 7}):
        done = desk.tasks(case)["a"].id
        desk.complete(case, "a", **typed)
        withdrawn(desk, done)
        assert desk.values(case) == {"n": 0}


def test_what_has_been_changed_since_is_not_put_back(desk: Desk) -> None:
    beside = gateway("parallel", "f"), user("b"), user("c"), flows("s", "f", "a", "c"), flows("f", "b")
    desk.release(text(start(), user("a"), *beside).encode())
    case = desk.start()
    done = desk.tasks(case)["a"].id
    desk.complete(case, "a", total=1)
    desk.complete(case, "b", total=2)

    with pytest.raises(Conflict, match="has been changed since"):
        withdrawn(desk, done)
    assert desk.values(case) == {"total": 2}


def voting(until: str | None = None) -> bytes:
    many = several("=who", "one", "votes", "=agree", until=until)
    return text(start(), user("vote", many), user("b"), flows("s", "vote", "b")).encode()


def votes(desk: Desk, case: str) -> list[str]:
    """Ids of the open votes, in the order of those who were asked."""
    t, i = schema.task.c, schema.instance.c
    query = select(t.id).join(schema.instance, i.id == t.instance_id).where(i.parent_id == case, t.state == "open")
    with desk.runtime.read() as view:
        return list(view.connection.execute(query.order_by(i.parent_index)).scalars())


def vote(desk: Desk, task_id: str, **values: object) -> None:
    with desk.runtime.write(IDA) as command:
        task.complete(command, task_id, values)
    desk.work()


def may_be_taken_back(desk: Desk, done: str) -> bool:
    """Whether the page of a task offers it."""
    with desk.runtime.read(IDA) as view:
        return "withdraw" in task_page.read(view, done, "en").can


def test_one_of_several_votes_is_taken_back_and_given_anew(desk: Desk) -> None:
    desk.release(voting())
    case = desk.start("p", IDA, None, who=["x", "y"])
    first, second = votes(desk, case)
    vote(desk, first, agree=False)
    assert may_be_taken_back(desk, first)

    again = withdrawn(desk, first)

    assert votes(desk, case) == [again, second]
    vote(desk, second, agree=True)
    assert votes(desk, case) == [again], "the vote that was taken back is waited for"
    vote(desk, again, agree=True)
    assert desk.values(case)["votes"] == [True, True]
    assert list(desk.tasks(case)) == ["b"]


def test_a_vote_that_was_the_last_stands(desk: Desk) -> None:
    desk.release(voting())
    case = desk.start("p", IDA, None, who=["x", "y"])
    first, second = votes(desk, case)
    vote(desk, first, agree=False)
    vote(desk, second, agree=True)
    for done in (first, second):
        assert not may_be_taken_back(desk, done)
        with pytest.raises(Conflict, match="all that was waited for has come in"):
            withdrawn(desk, done)
    assert desk.values(case)["votes"] == [False, True]


def test_one_no_ends_the_votes_of_many(desk: Desk) -> None:
    desk.release(voting("agree = false"))
    case = desk.start("p", IDA, None, who=["x", "y", "z"])
    first, second, _ = votes(desk, case)
    vote(desk, first, agree=True)
    assert len(votes(desk, case)) == 2
    vote(desk, second, agree=False)
    assert list(desk.tasks(case)) == ["b"]
    assert desk.values(case)["votes"] == [True, False]


@pytest.mark.parametrize("done", [(), ("child_ended",)], ids=["before it is counted", "before it is judged"])
def test_a_no_that_is_taken_back_in_time_ends_nothing(desk: Desk, done: tuple[str, ...]) -> None:
    desk.release(voting("agree = false"))
    case = desk.start("p", IDA, None, who=["x", "y", "z"])
    first, second, third = votes(desk, case)
    with desk.runtime.write(IDA, follow_up=False) as command:
        task.complete(command, first, {"agree": False})
    for kind in done:
        with desk.runtime.database.write() as connection:
            (work,) = job.lease(connection, 1)
        assert work.kind == kind
        job.run(desk.runtime, work)

    again = withdrawn(desk, first)

    assert votes(desk, case) == [again, second, third]
    for each in (again, second, third):
        vote(desk, each, agree=True)
    assert desk.values(case)["votes"] == [True, True, True]


def test_a_vote_in_a_suspended_case_stays(desk: Desk) -> None:
    desk.release(voting())
    case = desk.start("p", IDA, None, who=["x", "y"])
    first, _ = votes(desk, case)
    vote(desk, first, agree=True)
    with desk.runtime.write(IDA) as command:
        instance.suspend(command, case, "a pause")
    desk.work()
    with pytest.raises(Conflict, match="suspended"):
        withdrawn(desk, first)


def test_what_was_typed_is_there_to_be_corrected(desk: Desk) -> None:
    form = b'{"type":"default","components":[{"type":"textfield","key":"why"},{"type":"number","key":"days"}]}'
    diagram = text(start(), user("a"), user("b"), flows("s", "a", "b")).encode()
    with desk.runtime.write(IDA) as command:
        release.release(command, {"p.bpmn": diagram, "forms/a.json": form}, plain=True)
    case = desk.start()
    done = desk.tasks(case)["a"].id
    desk.complete(case, "a", why="leave", days=3)

    again = withdrawn(desk, done)

    with desk.runtime.read(IDA) as view:
        saved = draft.read(view, again)
    assert saved is not None
    assert saved.content == {"why": "leave", "days": 3}
    assert desk.values(case) == {}


def due(desk: Desk, case: str) -> int | None:
    due_at: int | None = desk.tasks(case)["a"].due_at
    return due_at


def test_a_step_that_is_taken_back_is_due_when_it_was(desk: Desk) -> None:
    dated = user("a", ext(tag("zeebe:taskSchedule", dueDate='=now() + duration("P2D")', followUpDate="=now()")))
    desk.release(text(start(), dated, user("b"), flows("s", "a", "b")).encode())
    case = desk.start()
    before = desk.tasks(case)["a"]
    assert before.due_at is not None
    desk.wait(hours=9)
    desk.complete(case, "a")
    desk.wait(hours=9)

    withdrawn(desk, before.id)

    after = desk.tasks(case)["a"]
    assert (after.due_at, after.follow_up_at) == (before.due_at, before.follow_up_at)


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_timer_on_the_border_runs_on_where_a_step_is_taken_back(desk: Desk, interrupting: bool) -> None:
    border = boundary("t", "a", timer("Duration", "PT10H"), interrupting=interrupting), user("late"), flows("t", "late")
    desk.release(text(start(), user("a"), user("b"), *border, flows("s", "a", "b")).encode())
    case = desk.start()
    done = desk.tasks(case)["a"].id
    desk.wait(hours=9)
    desk.complete(case, "a")
    desk.wait(hours=2)
    assert list(desk.tasks(case)) == ["b"]

    withdrawn(desk, done)

    assert "late" in desk.tasks(case)
    assert ("a" in desk.tasks(case)) is not interrupting


def test_what_came_once_on_the_border_does_not_come_again_where_a_step_is_taken_back(desk: Desk) -> None:
    once = boundary("t", "a", timer("Duration", "PT1H"), interrupting=False), script("late", "=n + 1", "n")
    thrice = boundary("u", "a", timer("Cycle", "R3/PT1H"), interrupting=False), script("again", "=m + 1", "m")
    told = boundary("v", "a", on("message", "m"), interrupting=False), script("heard", "=h + 1", "h")
    ways = flows("t", "late", "end"), flows("u", "again", "end"), flows("v", "heard", "end"), end("end")
    desk.release(text(start(), user("a"), user("b"), *once, *thrice, *told, *ways, flows("s", "a", "b")).encode())
    case = desk.start("p", IDA, None, n=0, m=0, h=0)
    done = desk.tasks(case)["a"].id
    desk.wait(minutes=90)
    desk.tell("m")
    desk.complete(case, "a")

    withdrawn(desk, done)

    assert desk.values(case) == {"n": 1, "m": 1, "h": 1}
    desk.wait(minutes=60)
    assert desk.values(case) == {"n": 1, "m": 2, "h": 1}
    desk.wait(hours=5)
    desk.tell("m")
    assert desk.values(case) == {"n": 1, "m": 3, "h": 2}
    desk.complete(case, "a")
    assert list(desk.tasks(case)) == ["b"]
