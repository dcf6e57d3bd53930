"""What every command of the round took, in time, in statements and in work, wherever it ran."""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import astuple, dataclass, field
from pathlib import Path

from sqlalchemy import event, select

from bench.round.counting import Counter, Work
from engine import job, schema
from engine.database import Database
from engine.job import Job
from engine.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Taken:
    """One thing done.

    Attributes:
        kind: of command, such as ``complete``, ``start``, ``job connector``, ``look at todo``.
        element: of a diagram, or whose list it is.
        at: when it began; orders what was done by several processes.
        ms: how long it took.
        statements: how many it sent to the database.
        calls, steps: the work it was, where that was counted; else 0.
    """

    kind: str
    element: str
    at: float
    ms: float
    statements: int
    calls: int = 0
    steps: int = 0


@dataclass(slots=True)
class Meter:
    """Writes down what is done in this process on one database.

    Args:
        counted: count the work too, which takes as long again.
    """

    database: Database
    counted: bool = False
    taken: list[Taken] = field(default_factory=list)
    _said: threading.local = field(default_factory=threading.local)
    _counter: Counter | None = None

    def __post_init__(self) -> None:
        self._said.count = 0
        self._counter = Counter(self.database) if self.counted else None
        event.listen(self.database.engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self._said.count = getattr(self._said, "count", 0) + 1

    @contextmanager
    def of(self, kind: str, element: str) -> Iterator[None]:
        """Time the block; what raises is not counted."""
        before, at, begin = getattr(self._said, "count", 0), time.time(), time.perf_counter()
        with self._counter.of() if self._counter else nullcontext(Work()) as work:
            yield
        spent, said = (time.perf_counter() - begin) * 1000, getattr(self._said, "count", 0) - before
        self.taken.append(Taken(kind, element, at, spent, said, work.calls, work.steps))

    @contextmanager
    def jobs(self) -> Iterator[None]:
        """Within the block, time every job that this process does."""
        run = job.run

        def timed(runtime: Runtime, job: Job) -> None:
            with self.of(f"job {job.kind}", _element(runtime, job)):
                run(runtime, job)

        job.run = timed
        try:
            yield
        finally:
            job.run = run


def _element(runtime: Runtime, one: Job) -> str:
    """For what a job is: the element it names, or that its token stands at, a message or a process."""
    content = one.content
    if one.element or content.get("name") or content.get("process"):
        return str(one.element or content.get("name") or content.get("process"))
    case, token = (content["parent"], content["token"]) if "parent" in content else (one.instance_id, one.token)
    v = schema.visit.c
    query = select(v.element).where(v.instance_id == case, v.token == token)
    with runtime.read() as view:
        return str(view.connection.execute(query).scalar() or "")


def keep(taken: list[Taken], path: Path) -> None:
    """Write down for another process to read."""
    path.write_text(json.dumps([astuple(each) for each in taken]), "utf-8")


def kept(path: Path) -> list[Taken]:
    """What another process has written down."""
    return [Taken(*row) for row in json.loads(path.read_text("utf-8"))]


def most_memory() -> float:
    """The most that this process has held at once, in MB."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / (1024 * 1024 if sys.platform == "darwin" else 1024)


def most_memory_of(pid: int) -> float:
    """The same of another process, in MB; 0 where the system does not say."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
