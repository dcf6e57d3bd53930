"""``python -m bench.round.labour <url> <state> <file> [counted]``: a worker like ``xuncha worker`` that measures."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path

from bench.round import measuring
from engine import assembly, definition
from engine.runtime import Runtime
from web import logging, serving


def main(url: str, state: str, result: str, counted: str = "") -> None:
    """Work until asked to stop, then write down what was done and how much memory it took."""
    logging.configure("error")
    with closing(assembly.open(url, Path(state))) as runtime:
        read_all(runtime)
        meter = measuring.Meter(runtime.database, counted=bool(counted))
        with meter.jobs():
            serving.work(runtime)
    measuring.keep(meter.taken, Path(result))
    Path(result).with_suffix(".memory").write_text(json.dumps(measuring.most_memory()))


def read_all(runtime: Runtime) -> None:
    """Read every released process once, so that the first of a kind is not slower than the others."""
    with runtime.read() as view:
        for key in view.rules.processes:
            definition.latest(view, key)


if __name__ == "__main__":
    main(*sys.argv[1:])
