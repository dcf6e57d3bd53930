"""Whether this process could serve a person now: whether the database would take a command in, and jobs are run.

The database is asked in a thread of its own, since one that has fallen silent answers nobody, not even with an error;
whoever asks waits for a few seconds at most. It is asked once a second at most, however often that is wanted.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from sqlalchemy import Connection, select

from engine import clock, schema
from engine.database import Database
from engine.errors import Unavailable
from web import logging as log

LATE_US = 60_000_000
FRESH_S = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """What the database said: why it cannot be used, if so, and how long ago a worker was seen, if ever."""

    refusal: str | None = None
    worker_seen_us: int | None = None


class Readiness:
    """Asks one database.

    Args:
        patience_s: how long whoever asks waits.
    """

    def __init__(self, database: Database, patience_s: float) -> None:
        self._database = database
        self._patience_s = patience_s
        self._changing = threading.Condition()
        self._asked_at: float | None = None
        self._found = Found()
        self._found_at = float("-inf")

    def now(self) -> Found:
        """What was found out within the last second, or is found out now."""
        with self._changing:
            began = time.monotonic()
            if self._asked_at is None and began - self._found_at > FRESH_S:
                self._asked_at = began
                threading.Thread(target=self._ask, name="readiness", daemon=True).start()
            # Behind a question that has been asked for long nobody waits once more.
            left = self._patience_s - (began - (self._asked_at or began))
            if self._changing.wait_for(lambda: self._asked_at is None, max(left, 0)):
                return self._found
        return Found(f"The database has not answered within {self._patience_s:g} seconds.")

    def _ask(self) -> None:
        try:
            found = look(self._database)
        except Exception as error:
            log.failure(error)
            found = Found("The database could not be asked; the log says more.")
        with self._changing:
            self._asked_at, self._found, self._found_at = None, found, time.monotonic()
            self._changing.notify_all()


def look(database: Database) -> Found:
    """Try the database: its revision, a write, the last sign of a worker."""
    try:
        database.check()
        database.try_writing()
        with database.read() as connection:
            return Found(worker_seen_us=_since_seen(connection))
    except Unavailable as error:
        return Found(str(error))


def _since_seen(connection: Connection) -> int | None:
    seen = connection.execute(select(schema.meta.c.value).where(schema.meta.c.key == "worker_seen")).scalar()
    # What was seen at a time that has not come yet was seen before the clock was set back: who knows when.
    return None if seen is None else abs(clock.lease_now(connection) - int(seen))
