"""Workers in processes of their own, which can be killed, stopped and set going again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import event

from engine import assembly, worker
from engine.connector import Connectors, Declaration, Declared, Work
from engine.errors import Invalid
from engine.feel import Value
from engine.runtime import Runtime
from engine.worker import Worker

_DOUBLE = Declaration("double", "Doubles.", inputs={"n": Declared("a number", required=True)})


def double(work: Work) -> Mapping[str, Value]:
    """Takes a moment, so that workers meet."""
    time.sleep(0.01)
    n = work.inputs["n"]
    assert isinstance(n, int)
    return {"doubled": n * 2}


def fail(_work: Work) -> Mapping[str, Value]:
    """Something is broken on this machine."""
    raise OSError("no such device")


def refuse(_work: Work) -> Mapping[str, Value]:
    """Not a case for this service."""
    raise Invalid("It cannot be doubled.")


WORKING: Connectors = {"double": (_DOUBLE, double)}
BROKEN: Connectors = {"double": (_DOUBLE, fail)}
REFUSING: Connectors = {"double": (_DOUBLE, refuse)}


def opened(url: str, state: str, connectors: Connectors = WORKING) -> Runtime:
    """A process's own engine."""
    return assembly.open(url, Path(state), connectors=connectors)


def labour(url: str, state: str) -> None:
    """Work until told to end."""
    runtime = opened(url, state)
    own = Worker(runtime)
    signal.signal(signal.SIGTERM, lambda *_: own.stop())
    own.run()
    runtime.close()


def labour_once_and_stop_before(begin: int, url: str, state: str, connectors: Connectors) -> None:
    """Do what is due, but stop dead just before the n-th transaction, as a machine does that runs out of memory."""
    runtime = opened(url, state, connectors)

    def step(_connection: Any) -> None:
        nonlocal begin
        begin -= 1
        if begin == 0:
            os.kill(os.getpid(), signal.SIGSTOP)

    event.listen(runtime.database.engine, "begin", step)
    worker.run_due(runtime, 1)
    runtime.close()
