"""psycopg's pipeline, ended so that PostgreSQL counts how long whoever opened it is silent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Pipeline
from psycopg.abc import PQGen
from psycopg.generators import send


@contextmanager
def piped(connection: Any) -> Iterator[None]:
    """What the block sends goes over psycopg's connection in one go; at the end all of it has been answered."""
    # A connection takes the pipeline that it finds.
    connection._pipeline = connection._pipeline or _Synced(connection)
    with connection.pipeline():
        yield


class _Synced(Pipeline):
    """A pipeline whose last word is ``Sync``.

    psycopg's own sends a ``Flush`` behind it, and behind that PostgreSQL waits for ever: who falls silent there would
    keep a case locked, whatever ``idle_in_transaction_session_timeout`` says.
    """

    def _exit_gen(self) -> PQGen[None]:
        try:
            self._enqueue_sync()
            yield from self._communicate_gen()
        finally:
            # The answer comes only when all of the ``Sync`` is on its way.
            yield from send(self.pgconn)
            yield from self._fetch_gen(flush=False)
