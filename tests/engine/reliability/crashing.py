"""Commands run in a process that kills itself at a chosen statement."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from sqlalchemy import event

from engine import assembly, job, task, worker
from engine.actor import person
from engine.runtime import Runtime

IDA = person("ida")


def run(url: str, state: str, what: str, argument: str, kill_at: int) -> None:
    """Do one thing; the process dies by SIGKILL just before its ``kill_at``-th statement or commit."""
    runtime = assembly.open(url, Path(state))
    _count_down(runtime, kill_at)
    _THINGS[what](runtime, argument)
    runtime.close()


def _count_down(runtime: Runtime, left: int) -> None:
    def step(*_: Any, **__: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(runtime.database.engine, "before_cursor_execute", step)
    event.listen(runtime.database.engine, "commit", step)


def _complete(runtime: Runtime, task_id: str) -> None:
    with runtime.write(IDA) as command:
        task.complete(command, task_id, {"good": True}, key="once")


def _claim(runtime: Runtime, task_id: str) -> None:
    with runtime.write(IDA) as command:
        task.claim(command, task_id)


def _work(runtime: Runtime, _argument: str) -> None:
    runtime.after_commit = job.drain
    worker.run_due(runtime)


_THINGS = {"complete": _complete, "claim": _claim, "work": _work}
