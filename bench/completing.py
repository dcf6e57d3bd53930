"""What it costs to complete a user task, everything persisted, beside the same SQL alone and SpiffWorkflow alone."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from bench import office
from bench.floor import GATEWAY, PLAIN, copied, recorded, replayed, stepped
from bench.measuring import Row, Sample, timed
from engine import feel, task
from engine.actor import Actor
from engine.database import Database
from engine.runtime import Runtime
from tests.provision.postgres import Server

_V8_MS = "one call into V8"


def rows(kind: str, folder: Path, server: Server | None, *, quick: bool) -> list[Row]:
    """Complete with and without FEEL."""
    times = 40 if quick else 400
    found: list[Row] = []
    v8 = _one_call(times)
    for key, submit, spiff, extra in (
        ("with_feel", {"amount": 500}, GATEWAY, v8 + 0.3),
        ("without_feel", {}, PLAIN, 0.1),
    ):
        found += _completed(kind, folder / f"{kind}-{key}", server, (key, submit, spiff, extra), times)
    return [*found, Row(_V8_MS, kind, v8, "ms")]


def _one_call(times: int) -> float:
    from datetime import UTC, datetime

    def ask() -> None:
        feel.Evaluator(datetime(2026, 1, 1, tzinfo=UTC), "Asia/Shanghai").evaluate(["amount > 100"], {"amount": 500})

    ask()
    return timed(ask, times).median


def _completed(
    kind: str, folder: Path, server: Server | None, case: tuple[str, dict[str, Any], str, float], times: int
) -> list[Row]:
    key, submit, spiff, extra = case
    folder.mkdir()
    name = server.create() if server else ""
    url = server.url(name) if server else f"sqlite:///{folder}/bench.db"
    with office.opened(url, folder / "state") as (runtime, ida):
        waiting = [office.waiting(runtime, office.started(runtime, ida, key), "one") for _ in range(2 * times + 20)]
        for each in waiting[:20]:
            _complete(runtime, ida, each, submit)
        sample, commands = Sample(), []
        for each in waiting[20 : times + 20]:
            with sample.taken():
                _complete(runtime, ida, each, submit)
        copy = _copy(runtime, server, folder, name)
        # Listening costs time of its own: what is timed is not listened to.
        for each in waiting[times + 20 :]:
            with recorded(runtime.database) as statements:
                calls = _complete(runtime, ida, each, submit)
            commands.append(statements)
    replica = Database(copy)
    floor_a = replayed(replica, commands)
    replica.close()
    floor_b = stepped(spiff, times)
    count = statistics.median(len([s for s in c if not s[0].startswith("BEGIN")]) for c in commands)
    bar = floor_a.median + floor_b.median + extra
    note = f"A {floor_a.median:.2f} + B {floor_b.median:.2f} + {extra:.2f}; p95 {sample.p95:.2f}"
    return [
        Row(f"complete a task, {key.replace('_', ' ')}", kind, sample.median, "ms", bar, note),
        Row(f"SQL statements of it, {key.replace('_', ' ')}", kind, count, "", 12),
        Row(f"calls into V8 of it, {key.replace('_', ' ')}", kind, calls, "", 1 if key == "with_feel" else 0),
    ]


def _complete(runtime: Runtime, ida: Actor, task_id: str, submit: dict[str, Any]) -> int:
    with runtime.write(ida, follow_up=False) as command:
        task.complete(command, task_id, submit, key=task_id)
        return command.evaluator.calls


def _copy(runtime: Runtime, server: Server | None, folder: Path, name: str) -> str:
    """The database as it is now, for the floor to run the same statements on the same rows."""
    if server is None:
        copied(folder / "bench.db", folder / "copy.db")
        return f"sqlite:///{folder}/copy.db"
    runtime.close()  # a template must have no connection
    return server.url(server.create(name))
