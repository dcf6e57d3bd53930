"""What decides who sees a case is never written again, wherever the value comes from; what no form asks for is not
taken.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from engine import message, opening, release, schema, task, worker
from engine.errors import FormInvalid
from engine.runtime import Runtime
from tests.engine.desk import Desk
from tests.engine.interpreter import building as b
from tests.engine.query.hospital import Hospital

LANES = b.tag(
    "laneSet",
    b.tag("lane", *(b.tag("flowNodeRef", each) for each in ("s", "admit", "H")), id="nurses", name="护士"),
    id="lanes",
)
HEARD = b.handler(
    "H", b.start("hs", b.on("message", "moved"), isInterrupting=False), b.user("look"), b.flows("hs", "look")
)
CASE = b.scope("process", "stay", LANES, b.start(), b.user("admit"), HEARD, b.flows("s", "admit"))


@pytest.fixture
def hospital(runtime: Runtime) -> Iterator[Hospital]:
    """Here a case hears by message where its patient lies."""
    hospital = Hospital(runtime)
    hospital.open()
    with hospital.write("mia") as command:
        release.release(command, {"stay/stay.bpmn": b.document(CASE, {"moved": "=familyId"}).encode()})
    yield hospital
    Desk(runtime).must_be_sound()


def test_a_step_without_a_form_takes_nothing_in(hospital: Hospital) -> None:
    case = hospital.admit()
    with pytest.raises(FormInvalid) as refused, hospital.write("ann") as command:
        task.complete(command, hospital.task(case), {"wardId": "W2", "bed": 3})
    assert [problem.where for problem in refused.value.problems] == ["wardId", "bed"]

    hospital.do(case, "ann")


def test_a_process_without_a_form_takes_in_what_decides_who_sees_the_case_and_nothing_else(hospital: Hospital) -> None:
    with pytest.raises(FormInvalid) as refused, hospital.write("ann") as command:
        opening.begin(command, "stay", {"wardId": "W1", "bed": 3, "businessKey": "7"})
    assert [problem.where for problem in refused.value.problems] == ["bed"]

    with hospital.write("ann") as command:
        assert opening.begin(command, "stay", {"wardId": "W1", "familyId": "F1", "businessKey": "7"})


@pytest.mark.parametrize("ward", ["W1", "W2"])
def test_no_message_moves_a_case_to_other_readers(hospital: Hospital, ward: str) -> None:
    case = hospital.admit(familyId="F1")
    with hospital.runtime.write() as command:
        message.publish(command, "moved", "F1", {"wardId": ward})
    for _ in range(5):
        with hospital.runtime.write() as command:
            command.connection.execute(schema.job.update().values(due_at=0, leased_until=None))
        worker.run_due(hospital.runtime)

    with hospital.runtime.read() as view:
        v, n = schema.variable.c, schema.incident.c
        values = select(v.value).where(v.instance_id == case, v.name == "wardId")
        troubles = list(view.connection.execute(select(n.message)).scalars())
        assert view.connection.execute(values).scalar_one() == '"W1"'
    assert bool(troubles) is (ward == "W2")
    assert all("decides who may see the case" in each for each in troubles)
