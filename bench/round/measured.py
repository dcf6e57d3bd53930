"""One round on one database, from an empty one to its end, with workers of its own."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select, text

from bench.measuring import Row
from bench.round import ending, figures, labour, measuring, playing
from bench.round.district import District, found
from bench.round.measuring import Meter, Taken
from engine import assembly, schema
from engine.database import Database
from engine.errors import EngineError
from engine.runtime import Runtime
from engine.worker import Worker
from tests.provision.postgres import Server

WORKERS = 2
_PATIENCE_S = 60


@dataclass(slots=True)
class Measured:
    """What came of it.

    Attributes:
        seconds: from the round's start to its end, and ``made`` before it: releasing and entering people.
        rows: how many of what: commands, jobs, events, instances, tasks.
        memory_mb: the most that each process held.
        folded: stories whose lines fold to what stands; 0 where the round was not played to its end.
    """

    database: str
    district: District
    seconds: float = 0
    made: float = 0
    rows: dict[str, int] = field(default_factory=dict)
    memory_mb: dict[str, float] = field(default_factory=dict)
    size_mb: float = 0
    folded: int = 0
    taken: list[Taken] = field(default_factory=list)


def rows(kind: str, folder: Path, server: Server | None, *, quick: bool) -> list[Row]:
    """A small round as a part of ``make bench``."""
    place = folder / f"{kind}-round"
    place.mkdir()
    district = (
        District(teams=1, units=1, issues=5, clues=1) if quick else District(teams=2, units=4, issues=60, clues=4)
    )
    it = run(kind, place, server, district, Asked(counted=True))
    what, each = f"a round of {district.units} units to its end", figures.by_element(it.taken)
    grew = [course.what for course in each if course.grew]
    speed, size = it.rows["commands"] / it.seconds, f"{it.seconds:.0f} s, {it.size_mb:.0f} MB"
    heavier = ", ".join(grew) or f"of {len(each)}"
    return [
        Row(f"{what}: commands a second, being counted", kind, speed, "", None, size),
        Row(f"{what}: steps that are more work at the end", kind, len(grew), "", 0, heavier),
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """How to play.

    Attributes:
        workers: processes that do the jobs, on PostgreSQL.
        seconds: when to stop before the end.
        counted: count the work too, which takes as long again.
        tell: is told how many commands there were so far.
    """

    workers: int = WORKERS
    seconds: float = math.inf
    counted: bool = False
    tell: Callable[[int], None] = lambda _: None


def run(kind: str, place: Path, server: Server | None, district: District, asked: Asked) -> Measured:
    """Play the round and look whether it ended well.

    Args:
        server: PostgreSQL; without one it is SQLite, with the worker in a thread.

    Raises:
        Stuck, Unlike, AssertionError: the round is not as it should be.
    """
    url = server.url(server.create()) if server else f"sqlite:///{place}/round.db"
    database = Database(url)
    database.create(demo="1")
    database.close()
    it = Measured(kind, district)
    with closing(assembly.open(url, place / "state")) as runtime:
        begin = time.perf_counter()
        found(runtime, district)
        labour.read_all(runtime)
        it.made = time.perf_counter() - begin
        case = _play(it, runtime, url, place, asked)
        it.size_mb = _size_mb(runtime)
        it.rows |= _rows(runtime)
        if it.seconds < asked.seconds:
            it.folded = ending.check(runtime, district, case)
    return it


def _play(it: Measured, runtime: Runtime, url: str, place: Path, asked: Asked) -> str:
    meter = Meter(runtime.database, counted=asked.counted)
    player = playing.Player(runtime, it.district, meter)
    workers = 0 if runtime.database.is_sqlite else asked.workers
    results = [place / f"worker-{n + 1}.json" for n in range(workers)]
    with ExitStack() as stack:
        stack.enter_context(meter.jobs())
        for result in results:
            stack.enter_context(_process(url, place / "state", result, counted=asked.counted))
        if not workers:
            stack.enter_context(_thread(runtime))
        begin = time.perf_counter()
        for commands in player.play():
            asked.tell(commands)
            if time.perf_counter() - begin > asked.seconds:
                break
        it.seconds = time.perf_counter() - begin
        it.memory_mb |= {"player": measuring.most_memory()} | _server_memory(runtime)
    it.taken = meter.taken + [each for result in results for each in measuring.kept(result)]
    for n, result in enumerate(results, 1):
        it.memory_mb[f"worker {n}"] = json.loads(result.with_suffix(".memory").read_text())
    it.rows["commands"] = player.done
    return player.case


@contextmanager
def _thread(runtime: Runtime) -> Iterator[None]:
    """The worker that ``xuncha serve`` has beside it."""
    worker = Worker(runtime)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


@contextmanager
def _process(url: str, state: Path, result: Path, *, counted: bool) -> Iterator[None]:
    """A worker in a process of its own; at the end what it measured is in ``result``."""
    asked = [url, str(state), str(result), *(["counted"] if counted else [])]
    process = subprocess.Popen([sys.executable, "-m", "bench.round.labour", *asked])
    try:
        yield
    finally:
        process.terminate()
        if process.wait(timeout=_PATIENCE_S) != 0:
            raise EngineError("A worker ended with {code}.", code=process.returncode)


def _size_mb(runtime: Runtime) -> float:
    with runtime.read() as view:
        if runtime.database.is_sqlite:
            pages = view.connection.execute(
                text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            )
            return float(pages.scalar_one()) / 1e6
        return float(view.connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()) / 1e6


def _server_memory(runtime: Runtime) -> dict[str, float]:
    """The most that one backend of PostgreSQL held, its part of the shared memory included."""
    if runtime.database.is_sqlite:
        return {}
    with runtime.read() as view:
        query = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        backends = view.connection.execute(query).scalars().all()
    return {"largest backend": max(measuring.most_memory_of(pid) for pid in backends)}


def _rows(runtime: Runtime) -> dict[str, int]:
    tables = {
        "instances": schema.instance,
        "tasks": schema.task,
        "visits": schema.visit,
        "variables": schema.variable,
        "events": schema.event,
        "register entries": schema.register_entry,
        "jobs left": schema.job,
    }
    with runtime.read() as view:
        return {
            name: int(view.connection.execute(select(func.count()).select_from(table)).scalar_one())
            for name, table in tables.items()
        }
