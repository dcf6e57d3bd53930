"""The two floors: the same SQL alone (A), and SpiffWorkflow stepping the same diagram alone (B)."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bench.measuring import Sample
from engine.database import Database

Statement = tuple[str, Any, bool]


@contextmanager
def recorded(database: Database) -> Iterator[list[Statement]]:
    """Everything that goes over the wire in the block: text, parameters, whether there are many."""
    statements: list[Statement] = []

    def note(_connection: Any, _cursor: Any, text: str, parameters: Any, _context: Any, many: bool) -> None:
        statements.append((text, parameters, many))

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


def replayed(database: Database, commands: list[list[Statement]]) -> Sample:
    """The statements of each command again, by the bare driver, each command in one transaction."""
    sample = Sample()
    raw = database.engine.raw_connection()
    try:
        cursor: Any = raw.cursor()
        for statements in commands:
            begin = time.perf_counter()
            if not database.is_sqlite:
                cursor.execute("BEGIN")
            for text, parameters, many in statements:
                (cursor.executemany if many else cursor.execute)(text, parameters)
                if cursor.description is not None:
                    cursor.fetchall()
            if database.is_sqlite:
                cursor.execute("COMMIT")
            else:
                raw.commit()
            sample.times.append((time.perf_counter() - begin) * 1000)
    finally:
        raw.close()
    return sample


def copied(path: Path, to: Path) -> None:
    """A SQLite file with what its log holds, for the replay to start from the same rows."""
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            shutil.copyfile(part, to.with_name(to.name + suffix))


SPIFF = """<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<process id="p" isExecutable="true">
<startEvent id="b"/><userTask id="one"/>{middle}<userTask id="two"/><endEvent id="e"/>
<sequenceFlow id="f1" sourceRef="b" targetRef="one"/>{flows}<sequenceFlow id="f9" sourceRef="two" targetRef="e"/>
</process></definitions>"""
GATEWAY = SPIFF.format(
    middle='<exclusiveGateway id="g" default="f4"/><userTask id="three"/>',
    flows='<sequenceFlow id="f2" sourceRef="one" targetRef="g"/><sequenceFlow id="f3" sourceRef="g" targetRef="two">'
    '<conditionExpression xsi:type="tFormalExpression">amount &gt; 100</conditionExpression></sequenceFlow>'
    '<sequenceFlow id="f4" sourceRef="g" targetRef="three"/><sequenceFlow id="f5" sourceRef="three" targetRef="two"/>',
)
PLAIN = SPIFF.format(middle="", flows='<sequenceFlow id="f2" sourceRef="one" targetRef="two"/>')


def stepped(xml: str, times: int) -> Sample:
    """SpiffWorkflow's own parser and engine: complete the first task of the diagram, in memory."""
    from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
    from SpiffWorkflow.util.task import TaskState

    parser = BpmnParser()
    parser.add_bpmn_io(io.BytesIO(xml.encode()), "p.bpmn")
    spec = parser.get_spec("p")
    sample = Sample()
    for _ in range(times):
        workflow = BpmnWorkflow(spec)
        workflow.do_engine_steps()
        (ready,) = workflow.get_tasks(state=TaskState.READY, manual=True)
        begin = time.perf_counter()
        ready.data["amount"] = 500
        ready.run()
        workflow.do_engine_steps()
        sample.times.append((time.perf_counter() - begin) * 1000)
    return sample
