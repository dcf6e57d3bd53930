"""The engine put together: from here every kind of job has somebody who does it.

runtime = assembly.open("sqlite:///work.db", Path("state"))
with runtime.write(person("ida")) as command:
    release.release(command, {"leave.bpmn": Path("leave.bpmn").read_bytes()}, plain=True)
"""

from __future__ import annotations

from pathlib import Path

from engine import arriving, attachment, children, clearing, connecting, incident, job, message, rotating, sweep
from engine.connector import Connectors
from engine.database import LIMIT_S
from engine.runtime import Runtime

ANSWERING = (arriving, attachment, children, clearing, connecting, incident, message, sweep)


def open(  # noqa: A001 - the verb of the module
    url: str,
    state: Path,
    *,
    zone: str = "Asia/Shanghai",
    connectors: Connectors | None = None,
    synchronous: str | None = None,
    limit_s: float = LIMIT_S,
) -> Runtime:
    """A runtime on a database that has its tables; what commands owe to their own families is done right after them.

    Args:
        connectors: for service tasks of one's own: type → declaration and callable; every process that works on the
            database needs the same.
        synchronous: of SQLite, ``full`` (unless said otherwise) or ``normal``: whether what is committed outlives a
            loss of power.
        limit_s: as for ``Database``.

    Raises:
        Unavailable: the database is away, empty or of another revision, the state folder cannot be used, or its keys
            are older than the database.
    """
    runtime = Runtime(url, state, zone=zone, synchronous=synchronous, limit_s=limit_s)
    runtime.database.check()
    rotating.check(runtime)
    runtime.after_commit = job.drain
    runtime.connectors = connectors or {}
    return runtime
