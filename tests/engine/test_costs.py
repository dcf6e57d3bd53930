"""What a command costs is counted, not timed: statements, commits, calls into V8, bytes of marking."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, select

from bench import office
from engine import schema, task
from engine.actor import Actor
from engine.runtime import Runtime
from tests.provision.databases import Databases


@pytest.fixture
def trade(databases: Databases, tmp_path: Path) -> Iterator[tuple[Runtime, Actor]]:
    """A small trade: one role, a form with a condition, a gateway with FEEL, a deadline in working days."""
    with databases.empty() as url, office.opened(url, tmp_path / "state") as (runtime, ida):
        yield runtime, ida


class Counted:
    """Statements and commits of a runtime, from now on."""

    def __init__(self, runtime: Runtime) -> None:
        self.statements: list[str] = []
        self.commits = 0
        event.listen(runtime.database.engine, "before_cursor_execute", self._statement)
        event.listen(runtime.database.engine, "commit", self._commit)

    def _statement(self, _c: object, _cursor: object, text: str, *_: object) -> None:
        if not text.startswith("BEGIN"):
            self.statements.append(text)

    def _commit(self, _c: object) -> None:
        self.commits += 1


@pytest.mark.parametrize(("process", "submit", "v8"), [("with_feel", {"amount": 500}, 1), ("without_feel", {}, 0)])
def test_completing_a_task_takes_twelve_statements_one_commit_and_one_call_into_v8_at_most(
    trade: tuple[Runtime, Actor], process: str, submit: dict[str, object], v8: int
) -> None:
    runtime, ida = trade
    for _ in range(2):  # the first one reads the definition
        waiting = office.waiting(runtime, office.started(runtime, ida, process), "one")
        counted = Counted(runtime)
        with runtime.write(ida, follow_up=False) as command:
            task.complete(command, waiting, submit, key=waiting)

    assert len(counted.statements) <= 12, "\n".join(counted.statements)
    assert counted.commits == 1
    assert command.evaluator.calls == v8


def test_a_late_pass_of_a_loop_costs_what_an_early_one_did(trade: tuple[Runtime, Actor]) -> None:
    runtime, ida = trade
    case = office.started(runtime, ida, "loop")
    costs = []
    for _ in range(60):
        waiting = office.waiting(runtime, case, "again")
        counted = Counted(runtime)
        with runtime.write(ida, follow_up=False) as command:
            task.complete(command, waiting, {"stop": False})
        with runtime.read() as view:
            query = select(schema.instance.c.marking).where(schema.instance.c.id == case)
            costs.append((len(counted.statements), len(view.connection.execute(query).scalar_one())))

    (early, early_bytes), (late, late_bytes) = costs[5], costs[-1]
    assert late == early
    assert late_bytes <= early_bytes * 1.1


def test_finishing_one_of_many_iterations_costs_what_finishing_one_of_few_does(trade: tuple[Runtime, Actor]) -> None:
    runtime, ida = trade
    costs = []
    for count in (3, 60):
        case = office.started(runtime, ida, "fan", {"items": list(range(count))})
        with runtime.read() as view:
            t, i = schema.task.c, schema.instance.c
            query = select(t.id).join(schema.instance, i.id == t.instance_id).where(i.root_id == case)
            waiting = view.connection.execute(query).scalars().first()
        counted = Counted(runtime)
        with runtime.write(ida) as command:
            task.complete(command, str(waiting), {})
        costs.append(len(counted.statements))

    assert costs[0] == costs[1]
