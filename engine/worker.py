"""The loop around ``job.run_due``: a thread of ``xuncha serve``, or a process of its own, any number of them."""

from __future__ import annotations

import logging
import threading
import time

from engine import clock, job, schema
from engine.errors import Unavailable
from engine.prepared import upserting
from engine.runtime import Runtime

IDLE_S = 0.05
IDLE_MOST_S = 0.08
AWAY_S = 2.0
BEAT_S = 10.0
_log = logging.getLogger(__name__)


class Worker:
    """Takes due jobs until told to stop; what it has begun it finishes."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._beat_at = 0.0

    def run(self) -> None:
        """Work until ``stop``; sleeps longer each time there is nothing, but never so long that a timer is late."""
        idle = IDLE_S
        while not self._stop.is_set():
            try:
                self._beat()
                idle = IDLE_S if job.run_due(self._runtime) else min(idle * 2, IDLE_MOST_S)
            except Unavailable:
                _log.warning("database away; trying again")
                idle = AWAY_S
            self._stop.wait(idle if idle > IDLE_S else 0)

    def start(self) -> None:
        """Work in a thread."""
        self._thread = threading.Thread(target=self.run, name="worker")
        self._thread.start()

    def stop(self) -> None:
        """Finish the job at hand, take no more, and wait for that."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _beat(self) -> None:
        if time.monotonic() < self._beat_at:
            return
        self._beat_at = time.monotonic() + BEAT_S
        with self._runtime.database.write() as connection:
            at = str(clock.lease_now(connection))
            upserting(schema.meta).run(connection, [{"key": "worker_seen", "value": at}])


def run_due(runtime: Runtime, limit: int = 1000) -> int:
    """Run what is due now, and what that makes due, up to ``limit`` jobs; returns how many ran."""
    done = 0
    while done < limit and (ran := job.run_due(runtime, min(20, limit - done))):
        done += ran
    return done
