"""What somebody has taken on and may no longer do goes back to whoever else may."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine import access, clock, directory, grant, incident, instance, job, release, schema, task, worker
from engine.actor import person
from engine.directory import Person
from engine.errors import Conflict, EngineError, NotFound
from engine.query import inbox, story
from engine.runtime import Command, Runtime
from tests.engine.bpmn.drawing import straight
from tests.engine.desk import Desk
from tests.engine.query.hospital import Hospital
from tests.engine.reliability.test_crash import _kill_everywhere as kill_everywhere

DAY = timedelta(days=1)
TITLE = {"title": "发热"}
# The diagram names Mia in person, and nobody else.
NAMED = straight(
    '<userTask id="sign"><extensionElements><z:assignmentDefinition assignee="mia"/></extensionElements></userTask>'
)
NAMED = NAMED.replace(b'id="p"', b'id="named"')


@pytest.fixture
def hospital(runtime: Runtime) -> Iterator[Hospital]:
    hospital = Hospital(runtime)
    hospital.open()
    yield hospital
    Desk(runtime).must_be_sound()


@pytest.fixture
def taken(hospital: Hospital) -> str:
    """A case whose first task Ann has taken on; Abe is the other nurse of the ward."""
    case = hospital.admit(familyId="F1")
    with hospital.write("ann") as command:
        task.claim(command, hospital.task(case))
    return case


def engine(hospital: Hospital, act: Callable[[Command], Any]) -> None:
    """Something that takes rights away, then what a worker does."""
    with hospital.runtime.write() as command:
        act(command)
    worker.run_due(hospital.runtime)


def row(hospital: Hospital, case: str) -> Any:
    with hospital.runtime.read() as view:
        t = schema.task.c
        return view.connection.execute(select(schema.task).where(t.instance_id == case, t.state == "open")).one()


LOSSES: dict[str, Callable[[Command], Any]] = {
    "her role is taken away": lambda c: grant.revoke(c, "NURSE", "ward:W1", "ann"),
    "a recusal closes the family to her": lambda c: grant.exclude(c, "ann", "family:F1", "sister"),
    "she leaves": lambda c: directory.put(c, Person("ann", "安宁", active=False)),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_what_she_had_taken_on_is_there_for_others_again_when(hospital: Hospital, taken: str, loss: str) -> None:
    before = row(hospital, taken)

    engine(hospital, LOSSES[loss])

    after = row(hospital, taken)
    assert (after.id, after.assignee, after.stamp, after.changed_by) == (before.id, None, before.stamp + 1, "engine")
    hospital.do(taken, "abe", **TITLE)


def test_the_story_says_that_it_went_back_and_not_why(hospital: Hospital, taken: str) -> None:
    engine(hospital, LOSSES["a recusal closes the family to her"])

    with hospital.read("mia") as view:
        last = story.read(view, taken, "zh").items[0]
    assert (last.kind, last.actor, last.quote) == ("task.unclaimed", None, None)
    assert last.message.startswith("“{step}” went back") and last.params["lost"].id == "ann"


def test_a_page_that_was_open_is_told_that_the_task_went_back(hospital: Hospital, taken: str) -> None:
    engine(hospital, LOSSES["her role is taken away"])

    with pytest.raises(NotFound), hospital.write("ann") as command:
        task.complete(command, row(hospital, taken).id, TITLE, stamp=2)
    with pytest.raises(Conflict, match="engine unclaimed"), hospital.write("abe") as command:
        task.complete(command, row(hospital, taken).id, TITLE, stamp=2)


def test_when_a_grant_runs_out_what_was_taken_on_by_it_goes_back(hospital: Hospital) -> None:
    engine(hospital, lambda c: grant.give(c, "eve", "NURSE", "ward:W1", until_at=c.now + 2 * DAY))
    case = hospital.admit()
    with hospital.write("eve") as command:
        task.claim(command, hospital.task(case))

    engine(hospital, lambda c: clock.advance(c.connection, DAY))
    assert row(hospital, case).assignee == "eve"
    engine(hospital, lambda c: clock.advance(c.connection, DAY))
    assert row(hospital, case).assignee is None


@pytest.mark.parametrize("early", [True, False], ids=["ended early", "run out"])
def test_who_stood_in_keeps_what_they_took_on_until_the_substitution_is_over(hospital: Hospital, early: bool) -> None:
    case, made = hospital.admit(), []
    engine(hospital, lambda c: made.append(grant.substitute(c, "ann", "eve", c.now, c.now + DAY)))
    with hospital.runtime.read() as view:
        behalf = access.actor(view.connection, "eve", view.now, "ann")
    with hospital.runtime.write(behalf) as command:
        task.claim(command, hospital.task(case))
    assert row(hospital, case).assignee == "eve"
    with hospital.runtime.read(behalf) as view:
        assert [work.instance_id for work in inbox.todo(view).items] == [case]
    with hospital.read("eve") as view:
        assert not inbox.todo(view).items

    engine(hospital, lambda c: grant.exclude(c, "eve", "family:F2", "another family"))
    assert row(hospital, case).assignee == "eve"
    engine(hospital, lambda c: grant.end_substitution(c, made[0]) if early else clock.advance(c.connection, DAY))
    assert row(hospital, case).assignee is None


def test_what_she_may_still_do_stays_hers(hospital: Hospital, taken: str) -> None:
    engine(hospital, lambda c: grant.give(c, "ann", "DOC", "ward:W2"))
    engine(hospital, lambda c: grant.revoke(c, "DOC", "ward:W2", "ann"))
    engine(hospital, lambda c: grant.exclude(c, "ann", "family:F2", "another family"))

    assert row(hospital, taken).assignee == "ann"


def test_a_role_given_back_before_the_worker_came_takes_nothing_away(hospital: Hospital, taken: str) -> None:
    with hospital.runtime.write() as command:
        grant.revoke(command, "NURSE", "ward:W1", "ann")
        grant.give(command, "ann", "NURSE", "ward:W1")
    worker.run_due(hospital.runtime)

    assert row(hospital, taken).assignee == "ann"


@pytest.mark.parametrize("meanwhile", ["given back", "done", "put back"])
def test_what_has_changed_since_it_was_found_is_looked_at_again(hospital: Hospital, taken: str, meanwhile: str) -> None:
    ann, waiting = hospital.actor("ann"), row(hospital, taken).id
    with hospital.runtime.write() as command:
        grant.revoke(command, "NURSE", "ward:W1", "ann")
    assert job.run_due(hospital.runtime, 1) == 1  # found, not yet put back

    with hospital.runtime.write(ann) as command:
        if meanwhile == "given back":
            grant.give(command, "ann", "NURSE", "ward:W1")
        elif meanwhile == "done":
            task.complete(command, waiting, TITLE)
        else:
            task.unclaim(command, waiting)
    worker.run_due(hospital.runtime)

    left = row(hospital, taken)
    expected = {"given back": ("admit", "ann", 2), "done": ("examine", None, 1), "put back": ("admit", None, 3)}
    assert (left.element, left.assignee, left.stamp) == expected[meanwhile]


def test_in_a_suspended_case_it_goes_back_when_the_case_goes_on(hospital: Hospital, taken: str) -> None:
    with hospital.write("mia") as command:
        instance.suspend(command, taken, "wait")
    engine(hospital, LOSSES["her role is taken away"])
    assert row(hospital, taken).assignee == "ann"

    with hospital.write("mia") as command:
        instance.resume(command, taken, "on")
    worker.run_due(hospital.runtime)
    assert row(hospital, taken).assignee is None


# ---- whom the diagram names


@pytest.fixture
def named(hospital: Hospital) -> str:
    """A case whose task the diagram gives to Mia by name."""
    with hospital.runtime.write(person("ann")) as command:
        release.release(command, {"named.bpmn": NAMED}, plain=True)
    with hospital.write("ann") as command:
        return instance.start(command, "named", {})


def test_whom_the_diagram_names_keeps_the_task_without_any_role(hospital: Hospital, named: str) -> None:
    engine(hospital, lambda c: grant.revoke(c, "DIR", "*", "mia"))

    hospital.do(named, "mia")


def test_if_nobody_else_is_named_it_is_an_incident_until_somebody_mends_it(hospital: Hospital, named: str) -> None:
    engine(hospital, lambda c: directory.put(c, Person("mia", "米雅", active=False)))

    assert row(hospital, named).assignee == "mia"
    with hospital.runtime.read() as view:
        (open_,) = view.connection.execute(select(schema.incident)).all()
    assert open_.message.startswith("“{step}” waits for {person}, who may no longer do it")

    engine(hospital, lambda c: directory.put(c, Person("mia", "米雅")))
    with hospital.write("ann") as command:
        incident.retry(command, open_.id)
    worker.run_due(hospital.runtime)
    hospital.do(named, "mia")


# ---- at the same time


@pytest.mark.parametrize("round_", range(4))
def test_a_role_taken_away_while_she_completes_leaves_a_legal_order(
    hospital: Hospital, taken: str, round_: int
) -> None:
    waiting, ann = row(hospital, taken).id, hospital.actor("ann")
    barrier, refused = threading.Barrier(3), []

    def at_once(act: Callable[[], Any]) -> threading.Thread:
        def run() -> None:
            barrier.wait()
            try:
                act()
            except EngineError as error:
                refused.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def complete() -> None:
        with hospital.runtime.write(ann) as command:
            task.complete(command, waiting, TITLE, stamp=2)

    threads = [
        at_once(complete),
        at_once(lambda: engine(hospital, LOSSES["her role is taken away"])),
        at_once(lambda: worker.run_due(hospital.runtime)),
    ]
    for thread in threads:
        thread.join(30)
    worker.run_due(hospital.runtime)

    left = row(hospital, taken)
    if refused:
        assert (left.id, left.assignee) == (waiting, None) and isinstance(refused[0], Conflict | NotFound)
    else:
        assert left.element == "examine"
    with hospital.runtime.read() as view:
        assert view.connection.execute(select(schema.job)).all() == []
        assert view.connection.execute(select(schema.incident)).all() == []


def test_a_task_goes_back_once_whatever_dies(hospital: Hospital, taken: str) -> None:
    before, desk = row(hospital, taken), Desk(hospital.runtime)
    url = hospital.runtime.database.engine.url.render_as_string(hide_password=False)
    with hospital.runtime.write() as command:
        grant.revoke(command, "NURSE", "ward:W1", "ann")

    kill_everywhere(desk, url, "work", "", lambda: row(hospital, taken).assignee is None, steps=True)

    assert row(hospital, taken).stamp == before.stamp + 1
    assert [kind for kind, _ in desk.story(taken)].count("task.unclaimed") == 1


@pytest.mark.parametrize("loss", LOSSES)
def test_who_has_lost_a_right_since_their_request_began_takes_nothing_on(hospital: Hospital, loss: str) -> None:
    case = hospital.admit(familyId="F1")
    began = hospital.actor("ann")
    engine(hospital, LOSSES[loss])

    with pytest.raises(EngineError), hospital.runtime.write(began) as command:
        task.claim(command, hospital.task(case))
    assert row(hospital, case).assignee is None


@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_taken_on_while_the_right_to_it_is_taken_away_goes_back(hospital: Hospital, loss: str) -> None:
    case = hospital.admit(familyId="F1")
    losing = threading.Thread(target=engine, args=(hospital, LOSSES[loss]))
    with hospital.write("ann") as command:
        task.claim(command, hospital.task(case))
        losing.start()
        losing.join(0.5)
    losing.join(30)
    worker.run_due(hospital.runtime)

    assert row(hospital, case).assignee is None
