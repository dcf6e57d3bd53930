"""What one person's work does to others: waiting beside a large fan-out, and how late a timer is."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from sqlalchemy import select

from bench import office
from bench.measuring import Row, Sample
from engine import instance, schema, task, worker
from engine.actor import Actor
from engine.runtime import Runtime
from engine.worker import Worker
from tests.provision.postgres import Server

TIMER_S = office.TIMER_S
WAIT_MS = 200
LATE_MS = 100


def rows(kind: str, folder: Path, server: Server | None, *, quick: bool) -> list[Row]:
    """Another person's completions while ten thousand iterations open, and the lateness of timers."""
    place = folder / f"{kind}-beside"
    place.mkdir()
    url = server.url(server.create()) if server else f"sqlite:///{place}/bench.db"
    with office.opened(url, place / "state") as (runtime, ida):
        return [*_beside_a_fan(kind, runtime, ida, quick), *_late(kind, runtime, ida, quick)]


def _beside_a_fan(kind: str, runtime: Runtime, ida: Actor, quick: bool) -> list[Row]:
    many = 1_000 if quick else 10_000
    waiting = [office.waiting(runtime, office.started(runtime, ida, "without_feel"), "one") for _ in range(400)]
    with runtime.write(ida, follow_up=False) as command:
        instance.start(command, "fan", {"items": [f"item {n}" for n in range(many)]})
    out = threading.Thread(target=worker.run_due, args=[runtime, 1_000_000])
    sample = Sample()
    out.start()
    while out.is_alive() and waiting:
        with sample.taken(), runtime.write(ida, follow_up=False) as command:
            task.complete(command, waiting.pop(), {})
        time.sleep(0.02)
    out.join()
    note = f"{len(sample.times)} completions beside it; median {sample.median:.1f} ms"
    return [Row(f"wait of another person while {many} iterations open: p95", kind, sample.p95, "ms", WAIT_MS, note)]


def _late(kind: str, runtime: Runtime, ida: Actor, quick: bool) -> list[Row]:
    """From the due moment of a timer to the task behind it, with one worker that has nothing else to do."""
    at_work, cases = Worker(runtime), []
    at_work.start()
    try:
        for n in range(5 if quick else 40):
            with runtime.write(ida) as command:
                cases.append(instance.start(command, "timed", {}))
            time.sleep(0.11 + 0.007 * (n % 7))  # so that they do not fall due together, nor in step with the worker
        time.sleep(TIMER_S + 1)
    finally:
        at_work.stop()
    sample = Sample([_lateness(runtime, case) for case in cases])
    return [Row("a timer is late by, one idle worker: p95", kind, sample.p95, "ms", LATE_MS, f"{sample.median:.1f} ms")]


def _lateness(runtime: Runtime, case: str) -> float:
    """By the database's clock: the task behind the timer opened so long after it was due."""
    v = schema.visit.c
    with runtime.read() as view:
        query = select(v.element, v.entered_at).where(v.instance_id == case)
        at = {row.element: row.entered_at for row in view.connection.execute(query)}
    return float(at["after"] - at["b"]) / 1000 - TIMER_S * 1000
