"""Iterations side by side that may end early: what each costs, and what the condition is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select

from engine import schema, task, worker
from tests.engine.bpmn.drawing import extended, straight
from tests.engine.desk import IDA, Desk

COUNTS, READS = "=numberOfCompletedInstances &gt;= 58", "=sum(found) &gt;= 58"


def fan(condition: str) -> bytes:
    """Each of ``sites`` is visited; what was found is collected, until the condition holds."""
    loop = (
        "<multiInstanceLoopCharacteristics><extensionElements>"
        '<z:loopCharacteristics inputCollection="=sites" inputElement="site" outputCollection="found" '
        f'outputElement="=seen"/></extensionElements><completionCondition>{condition}</completionCondition>'
        "</multiInstanceLoopCharacteristics>"
    )
    return straight(extended("userTask", 'id="visit"', inner=loop), '<userTask id="read_all"/>')


def visits(desk: Desk, case: str) -> list[str]:
    t, i = schema.task.c, schema.instance.c
    query = select(t.id).join(schema.instance, i.id == t.instance_id).where(i.root_id == case, t.state == "open")
    with desk.runtime.read() as view:
        return list(view.connection.execute(query.where(t.element == "visit").order_by(t.id)).scalars())


@contextmanager
def statements(desk: Desk) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_c: object, _cursor: object, text: str, *_: object) -> None:
        if not text.startswith("BEGIN"):
            sent.append(text)

    engine = desk.runtime.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def finish_one(desk: Desk, case: str) -> list[str]:
    """Visit one more site and do what that owes; the statements that it took."""
    with statements(desk) as sent:
        # What is owed is left to the worker: at once, only as much is done as there is time for.
        with desk.runtime.write(IDA, follow_up=False) as command:
            task.complete(command, visits(desk, case)[0], {"seen": 1})
        worker.run_due(desk.runtime)
    return sent


@pytest.mark.parametrize("condition", [COUNTS, READS], ids=["counts", "reads"])
def test_with_a_condition_finishing_one_of_many_costs_what_finishing_one_of_few_does(
    desk: Desk, condition: str
) -> None:
    desk.release(fan(condition))
    costs = []
    for count in (3, 60):
        case = desk.start(sites=list(range(count)))
        finish_one(desk, case)
        costs.append(len(finish_one(desk, case)))

    assert costs[0] == costs[1]


@pytest.mark.parametrize(("condition", "reads"), [(COUNTS, False), (READS, True)], ids=["counts", "reads"])
def test_only_a_condition_that_looks_at_the_results_has_them_read(desk: Desk, condition: str, reads: bool) -> None:
    desk.release(fan(condition))
    case = desk.start(sites=list(range(60)))

    sent = finish_one(desk, case)

    assert any("FROM result" in text and text.startswith("SELECT") for text in sent) is reads


@pytest.mark.parametrize("condition", ["=numberOfCompletedInstances &gt;= 2", "=sum(found) &gt;= 2"])
def test_when_the_condition_holds_the_results_so_far_are_taken_in_and_the_rest_is_cancelled(
    desk: Desk, condition: str
) -> None:
    desk.release(fan(condition))
    case = desk.start(sites=list(range(5)))

    finish_one(desk, case)
    assert "read_all" not in desk.tasks(case)
    finish_one(desk, case)

    assert desk.values(case)["found"] == [1, 1]
    assert list(desk.tasks(case)) == ["read_all"]
