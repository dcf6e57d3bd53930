"""What failed for good waits for a steward, who tries it again or leads the case past it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from engine import assembly, incident, schema, worker
from engine.connector import Declaration
from engine.connectors.work import BusinessError, Work
from engine.errors import Conflict, NotFound
from tests.engine.desk import BO, IDA, Desk
from tests.engine.interpreter import building as b
from tests.provision.databases import Databases

FAILURES = {"breaks": OSError("no cable"), "refuses": BusinessError("scale", "The scale is out of order.")}
BROKEN: dict[str, Any] = {}


def weigh(work: Work) -> dict[str, Any]:
    """A connector that does not work as long as it is broken."""
    if BROKEN["now"]:
        raise BROKEN["how"]
    return {"weight": 7}


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Iterator[Desk]:
    BROKEN.update(now=True, how=FAILURES["breaks"])
    with databases.ready() as url:
        own = {"weigh": (Declaration("weigh", "Weighs.", outputs={"weight": "in kg"}), weigh)}
        runtime = assembly.open(url, tmp_path / "state", connectors=own)
        desk = Desk(runtime)
        yield desk
        desk.must_be_sound()
        runtime.close()


def trouble(desk: Desk) -> list[Any]:
    with desk.runtime.read() as view:
        n = schema.incident.c
        return list(view.connection.execute(select(schema.incident).where(n.closed_at.is_(None))))


def weighed(desk: Desk) -> str:
    desk.release(b.text(b.start(), b.service("w", "weigh"), b.user("z"), b.flows("s", "w", "z")).encode())
    case = desk.start()
    for _ in range(4):
        with desk.runtime.write() as command:
            command.connection.execute(update(schema.job).values(due_at=0, leased_until=None))
        worker.run_due(desk.runtime)
    return case


@pytest.mark.parametrize("how", FAILURES)
def test_a_service_that_failed_for_good_is_tried_again(desk: Desk, how: str) -> None:
    BROKEN["how"] = FAILURES[how]
    case = weighed(desk)
    (open_,) = trouble(desk)
    assert (open_.instance_id, open_.element) == (case, "w")

    BROKEN["now"] = False
    with desk.runtime.write(IDA) as command:
        incident.retry(command, open_.id)
    desk.work()
    assert (trouble(desk), list(desk.tasks(case)), desk.values(case)["weight"]) == ([], ["z"], 7)


@pytest.mark.parametrize("how", FAILURES)
def test_a_case_is_led_past_a_service_that_failed_for_good(desk: Desk, how: str) -> None:
    BROKEN["how"] = FAILURES[how]
    case = weighed(desk)
    (open_,) = trouble(desk)
    with desk.runtime.write(IDA) as command:
        incident.skip(command, open_.id, {"weight": 8}, "weighed by hand")

    assert (trouble(desk), list(desk.tasks(case)), desk.values(case)["weight"]) == ([], ["z"], 8)
    assert ("incident.skipped", "w") in desk.story(case)
    with pytest.raises(Conflict), desk.runtime.write(IDA) as command:
        incident.retry(command, open_.id)


def test_a_case_is_led_past_a_step_that_has_no_answer(desk: Desk) -> None:
    desk.release(b.text(b.start(), b.script("x", "=missing + 1"), b.user("z"), b.flows("s", "x", "z")).encode())
    case = desk.start()
    (open_,) = trouble(desk)
    with desk.runtime.write(IDA) as command:
        incident.retry(command, open_.id)
    (again,) = trouble(desk)
    with desk.runtime.write(IDA) as command:
        incident.skip(command, again.id, {"r": 3}, "worked out by hand")

    assert (trouble(desk), list(desk.tasks(case)), desk.values(case)["r"]) == ([], ["z"], 3)


def test_a_stranger_finds_no_trouble(desk: Desk) -> None:
    weighed(desk)
    (open_,) = trouble(desk)
    with pytest.raises(NotFound), desk.runtime.write(BO) as command:
        incident.skip(command, open_.id, {}, "why not")


def test_a_job_that_is_no_step_is_tried_again_but_not_passed_by(desk: Desk) -> None:
    weighed(desk)
    (open_,) = trouble(desk)
    with desk.runtime.write() as command:
        j = schema.job.c
        command.connection.execute(update(schema.job).where(j.id == open_.job_id).values(kind="sweep"))
    with pytest.raises(Conflict), desk.runtime.write(IDA) as command:
        incident.skip(command, open_.id, {}, "why not")
    with desk.runtime.write() as command:
        command.connection.execute(update(schema.job).where(j.id == open_.job_id).values(kind="connector"))
