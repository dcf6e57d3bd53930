"""The loop around ``job.run_due``: a thread of ``xuncha serve``, or a process of its own, any number of them.

Whatever goes wrong in a turn, there is a next one. Should the thread end all the same, ``broke`` says so, and whoever
keeps the process up has to end it.
"""

from __future__ import annotations

import logging
import threading
import time

from engine import clearing, clock, job, schema
from engine.errors import Unavailable
from engine.prepared import upserting
from engine.runtime import Runtime

IDLE_S = 0.05
IDLE_MOST_S = 0.08
AWAY_S = 2.0
BEAT_S = 10.0
FAULT_S, FAULT_MOST_S = 1.0, 30.0
_log = logging.getLogger(__name__)


class Worker:
    """Takes due jobs until told to stop; what it has begun it finishes.

    Attributes:
        broke: the thread has ended though nobody asked it to.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._beat_at = 0.0
        self.broke = False

    def run(self) -> None:
        """Work until ``stop``; sleeps longer each time there is nothing, but never so long that a timer is late."""
        pause, idle, fault = 0.0, IDLE_S, FAULT_S
        while not self._stop.is_set():
            try:
                self._beat()
                busy, fault = job.run_due(self._runtime), FAULT_S
                idle = IDLE_S if busy else min(idle * 2, IDLE_MOST_S)
                pause = 0.0 if busy else idle
            except Unavailable:
                _log.warning("database away; trying again")
                pause = AWAY_S
            except Exception:
                _log.exception("a turn of the worker failed; trying again")
                pause, fault = fault, min(fault * 2, FAULT_MOST_S)
            self._stop.wait(pause)

    def start(self) -> None:
        """Work in a thread."""
        self._thread = threading.Thread(target=self._work, name="worker")
        self._thread.start()

    def stop(self) -> None:
        """Finish the job at hand, take no more, and wait for that."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        try:
            self.run()
        except BaseException:
            # Python itself would print what was raised, and with it perhaps what people wrote.
            _log.critical("the worker has ended", exc_info=True)
            self.broke = True

    def _beat(self) -> None:
        if time.monotonic() < self._beat_at:
            return
        self._beat_at = time.monotonic() + BEAT_S
        with self._runtime.database.write() as connection:
            at = str(clock.lease_now(connection))
            upserting(schema.meta).run(connection, [{"key": "worker_seen", "value": at}])
            clearing.arm(connection)


def run_due(runtime: Runtime, limit: int = 1000) -> int:
    """Run what is due now, and what that makes due, up to ``limit`` jobs; returns how many ran."""
    done = 0
    while done < limit and (ran := job.run_due(runtime, min(20, limit - done))):
        done += ran
    return done
