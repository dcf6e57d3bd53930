"""A command in a process that stops dead in the middle of it, and may be woken up."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from sqlalchemy import event

from engine import assembly, task
from engine.actor import person
from engine.errors import Unavailable
from engine.runtime import Runtime

IDA = person("ida")
SOON_S = 1.5


def complete(runtime: Runtime, waiting: str) -> None:
    with runtime.write(IDA) as command:
        task.complete(command, waiting, {})


def complete_and_stop(url: str, state: str, waiting: str) -> None:
    """Stop dead once the case is locked; the exit code says what came of it."""
    runtime = assembly.open(url, Path(state), limit_s=SOON_S)

    locked = False

    def step(_c: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal locked
        if locked:
            locked = False
            os.kill(os.getpid(), signal.SIGSTOP)
        locked = "FOR UPDATE" in statement

    event.listen(runtime.database.engine, "before_cursor_execute", step)
    try:
        complete(runtime, waiting)
    except Unavailable:
        raise SystemExit(3) from None
