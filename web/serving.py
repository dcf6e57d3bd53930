"""The process that answers requests: waitress with threads, a worker beside it, and an end that loses nothing."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from flask import Flask
from waitress import wasyncore  # type: ignore[import-untyped]

from engine.errors import Broken, Unavailable
from engine.worker import Worker
from web import admin, db, spool
from web import logging as log
from web.config import Settings
from web.door import Door

PATIENCE_S = 30.0
_PASS_S = 0.2


class Stop:
    """Whether somebody asked the process to end: SIGTERM or SIGINT; a second time ends it at once."""

    def __init__(self) -> None:
        self.asked = False
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._ask)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def serve(app: Flask, settings: Settings, *, with_worker: bool, ready: Callable[[], None]) -> None:
    """Answer requests until asked to stop; then take no more, finish those begun, and the job at hand.

    Args:
        app: what answers.
        settings: address, threads.
        with_worker: whether jobs are run by a thread of this process too.
        ready: called once the port is open.

    Raises:
        Unavailable: the address cannot be listened on.
        Broken: the worker has ended on its own; a process without it would only seem to be whole.
    """
    with app.app_context():
        runtime = db.runtime()
    stop = Stop()
    # The door first: a process that cannot listen must not have begun to work.
    channels: dict[int, Any] = {}
    server = _open(app, settings, channels)
    worker = Worker(runtime)
    if with_worker:
        worker.start()
        admin.watch(app, worker)
    log.event("serving", worker=with_worker)
    ready()
    try:
        while not stop.asked and not worker.broke:
            wasyncore.loop(timeout=_PASS_S, use_poll=True, map=channels, count=1)
        _finish(channels)
    finally:
        server.task_dispatcher.shutdown(timeout=5)
        _end(worker, stop)


def work(runtime: Any) -> None:
    """Run jobs, and nothing else, until asked to stop.

    Raises:
        Broken: the worker has ended on its own.
    """
    stop, worker = Stop(), Worker(runtime)
    worker.start()
    log.event("working")
    try:
        while not stop.asked and not worker.broke:
            time.sleep(_PASS_S)
    finally:
        _end(worker, stop)


def _end(worker: Worker, stop: Stop) -> None:
    worker.stop()
    log.event("stopped")
    if worker.broke:
        raise Broken("The worker has ended on its own; the log says where. Start the process again.")


def _open(app: Flask, settings: Settings, channels: dict[int, Any]) -> Door:
    spool.encrypt()
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        return Door(app, settings, listening, channels)
    except OSError as error:
        raise Unavailable(
            "Cannot listen on {host} port {port}: {reason}. Stop what uses it, or set XUNCHA_PORT.",
            host=settings.host,
            port=settings.port,
            reason=error.strerror or str(error),
        ) from error


def _finish(channels: dict[int, Any]) -> None:
    """Close the door, then wait for those inside: requests half read, being answered, or half sent."""
    for listening in [each for each in channels.values() if isinstance(each, Door)]:
        wasyncore.dispatcher.close(listening)
    patience = time.monotonic() + PATIENCE_S
    while time.monotonic() < patience and any(_busy(each) for each in channels.values()):
        wasyncore.loop(timeout=_PASS_S, use_poll=True, map=channels, count=1)


def _busy(channel: Any) -> bool:
    return bool(
        getattr(channel, "requests", None)
        or getattr(channel, "request", None)
        or getattr(channel, "total_outbufs_len", 0)
    )
