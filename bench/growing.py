"""What must not grow: with siblings, with history, with the number of splits."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench import office
from bench.measuring import Row, Sample
from engine import schema, task, worker
from engine.actor import Actor
from engine.runtime import Runtime
from tests.provision.postgres import Server

_SAMPLES = 150


def rows(kind: str, folder: Path, server: Server | None, *, quick: bool) -> list[Row]:
    """Fan-out, loops and splits."""
    found: list[Row] = []
    for measure in (_fan, _loop, _splits):
        place = folder / f"{kind}-{measure.__name__}"
        place.mkdir()
        url = server.url(server.create()) if server else f"sqlite:///{place}/bench.db"
        with office.opened(url, place / "state") as (runtime, ida):
            found += measure(kind, runtime, ida, quick)
    return found


def _done(runtime: Runtime, ida: Actor, task_id: str, submit: dict[str, Any] | None = None) -> float:
    begin = time.perf_counter()
    with runtime.write(ida, follow_up=False) as command:
        task.complete(command, task_id, submit or {})
    return (time.perf_counter() - begin) * 1000


def _fan(kind: str, runtime: Runtime, ida: Actor, quick: bool) -> list[Row]:
    """Finishing one of many against finishing one of ten, input collection among the variables.

    In turns, in one database: what it does by itself after many rows have come disturbs both alike.
    """
    many = 1_000 if quick else 10_000
    begin = time.perf_counter()
    crowd = _fanned(runtime, ida, many)
    out = time.perf_counter() - begin
    few = [task_id for _ in range(_SAMPLES // 10) for task_id in _fanned(runtime, ida, 10)]
    random.Random(7).shuffle(crowd)
    times = [(_finish(runtime, ida, one), _finish(runtime, ida, other)) for one, other in zip(crowd, few, strict=False)]
    of_many, of_few = (Sample(list(each)).median for each in zip(*times, strict=True))
    note = f"{of_few:.2f} and {of_many:.2f} ms with the job that counts it"
    return [
        Row(f"finish one of {many} iterations, against one of 10", kind, of_many / of_few, "x", 1.3, note),
        Row(f"fan out {many}, until every task waits", kind, out, "s"),
    ]


def _fanned(runtime: Runtime, ida: Actor, count: int) -> list[str]:
    """The tasks of a case of that many iterations."""
    case = office.started(runtime, ida, "fan", {"items": [f"item {n}" for n in range(count)]})
    waiting = _tasks(runtime, case)
    assert len(waiting) == count
    return waiting


def _finish(runtime: Runtime, ida: Actor, task_id: str) -> float:
    """Complete an iteration's task and run the job that counts it."""
    spent = _done(runtime, ida, task_id)
    begin = time.perf_counter()
    worker.run_due(runtime)
    return spent + (time.perf_counter() - begin) * 1000


def _tasks(runtime: Runtime, case: str) -> list[str]:
    t, i = schema.task.c, schema.instance.c
    with runtime.read() as view:
        query = select(t.id).join(schema.instance, i.id == t.instance_id).where(i.root_id == case, t.state == "open")
        return list(view.connection.execute(query).scalars())


def _loop(kind: str, runtime: Runtime, ida: Actor, quick: bool) -> list[Row]:
    """A late pass of a loop against an early one: inside a sub-process with a timer, beside another branch."""
    passes = 600 if quick else 3_000
    case = office.started(runtime, ida, "loop")
    times, sizes = [], []
    for _ in range(passes):
        waiting = office.waiting(runtime, case, "again")
        times.append(_done(runtime, ida, waiting, {"stop": False}))
        with runtime.read() as view:
            query = select(schema.instance.c.marking).where(schema.instance.c.id == case)
            sizes.append(len(view.connection.execute(query).scalar_one()))
    early, late = Sample(times[10:60]).median, Sample(times[-50:]).median
    note = f"{early:.2f} and {late:.2f} ms"
    return [
        Row(f"pass {passes} of a loop, against pass 10: time", kind, late / early, "x", 1.5, note),
        Row(
            f"pass {passes} of a loop, against pass 10: marking",
            kind,
            sizes[-1] / sizes[10],
            "x",
            1.5,
            f"{sizes[-1]} B",
        ),
    ]


def _splits(kind: str, runtime: Runtime, ida: Actor, quick: bool) -> list[Row]:
    """Starting a diagram of twelve consecutive parallel splits, against one."""
    medians = []
    for key in ("splits_1", "splits_12"):
        sample = Sample()
        for _ in range(20 if quick else 100):
            with sample.taken():
                office.started(runtime, ida, key)
        medians.append(sample.median)
    note = f"{medians[0]:.2f} and {medians[1]:.2f} ms"
    return [Row("start 12 consecutive splits, against one", kind, medians[1] / medians[0], "x", 3, note)]
