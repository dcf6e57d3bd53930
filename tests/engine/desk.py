"""The engine in the words of a test: release, start, complete, wait, tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from engine import clock, feel, history, instance, message, release, schema, task, variables, worker
from engine.actor import Actor, person
from engine.evidence import verifying
from engine.runtime import Runtime
from tests.engine import leftover

IDA = person("ida")
BO = person("bo")


class Desk:
    """Commands on diagrams that were released plain; whoever starts a case does its tasks."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def release(self, *diagrams: bytes) -> None:
        """Release diagrams, each a file of its own."""
        with self.runtime.write(IDA) as command:
            release.release(command, {f"d{n}.bpmn": xml for n, xml in enumerate(diagrams)}, plain=True)

    def start(self, process: str = "p", by: Actor = IDA, key: str | None = None, /, **values: Any) -> str:
        """Start a case and do what it owes."""
        with self.runtime.write(by) as command:
            case = instance.start(command, process, values, business_key=values.get("no"), key=key)
        self.work()
        return case

    def tasks(self, case: str) -> dict[str, Any]:
        """Open tasks of a case and of those it called, by element."""
        with self.runtime.read() as view:
            query = (
                select(schema.task)
                .join(schema.instance, schema.instance.c.id == schema.task.c.instance_id)
                .where(schema.instance.c.root_id == self.root(case), schema.task.c.state == "open")
                .order_by(schema.task.c.id)
            )
            return {row.element: row for row in view.connection.execute(query)}

    def root(self, case: str) -> str:
        """The family's first instance."""
        return str(self.row(case).root_id)

    def row(self, case: str) -> Any:
        """The case's row."""
        with self.runtime.read() as view:
            return view.connection.execute(select(schema.instance).where(schema.instance.c.id == case)).one()

    def complete(self, case: str, element: str, by: Actor = IDA, /, **values: Any) -> task.Answer:
        """Complete the open task of this element, then do what is owed."""
        with self.runtime.write(by) as command:
            answer = task.complete(command, self.tasks(case)[element].id, values)
        self.work()
        return answer

    def values(self, case: str) -> Mapping[str, Any]:
        """The case's variables."""
        with self.runtime.read() as view:
            return variables.everything(view.connection, case)

    def tell(self, name: str, key: feel.Value = None, /, **content: Any) -> str:
        """Publish a message."""
        with self.runtime.write(IDA) as command:
            sent = message.publish(command, name, key, content)
        self.work()
        return sent

    def wait(self, **span: float) -> None:
        """Move the clock and let everything that falls due happen."""
        with self.runtime.write() as command:
            clock.advance(command.connection, timedelta(**span))
        self.work()

    def work(self) -> None:
        """What a worker would do until nothing is due; of what is over, nothing may be open before or after."""
        self.must_have_nothing_left_over()
        worker.run_due(self.runtime)
        self.must_have_nothing_left_over()

    def must_have_nothing_left_over(self) -> None:
        """No open row hangs on an instance, scope or token that is over."""
        with self.runtime.read(snapshot=True) as view:
            leftover.nothing_is_open_of_what_is_over(view.connection)

    def story(self, case: str) -> list[tuple[str, str | None]]:
        """Kind and element of each line."""
        with self.runtime.read() as view:
            return [(line.kind, line.element) for line in history.lines(view.connection, case)]

    def visits(self, case: str) -> list[str]:
        """Elements in the order in which tokens came to them."""
        with self.runtime.read() as view:
            v = schema.visit.c
            query = select(v.element).where(v.instance_id == case).order_by(v.token)
            return list(view.connection.execute(query).scalars())

    def task_of(self, case: str) -> str:
        """The one open task of just this instance."""
        with self.runtime.read() as view:
            t = schema.task.c
            query = select(t.id).where(t.instance_id == case, t.state == "open")
            return str(view.connection.execute(query).scalar_one())

    def cases(self) -> list[str]:
        """Every instance there is."""
        with self.runtime.read() as view:
            return list(view.connection.execute(select(schema.instance.c.id)).scalars())

    def must_be_sound(self) -> None:
        """All evidence holds, every history folds to just what stands in the tables, and nothing is left over there."""
        self.must_have_nothing_left_over()
        with self.runtime.read(snapshot=True) as view:
            assert [str(fault) for fault in verifying.verify(view).faults] == []
            for case in self.cases():
                assert history.fold(history.lines(view.connection, case)) == history.stored(view.connection, case)
